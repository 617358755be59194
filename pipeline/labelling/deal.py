"""What to ask next: sheets are dealt, one of them ahead so that it is painted when it is wanted.

Order: the sample of a bulk decision, pictures on which somebody saw a model go wrong, objects
followed through a video, whole frames that a model is sure of, boxes one class a sheet (the class
with fewest right ones first), what wrong boxes are instead, and whether pictures are complete.
"""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from sqlmodel import Session

from pipeline.labelling import active, coco, hand_out, planting, tally
from pipeline.labelling.samples import sample_of
from pipeline.labelling.tally import Tally
from storage import (
    bulks,
    figures,
    images,
    questions,
    registry,
    settings,
    sheets,
    sources,
    sure,
    tracks,
    votes,
)
from storage.models import Project, Sheet
from storage.questions import Scope
from storage.tracks import OpenTrack

TILES = tally.TILES
FRAMES = 4
"""Whole pictures with boxes need more room on a phone than crops."""


@dataclass(frozen=True)
class Hand:
    """For whom is dealt: a chat or (`member_id`) one person, and the round of sheets it goes on.

    `goal`: how many sheets they wanted to do. `after`: the sheet before.
    """

    project: Project
    chat_id: int
    member_id: int
    key: str
    goal: int | None = None
    after: int | None = None

    @property
    def project_id(self) -> int:
        """The project's id."""
        assert self.project.id is not None
        return self.project.id


@dataclass(frozen=True)
class Question:
    """What a sheet asks.

    `left`: how many sheets all open questions fill. `exclusive`: nobody else is asked about the
    same tiles meanwhile. `marked`: the project's pictures marked as wrong when it was asked ahead.
    """

    kind: str
    tiles: list[int]
    label: str = ""
    bulk_id: int | None = None
    left: int = 1
    exclusive: bool = True
    marked: int = 0


def scope_of(project: Project, *, session: Session) -> Scope:
    """The project's questions."""
    assert project.id is not None
    samples = [
        box_id
        for source in sources.of_project(project.id, session=session)
        if source.trust == "sample"
        for box_id in sample_of(source, session=session)
    ]
    return Scope.of(project, samples)


def deal(hand: Hand, *, session: Session) -> Sheet | None:
    """The next sheet of a round, or None when there is nothing to ask."""
    question = ask(hand, session=session)
    return None if question is None else lay(hand, question, session=session)


def lay(hand: Hand, question: Question, *, ahead: bool = False, session: Session) -> Sheet:
    """Make the sheet that asks the question.

    Args:
        ahead: it waits, painted, behind the one that is open.
    """
    tiles = question.tiles
    chosen = settings.of(hand.project)
    if question.kind == "box" and hand.member_id and chosen.votes_for(question.label) > 1:
        tiles = planting.mixed(hand.project, hand.member_id, question.label, tiles, session=session)
    return sheets.create(
        project_id=hand.project_id,
        chat_id=hand.chat_id,
        member_id=hand.member_id,
        kind=question.kind,
        label=question.label,
        tiles=tiles,
        left=question.left,
        goal=hand.goal,
        ahead=ahead,
        bulk_id=question.bulk_id,
        key=hand.key,
        previous_id=hand.after,
        session=session,
    )


def ask(hand: Hand, *, session: Session) -> Question | None:
    """What to ask next; only reads, so that it may be found out before it is wanted."""
    scope = scope_of(hand.project, session=session)
    counted = tally.of(scope, session=session)
    question = _ask(hand, scope, counted, session)
    if question is None:
        # What the count did not know of yet may be open by now.
        counted = tally.of(scope, fresh=True, session=session)
        question = _ask(hand, scope, counted, session)
    return None if question is None else replace(question, left=counted.sheets)


def _ask(hand: Hand, scope: Scope, counted: Tally, session: Session) -> Question | None:
    way = _tracks_of(hand, scope, session)
    return (
        _bulk(hand, scope, session)
        or _marked(hand, scope, way, session)
        or _tracks(way.fresh)
        or _frames(hand, scope, way, session)
        or _boxes(hand, scope, counted.boxes, way, session)
        or _fix(hand, scope, session)
        or _pictures(hand, scope, session)
        # What was skipped comes last, not next.
        or _tracks(way.free)
    )


def _bulk(hand: Hand, scope: Scope, session: Session) -> Question | None:
    bulk = bulks.checking(hand.project_id, session=session)
    if bulk is None:
        return None
    away = set(sheets.taken(hand.project_id, "box", session=session))
    # Skipped ones are open boxes like any other: they come after those.
    away |= sheets.skipped(hand.project_id, "box", hand.key, session=session)
    left = questions.undecided(
        set(bulk.sample) - away, scope, not_by=hand.member_id or None, session=session
    )
    if not left:
        return None
    rows = images.box_rows(sorted(left), session=session)
    label = Counter(row.label for row in rows.values()).most_common(1)[0][0]
    tiles = [box_id for box_id, row in rows.items() if row.label == label][:TILES]
    return Question("box", tiles, label, bulk_id=bulk.id)


def _marked(hand: Hand, scope: Scope, way: "_Tracks", session: Session) -> Question | None:
    """Boxes on marked pictures; where they are settled, whether something is missing there."""
    marked = images.marked(hand.project_id, session=session)
    if not marked:
        return None
    found = hand_out.first_on(
        marked,
        scope,
        hand.project,
        hand.member_id,
        besides=sheets.skipped(hand.project_id, "box", hand.key, session=session),
        tracks=way.asked,
        answered=way.answered,
        session=session,
    )
    return _of_class(hand, *found) if found else _pictures(hand, scope, session, only=marked)


@dataclass(frozen=True)
class _Tracks:
    """Tracks that are asked about as a whole: `asked` says of which boxes not to ask one by one.

    `free` ones lie before nobody, `fresh` are those of them that were not skipped; `answered` wait
    for what others say.
    """

    asked: list[int] = field(default_factory=list)
    answered: list[int] = field(default_factory=list)
    free: list[OpenTrack] = field(default_factory=list)
    fresh: list[OpenTrack] = field(default_factory=list)


def _tracks_of(hand: Hand, scope: Scope, session: Session) -> _Tracks:
    open_ = tracks.open_tracks(hand.project_id, list(scope.classes), session=session)
    if not open_:
        return _Tracks()
    said = votes.current(
        [track.id for track in open_], kind="track", project_id=hand.project_id, session=session
    )
    answered = [track.id for track in open_ if hand.member_id in said[track.id]]
    asked = [track.id for track in open_ if track.id not in answered]
    away = sheets.taken(hand.project_id, "track", session=session)
    late = sheets.skipped(hand.project_id, "track", hand.key, session=session)
    free = [track for track in open_ if track.id in asked and track.id not in away]
    return _Tracks(asked, answered, free, [track for track in free if track.id not in late])


def _tracks(free: Sequence[OpenTrack]) -> Question | None:
    if not free:
        return None
    label = Counter(track.label for track in free).most_common(1)[0][0]
    return Question("track", [t.id for t in free if t.label == label][:TILES], label)


def _frames(hand: Hand, scope: Scope, way: _Tracks, session: Session) -> Question | None:
    if settings.of(hand.project).many_votes or not _guesses(hand, session):
        return None
    away = set(sheets.taken(hand.project_id, "frame", session=session))
    away |= sheets.skipped(hand.project_id, "frame", hand.key, session=session)
    found = sure.sure_frames(
        scope,
        limit=FRAMES,
        besides=away,
        held=sheets.taken(hand.project_id, "box", session=session),
        followed=way.asked,
        session=session,
    )
    return Question("frame", found) if len(found) == FRAMES else None


def _guesses(hand: Hand, session: Session) -> bool:
    """Whether any model could have looked; asked before the boxes, which are many."""
    known = registry.latest(hand.project_id, session=session) is not None
    return known or bool(coco.matching(hand.project.classes))


def _boxes(
    hand: Hand, scope: Scope, open_boxes: Mapping[str, int], way: _Tracks, session: Session
) -> Question | None:
    # A count that stands for a while does not know of a class whose first boxes came just now.
    counts = Counter(dict.fromkeys(scope.classes, 0) | dict(open_boxes))
    counts.subtract(sheets.on_hands(hand.project_id, session=session))
    late = sheets.skipped(hand.project_id, "box", hand.key, session=session)
    have = figures.roughly_right(hand.project_id, session=session) if len(counts) > 1 else {}
    labels = active.class_order(counts, have, full=TILES)
    for besides in (late, set()) if late else (set(),):
        for label in labels:
            tiles = hand_out.boxes(
                scope,
                hand.project,
                label,
                hand.member_id,
                besides=besides,
                tracks=way.asked,
                answered=way.answered,
                session=session,
            )
            if tiles:
                return _of_class(hand, label, tiles)
    return None


def _of_class(hand: Hand, label: str, tiles: list[int]) -> Question:
    alone = settings.of(hand.project).votes_for(label) == 1
    return Question("box", tiles[:TILES], label, exclusive=alone)


def _fix(hand: Hand, scope: Scope, session: Session) -> Question | None:
    away = set(sheets.taken(hand.project_id, "fix", session=session))
    # A mark on a sheet that lies open may still be taken back.
    away |= set(sheets.taken(hand.project_id, "box", session=session))
    away |= sheets.skipped(hand.project_id, "fix", hand.key, session=session)
    found = questions.to_fix(scope, limit=1, besides=away, session=session)
    return Question("fix", [found[0].id], found[0].label) if found else None


def _pictures(
    hand: Hand, scope: Scope, session: Session, *, only: Collection[int] | None = None
) -> Question | None:
    away: Collection[int] = set(sheets.taken(hand.project_id, "image", session=session))
    late = sheets.skipped(hand.project_id, "image", hand.key, session=session)
    # What was skipped comes last, marked or not.
    for besides in (set(away) | late,) if only else (set(away) | late, away):
        found = questions.to_confirm(
            scope,
            limit=TILES,
            besides=besides,
            not_by=hand.member_id or None,
            only=only,
            session=session,
        )
        if found:
            return Question("image", found)
    return None
