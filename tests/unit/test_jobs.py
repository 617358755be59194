"""The queue's table: creation, order, cancelling, and which state may follow which."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from sqlmodel import Session, SQLModel

from pipeline.jobs.runner import LIGHT
from storage import jobs
from storage.db import Database
from storage.models import Job, now

STATES = sorted(jobs.FOLLOWS)


@pytest.fixture
def session() -> Iterator[Session]:
    """A session on an empty database."""
    db = Database("sqlite://")
    with Session(db.engine) as session:
        SQLModel.metadata.create_all(session.connection())
        yield session
    db.close()


def add(session: Session, kind: str = "train", key: str | None = None) -> Job:
    """A queued job."""
    return jobs.create(
        kind=kind,
        project_id=None,
        chat_id=1,
        member_id=1,
        request={"n": 1},
        idempotency_key=key,
        session=session,
    )


def drive(session: Session, job: Job, *states: str) -> Job:
    """Move a job through `states`."""
    for state in states:
        jobs.move(job, state, session=session)
    return job


def test_the_lanes_are_the_contracts() -> None:
    """The table, the contract and the runner agree on the kind of each lane."""
    assert {"train", "package", "model_file"} == jobs.HEAVY
    light = {"collect", "propose", "measure", "labels", "carry", "consensus", "compare"}
    assert light == LIGHT
    assert {"predict"} == jobs.PROMPT


def test_the_same_key_is_the_same_job(session: Session) -> None:
    """A repeated request is not a second job."""
    first = add(session, key="update-7")
    assert add(session, key="update-7").id == first.id
    assert add(session).id != first.id


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("wanted", STATES)
def test_only_legal_transitions_are_made(session: Session, state: str, wanted: str) -> None:
    """A move that is not in the plan is refused and changes nothing."""
    job = add(session)
    job.state = state
    if wanted in jobs.FOLLOWS[state]:
        jobs.move(job, wanted, session=session)
        assert job.state == wanted
    else:
        with pytest.raises(jobs.IllegalTransition):
            jobs.move(job, wanted, session=session)
        assert job.state == state


def test_an_end_has_its_time_and_is_the_end(session: Session) -> None:
    """Exactly the terminal states are those that nothing follows."""
    for state in STATES:
        assert (state in jobs.TERMINAL) == (not jobs.FOLLOWS[state])
    job = drive(session, add(session), "leased", "running")
    assert not jobs.terminal(job)
    assert job.finished_at is None
    drive(session, job, "succeeded")
    assert jobs.terminal(job)
    assert job.finished_at is not None


def test_order_of_the_queue(session: Session) -> None:
    """The oldest goes first, predictions and packages before other work; lanes count apart."""
    running = drive(session, add(session), "leased", "running")
    collect, train = add(session, "collect"), add(session)
    predict, package = add(session, "predict"), add(session, "package")
    retried = drive(session, add(session), "leased", "retry_wait")
    heavy = jobs.next_queued(jobs.HEAVY, session=session)
    assert heavy is not None
    assert heavy.id == package.id
    places = [(place.job.id, place.position) for place in jobs.queue(session=session)]
    assert places == [
        (running.id, 0),
        (predict.id, 1),
        (package.id, 1),
        (train.id, 2),
        (retried.id, 3),
        (collect.id, 1),
    ]
    assert jobs.position(train, session=session) == 2
    assert jobs.position(running, session=session) == 0


def test_nothing_to_start(session: Session) -> None:
    """An empty queue says so."""
    assert jobs.next_queued(jobs.HEAVY, session=session) is None
    assert not jobs.any_queued(session=session)
    add(session)
    assert jobs.any_queued(session=session)


def test_due_jobs(session: Session) -> None:
    """A job that waits for another try is due at its time, not before."""
    job = drive(session, add(session), "leased", "retry_wait")
    job.retry_at = now() + timedelta(hours=1)
    session.flush()
    assert jobs.due(now(), session=session) == []
    assert jobs.due(now() + timedelta(hours=2), session=session) == [job]
    drive(session, job, "queued")
    assert job.retry_at is None


def test_cancel_of_what_is_not_there(session: Session) -> None:
    """An unknown number is refused in one sentence."""
    with pytest.raises(jobs.JobUnknown) as refusal:
        jobs.request_cancel(99, session=session)
    assert refusal.value.user_message == "I know no job 99: /queue lists them."


@pytest.mark.parametrize(
    ("states", "sentence"),
    [
        (("leased", "running", "succeeded"), "Job 1 is finished already."),
        (("leased", "running", "failed"), "Job 1 has failed already."),
        (("cancelled",), "Job 1 was cancelled already."),
    ],
)
def test_cancel_of_a_job_that_is_over(
    session: Session, states: tuple[str, ...], sentence: str
) -> None:
    """A job that is over stays as it ended, and the refusal says how that was."""
    job = drive(session, add(session), *states)
    with pytest.raises(jobs.JobOver) as refusal:
        jobs.request_cancel(1, session=session)
    assert refusal.value.user_message == sentence
    assert job.state == states[-1]
    assert job.cancel_requested_at is None


def test_history_is_the_newest_first(session: Session) -> None:
    """Only ended jobs of that kind are history."""
    done = [drive(session, add(session), "leased", "running", "succeeded") for _ in range(3)]
    failed = drive(session, add(session), "leased", "failed")
    add(session)
    drive(session, add(session, "package"), "leased", "running", "succeeded")
    assert jobs.history("train", 2, session=session) == [done[2], done[1]]
    assert jobs.history("train", 1, session=session, states=("failed",)) == [failed]


class Transitions(RuleBasedStateMachine):
    """Jobs pushed about at random."""

    def __init__(self) -> None:
        super().__init__()
        self.db = Database("sqlite://")
        self.session = Session(self.db.engine)
        SQLModel.metadata.create_all(self.session.connection())
        self.endings: dict[int, str] = {}

    def teardown(self) -> None:
        """Close the database."""
        self.session.close()
        self.db.close()

    @rule(kind=st.sampled_from(["train", "predict", "collect"]))
    def create(self, kind: str) -> None:
        """Somebody wants something."""
        add(self.session, kind)

    @rule(number=st.integers(1, 8), state=st.sampled_from(STATES))
    def move(self, number: int, state: str) -> None:
        """Somebody, right or wrong, moves a job."""
        job = jobs.get(number, session=self.session)
        if job is not None:
            before = job.state
            try:
                jobs.move(job, state, session=self.session)
            except jobs.IllegalTransition:
                assert job.state == before

    @rule(number=st.integers(1, 8))
    def cancel(self, number: int) -> None:
        """Somebody cancels: it ends, or is on its way to."""
        try:
            job = jobs.request_cancel(number, session=self.session)
        except (jobs.JobUnknown, jobs.JobOver):
            return
        assert job.state in ("cancelled", "cancelling")
        assert job.cancel_requested_at is not None

    @invariant()
    def ends_are_final(self) -> None:
        """A job that was over once stays as it ended."""
        for number in range(1, 9):
            job = jobs.get(number, session=self.session)
            if job is not None and jobs.terminal(job):
                assert self.endings.setdefault(number, job.state) == job.state
                assert job.finished_at is not None

    @invariant()
    def places_are_dense(self) -> None:
        """The places of each lane are 1, 2, 3 ... and every open job has one."""
        places = jobs.queue(session=self.session)
        for kinds in (jobs.HEAVY, jobs.PROMPT, LIGHT):
            lane = [it.position for it in places if it.job.kind in kinds]
            waiting = sorted(position for position in lane if position)
            assert waiting == list(range(1, len(waiting) + 1))


TestTransitions = Transitions.TestCase
TestTransitions.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)
