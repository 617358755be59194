"""What a tap on a contact sheet means.

A sheet asks about up to nine subjects at once; on all kinds a tap on a tile says no, and ✅ says
yes to the tiles that nobody marked.
"""

from dataclasses import replace
from datetime import datetime, timedelta

from sqlmodel import Session

from pipeline.errors import UserError
from pipeline.labelling import deal, decide, fixes, overtaken
from pipeline.labelling.deal import Hand, Question
from storage import images, projects, sheets, sure, votes
from storage.models import Sheet

SECONDS_A_SHEET = 12
LOOK_FIRST = timedelta(seconds=0.7)

OVER = ("closed", "skipped", "stopped")

ABOUT = {"box": "box", "track": "track", "image": "image", "frame": "image"}
"""What a tile's vote is about."""
YES = {"box": "right", "track": "right", "image": "complete", "frame": "complete"}
NO = {"box": "wrong", "track": "wrong", "image": "incomplete", "frame": "unsure"}


class SheetClosed(UserError):
    """That sheet is closed. Tap on the newest one, or send /label."""


class NextIsComing(UserError):
    """One moment, the next sheet is coming."""


class LookFirst(UserError):
    """New sheet, look first 🙂."""


class NothingBefore(UserError):
    """This is the first sheet."""


class NotYours(UserError):
    """This sheet is somebody else's. Send me /label for one of your own."""


def open_sheet(sheet_id: int, *, session: Session) -> Sheet:
    """The sheet that a tap means.

    Raises:
        SheetClosed: it is not in front of anybody any more.
        NextIsComing: it was settled a moment ago, and the next one is being painted.
    """
    sheet = sheets.get(sheet_id, session=session)
    if sheet is None:
        raise SheetClosed
    if sheet.state != "open" or sheet.ahead:
        newest = sheets.newest_of_round(sheet.key, session=session)
        coming = newest is not None and newest.shown_at is None and newest.state != "closed"
        raise NextIsComing if coming else SheetClosed
    return sheet


def check_owner(sheet: Sheet, member_id: int) -> None:
    """Let nobody answer for somebody else.

    Raises:
        NotYours: the sheet is another member's own.
    """
    if sheet.member_id not in (0, member_id):
        raise NotYours


def marks(sheet: Sheet, *, session: Session) -> set[int]:
    """Places (from 1) of the tiles called wrong: by the sheet's owner, or by anybody if shared."""
    if sheet.kind not in NO:
        return set()
    said = votes.current(
        sheet.tiles, kind=ABOUT[sheet.kind], project_id=sheet.project_id, session=session
    )
    return _marked(sheet, said, session)


def _marked(sheet: Sheet, said: dict[int, dict[int, str]], session: Session) -> set[int]:
    no, owner = NO[sheet.kind], sheet.member_id
    # On a shared sheet the mark of somebody who does not count would keep its tile open for ever.
    out = set() if owner else votes.discarded(sheet.project_id, session=session)
    return {
        place
        for place, subject in enumerate(sheet.tiles, 1)
        if any(
            answer == no and (member == owner if owner else member not in out)
            for member, answer in said[subject].items()
        )
    }


def tap(sheet: Sheet, place: int, *, member_id: int, session: Session) -> tuple[bool, set[int]]:
    """Mark tile `place` (from 1) wrong, or take one's own mark back.

    Returns:
        Whether the member's mark is there now, and what `marks` says by now.

    Raises:
        UserError: the sheet has no such tile.
    """
    if not 1 <= place <= len(sheet.tiles) or sheet.kind not in NO:
        raise UserError("This sheet has no such tile.")
    subject = sheet.tiles[place - 1]
    said = votes.current(
        sheet.tiles, kind=ABOUT[sheet.kind], project_id=sheet.project_id, session=session
    )
    no = NO[sheet.kind]
    answer = "retract" if said[subject].get(member_id) == no else no
    _vote(sheet, [subject], answer, member_id=member_id, session=session)
    said[subject][member_id] = answer
    return answer == no, _marked(sheet, said, session)


def confirm(sheet: Sheet, *, member_id: int, at: datetime, session: Session) -> int:
    """Vote yes on every tile that nobody marked, and close; returns how many those were.

    Raises:
        LookFirst: the sheet was shown less than 0.7 s ago: nobody can have looked at it.
    """
    _check_seen(sheet, at)
    marked = marks(sheet, session=session)
    rest = [subject for place, subject in enumerate(sheet.tiles, 1) if place not in marked]
    if sheet.kind == "frame":
        _boxes_too(sheet, rest, member_id=member_id, session=session)
    _vote(sheet, rest, YES[sheet.kind], member_id=member_id, session=session)
    sheets.close(sheet, "closed", session=session)
    return len(rest)


def reject(sheet: Sheet, *, member_id: int, at: datetime, session: Session) -> None:
    """Vote no on every tile, and close.

    Raises:
        LookFirst: as for `confirm`.
    """
    _check_seen(sheet, at)
    _vote(sheet, sheet.tiles, NO[sheet.kind], member_id=member_id, session=session)
    sheets.close(sheet, "closed", session=session)


def _check_seen(sheet: Sheet, at: datetime) -> None:
    if sheet.shown_at is None or at - sheet.shown_at < LOOK_FIRST:
        raise LookFirst
    if sheet.kind not in YES:
        raise UserError("Choose what it is instead, or tap ⏭.")


def _boxes_too(sheet: Sheet, image_ids: list[int], *, member_id: int, session: Session) -> None:
    """A frame that is right as a whole: so is every open box on it."""
    project = projects.get(sheet.project_id, session=session)
    scope = deal.scope_of(project, session=session)
    # What came after the picture was painted, nobody has seen on it.
    on_them = sure.open_on(image_ids, scope, until=sheet.opened_at, session=session)
    decide.vote(
        [box_id for ids in on_them.values() for box_id in ids],
        "right",
        kind="box",
        project_id=sheet.project_id,
        member_id=member_id,
        sheet_id=sheet.id,
        session=session,
    )


def _vote(
    sheet: Sheet, subjects: list[int], answer: str, *, member_id: int, session: Session
) -> None:
    decide.vote(
        subjects,
        answer,
        kind=ABOUT[sheet.kind],
        project_id=sheet.project_id,
        member_id=member_id,
        sheet_id=sheet.id,
        session=session,
    )
    if sheet.kind == "box" and answer == YES["box"]:
        fixes.right_after_all(
            subjects, project_id=sheet.project_id, member_id=member_id, session=session
        )


def hand_of(sheet: Sheet, *, session: Session) -> Hand:
    """For whom the round that the sheet belongs to goes on."""
    return Hand(
        project=projects.get(sheet.project_id, session=session),
        chat_id=sheet.chat_id,
        member_id=sheet.member_id,
        key=sheet.key,
        goal=sheet.goal,
        after=sheet.id,
    )


def next_after(sheet: Sheet, *, session: Session) -> Sheet | None:
    """The round's next sheet once this one is settled: the one dealt ahead, else a new one."""
    if sheet.goal and sheets.closed_in_round(sheet.key, session=session) >= sheet.goal:
        drop_ahead(sheet.key, session=session)
        return None
    waiting = sheets.waiting_behind(sheet.key, session=session)
    if waiting is not None:
        if overtaken.still_asked(waiting, session=session):
            waiting.previous_id, waiting.goal = sheet.id, sheet.goal
            sheets.bring_forward(waiting, session=session)
            return waiting
        sheets.close(waiting, "aside", session=session)
    return deal.deal(hand_of(sheet, session=session), session=session)


def drop_ahead(key: str, *, session: Session) -> None:
    """Nobody goes on with the round for now: what was dealt ahead is free for others."""
    waiting = sheets.waiting_behind(key, session=session)
    if waiting is not None:
        sheets.close(waiting, "aside", session=session)


def ask_ahead(sheet_id: int, *, session: Session) -> Question | None:
    """What will follow this open sheet; only reads, for it takes longer than a tap may wait."""
    sheet = sheets.get(sheet_id, session=session)
    if sheet is None or not _wants_more(sheet, session=session):
        return None
    # Counted first: one that comes meanwhile is missed by the question at the most.
    marked = images.count_marked(sheet.project_id, session=session)
    question = deal.ask(hand_of(sheet, session=session), session=session)
    return question and replace(question, marked=marked)


def deal_ahead(sheet_id: int, question: Question, *, session: Session) -> None:
    """Deal what follows an open sheet, so that it is painted when it is wanted."""
    sheet = sheets.get(sheet_id, session=session)
    if sheet is None or not _wants_more(sheet, session=session):
        return
    # Somebody else may have been dealt the same meanwhile; then the tap finds what is next.
    away = sheets.taken(sheet.project_id, question.kind, session=session)
    if question.exclusive and set(away) & set(question.tiles):
        return
    # Nor is what comes before all else to wait behind what was asked before it came.
    if images.count_marked(sheet.project_id, session=session) != question.marked:
        return
    deal.lay(hand_of(sheet, session=session), question, ahead=True, session=session)


def _wants_more(sheet: Sheet, *, session: Session) -> bool:
    if sheet.state != "open" or sheet.ahead:
        return False
    if sheets.waiting_behind(sheet.key, session=session) is not None:
        return False
    done = sheets.closed_in_round(sheet.key, session=session)
    return not sheet.goal or done + 1 < sheet.goal


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
