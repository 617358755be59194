"""What to ask next, and what a tap on a contact sheet means.

A sheet of kind `box` asks "is this box right?" about up to nine boxes of one class; one of kind
`image` asks "is nothing missing?" about up to nine pictures. On both a tap on a tile says no.
"""

import hashlib
from collections import Counter
from datetime import datetime, timedelta

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.labelling import decide
from storage import images, sheets, sources, votes
from storage.models import Sheet, Source
from storage.progress import Standing, standing

TILES = 9
SAMPLE = 45
SAMPLE_BAR = 0.95
SECONDS_A_SHEET = 12
LOOK_FIRST = timedelta(seconds=0.7)

OVER = ("closed", "skipped", "stopped")

YES = {"box": "right", "image": "complete"}
NO = {"box": "wrong", "image": "incomplete"}


class SheetClosed(UserError):
    """That sheet is closed. Tap on the newest one, or send /label."""


class NextIsComing(UserError):
    """One moment, the next sheet is coming."""


class LookFirst(UserError):
    """New sheet, look first 🙂."""


class NothingBefore(UserError):
    """This is the first sheet."""


def open_sheet(sheet_id: int, *, session: Session) -> Sheet:
    """The sheet that a tap means.

    Raises:
        SheetClosed: it is not in front of anybody any more.
        NextIsComing: it was settled a moment ago, and the next one is being painted.
    """
    sheet = sheets.get(sheet_id, session=session)
    if sheet is None:
        raise SheetClosed
    if sheet.state != "open":
        newest = sheets.newest_of_round(sheet.key, session=session)
        coming = newest is not None and newest.shown_at is None and newest.state != "closed"
        raise NextIsComing if coming else SheetClosed
    return sheet


def sample_of(source: Source, *, session: Session) -> list[int]:
    """The boxes that stand for a source in a check: drawn by digest, so always the same ones."""
    assert source.id is not None
    ids = sources.box_ids(source.id, session=session)

    def order(box_id: int) -> bytes:
        return hashlib.sha256(f"{source.id}:{box_id}".encode()).digest()

    return sorted(sorted(ids, key=order)[:SAMPLE])


def askable(project_id: int, *, session: Session) -> Standing:
    """Where the project stands, with only those open boxes that are worth a question now.

    Of a source that is checked by sample only the sample is asked.
    """
    state = standing(project_id, session=session)
    samples = {
        source.id: set(sample_of(source, session=session))
        for source in sources.of_project(project_id, session=session)
        if source.trust == "sample"
    }
    if samples:
        of = {
            image_id: image.source_id
            for image_id, image in images.many(
                list({box.image_id for box in state.check}), session=session
            ).items()
        }
        state.check = [
            box
            for box in state.check
            if of[box.image_id] not in samples or box.box_id in samples[of[box.image_id]]
        ]
        sampled = set(samples)
        state.confirm = [
            image_id
            for image_id, image in images.many(state.confirm, session=session).items()
            if image.source_id not in sampled
        ]
    return state


def sheets_left(state: Standing) -> int:
    """How many sheets the open questions fill."""
    labels = Counter(box.label for box in state.check)
    return sum(-(-count // TILES) for count in labels.values()) + -(-len(state.confirm) // TILES)


def deal(
    *,
    project_id: int,
    chat_id: int,
    member_id: int,
    key: str,
    previous_id: int | None,
    session: Session,
) -> Sheet | None:
    """The next sheet of a round, or None when there is nothing to ask.

    Boxes come before whole pictures, one class a sheet, the class with most open boxes first;
    what was skipped in this round comes last.
    """
    state = askable(project_id, session=session)
    for kind in ("box", "image"):
        away = sheets.taken(project_id, kind, session=session)
        late = sheets.skipped(project_id, kind, key, session=session)
        if kind == "box":
            free = [box for box in state.check if box.box_id not in away]
            if not free:
                continue
            fresh = [box for box in free if box.box_id not in late] or free
            label = Counter(box.label for box in fresh).most_common(1)[0][0]
            tiles = [box.box_id for box in fresh if box.label == label][:TILES]
        else:
            open_images = [image for image in state.confirm if image not in away]
            if not open_images:
                continue
            label = ""
            tiles = ([image for image in open_images if image not in late] or open_images)[:TILES]
        return sheets.create(
            project_id=project_id,
            chat_id=chat_id,
            member_id=member_id,
            kind=kind,
            label=label,
            tiles=tiles,
            left=sheets_left(state),
            key=key,
            previous_id=previous_id,
            session=session,
        )
    return None


def marks(sheet: Sheet, *, session: Session) -> set[int]:
    """Places (from 1) of the tiles that somebody called wrong."""
    said = votes.current(sheet.tiles, kind=sheet.kind, project_id=sheet.project_id, session=session)
    no = NO[sheet.kind]
    return {place for place, subject in enumerate(sheet.tiles, 1) if no in said[subject].values()}


def tap(sheet: Sheet, place: int, *, member_id: int, session: Session) -> bool:
    """Mark tile `place` (from 1) wrong, or take one's own mark back; returns whether it is marked.

    Raises:
        UserError: the sheet has no such tile.
    """
    if not 1 <= place <= len(sheet.tiles):
        raise UserError("This sheet has no such tile.")
    subject = sheet.tiles[place - 1]
    said = votes.current([subject], kind=sheet.kind, project_id=sheet.project_id, session=session)[
        subject
    ]
    no = NO[sheet.kind]
    answer = "retract" if said.get(member_id) == no else no
    _cast(sheet, [subject], answer, member_id=member_id, session=session)
    return answer == no


def confirm(sheet: Sheet, *, member_id: int, at: datetime, session: Session) -> int:
    """Vote yes on every tile that nobody marked, and close; returns how many those were.

    Raises:
        LookFirst: the sheet was shown less than 0.7 s ago: nobody can have looked at it.
    """
    if sheet.shown_at is None or at - sheet.shown_at < LOOK_FIRST:
        raise LookFirst
    marked = marks(sheet, session=session)
    rest = [subject for place, subject in enumerate(sheet.tiles, 1) if place not in marked]
    _cast(sheet, rest, YES[sheet.kind], member_id=member_id, session=session)
    sheets.close(sheet, "closed", session=session)
    return len(rest)


def reject(sheet: Sheet, *, member_id: int, at: datetime, session: Session) -> None:
    """Vote no on every tile, and close.

    Raises:
        LookFirst: as for `confirm`.
    """
    if sheet.shown_at is None or at - sheet.shown_at < LOOK_FIRST:
        raise LookFirst
    _cast(sheet, sheet.tiles, NO[sheet.kind], member_id=member_id, session=session)
    sheets.close(sheet, "closed", session=session)


def back(sheet_id: int, *, session: Session) -> Sheet:
    """Open the sheet before this one again; its answers stand until changed.

    Once a round is over, the way back from its last sheet leads to that sheet itself.

    Raises:
        SheetClosed: this is not the sheet that the round stands at.
        NothingBefore: there is none before it.
    """
    sheet = sheets.get(sheet_id, session=session)
    if sheet is None:
        raise SheetClosed
    if sheet.state in OVER:
        newest = sheets.newest_of_round(sheet.key, session=session)
        if newest is None or newest.id != sheet.id:
            raise SheetClosed
        sheets.reopen(sheet, session=session)
        return sheet
    sheet = open_sheet(sheet_id, session=session)
    before = sheets.get(sheet.previous_id, session=session) if sheet.previous_id else None
    if before is None:
        raise NothingBefore
    sheets.close(sheet, "aside", session=session)
    sheets.reopen(before, session=session)
    return before


def settle_samples(project_id: int, *, member_id: int, session: Session) -> list[str]:
    """Judge sources whose sample is fully decided; returns what to tell, one sentence a source.

    At 95 % right the rest is accepted; below that every box is asked. A source that brought no
    box has nothing to judge by: its pictures are asked about.
    """
    waiting = [
        source
        for source in sources.of_project(project_id, session=session)
        if source.trust == "sample" and source.state == "ready"
    ]
    if not waiting:
        return []
    verdicts = {box.box_id: box.verdict for box in votes.box_states(project_id, session=session)}
    told = []
    for source in waiting:
        sample = sample_of(source, session=session)
        said = [verdicts[box_id] for box_id in sample if box_id in verdicts]
        if None in said:
            continue
        right = said.count("right")
        good = bool(said) and right >= SAMPLE_BAR * len(said)
        sources.answer_trust(source, "yes" if good else "no", member_id=member_id, session=session)
        if said:
            told.append(
                f"{right} of {len(said)} checked boxes of “{source.title}” are right: "
                + (
                    "I accept the rest."
                    if good
                    else "that is too few, so I'll ask about every box."
                )
            )
    return told


def _cast(
    sheet: Sheet, subjects: list[int], answer: str, *, member_id: int, session: Session
) -> None:
    decide.vote(
        subjects,
        answer,
        kind=sheet.kind,
        project_id=sheet.project_id,
        member_id=member_id,
        sheet_id=sheet.id,
        session=session,
    )
