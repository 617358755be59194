"""A group labels together: a clock that starts, pauses and ends, and what was done meanwhile."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from pipeline.errors import UserError
from pipeline.labelling import deal, tally
from storage import sheets
from storage.models import Box, Project, Round, Sheet, Vote, now

MINUTES = 40
TAPPING_IS = timedelta(seconds=60)
FORGOTTEN = sheets.SAT_DOWN
"""A pause that takes longer ends the round."""


class RoundOver(UserError):
    """That round is over. /label starts a new one."""


def start(row: Round, *, member_id: int, session: Session) -> None:
    """Start the clock, or let it go on after a pause: then those who wait are to be called.

    Raises:
        RoundOver: it ended.
    """
    if row.state == "ended":
        raise RoundOver
    if row.state == "waiting":
        row.started_by, row.left_s = member_id, MINUTES * 60.0
        row.created_at = now()
        row.told = {"decided": _decided(row.project_id, session)}
    elif row.state == "paused":
        row.told = {**row.told, "call": True}
    if row.state != "running":
        row.ends_at = now() + timedelta(seconds=row.left_s or 0)
        row.state, row.left_s = "running", None
    session.add(row)


def pause(row: Round, *, session: Session) -> None:
    """Stop the clock.

    Raises:
        RoundOver: it ended.
    """
    if row.state == "ended":
        raise RoundOver
    if row.state == "running" and row.ends_at is not None:
        row.left_s = max(0.0, (row.ends_at - now()).total_seconds())
        row.state, row.ends_at = "paused", None
        row.told = {**row.told, "paused": now().isoformat()}
    session.add(row)


def end(row: Round, *, session: Session) -> bool:
    """End the round; False when that was done before."""
    if row.state == "ended":
        return False
    row.state, row.left_s, row.ends_at = "ended", None, now()
    session.add(row)
    return True


def is_due(row: Round) -> bool:
    """Whether the clock has run down, or a pause was forgotten: it must not keep sheets back."""
    if row.state == "paused" and "paused" in row.told:
        return datetime.fromisoformat(row.told["paused"]) + FORGOTTEN <= now()
    return row.state == "running" and row.ends_at is not None and row.ends_at <= now()


@dataclass(frozen=True)
class Score:
    """What a board shows. `decided` and `open` count boxes; `left` are sheets still to come.

    `tapping`: members who closed a sheet within the last minute. `members`: everybody's answers
    since the round began, the most first.
    """

    decided: int
    open: int
    left: int
    won: int
    tapping: list[int]
    members: dict[int, int]


def score(project: Project, row: Round | None, *, session: Session) -> Score:
    """Where the project and its round stand."""
    assert project.id is not None
    scope = deal.scope_of(project, session=session)
    decided = _decided(project.id, session)
    counted = tally.of(scope, session=session)
    return Score(
        decided=decided,
        open=sum(counted.boxes.values()),
        left=counted.sheets,
        won=decided - (row.told.get("decided", decided) if row else decided),
        tapping=_tapping(project.id, session),
        members=_answers(project.id, row.created_at, session) if row else {},
    )


def _tapping(project_id: int, session: Session) -> list[int]:
    closed = sheets.closed_since(project_id, now() - TAPPING_IS, session=session)
    return sorted(member for member in closed if member)


def _decided(project_id: int, session: Session) -> int:
    query = columns(func.count()).select_from(Box).where(
        col(Box.project_id) == project_id,
        col(Box.verdict).is_not(None),
        col(Box.gold).is_(None),
        col(Box.voters) > 0,
    )  # fmt: skip
    return int(session.execute(query).scalar_one())


def _answers(project_id: int, since: datetime, session: Session) -> dict[int, int]:
    query = (
        columns(col(Vote.member_id), func.count())
        .join(Sheet, col(Sheet.id) == col(Vote.sheet_id))
        .where(col(Vote.project_id) == project_id, col(Vote.created_at) >= since)
        .group_by(col(Vote.member_id))
        .order_by(func.count().desc(), col(Vote.member_id))
    )
    return {member: count for member, count in session.execute(query)}
