"""Several people drew the same object: one box stands for theirs (see merge.py)."""

from collections import defaultdict

from sqlmodel import Session, col, select

from pipeline.labelling import decide
from pipeline.labelling.merge import Cluster, Drawn, merge
from storage.models import Box, Vote

Place = tuple[float, float, float, float]


def join(image_id: int, *, session: Session) -> list[int]:
    """Let boxes that different people drew around one object become one; ids of the new ones.

    The drawn boxes stay as they are; the one that stands for them has the vote of each drawer. Two
    who call an object differently are not joined: that is a question for the others.
    """
    drawn = session.exec(
        select(Box)
        .where(
            Box.image_id == image_id,
            Box.origin == "drawn",
            (col(Box.verdict) != "wrong") | col(Box.verdict).is_(None),
        )
        .order_by(col(Box.id))
    ).all()
    by_drawer: dict[int, list[Box]] = defaultdict(list)
    for box in drawn:
        drawer = _drawer(box, session)
        if drawer is not None:
            by_drawer[drawer].append(box)
    if len(by_drawer) < 2:
        return []
    said = {
        drawer: [Drawn(box.xyxy, box.label) for box in boxes] for drawer, boxes in by_drawer.items()
    }
    made = []
    for cluster in merge(said):
        parts = {drawer: by_drawer[drawer][place] for drawer, place in cluster.members.items()}
        if len(parts) > 1 and cluster.label:
            made += _stand_for(cluster, parts, session)
    return made


def _drawer(box: Box, session: Session) -> int | None:
    """Whose box it is: the first who said that it is right."""
    query = (
        select(Vote.member_id)
        .where(
            Vote.project_id == box.project_id,
            Vote.subject_kind == "box",
            Vote.subject_id == box.id,
            Vote.answer == "right",
        )
        .order_by(col(Vote.id))
        .limit(1)
    )
    return session.exec(query).first()


def _stand_for(cluster: Cluster[int], parts: dict[int, Box], session: Session) -> list[int]:
    before = {box.merged_id for box in parts.values()}
    if len(before) == 1 and None not in before:
        return []  # all of them are joined already
    x1, y1, x2, y2 = cluster.box
    one = next(iter(parts.values()))
    new = Box(
        project_id=one.project_id,
        image_id=one.image_id,
        label=cluster.label,
        x1=x1,
        y1=y1,
        x2=x2,
        y2=y2,
        origin="merged",
    )
    session.add(new)
    session.flush()
    assert new.id is not None
    older = [session.get_one(Box, box_id) for box_id in before if box_id is not None]
    for box in (*parts.values(), *older):
        box.merged_id = new.id
        session.add(box)
    for drawer in parts:
        decide.vote(
            [new.id],
            "right",
            kind="box",
            project_id=new.project_id,
            member_id=drawer,
            session=session,
        )
    return [new.id]
