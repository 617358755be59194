"""Whose turn it is: the order in which the waiting jobs of a lane start.

1. A package or a model's file goes before a training: it takes seconds, and somebody waits.
2. A higher priority first: an owner of the installation has one.
3. Chats take turns. A job's turn is how many jobs its chat has under way in the lane, or had within
   the past hour, and how many of its own are before this one.
4. Of the same turn the oldest. A chat that changes its order changes only which of its jobs has
   which age (`rank`), so nobody else moves.

Jobs that are held (`paused`) have no place until they go on.
"""

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import sqlalchemy as sa
from sqlalchemy import ColumnElement, Select, Subquery, case, func, or_
from sqlmodel import Session, col, select

from storage.models import Job, now

HEAVY = frozenset({"train", "package", "model_file"})
"""Kinds of the lane that goes one at a time; most other kinds share the light lane."""

PROMPT = frozenset({"predict"})
"""Somebody waits for it in the chat: a lane of its own, so that nothing slow is ahead of it."""

WAITING = ("queued", "retry_wait")
ACTIVE = ("leased", "running", "cancelling")
RECENT = timedelta(hours=1)
"""Work that ended within it still counts as a turn that the chat had."""

_SOON = ("package", "model_file")
_WORKED = ("succeeded", "failed")
LANES = ("prompt", "heavy", "light")
_FEW = 500
"""Rows that are asked for by their numbers in one statement."""


@dataclass(frozen=True)
class Place:
    """A job and its place in its lane: 1 when it is next, 0 when it is worked on or held.

    `others`: how many of the jobs before it are other chats'.
    """

    job: Job
    position: int
    others: int = 0


@dataclass(frozen=True)
class Standing:
    """A Place without the job's row."""

    job_id: int
    chat_id: int
    kind: str
    position: int
    others: int


def lane_of(kind: str) -> str:
    """The lane of a kind of work: prompt, heavy or light."""
    return "heavy" if kind in HEAVY else "prompt" if kind in PROMPT else "light"


def next_queued(
    kinds: Collection[str], *, session: Session, at: datetime | None = None
) -> Job | None:
    """The job to start next among `kinds`, which are one lane; None when none waits."""
    # The first of a chat has the chat's smallest turn: comparing those is comparing all.
    heads = session.execute(_heads(frozenset(kinds))).all()
    if not heads:
        return None
    values = {"since": (at or now()) - RECENT}
    had = dict(session.execute(_turns(lane_of(heads[0][0])), values).all())

    def place(one: Any) -> tuple[bool, int, int, float]:
        kind, chat, priority, age = one
        return kind not in _SOON, -priority, had.get(chat, 0), age

    best = min(map(place, heads))
    # Ages are numbers of jobs; should two be the same, the older job goes first.
    tied = [
        sa.and_(Job.kind == kind, Job.chat_id == chat, Job.priority == priority, _age() == age)
        for kind, chat, priority, age in heads
        if place((kind, chat, priority, age)) == best
    ]
    query = select(Job).where(*_free("queued"), or_(*tied))
    return session.exec(query.order_by(col(Job.id)).limit(1)).first()


def standings(
    lane: str,
    *,
    session: Session,
    chat_id: int | None = None,
    ahead: int = 0,
    at: datetime | None = None,
) -> list[Standing]:
    """The lane's waiting jobs in the order they will start.

    Args:
        chat_id: only this chat's; their places are those in the whole lane.
        ahead: the first so many as well, whoever's they are.
    """
    chosen = _all_of(lane) if chat_id is None else _of_chat(lane)
    values = {"since": (at or now()) - RECENT, "chat": chat_id, "ahead": ahead}
    found, own = [], Counter[int]()
    for number, chat, kind, place in session.execute(chosen, values):
        # Of each chat that comes, all before this one came as well.
        own[chat] += 1
        found.append(Standing(number, chat, kind, place, place - own[chat]))
    return found


def position(job: Job, *, session: Session) -> int:
    """The place of a job in its lane; 0 when it does not wait, or is held."""
    values = {"since": now() - RECENT, "job": job.id}
    return int(session.execute(_place_of(lane_of(job.kind)), values).scalar() or 0)


def held(*, session: Session, chat_id: int | None = None) -> list[Standing]:
    """The jobs that are held, as they are old."""
    what: Any = (col(Job.id), col(Job.chat_id), col(Job.kind))
    query: Select[Any] = sa.select(*what).where(*_waiting(WAITING), col(Job.paused))
    if chat_id is not None:
        query = query.where(col(Job.chat_id) == chat_id)
    rows = session.execute(query.order_by(_age(), col(Job.id))).all()
    return [Standing(number, chat, kind, 0, 0) for number, chat, kind in rows]


def places(found: Iterable[Standing], *, session: Session) -> list[Place]:
    """The same with their jobs."""
    wanted = list(found)
    jobs = rows([one.job_id for one in wanted], session=session)
    return [Place(jobs[one.job_id], one.position, one.others) for one in wanted]


def rows(ids: Collection[int], *, session: Session) -> dict[int, Job]:
    """Jobs by their numbers."""
    wanted, found = list(ids), {}
    for start in range(0, len(wanted), _FEW):
        some = select(Job).where(col(Job.id).in_(wanted[start : start + _FEW]))
        found.update({job.id: job for job in session.exec(some) if job.id is not None})
    return found


def sooner(job: Job, *, session: Session) -> bool:
    """Let a waiting job change places with its chat's own one before it; whether there was one."""
    own = standings(lane_of(job.kind), session=session, chat_id=job.chat_id)
    at = next((number for number, one in enumerate(own) if one.job_id == job.id), 0)
    ahead = session.get(Job, own[at - 1].job_id) if at else None
    if ahead is None or (ahead.kind, ahead.priority) != (job.kind, job.priority):
        # Behind a package, or what an owner asked for, it stays.
        return False
    job.rank, ahead.rank = _rank(ahead), _rank(job)
    session.add_all([job, ahead])
    session.flush()
    return True


def first(job: Job, *, session: Session) -> bool:
    """Let a waiting job go before all others of its kind; False when it does already."""
    others = select(func.max(Job.priority)).where(
        *_free(*WAITING), Job.kind == job.kind, Job.id != job.id
    )
    highest = session.exec(others).one()
    if highest is None or job.priority > highest:
        return False
    job.priority = highest + 1
    session.add(job)
    session.flush()
    return True


# Statements are made once: that takes longer than to run them on a short queue.


@cache
def _standing(lane: str) -> Subquery:
    """Each waiting job of the lane with its `place`."""
    # A chat's turns of late stand before its waiting jobs, so that counting goes on from them.
    whole = sa.union_all(
        _row(lane, 1).where(*_free(*WAITING)),
        _row(lane, 0).where(col(Job.state).in_(ACTIVE)),
        _row(lane, 0).where(_ended_lately()),
    ).subquery()
    mine = (whole.c.waits, whole.c.soon, whole.c.favour, whole.c.age, whole.c.id)
    turn = func.row_number().over(partition_by=whole.c.chat_id, order_by=mine).label("turn")
    row = sa.select(whole, turn).subquery()
    order = (row.c.soon, row.c.favour, row.c.turn, row.c.age, row.c.id)
    place = func.row_number().over(order_by=order).label("place")
    return sa.select(row.c.id, row.c.chat_id, row.c.kind, place).where(row.c.waits == 1).subquery()


@cache
def _all_of(lane: str) -> Select[Any]:
    row = _standing(lane)
    query: Select[Any] = sa.select(row.c.id, row.c.chat_id, row.c.kind, row.c.place)
    return query.order_by(row.c.place)


@cache
def _of_chat(lane: str) -> Select[Any]:
    row = _standing(lane)
    chats = row.c.chat_id == sa.bindparam("chat")
    return _all_of(lane).where(or_(chats, row.c.place <= sa.bindparam("ahead")))


@cache
def _place_of(lane: str) -> Select[Any]:
    row = _standing(lane)
    return sa.select(row.c.place).where(row.c.id == sa.bindparam("job"))


def _row(lane: str, waits: int) -> Select[Any]:
    what: Any = (col(Job.id), col(Job.chat_id), col(Job.kind), sa.literal(waits).label("waits"))
    by: Any = (_soon().label("soon"), (-col(Job.priority)).label("favour"), _age().label("age"))
    return sa.select(*what, *by).where(_in_lane(lane))


@cache
def _turns(lane: str) -> Select[Any]:
    """How many turns each chat had in the lane of late."""
    chat: Any = col(Job.chat_id)
    query: Select[Any] = sa.select(chat, func.count())
    return query.where(or_(col(Job.state).in_(ACTIVE), _ended_lately()), _in_lane(lane)).group_by(
        chat
    )


@cache
def _heads(kinds: frozenset[str]) -> Select[Any]:
    """The age of each chat's first startable job, by kind and priority."""
    # By the columns of the index, in its order: nothing has to be sorted.
    by: Any = (col(Job.kind), col(Job.chat_id), col(Job.priority))
    query: Select[Any] = sa.select(*by, func.min(_age()))
    return query.where(*_free("queued"), col(Job.kind).in_(kinds)).group_by(*by)


def _ended_lately() -> ColumnElement[bool]:
    return col(Job.state).in_(_WORKED) & (col(Job.finished_at) >= sa.bindparam("since"))


def _free(*states: str) -> tuple[ColumnElement[bool], ...]:
    return *_waiting(states), ~col(Job.paused)


def _waiting(states: Collection[str]) -> tuple[ColumnElement[bool], ...]:
    # What waits has not ended: said so that the index leads straight to it.
    return col(Job.state).in_(states), col(Job.finished_at).is_(None)


def _in_lane(lane: str) -> ColumnElement[bool]:
    if lane == "light":
        return col(Job.kind).not_in(HEAVY | PROMPT)
    return col(Job.kind).in_(HEAVY if lane == "heavy" else PROMPT)


def _soon() -> ColumnElement[int]:
    return case((col(Job.kind).in_(_SOON), 0), else_=1)


def _age() -> ColumnElement[float]:
    return func.coalesce(col(Job.rank), col(Job.id))


def _rank(job: Job) -> float:
    return float(job.id or 0) if job.rank is None else job.rank
