"""What the runner tells becomes facts and messages, in the transaction that moves the job."""

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import ModuleType

from sqlmodel import Session

from bot import anew, archives, carrying, comparing, exporting, notices
from bot.desk import Desk, card_key
from bot.messages import schedule as schedule_words
from bot.messages import train as train_words
from pipeline.jobs.events import Progress
from pipeline.jobs.listener import Chunk
from pipeline.jobs.spec import (
    CompareResult,
    MeasureResult,
    MeasureSpec,
    ModelFileResult,
    PackageResult,
    PredictResult,
    ProposeResult,
    Result,
    Spec,
    TrainResult,
)
from pipeline.jobs.spec_collect import CollectResult
from pipeline.jobs.spec_export import LabelsResult
from pipeline.jobs.spec_labels import ConsensusResult
from pipeline.jobs.spec_tracks import CarryResult
from pipeline.kinds import (
    carry,
    collect,
    compare,
    consensus,
    exports,
    labels,
    model_file,
    package,
    predict,
    propose,
    refresh,
    so_far,
    train,
)
from pipeline.kinds.places import Places
from storage import outbox
from storage.models import Job, now

log = logging.getLogger(__name__)

SILENT = frozenset({"carry", "consensus"})
"""Nobody asked for these by name, and work goes on without; a failure's cause is in the log."""


class JobListener:
    """The bot's side of jobs; see pipeline.jobs.listener.Listener for when each is called."""

    def __init__(self, places: Places, web_url: str, public_url: str) -> None:
        self._places = places
        self._web_url = web_url
        self._public_url = public_url

    def _desk(self, session: Session) -> Desk:
        return Desk(session, self._places, self._web_url, self._public_url)

    def prepare(self, job: Job, folder: Path, *, session: Session) -> Spec:
        """The spec of an attempt."""
        match job.kind:
            case "collect":
                return collect.prepare(job, folder, self._places, session=session)
            case "propose":
                return propose.prepare(job, folder, self._places, session=session)
            case "train":
                return train.prepare(job, folder, self._places, session=session)
            case "package":
                return package.prepare(job, folder, self._places, session=session)
            case "model_file":
                return model_file.prepare(job, folder, self._places, session=session)
            case "compare":
                return compare.prepare(job, folder, self._places, session=session)
            case "predict":
                return predict.prepare(job, folder, self._places, session=session)
            case "labels":
                return labels.prepare(job, folder, self._places, session=session)
            case "carry":
                return carry.prepare(job, folder, self._places, session=session)
            case "consensus":
                return consensus.prepare(job, folder, self._places, session=session)
            case "measure":
                return MeasureSpec()
            case other:
                raise AssertionError(f"no such kind of job: {other}")

    def started(self, job: Job, *, session: Session) -> None:
        """Show that a training or packaging began."""
        notices.started(job, self._desk(session))

    def progressed(self, job: Job, progress: Progress, *, session: Session) -> None:
        """Show how far it is, as often as the chat can bear."""
        tell = _teller(job).progress
        wish = tell(job, progress, self._desk(session))
        if wish is None:
            return
        wish = schedule_words.marked(job, wish)
        key = card_key(job)
        card = outbox.get(key, session=session)
        wait = timedelta(seconds=notices.interval(job, session=session))
        shown = card.sent_at if card else None
        outbox.put(
            key,
            job.chat_id,
            wish,
            priority=outbox.PROGRESS,
            not_before=shown + wait if shown and shown + wait > now() else None,
            session=session,
        )

    def chunks(self, job: Job, result: Result, folder: Path) -> Iterator[Chunk]:
        """The images of a collect job, some hundred a transaction; files of models and packages."""
        if isinstance(result, CollectResult):
            yield from collect.chunks(job, result, folder)
        elif isinstance(result, TrainResult):
            train.bring(result, folder, self._places)
        elif isinstance(result, PackageResult):
            yield from package.chunks(job, result, folder, self._places)
        elif isinstance(result, ModelFileResult):
            yield from model_file.chunks(job, result, folder, self._places)
        elif isinstance(result, ConsensusResult):
            yield from consensus.chunks(job, result, folder)

    def finished(self, job: Job, result: Result, folder: Path, *, session: Session) -> None:
        """Keep the result and tell it."""
        desk = self._desk(session)
        match result:
            case CollectResult() if refresh.is_one(job):
                anew.collected(job, result, folder, desk)
            case CollectResult():
                notices.collected(job, result, folder, desk)
            case ProposeResult():
                notices.proposed(job, result, desk)
            case TrainResult():
                notices.trained(job, result, folder, desk)
            case PackageResult() | ModelFileResult() if exports.is_one(job):
                exporting.made(job, desk)
            case CompareResult():
                comparing.compared(job, result, desk)
            case PackageResult():
                notices.packaged(job, desk)
            case PredictResult():
                notices.predicted(job, result, folder, desk)
            case LabelsResult():
                archives.made(job, result, desk)
            case CarryResult():
                carrying.carried(job, result, desk)
            case ConsensusResult():
                consensus.keep(job, result, folder, session=session)
            case MeasureResult():
                notices.measured(job, result, desk)

    def ending(self, job: Job) -> None:
        """Bring what a training has so far."""
        if job.kind == "train":
            so_far.bring(job, self._places)

    def failed(self, job: Job, *, session: Session) -> None:
        """Tell the cause in words."""
        if job.kind in SILENT:
            return
        _teller(job).failed(job, self._desk(session))

    def retrying(self, job: Job, *, session: Session) -> None:
        """Tell that it starts again."""
        if job.kind == "train":
            desk = self._desk(session)
            desk.tell(job, train_words.retrying(desk.project(job), job))

    def cancelled(self, job: Job, *, session: Session) -> None:
        """Tell that it stopped."""
        if job.kind in SILENT:
            return
        _teller(job).cancelled(job, self._desk(session))


def _teller(job: Job) -> ModuleType:
    """Who tells of this job's end."""
    if refresh.is_one(job):
        return anew
    if exports.is_one(job):
        return exporting
    return {"labels": archives, "compare": comparing}.get(job.kind, notices)
