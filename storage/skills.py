"""How members answer, as soft counts (see storage.models.Skill)."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

from sqlmodel import Session, select

from storage.models import Skill, now

T = TypeVar("T")

LATELY = timedelta(days=14)


def of_project(
    project_id: int, *, kind: str, make: Callable[[float, float, float, float], T], session: Session
) -> dict[int, T]:
    """What is known of the project's members, by member, each made of its four counts."""
    query = select(Skill).where(Skill.project_id == project_id, Skill.kind == kind)
    return {
        row.member_id: make(row.yes_yes, row.yes_no, row.no_yes, row.no_no)
        for row in session.exec(query)
    }


def active(project_id: int, *, kind: str, session: Session) -> set[int]:
    """The members who answered lately: those who may be expected to answer again."""
    query = select(Skill.member_id).where(
        Skill.project_id == project_id, Skill.kind == kind, Skill.updated_at > now() - LATELY
    )
    return set(session.exec(query))


def get(project_id: int, member_id: int, *, kind: str, session: Session) -> Skill:
    """The member's row, made where there is none."""
    row = session.get(Skill, (project_id, member_id, kind))
    if row is None:
        row = Skill(project_id=project_id, member_id=member_id, kind=kind)
        session.add(row)
    return row


def keep(
    project_id: int,
    member_id: int,
    counts: tuple[float, float, float, float],
    *,
    kind: str,
    planted: int = 0,
    caught: int = 0,
    at: datetime,
    session: Session,
) -> None:
    """Replace the counts (yes_yes, yes_no, no_yes, no_no), and those of planted boxes.

    `at`: the member's last answer.
    """
    row = get(project_id, member_id, kind=kind, session=session)
    row.yes_yes, row.yes_no, row.no_yes, row.no_no = counts
    row.planted, row.caught = planted, caught
    row.updated_at = at
