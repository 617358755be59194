"""What a worker is asked and what it answers: a spec in, a result at the end (events: events.py).

An attempt's folder holds `spec.json` (one of the specs below), `events.jsonl` (appended by the
worker), `log.txt` (its output), `lock` (held while it lives) and `out/` (the files it makes; paths
in results are relative to `out/`, keys are keys of the file store). Boxes are normalised xyxy.
"""

from typing import Annotated, Literal

from pydantic import Field, TypeAdapter

from pipeline.jobs.part import BoxItem as BoxItem
from pipeline.jobs.part import OutPath as OutPath
from pipeline.jobs.part import Part as Part
from pipeline.jobs.spec_collect import CollectResult, CollectSpec
from pipeline.jobs.spec_compare import CompareResult as CompareResult
from pipeline.jobs.spec_compare import CompareSpec as CompareSpec
from pipeline.jobs.spec_export import LabelsResult, LabelsSpec
from pipeline.jobs.spec_judging import ClassFigures as ClassFigures
from pipeline.jobs.spec_judging import Figures as Figures
from pipeline.jobs.spec_judging import RivalRef as RivalRef
from pipeline.jobs.spec_judging import WeightsRef as WeightsRef
from pipeline.jobs.spec_labels import ConsensusResult, ConsensusSpec
from pipeline.jobs.spec_package import ModelFileResult as ModelFileResult
from pipeline.jobs.spec_package import ModelFileSpec as ModelFileSpec
from pipeline.jobs.spec_package import PackageResult as PackageResult
from pipeline.jobs.spec_package import PackageSpec as PackageSpec
from pipeline.jobs.spec_tracks import CarryResult, CarrySpec


class PictureRef(Part):
    """A stored image and the row it belongs to. `clip`: what the frames of one video share."""

    image_id: int
    key: str
    clip: str | None = None


class ProposeSpec(Part):
    """Run a model over images; boxes of `classes` only (names matched without case).

    For their ranks: `have`, the confirmed boxes of each class, and `known`, pictures that are
    labelled already.
    """

    kind: Literal["propose"] = "propose"
    store: str
    weights: WeightsRef
    weights_folder: str
    offline: bool = False
    imgsz: int = 640
    classes: list[str]
    pictures: list[PictureRef]
    confidence: float = 0.15
    have: dict[str, int] = {}
    known: list[PictureRef] = []


class ProposedImage(Part):
    """The boxes proposed for one image, and how soon to ask about it: 0..1, higher is sooner."""

    image_id: int
    boxes: list[BoxItem]
    rank: float = 0.0


class ProposeResult(Part):
    """Proposals by image. `weights_missing`: the COCO model could not be had here."""

    kind: Literal["propose"] = "propose"
    images: list[ProposedImage] = []
    weights_missing: bool = False


class Resume(Part):
    """A checkpoint to go on from: `epoch` are done, its files lie in `folder` (a path or a URI).

    `before`: the checkpoint to take when this one cannot be read.
    """

    epoch: int = Field(gt=0)
    folder: str
    before: "Resume | None" = None


class TrainSpec(Part):
    """Train on a dataset version. `manifest`: its key in the store (see storage/datasets.py).

    `weights_folder`: where pretrained weights are kept (`yolov8n.pt`). `start`: `auto` takes COCO's
    where they can be had, `scratch` never does, `model` takes the stored weights `start_key`, which
    the result calls `start_name`. `args`: ultralytics' training arguments (pipeline/tuning.py).
    `batch`: pictures at a time; None leaves it to the machine. `resume`: where an earlier attempt
    stopped. `rival`: the model in use, judged beside the new.
    """

    kind: Literal["train"] = "train"
    store: str
    manifest: str
    architecture: str = "yolov8n"
    epochs: int = Field(gt=0, le=10_000)
    imgsz: int = Field(ge=32, le=2048, multiple_of=32)
    batch: int | None = Field(default=None, gt=0, le=1024)
    seed: int = 0
    patience: int = 100
    start: Literal["auto", "scratch", "model"] = "auto"
    start_key: str = ""
    start_name: str = ""
    args: dict[str, bool | int | float | str] = {}
    weights_folder: str
    offline: bool = False
    resume: Resume | None = None
    rival: RivalRef | None = None


class Confusion(Part):
    """Of `boxes` unseen objects of class `label`, `times` were taken for `taken_for`."""

    label: str
    taken_for: str
    times: int
    boxes: int


class TrainResult(Part):
    """A finished training. `plots`: JPEG/PNG paths, boxes on unseen pictures first.

    `start_weights`: `yolov8n.pt`, `v3` for a model of the project, or `yolov8n.yaml` when it began
    from nothing; `start` is what was asked. `val` is the part
    that chose the best epoch, `test` is never looked at before. `near_copies`: how many pictures of
    each of them look like one that was learned from. `epochs` of the `asked` ones were trained:
    less when it was `stopped_early`, no better for as long as its patience. `seconds` count the
    epochs of earlier attempts that this one went on from. `rival`: how the model in use does on the
    same test pictures. `arguments`: what was trained with, so that it can be done again.
    `confusions`: what unseen objects were taken for.
    """

    kind: Literal["train"] = "train"
    weights: OutPath
    architecture: str
    start_weights: str
    start: Literal["auto", "scratch", "model"] = "auto"
    epochs: int
    best_epoch: int
    asked: int = 0
    stopped_early: bool = False
    batch: int | None = None
    imgsz: int
    val: Figures | None
    test: Figures | None
    near_copies: dict[str, int] = {}
    rival: Figures | None = None
    arguments: dict[str, object] = {}
    confusions: list[Confusion] = []
    plots: list[OutPath] = []
    seconds: float
    seconds_per_epoch: float
    train_images: int
    versions: dict[str, str] = {}


class PredictSpec(Part):
    """Boxes on one picture. `picture`: an absolute path on this machine."""

    kind: Literal["predict"] = "predict"
    store: str
    weights: WeightsRef
    imgsz: int
    picture: str
    confidence: float = 0.25


class PredictResult(Part):
    """`picture`: the drawn JPEG. `lowered`: nothing passed, so weaker guesses are shown."""

    kind: Literal["predict"] = "predict"
    picture: OutPath
    boxes: list[BoxItem]
    confidence: float
    milliseconds: float


class MeasureSpec(Part):
    """Time a few training steps, so that minutes can be told before anyone commits to them."""

    kind: Literal["measure"] = "measure"
    architecture: str = "yolov8n"
    imgsz: int = 320
    batch: int = 8


class MeasureResult(Part):
    """`device`: cpu, cuda:0 or mps. Seconds for one image forth and back at `imgsz`."""

    kind: Literal["measure"] = "measure"
    device: str
    imgsz: int
    seconds_per_image: float
    startup_seconds: float


Spec = (
    CollectSpec
    | ProposeSpec
    | TrainSpec
    | PackageSpec
    | ModelFileSpec
    | CompareSpec
    | PredictSpec
    | MeasureSpec
    | LabelsSpec
    | CarrySpec
    | ConsensusSpec
)
Result = (
    CollectResult
    | ProposeResult
    | TrainResult
    | PackageResult
    | ModelFileResult
    | CompareResult
    | PredictResult
    | MeasureResult
    | LabelsResult
    | CarryResult
    | ConsensusResult
)

SPEC: TypeAdapter[Spec] = TypeAdapter(Annotated[Spec, Field(discriminator="kind")])
RESULT: TypeAdapter[Result] = TypeAdapter(Annotated[Result, Field(discriminator="kind")])
