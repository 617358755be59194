"""The carry kind: confirmed boxes followed through the other frames of their videos."""

import time
from collections.abc import Callable, Sequence

from pipeline.errors import WorkerError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_tracks import CarriedBox, CarryResult, CarrySpec, ClipFrame
from pipeline.labelling.decode import UnreadablePicture, load, size_of
from pipeline.tracking.follow import Followed, Known, Still, follow
from pipeline.tracking.frame import WORK_SIDE, Frame
from pipeline.worker.reporter import Reporter
from storage.files import FileStore


def run(spec: CarrySpec, reporter: Reporter) -> CarryResult:
    """Carry the start boxes of every clip; see pipeline/tracking/follow.py for how far.

    Raises:
        WorkerError: a stored frame is missing or damaged.
    """
    store = FileStore(spec.store)
    total = sum(len(clip) for clip in spec.clips)
    began = time.monotonic()
    before = 0
    boxes: list[CarriedBox] = []
    for clip in spec.clips:

        def tell(share: float, done: int = before, frames: int = len(clip)) -> None:
            _tell(reporter, done + share * frames, total, time.monotonic() - began)

        tell(0.0)
        boxes += [_carried(one, clip) for one in _followed(clip, store, tell)]
        before += len(clip)
    _tell(reporter, total, total, time.monotonic() - began)
    return CarryResult(boxes=boxes)


def _followed(
    clip: Sequence[ClipFrame], store: FileStore, tell: Callable[[float], None]
) -> list[Followed]:
    stills = [
        Still(
            tuple(Known(box.id, box.label, box.xyxy, box.start, box.decided) for box in one.boxes),
            one.settled,
        )
        for one in clip
    ]
    return follow(stills, lambda at: _frame(store, clip[at].key), tell)


def _frame(store: FileStore, key: str) -> Frame:
    try:
        data = store.read(key)
        # JPEG decodes a half or a quarter of the size in a fraction of the time.
        return Frame(load(data, at_least=min(1.0, WORK_SIDE / max(size_of(data)))))
    except (FileNotFoundError, UnreadablePicture) as error:
        # Collecting decoded it once, so the store is at fault, not the person.
        raise WorkerError("A picture of this project is missing or damaged.") from error


def _carried(one: Followed, clip: Sequence[ClipFrame]) -> CarriedBox:
    return CarriedBox(
        image_id=clip[one.at].image_id,
        label=one.label,
        xyxy=one.box,
        score=round(one.confidence, 4),
        parent_id=one.parent,
        track=one.track,
    )


def _tell(reporter: Reporter, done: float, total: int, elapsed: float) -> None:
    reporter.progress(
        Progress(
            stage="follow",
            done=int(done),
            total=total,
            seconds_left=round((total - done) * elapsed / done, 1) if done else None,
        ),
        important=done in (0, total),
    )
