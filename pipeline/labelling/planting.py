"""Gold is mixed into the sheets of somebody's own, where several votes are wanted."""

import random

from sqlmodel import Session

from pipeline.labelling.gold import gold_due, planted_due, spoil
from storage import golds, images, sheets
from storage.models import Box, Project

MOST = 3
"""Gold on one sheet: whoever answered hundreds before it began is not shown sheets full of it."""


def mixed(
    project: Project, member_id: int, label: str, tiles: list[int], *, session: Session
) -> list[int]:
    """The tiles, some of them given up for gold of the same class, in no order that could tell."""
    assert project.id is not None
    answered, seen = golds.seen(project.id, member_id, session=session)
    # A sheet is dealt while the one before is not answered yet: what lies there is seen as well.
    before = sheets.before(project.id, member_id, "box", session=session)
    unanswered = golds.not_answered(before, member_id, project_id=project.id, session=session)
    answered, seen = answered + len(unanswered), seen + sum(unanswered.values())
    rng = random.Random(f"{project.id}:{member_id}:{answered}:{tiles}")
    gold: list[int] = []
    while len(gold) < min(MOST, len(tiles)) and gold_due(
        seen + len(gold), answered + len(tiles) - 1
    ):
        away = [*gold, *before]
        found = _one(project, member_id, label, seen + len(gold), away, rng, session)
        if found is None:
            break
        gold.append(found)
    kept = tiles[: len(tiles) - len(gold)]
    both = [*kept, *gold]
    if gold:
        rng.shuffle(both)
    return both


def _one(
    project: Project,
    member_id: int,
    label: str,
    seen: int,
    besides: list[int],
    rng: random.Random,
    session: Session,
) -> int | None:
    assert project.id is not None
    answer = "wrong" if planted_due(seen) else "right"
    known = golds.unseen(
        project.id, member_id, label=label, answer=answer, besides=besides, session=session
    )
    if known is not None:
        return known
    if answer == "right":
        box = golds.doubtless(project.id, member_id, label=label, besides=besides, session=session)
        if box is None:
            return None
        box.gold = "right"
        session.add(box)
        return box.id
    return _planted(project, member_id, label, rng, session)


def _planted(
    project: Project, member_id: int, label: str, rng: random.Random, session: Session
) -> int | None:
    """A new wrong box of this class: one of another class by its name, or one of it moved off."""
    assert project.id is not None
    others = [name for name in project.classes if name != label]
    source: Box | None = None
    if others and rng.random() < 0.5:
        source = golds.doubtless(project.id, member_id, label=rng.choice(others), session=session)
    place: tuple[float, float, float, float]
    if source is not None:
        place = source.xyxy
    else:
        source = golds.doubtless(project.id, member_id, label=label, session=session)
        if source is None:
            return None
        beside = images.boxes(images.box_ids(source.image_id, session=session), session=session)
        others_there = [box.xyxy for box in beside.values() if box.id != source.id]
        place, _ = spoil(source.xyxy, label, [label], rng, others=others_there)
    x1, y1, x2, y2 = place
    planted = Box(
        project_id=project.id,
        image_id=source.image_id,
        label=label,
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        origin="planted",
        # A planted box must look like those around it: a solid edge would tell.
        score=source.score,
        parent_id=source.id,
        gold="wrong",
        verdict="wrong",
    )
    session.add(planted)
    session.flush()
    return planted.id
