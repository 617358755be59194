"""How long a training will take here: from this machine's own history, else from a measurement."""

from collections.abc import Iterable
from dataclasses import dataclass
from statistics import median
from typing import Literal

from pydantic import BaseModel
from sqlmodel import Session

from pipeline.families import ARCHITECTURES
from pipeline.jobs.spec import MeasureResult
from storage import jobs
from storage.models import Json, Setting

SPEED = "speed"
REFERENCE_IMGSZ = 320
RECENT = 5
LOOK_BACK = 50


@dataclass(frozen=True)
class Estimate:
    """`seconds` for a whole training and where they come from; both None when nothing is known."""

    seconds: float | None
    basis: Literal["measured", "history"] | None


@dataclass(frozen=True)
class _Pace:
    """One training's speed: seconds an image at the reference size, and seconds around epochs."""

    architecture: str
    per_image: float
    around: float


class _Trained(BaseModel):
    """What counts here of a TrainResult, also of one that an older release stored."""

    architecture: str
    imgsz: int
    epochs: int
    seconds: float
    seconds_per_epoch: float
    train_images: int


def seconds(
    images: int, epochs: int, imgsz: int, architecture: str, *, session: Session
) -> Estimate:
    """The time to train `epochs` times over `images` training images of `imgsz` pixels.

    The newest trainings of the same architecture count, else those of others by the models' known
    cost, else what `remember` was told. Time goes with the number of pixels.
    """
    work = images * epochs * (imgsz / REFERENCE_IMGSZ) ** 2
    paces = _paces(architecture, session=session)
    if paces:
        per_image = median(pace.per_image for pace in paces)
        around = median(pace.around for pace in paces)
        return Estimate(work * per_image + around, "history")
    measured = session.get(Setting, SPEED)
    factor = None if measured is None else _factor(measured.value["architecture"], architecture)
    if measured is None or factor is None:
        return Estimate(None, None)
    per_image = measured.value["per_image"] * factor
    return Estimate(work * per_image + measured.value["startup_seconds"], "measured")


def pictures(summary: Json) -> int:
    """What an epoch on a dataset version (its summary) costs, in pictures learned from.

    Judging one takes about a third of learning from it.
    """
    parts = summary["parts"]
    return int(parts["train"]["images"] + parts["val"]["images"] // 3)


def remember(result: MeasureResult, *, architecture: str = "yolov8n", session: Session) -> None:
    """Keep a measurement of `architecture` on this machine; a newer one replaces it."""
    row = session.get(Setting, SPEED) or Setting(key=SPEED)
    row.value = {
        "architecture": architecture,
        "device": result.device,
        "per_image": result.seconds_per_image / (result.imgsz / REFERENCE_IMGSZ) ** 2,
        "startup_seconds": result.startup_seconds,
    }
    session.add(row)


def in_words(seconds: float) -> str:
    """A time as one says it, no more exact than it can be: `~12 min`, `~1.5 h`, `~5 h`."""
    if seconds < 60:
        return "under a minute"
    minutes = seconds / 60
    if minutes < 20:
        return f"~{round(minutes)} min"
    if minutes < 87.5:
        return f"~{round(minutes / 5) * 5} min"
    hours = minutes / 60
    if hours < 4.75:
        return f"~{round(hours * 2) / 2:g} h"
    if hours < 36:
        return f"~{round(hours)} h"
    return f"~{round(hours / 24)} days"


def _paces(architecture: str, *, session: Session) -> list[_Pace]:
    """The newest paces of `architecture`, or of others brought to its cost."""
    done = jobs.history("train", LOOK_BACK, session=session)
    known = [pace for job in done if (pace := _pace(_Trained.model_validate(job.result)))]
    same = [pace for pace in known if pace.architecture == architecture]
    return (same or list(_scaled(known, architecture)))[:RECENT]


def _scaled(paces: Iterable[_Pace], architecture: str) -> Iterable[_Pace]:
    for pace in paces:
        factor = _factor(pace.architecture, architecture)
        if factor is not None:
            yield _Pace(architecture, pace.per_image * factor, pace.around)


def _pace(result: _Trained) -> _Pace | None:
    pixels = result.train_images * (result.imgsz / REFERENCE_IMGSZ) ** 2
    if pixels <= 0 or result.seconds_per_epoch <= 0:
        return None
    around = max(0.0, result.seconds - result.epochs * result.seconds_per_epoch)
    return _Pace(result.architecture, result.seconds_per_epoch / pixels, around)


def _factor(known: str, wanted: str) -> float | None:
    """How much longer an image takes with the architecture `wanted` than with `known`."""
    if known == wanted:
        return 1.0
    # A model that an older release trained may be none that is trained today.
    one, other = (ARCHITECTURES.get(name) for name in (known, wanted))
    return None if one is None or other is None else other.gflops / one.gflops
