"""What is asked and answered when a trained model is turned into files that others can run."""

from typing import Literal

from pydantic import Field

from pipeline.jobs.part import OutPath, Part

Precision = Literal["fp32", "fp16", "uint8"]
"""How weights are stored; what runs them computes in float32 either way."""


class Proof(Part):
    """How well the packaged files do on labelled pictures, beside the model that was trained.

    `where`: "browser" (a real one ran the packaged page) or "tensorflow" (there is none on this
    machine). `runtime`: what computed there ("wasm", "litert", ...). Figures are mAP, 0..1, of the
    same pictures, squarely letterboxed, confidence 0.001, multi-label suppression at 0.7, 300
    boxes. `passed`: they differ by half a point at most (uint8: they lose a point at most), or by
    what one box of the rarest class counts where that is more. `compared`: boxes of the page's
    self-test that a browser found again one by one, which says something even of a model that
    finds nothing yet.
    """

    where: Literal["browser", "tensorflow"]
    runtime: str
    part: Literal["test", "val", "train"]
    pictures: int
    boxes: int
    map50: float
    map50_95: float
    trained_map50: float
    trained_map50_95: float
    passed: bool
    compared: int = 0


class PackageSpec(Part):
    """Convert weights to a verified browser package.

    `form`: "tfjs" for a zip with TensorFlow.js and its model, "litert" for one with LiteRT.js and a
    .tflite. `metadata` is copied into metadata.json (project, version, classes, metrics, dataset
    digest ...). `selftest_pictures`: stored images to choose the self-test picture from (unseen
    ones first). `manifest`: key of the data set whose pictures prove it, where there is one.
    """

    kind: Literal["package"] = "package"
    store: str
    weights: str
    form: Literal["tfjs", "litert"] = "tfjs"
    imgsz: int = Field(ge=32, le=2048, multiple_of=32)
    precision: Precision = "fp16"
    file_name: str
    metadata: dict[str, object]
    selftest_pictures: list[str]
    manifest: str | None = None


class PackageResult(Part):
    """`package`: the zip. `page`: folder with its content, unpacked, for serving.

    `single`: the page as one HTML file with the weights inside. `smaller`: how the model does with
    weights of 8 bits, and `smaller_bytes` what its zip would weigh, where that was measured.
    """

    kind: Literal["package"] = "package"
    package: OutPath
    page: OutPath
    single: OutPath | None = None
    size_bytes: int
    single_bytes: int = 0
    precision: Precision = "fp16"
    output_form: str
    selftest_boxes: int
    selftest_threshold: float
    max_difference: float
    proof: Proof | None = None
    smaller: Proof | None = None
    smaller_bytes: int = 0


class ModelFileSpec(Part):
    """Convert weights to one bare file for programs: `file_name` says where, in `reporter.out`."""

    kind: Literal["model_file"] = "model_file"
    store: str
    weights: str
    form: Literal["onnx", "tflite"]
    precision: Precision = "fp32"
    imgsz: int = Field(ge=32, le=2048, multiple_of=32)
    file_name: str
    classes: list[str]
    selftest_pictures: list[str] = []


class ModelFileResult(Part):
    """The file, and by how much its raw answer differed from PyTorch's, relative to its range."""

    kind: Literal["model_file"] = "model_file"
    file: OutPath
    size_bytes: int
    output_form: str
    max_difference: float
