"""Whose turn it is: chats take turns, owners and packages go first, and order is a chat's own."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlmodel import Session, SQLModel

from pipeline.jobs.forecast import Forecast, play
from storage import fair, jobs
from storage.db import Database
from storage.models import Job, now

ANN, BEN = -1, -2


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on an empty database."""
    yield from _sessions()


def _sessions() -> Iterator[Session]:
    db = Database("sqlite://")
    with Session(db.engine) as session:
        SQLModel.metadata.create_all(session.connection())
        yield session
    db.close()


def add(session: Session, chat: int = ANN, kind: str = "train", priority: int = 0) -> int:
    """A queued job's number."""
    job = jobs.create(
        kind=kind,
        project_id=None,
        chat_id=chat,
        member_id=1,
        request={},
        priority=priority,
        session=session,
    )
    assert job.id is not None
    return job.id


def ended(session: Session, chat: int, minutes: int, state: str = "succeeded") -> None:
    """A training that the chat had some minutes ago."""
    job = session.get_one(Job, add(session, chat))
    job.state = state
    job.started_at = now() - timedelta(minutes=minutes + 5)
    job.finished_at = now() - timedelta(minutes=minutes)
    session.flush()


def order(session: Session, lane: str = "heavy") -> list[int]:
    """The lane's waiting jobs, next first."""
    return [one.job_id for one in fair.standings(lane, session=session)]


def test_a_chat_with_many_jobs_starves_nobody(session: Session) -> None:
    """Ten of one chat, then one of another: the other's is second, not eleventh."""
    many = [add(session, ANN) for _ in range(10)]
    one = add(session, BEN)
    assert order(session) == [many[0], one, *many[1:]]
    found = fair.standings("heavy", session=session, chat_id=BEN)
    assert [(place.position, place.others) for place in found] == [(2, 1)]


def test_what_a_chat_had_of_late_counts(session: Session) -> None:
    """A training within the past hour, or under way, puts the chat's next one a turn back."""
    ended(session, ANN, minutes=10)
    ann, ben = add(session, ANN), add(session, BEN)
    assert order(session) == [ben, ann]
    ended(session, BEN, minutes=59)
    assert order(session) == [ann, ben]
    jobs.move(session.get_one(Job, ann), "leased", session=session)
    again = add(session, ANN)
    assert order(session) == [ben, again]


@pytest.mark.parametrize(("minutes", "state"), [(61, "succeeded"), (5, "cancelled")])
def test_what_is_long_past_or_was_stopped_does_not(
    session: Session, minutes: int, state: str
) -> None:
    """Neither work of more than an hour ago nor what somebody stopped is a turn."""
    ended(session, ANN, minutes, state)
    ann, ben = add(session, ANN), add(session, BEN)
    assert order(session) == [ann, ben]


def test_packages_then_owners_then_turns(session: Session) -> None:
    """A package takes seconds; what an owner asks for is before what others wait for."""
    train = add(session, ANN)
    owners, package = add(session, BEN, priority=jobs.OWNER), add(session, ANN, "package")
    assert order(session) == [package, owners, train]


def test_lanes_do_not_wait_for_each_other(session: Session) -> None:
    """A chat's collecting is no turn of its trainings."""
    for _ in range(3):
        add(session, ANN, "collect")
    train = add(session, ANN)
    assert order(session) == [train]
    assert len(order(session, "light")) == 3
    assert order(session, "prompt") == []


def test_a_chat_orders_its_own_jobs_and_nobody_elses(session: Session) -> None:
    """Sooner changes places with the chat's own job before it; the other chats stay."""
    first, ben, second, third = (add(session, chat) for chat in (ANN, BEN, ANN, ANN))
    assert order(session) == [first, ben, second, third]
    assert fair.sooner(session.get_one(Job, third), session=session)
    assert order(session) == [first, ben, third, second]
    assert fair.sooner(session.get_one(Job, third), session=session)
    assert order(session) == [third, ben, first, second]
    assert not fair.sooner(session.get_one(Job, third), session=session)
    assert not fair.sooner(session.get_one(Job, ben), session=session)


def test_an_owners_wish_goes_before_all(session: Session) -> None:
    """First is before every chat, once."""
    others = [add(session, ANN) for _ in range(2)] + [add(session, BEN, priority=jobs.OWNER)]
    mine = add(session, BEN)
    assert fair.first(session.get_one(Job, mine), session=session)
    assert order(session)[0] == mine
    assert sorted(order(session)[1:]) == others
    assert not fair.first(session.get_one(Job, mine), session=session)


def test_a_held_job_waits_and_keeps_its_age(session: Session) -> None:
    """It is not started, has no place, and comes back to where it was."""
    first, second = add(session), add(session)
    jobs.pause(first, True, session=session)
    assert order(session) == [second]
    assert [one.job_id for one in fair.held(session=session)] == [first]
    assert jobs.position(session.get_one(Job, first), session=session) == 0
    jobs.pause(second, True, session=session)
    assert jobs.next_queued(jobs.HEAVY, session=session) is None
    assert not jobs.any_queued(session=session)
    jobs.pause(first, False, session=session)
    jobs.pause(second, False, session=session)
    assert order(session) == [first, second]


def test_a_job_at_work_cannot_be_held(session: Session) -> None:
    """The refusal says what can be done instead."""
    number = add(session)
    jobs.move(session.get_one(Job, number), "leased", session=session)
    with pytest.raises(jobs.JobAtWork, match="best so far is kept"):
        jobs.pause(number, True, session=session)


def test_a_lease_is_renewed_runs_out_and_ends(session: Session) -> None:
    """A job is its owner's until the lease is over; one that waits or ended has none."""
    job = session.get_one(Job, add(session))
    jobs.move(job, "leased", session=session)
    at = now()
    jobs.hold(job, "one", at, session=session)
    assert jobs.held(job, "one", at)
    assert not jobs.held(job, "two", at)
    assert not jobs.held(job, "one", at + jobs.LEASE * 0.6)
    jobs.move(job, "retry_wait", session=session)
    assert job.lease_owner is None
    assert not jobs.held(job, "one", at)


JOBS = st.lists(
    st.tuples(
        st.sampled_from([-1, -2, -3]),
        st.sampled_from(["train", "train", "package"]),
        st.integers(0, 1),
        st.none() | st.integers(1, 12).map(float),
        st.sampled_from(["queued", "queued", "running", "succeeded"]),
    ),
    max_size=12,
)


@given(rows=JOBS)
@settings(max_examples=20, deadline=None)
def test_the_next_is_the_first_of_the_order(
    rows: list[tuple[int, str, int, float | None, str]],
) -> None:
    """What is started next is what the queue shows first, and each job is shown once."""
    for session in _sessions():
        for chat, kind, priority, rank, state in rows:
            job = session.get_one(Job, add(session, chat, kind, priority))
            job.rank, job.state = rank, state
            job.finished_at = now() if state == "succeeded" else None
        session.flush()
        found = fair.standings("heavy", session=session)
        waiting = [job.id for job in jobs.active(session=session)]
        assert not {one.job_id for one in found} & set(waiting)
        assert len(found) == sum(state == "queued" for *_, state in rows)
        assert [one.position for one in found] == list(range(1, len(found) + 1))
        head = jobs.next_queued(jobs.HEAVY, session=session)
        assert (head and head.id) == (found[0].job_id if found else None)
        for chat in (-1, -2, -3):
            own = fair.standings("heavy", session=session, chat_id=chat)
            assert own == [one for one in found if one.chat_id == chat]
            assert [one.position - one.others for one in own] == list(range(1, len(own) + 1))


@pytest.mark.parametrize(
    ("busy", "waiting", "slots", "starts"),
    [
        ([], [10.0, 5.0], 1, [0.0, 10.0]),
        ([60.0], [10.0, 5.0, 1.0], 1, [60.0, 70.0, 75.0]),
        ([60.0], [10.0, 5.0, 1.0], 2, [0.0, 10.0, 15.0]),
        ([60.0, 20.0], [10.0], 1, [60.0]),
        ([None], [10.0], 1, [None]),
        ([5.0], [None, 1.0], 1, [5.0, None]),
    ],
)
def test_starts_follow_from_what_is_before(
    busy: list[float | None], waiting: list[float | None], slots: int, starts: list[float | None]
) -> None:
    """Each job starts on the slot that is free first; what hangs on the unknown is unknown."""
    assert play(busy, waiting, slots) == starts


def test_a_forecast_from_what_such_jobs_took(session: Session) -> None:
    """A chat's packaging starts when the one under way, and another chat's, will be done."""
    for _ in range(3):
        job = session.get_one(Job, add(session, ANN, "package"))
        job.state = "succeeded"
        job.started_at = now() - timedelta(hours=5, seconds=40)
        job.finished_at = now() - timedelta(hours=5)
    running = session.get_one(Job, add(session, ANN, "package"))
    running.state, running.progress = "running", {"seconds_left": 15.0}
    session.flush()
    add(session, ANN, "package")
    add(session, BEN, "package")
    busy = jobs.active(session=session)
    (ben,) = Forecast(session).waiting("heavy", BEN, busy)
    (ann,) = Forecast(session).waiting("heavy", ANN, busy)
    assert (ben.standing.position, ben.starts_in) == (1, 15.0)
    assert (ann.standing.position, ann.standing.others, round(ann.starts_in or 0)) == (2, 1, 55)
