"""What a worker is asked and what it answers: a spec in, a result at the end (events: events.py).

An attempt's folder holds `spec.json` (one of the specs below), `events.jsonl` (appended by the
worker), `log.txt` (its output), `lock` (held while it lives) and `out/` (the files it makes; paths
in results are relative to `out/`, keys are keys of the file store). Boxes are normalised xyxy.
"""

from typing import Annotated, Literal, NamedTuple

from pydantic import Base64Bytes, Field, TypeAdapter

from pipeline.jobs.part import BoxItem as BoxItem
from pipeline.jobs.part import Part as Part
from pipeline.jobs.spec_export import LabelsResult, LabelsSpec
from pipeline.jobs.spec_labels import ConsensusResult, ConsensusSpec
from pipeline.jobs.spec_tracks import CarryResult, CarrySpec
from pipeline.jobs.spec_video import VideosResult, VideosSpec


class ImageItem(Part):
    """An image a collect job kept (already in the file store).

    `group`: images that share it stay on one side of a split. `alike`: group keys, known or of this
    same result, that this image is a near duplicate of. `part`: the part of a dataset that it was
    in before, where an export of ours says so. `words`: its corners' (see pipeline/features.py), in
    base64.
    """

    key: str
    sha256: str
    name: str
    width: int
    height: int
    phash: str
    group: str
    seconds: float | None = None
    labelled: bool = False
    boxes: list[BoxItem] = []
    alike: list[str] = []
    part: str | None = None
    words: Base64Bytes = b""


class DroppedItem(ImageItem):
    """An image that screening left out, kept (in the file store) for a person to bring back.

    `reason`: near_duplicate, dark, blurred or tiny. `like`: the sha256 of the picture that stayed
    for it.
    """

    reason: str
    like: str = ""


class KnownImage(NamedTuple):
    """An image the project already has, so that duplicates are seen across sources.

    `labelled`: it came with labels. Where it did not, the same picture with labels is kept. `id`
    and `file`: its row, and what it is called when it goes out to another tool. `words`: its
    corners' (see pipeline/features.py), four bytes each.
    """

    sha256: str
    phash: str
    group: str
    labelled: bool = True
    id: int = 0
    file: str = ""
    width: int = 0
    height: int = 0
    words: bytes = b""


class InputFile(Part):
    """A file that was sent into the chat, already on this machine."""

    path: str
    name: str


class CollectSpec(Part):
    """Fetch a source, sample frames, screen them, read labels.

    `what` is a link or a data set's name, or empty when `files` came by chat or `folder` lies on
    this machine. `again`: the number of the job that fetches a source anew, 0 for the first time.
    `known_file` holds every KnownImage (see pipeline/known.py), relative to the attempt's folder.
    `allow_private`: "0", "1" or comma-parted hosts. `mirrors`: addresses of services, see
    pipeline/sources/mirrors.py.
    """

    kind: Literal["collect"] = "collect"
    store: str
    source_id: int
    again: int = 0
    what: str = ""
    folder: str = ""
    files: list[InputFile] = []
    every_s: float = Field(default=1.0, gt=0, le=86_400)
    max_images: int = Field(default=300, gt=0, le=100_000)
    classes: list[str] = []
    known_file: str | None = None
    allow_private: str = "0"
    mirrors: str = ""
    max_bytes: int = 4 << 30
    videos: VideosSpec = VideosSpec()

    @property
    def group(self) -> str:
        """What the group keys of this fetch begin with."""
        return f"source:{self.source_id}" + (f":again{self.again}" if self.again else "")


class BadRow(Part):
    """Something that was left out of an import, and why."""

    file: str
    line: int | None = None
    why: str


class Choice(Part):
    """Something that can be added: what its button says, and what `/add` would get."""

    label: str
    what: str


class CollectResult(Part):
    """What a collect job found. `items_file`: JSON lines of ImageItem. `montage`: a JPEG.

    `dropped` counts by reason: duplicate, near_duplicate, dark, blurred, tiny, unreadable,
    over_max. `classes`: every label that the kept boxes use, in the source's own order, and those
    that an export of ours lists. `answers_file`: JSON lines of AnswerItem about the `answered`
    pictures that had gone out to another tool. `bad_rows` are the first of what `report_file`, a
    CSV, lists. `whole` counts kept pictures by what is on them where nothing says in which place.
    `dropped_file`: JSON lines of DroppedItem, `shelved` of what was dropped. `choices`: what to add
    instead, where the source has several things to offer; `question` asks which.
    """

    kind: Literal["collect"] = "collect"
    title: str
    items_file: str
    read: int
    kept: int
    dropped: dict[str, int] = {}
    labelled: int = 0
    boxes: dict[str, int] = {}
    classes: list[str] = []
    unknown_classes: dict[str, int] = {}
    bad_rows: list[BadRow] = []
    bad_row_count: int = 0
    report_file: str | None = None
    whole: dict[str, int] = {}
    montage: str | None = None
    seconds: float | None = None
    provenance: dict[str, str] = {}
    answers_file: str | None = None
    answered: int = 0
    dropped_file: str | None = None
    shelved: int = 0
    question: str = ""
    choices: list[Choice] = []
    videos: VideosResult = VideosResult()


class PictureRef(Part):
    """A stored image and the row it belongs to. `clip`: what the frames of one video share."""

    image_id: int
    key: str
    clip: str | None = None


class WeightsRef(Part):
    """A stored model, or the COCO-trained one when `key` is None. `classes`: index to name."""

    key: str | None = None
    architecture: str = "yolov8n"
    classes: list[str] = []


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


class TrainSpec(Part):
    """Train on a dataset version. `manifest`: its key in the store (see storage/datasets.py).

    `weights_folder`: where pretrained weights are kept (`yolov8n.pt`). `start`: `auto` takes COCO's
    where they can be had, `scratch` never does.
    """

    kind: Literal["train"] = "train"
    store: str
    manifest: str
    architecture: str = "yolov8n"
    epochs: int = Field(gt=0, le=10_000)
    imgsz: int = Field(ge=32, le=2048, multiple_of=32)
    batch: int = Field(default=16, gt=0, le=1024)
    seed: int = 0
    patience: int = 100
    start: Literal["auto", "scratch"] = "auto"
    weights_folder: str
    offline: bool = False


class ClassFigures(Part):
    """Figures of one class on the judged part; precision and recall at the best-F1 confidence."""

    label: str
    images: int
    boxes: int
    precision: float
    recall: float
    map50: float
    map50_95: float


class Figures(Part):
    """How a model does on one part of its dataset. `ok`: objects found; all are 0..1."""

    part: Literal["val", "test"]
    images: int
    boxes: int
    precision: float
    recall: float
    map50: float
    map50_95: float
    classes: list[ClassFigures] = []


class TrainResult(Part):
    """A finished training. `plots`: JPEG/PNG paths, boxes on unseen pictures first.

    `start_weights`: `yolov8n.pt`, or `yolov8n.yaml` when it began from nothing. `val` is the part
    that chose the best epoch, `test` is never looked at before. `near_copies`: how many pictures of
    each of them look like one that was learned from.
    """

    kind: Literal["train"] = "train"
    weights: str
    architecture: str
    start_weights: str
    epochs: int
    best_epoch: int
    imgsz: int
    val: Figures | None
    test: Figures | None
    near_copies: dict[str, int] = {}
    plots: list[str] = []
    seconds: float
    seconds_per_epoch: float
    train_images: int
    versions: dict[str, str] = {}


class PackageSpec(Part):
    """Convert weights to a verified browser package.

    `metadata` is copied into metadata.json (project, version, classes, metrics, dataset digest …).
    `selftest_pictures`: stored images to choose the self-test picture from (unseen ones first).
    """

    kind: Literal["package"] = "package"
    store: str
    weights: str
    imgsz: int = Field(ge=32, le=2048, multiple_of=32)
    precision: Literal["fp16", "fp32"] = "fp16"
    file_name: str
    metadata: dict[str, object]
    selftest_pictures: list[str]


class PackageResult(Part):
    """`package`: the zip. `page`: folder with its content, unpacked, for serving."""

    kind: Literal["package"] = "package"
    package: str
    page: str
    size_bytes: int
    output_form: str
    selftest_boxes: int
    selftest_threshold: float
    max_difference: float


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
    picture: str
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
    | PredictResult
    | MeasureResult
    | LabelsResult
    | CarryResult
    | ConsensusResult
)

SPEC: TypeAdapter[Spec] = TypeAdapter(Annotated[Spec, Field(discriminator="kind")])
RESULT: TypeAdapter[Result] = TypeAdapter(Annotated[Result, Field(discriminator="kind")])
