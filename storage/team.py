"""Who did what in a project, counted by the database."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from sqlalchemy import func
from sqlalchemy import select as columns
from sqlmodel import Session, col

from storage.models import Box, Job, Joined, Member, Membership, Sheet, Skill, Source, Vote, now

TILES = ("box", "track", "fix")
DRAWN = 5
"""A drawn box takes about as long as so many taps."""


@dataclass
class Share:
    """What one member did, and what is known of how.

    `tiles`: subjects answered with a tap; `drawn`: boxes; `pictures`: answers on whole pictures;
    `sources` added; `models` trained. `seen` answers could be compared with what is true, of which
    `true` were; `caught` of the `planted` boxes were called wrong.
    """

    member_id: int
    name: str = "someone"
    role: str | None = None
    counts: bool = True
    tiles: int = 0
    drawn: int = 0
    pictures: int = 0
    sources: int = 0
    models: int = 0
    seen: float = 0.0
    true: float = 0.0
    planted: int = 0
    caught: int = 0

    @property
    def weight(self) -> int:
        """How much work that was, in taps."""
        return self.tiles + self.pictures + DRAWN * (self.drawn + self.sources + self.models)

    @property
    def agreement(self) -> float | None:
        """Share of the answers that were true, 0..1; None where nothing is known."""
        return self.true / self.seen if self.seen else None


def of_project(project_id: int, *, session: Session) -> list[Share]:
    """Everybody who did something, was let in or was given a role; who did most comes first."""
    found: dict[int, Share] = {}

    def add(name: str, rows: Iterable[Any]) -> None:
        for member_id, count in rows:
            share = found.setdefault(member_id, Share(member_id))
            setattr(share, name, getattr(share, name) + count)

    drawn = list(session.execute(_drawn(project_id)))
    add("drawn", drawn)
    add("tiles", [(member, -count) for member, count in drawn])
    voted = (
        columns(
            col(Vote.subject_kind),
            col(Vote.member_id),
            func.count(func.distinct(col(Vote.subject_id))),
        )
        # Nothing but what the index holds: a hundred thousand votes are counted at once.
        .where(col(Vote.project_id) == project_id)
        .group_by(col(Vote.subject_kind), col(Vote.member_id))
    )
    for kind, member, count in session.execute(voted):
        if kind in TILES or kind == "image":
            add("tiles" if kind in TILES else "pictures", [(member, count)])
    add("sources", session.execute(_counted(Source.created_by, Source, project_id)))
    trained = _counted(Job.member_id, Job, project_id).where(
        col(Job.kind) == "train", col(Job.state) == "succeeded"
    )
    add("models", session.execute(trained))
    _people(found, project_id, session)
    return sorted(found.values(), key=lambda share: (-share.weight, share.member_id))


def _counted(member: Any, table: Any, project_id: int) -> Any:
    return (
        columns(col(member), func.count())
        .where(col(table.project_id) == project_id)
        .group_by(col(member))
    )


def _drawn(project_id: int) -> Any:
    """Drawn boxes by member: whoever draws is the first to vote on it."""
    first = (
        columns(func.min(Vote.id))
        .join(Box, col(Box.id) == col(Vote.subject_id))
        .where(
            col(Vote.project_id) == project_id,
            col(Vote.subject_kind) == "box",
            col(Box.project_id) == project_id,
            col(Box.origin) == "drawn",
        )
        .group_by(col(Vote.subject_id))
    )
    return (
        columns(col(Vote.member_id), func.count())
        .where(col(Vote.id).in_(first))
        .group_by(col(Vote.member_id))
    )


def _people(found: dict[int, Share], project_id: int, session: Session) -> None:
    """Add those who were let in or given a role, and what is known of everybody."""
    joined = columns(col(Joined.chat_id)).where(col(Joined.project_id) == project_id)
    for (member_id,) in session.execute(joined):
        found.setdefault(member_id, Share(member_id))
    given = columns(col(Membership.member_id), col(Membership.role), col(Membership.counts)).where(
        col(Membership.project_id) == project_id
    )
    for member_id, role, counts in session.execute(given):
        share = found.setdefault(member_id, Share(member_id))
        share.role, share.counts = role, counts
    names = columns(col(Member.id), col(Member.name)).where(col(Member.id).in_(list(found)))
    for member_id, name in session.execute(names):
        found[member_id].name = name
    skill = columns(
        col(Skill.member_id),
        col(Skill.yes_yes) + col(Skill.yes_no) + col(Skill.no_yes) + col(Skill.no_no),
        col(Skill.yes_yes) + col(Skill.no_no),
        col(Skill.planted),
        col(Skill.caught),
    ).where(col(Skill.project_id) == project_id, col(Skill.kind) == "box")
    for member_id, seen, true, planted, caught in session.execute(skill):
        if member_id in found:
            share = found[member_id]
            share.seen, share.true = seen, true
            share.planted, share.caught = planted, caught


def days_in_a_row(project_id: int, *, session: Session) -> int:
    """On how many days up to today (or yesterday) somebody finished a sheet; UTC days."""
    query = (
        columns(func.date(col(Sheet.closed_at)))
        .where(col(Sheet.project_id) == project_id, col(Sheet.state) == "closed")
        .distinct()
    )
    days = {str(day) for (day,) in session.execute(query) if day is not None}
    return _streak(days, now().date())


def _streak(days: set[str], today: date) -> int:
    day = today if today.isoformat() in days else today - timedelta(days=1)
    length = 0
    while day.isoformat() in days:
        length, day = length + 1, day - timedelta(days=1)
    return length
