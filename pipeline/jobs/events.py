"""What a worker tells while it works: JSON lines, each of them one event."""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pipeline.jobs.spec import Part, Result


class Started(Part):
    """The worker lives."""

    type: Literal["started"] = "started"
    pid: int


class Progress(Part):
    """How far the work is; `figures` are floats worth showing (losses, mAP, images/s, epoch).

    `stage` is one of: fetch, frames, screen, labels, load, epoch, plots, convert, check, predict,
    follow. `seconds_left` may be unknown.
    """

    type: Literal["progress"] = "progress"
    stage: str
    done: float
    total: float | None = None
    seconds_left: float | None = None
    figures: dict[str, float] = Field(default_factory=dict)
    note: str = ""


class Saved(Part):
    """A checkpoint is whole: another attempt can go on after `epoch`, the last finished one.

    `folder`: a path or an fsspec URI, with the files of pipeline/jobs/checkpoint.py in it.
    """

    type: Literal["saved"] = "saved"
    epoch: int = Field(gt=0)
    folder: str


class Done(Part):
    """The work is finished; everything named in the result is on disk."""

    type: Literal["done"] = "done"
    result: Annotated[Result, Field(discriminator="kind")]


class Failed(Part):
    """The work stopped. `message` is a sentence for a person; `retryable` causes can pass."""

    type: Literal["failed"] = "failed"
    code: str
    message: str
    retryable: bool = False
    expected: bool = True


WorkerEvent = Started | Progress | Saved | Done | Failed
EVENT: TypeAdapter[WorkerEvent] = TypeAdapter(Annotated[WorkerEvent, Field(discriminator="type")])
