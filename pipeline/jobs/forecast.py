"""When a waiting job will probably start: what runs has left, and what is before it takes.

A lane is played through in its order, each job on the slot that is free first. Where nothing is
known of a job's time (the first of its kind here), nothing is said of those behind it.
"""

import heapq
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from sqlmodel import Session

from pipeline.jobs import estimate
from storage import fair, jobs
from storage.fair import Standing
from storage.models import DatasetVersion, Job, now

HEAVY_SLOTS = 1
LIGHT_SLOTS = 2
SLOTS = {"heavy": HEAVY_SLOTS, "light": LIGHT_SLOTS, "prompt": 1}

AHEAD = 100
"""Jobs of a lane that are looked at one by one; those behind take as long as these on average."""

RECENT = 5


@dataclass(frozen=True)
class Expected:
    """A waiting job's place, and the seconds until it starts (None if unknown)."""

    standing: Standing
    starts_in: float | None


class Forecast:
    """Times of jobs, within one transaction; each is worked out once.

    `elsewhere`: heavy jobs go to a cluster, and how many of them at a time is its business.
    """

    def __init__(
        self, session: Session, at: datetime | None = None, *, elsewhere: bool = False
    ) -> None:
        self._session = session
        self._elsewhere = elsewhere
        self._at = at or now()
        self._trainings: dict[tuple[int, int, int, str], float | None] = {}
        self._kinds: dict[str, float | None] = {}

    def waiting(self, lane: str, chat_id: int | None, busy: Iterable[Job]) -> list[Expected]:
        """The lane's waiting jobs, of one chat or all, in the order they will start.

        Args:
            busy: all jobs under way.
        """
        found = fair.standings(
            lane, session=self._session, chat_id=chat_id, ahead=AHEAD, at=self._at
        )
        mine = [one for one in found if chat_id in (None, one.chat_id)]
        if not mine:
            return []
        if self._elsewhere and lane == "heavy":
            return [Expected(one, None) for one in mine]
        first = [one.job_id for one in found if one.position <= AHEAD]
        rows = fair.rows(first, session=self._session)
        left = [self.left(job) for job in busy if fair.lane_of(job.kind) == lane]
        starts = play(left, (self.whole(rows[number]) for number in first), SLOTS[lane])
        return [Expected(one, _start(starts, one.position)) for one in mine]

    def left(self, job: Job) -> float | None:
        """Seconds that an active job still takes; None if unknown."""
        told = job.progress.get("seconds_left")
        if told is not None:
            return max(0.0, float(told))
        whole = self.whole(job)
        if whole is None:
            return None
        since = (self._at - job.started_at).total_seconds() if job.started_at else 0.0
        return max(0.0, whole - since)

    def whole(self, job: Job) -> float | None:
        """Seconds that a job takes from its start to its end; None if unknown."""
        return self._training(job) if job.kind == "train" else self._usual(job.kind)

    def _training(self, job: Job) -> float | None:
        dataset = self._session.get(DatasetVersion, job.request.get("dataset_id"))
        if dataset is None:
            return None
        images = estimate.pictures(dataset.summary)
        what = (images, job.request["epochs"], job.request["imgsz"], job.request["architecture"])
        if what not in self._trainings:
            self._trainings[what] = estimate.seconds(*what, session=self._session).seconds
        return self._trainings[what]

    def _usual(self, kind: str) -> float | None:
        if kind not in self._kinds:
            done = jobs.history(kind, RECENT, session=self._session)
            times = [
                (job.finished_at - job.started_at).total_seconds()
                for job in done
                if job.finished_at is not None and job.started_at is not None
            ]
            self._kinds[kind] = median(times) if times else None
        return self._kinds[kind]


def _start(starts: Sequence[float | None], position: int) -> float | None:
    if position <= len(starts):
        return starts[position - 1]
    last = starts[-1]
    return None if last is None else last * position / len(starts)


def play(
    busy: Sequence[float | None], waiting: Iterable[float | None], slots: int
) -> list[float | None]:
    """Seconds until each of the `waiting` starts, in their order.

    Args:
        busy: seconds that the jobs under way still take.
        waiting: seconds that each takes; None is unknown, and so is every start that hangs on it.
        slots: how many go at a time.
    """
    unknown = float("inf")
    free = [unknown if left is None else left for left in busy]
    free += [0.0] * max(0, slots - len(free))
    heapq.heapify(free)
    while len(free) > slots:
        # More under way than there are slots, after a restart with fewer: the first to end is none.
        heapq.heappop(free)
    starts = []
    for takes in waiting:
        start = heapq.heappop(free)
        starts.append(None if start == unknown else start)
        heapq.heappush(free, unknown if takes is None else start + takes)
    return starts
