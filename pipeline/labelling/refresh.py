"""Deriving what votes decide anew, a portion at a time: nobody's tap waits behind 50,000 boxes.

What is left to do is a row, so a restart goes on where a crash left off.
"""

from sqlalchemy import select as columns
from sqlmodel import Session, col, select
from sqlmodel.sql.expression import SelectOfScalar

from pipeline.labelling import decide
from storage import votes
from storage.models import Box, Setting

KINDS = ("box", "track", "image")
AT_ONCE = 500
"""Subjects in one transaction: some hundredths of a second."""
AT_FIRST = 2_000
"""So many are derived at once by whoever asks, in their own transaction."""
PREFIX = "refresh:"


def begin(project_id: int, *, member_id: int | None = None, session: Session) -> bool:
    """Derive everything anew that was voted on; returns whether that is done already.

    Args:
        member_id: only what this member voted on.
    """
    key = f"{PREFIX}{project_id}"
    row = session.get(Setting, key)
    if row is not None and row.value["member"] != member_id:
        member_id = None
    state = {"project": project_id, "member": member_id, "kind": KINDS[0], "after": 0}
    row = session.merge(Setting(key=key, value=state))
    session.flush()
    done = 0
    while done < AT_FIRST:
        count = _portion(row, session)
        if count is None:
            return True
        done += count
    return False


def waits(session: Session) -> bool:
    """Whether anything is left to do."""
    return session.exec(_rows().limit(1)).first() is not None


def step(session: Session) -> bool:
    """Do the next portion; returns whether anything is left."""
    row = session.exec(_rows().limit(1)).first()
    if row is not None:
        _portion(row, session)
    return waits(session)


def _rows() -> SelectOfScalar[Setting]:
    return select(Setting).where(col(Setting.key).startswith(PREFIX)).order_by(col(Setting.key))


def _portion(row: Setting, session: Session) -> int | None:
    """Derive some subjects; returns how many, or None when all are done."""
    project_id, member_id = row.value["project"], row.value["member"]
    kind, after = row.value["kind"], row.value["after"]
    ids = votes.voted_on(
        project_id, kind, after=after, limit=AT_ONCE, member_id=member_id, session=session
    )
    if kind == "image":
        decide.refresh_images(ids, project_id=project_id, session=session)
    elif kind == "track":
        of_tracks = columns(col(Box.id)).where(col(Box.track_id).in_(ids))
        _boxes([box_id for (box_id,) in session.execute(of_tracks)], project_id, session)
    else:
        _boxes(ids, project_id, session)
    if ids:
        row.value = {**row.value, "after": ids[-1]}
    elif kind != KINDS[-1]:
        row.value = {**row.value, "kind": KINDS[KINDS.index(kind) + 1], "after": 0}
    else:
        session.delete(row)
        session.flush()
        return None
    session.add(row)
    session.flush()
    return len(ids)


def _boxes(ids: list[int], project_id: int, session: Session) -> None:
    decide.refresh_boxes(ids, project_id=project_id, session=session)
    # Wrong again after it was not for a while: what it is instead was said then.
    query = select(Box).where(col(Box.id).in_(ids), Box.fix == "open")
    opened = list(session.exec(query))
    said = votes.counting(
        [box.id for box in opened if box.id is not None],
        kind="fix",
        project_id=project_id,
        session=session,
    )
    for box in opened:
        answers = list(said.answers[box.id or 0].values())
        if answers:
            box.fix = answers[-1].partition(":")[0]
            session.add(box)
