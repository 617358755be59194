"""The model_file kind: weights in, one bare .onnx or .tflite for programs out.

Both carry what ultralytics reads from such files (names, imgsz, stride, task), so `YOLO(file)` of
that library takes them as it takes its own.
"""

import json
import shutil
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.errors import UserError, WorkerError
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_package import ModelFileResult, ModelFileSpec
from pipeline.worker import network, tflite_model
from pipeline.worker.convert import portable
from pipeline.worker.network import Network
from pipeline.worker.reporter import Reporter
from pipeline.worker.runs import LIMITS, Array, Form, Run, difference
from pipeline.worker.weights import stored
from storage.files import FileStore

PIXELS = "input pixels"

_FORMS: Mapping[Form, str] = {
    "raw": "[1, 4+classes, anchors]: cx, cy, w, h in {unit}, then a score a class; not thinned",
    "queries": "[1, queries, 4+classes]: cx, cy, w, h in shares, then a score a class",
    "rows": "[1, boxes, 6]: cx, cy, w, h in shares, score, class; best first",
}


def run(spec: ModelFileSpec, reporter: Reporter) -> ModelFileResult:
    """Convert, check and write as `spec` asks; the file goes to `reporter.out`.

    Raises:
        UserError: that format has no such precision.
        NotPackable: a kind of model that the format cannot hold.
        WorkerError: the weights are missing, cannot be converted, or compute something else then.
    """
    if (spec.form, spec.precision) == ("onnx", "uint8"):
        raise UserError("I write ONNX as fp32 or fp16. In 8 bits there is tflite.")
    folder, out = reporter.folder.resolve(), reporter.out.resolve()
    weights = stored(spec.weights, FileStore(spec.store), folder)
    reporter.progress(Progress(stage="convert", done=0.0, total=1.0), important=True)
    write = _onnx if spec.form == "onnx" else _tflite
    made = folder / f"made.{spec.form}"
    exported, read_back, wanted, unit = write(spec, weights, folder / "convert", made)
    reporter.progress(Progress(stage="check", done=0.0, total=1.0), important=True)
    size = exported.size if unit == PIXELS else (1, 1)
    gap = difference(read_back(exported.sample), wanted, exported.form, size)
    print(f"model file: differs from PyTorch by {gap:.1e}")
    if gap > LIMITS[spec.precision]:
        raise WorkerError(
            "The converted model does not compute what the trained one does, so I don't send it."
        )
    target = out / Path(spec.file_name).name
    shutil.move(made, target)
    reporter.progress(Progress(stage="check", done=1.0, total=1.0), important=True)
    return ModelFileResult(
        file=target.name,
        size_bytes=target.stat().st_size,
        output_form=f"{exported.form} {_FORMS[exported.form].format(unit=unit)}",
        max_difference=gap,
    )


def _onnx(
    spec: ModelFileSpec, weights: Path, folder: Path, target: Path
) -> tuple[Network, Run, Array, str]:
    import onnx

    exported = network.export(weights, folder, spec.imgsz, bare=True)
    model = onnx.load(exported.onnx)
    if spec.precision == "fp16":
        from onnxruntime.transformers import float16

        # The values that do not fit are told in warnings; the check afterwards sees their harm.
        model = float16.convert_float_to_float16(model, keep_io_types=True)
    told = {entry.key: entry for entry in model.metadata_props}
    for key, value in _told(exported, spec).items():
        entry = told.get(key) or model.metadata_props.add()
        entry.key, entry.value = key, str(value)
    onnx.save(model, target)
    return exported, _reader_of_onnx(target), exported.answer, PIXELS


def _reader_of_onnx(path: Path) -> Run:
    import onnxruntime

    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])

    def run(batch: Array) -> Array:
        answers: list[Array] = session.run(None, {"images": batch.transpose(0, 3, 1, 2)})
        return answers[0]

    return run


def _tflite(
    spec: ModelFileSpec, weights: Path, folder: Path, target: Path
) -> tuple[Network, Run, Array, str]:
    # The coordinates are shares of the input, as that library wants them of a .tflite.
    made = portable(weights, folder, spec.imgsz, bare=True)
    tflite_model.write(made.function, target, spec.precision)
    # The format may be followed by a zip, in which readers find what the model is.
    with zipfile.ZipFile(target, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("metadata.json", json.dumps(_told(made.network, spec)))
    return made.network, tflite_model.read_back(target), made.network.answer, "shares"


def _told(exported: Network, spec: ModelFileSpec) -> dict[str, Any]:
    names: dict[int, str] = exported.names
    if len(spec.classes) == len(names):
        # The project's own; the library changes some.
        names = dict(enumerate(spec.classes))
    return {
        "task": "detect",
        "batch": 1,
        "channels": 3,
        "stride": exported.stride,
        "imgsz": list(exported.size),
        "names": names,
        "head": exported.head,
        "end2end": False,
    }
