"""From a checkpoint to a TensorFlow.js graph model, and back to something that can be run here."""

import contextlib
import json
import shutil
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import NotPackable, OutOfMemory, WorkerError
from pipeline.worker import engine

Array = NDArray[np.float32]
Run = Callable[[Array], Array]
"""[1, imgsz, imgsz, 3] RGB 0..1 to [1, 4 + classes, anchors]; boxes as cx, cy, w, h in pixels."""

_ASKED_TO_END = 128 + signal.SIGTERM
"""How this very process ends when the machine shuts down: no fault of the model's."""

# onnx2tf checks itself with this file and would download it; any picture-like numbers serve.
_CALIBRATION = "calibration_image_sample_data_20x128x128x3_float32.npy"


@dataclass(frozen=True)
class Converted:
    """A TensorFlow.js model: `model.json` and its shards in `folder`."""

    folder: Path
    precision: Literal["fp16", "fp32"]
    output_shape: tuple[int, int, int]


def convert(
    weights: Path,
    folder: Path,
    imgsz: int,
    precision: Literal["fp16", "fp32"] = "fp16",
    tell: Callable[[float], None] = lambda share: None,
) -> Converted:
    """Write `weights` as a TensorFlow.js graph model to folder/web.

    The way is PyTorch, ONNX, SavedModel, TensorFlow.js; what lies between stays in `folder`.

    Args:
        weights: an ultralytics checkpoint.
        folder: an empty or missing folder of this attempt.
        imgsz: the model's only input size, in pixels.
        precision: how the weights are stored; a browser computes in float32 either way.
        tell: called with the share done, 0..1.

    Raises:
        WorkerError: the model cannot be exported (NotPackable: its answer has another form).
        OutOfMemory: there was too little memory for that.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    source = folder / "model.pt"
    shutil.copyfile(weights, source)
    engine.prepare(folder)
    tell(0.05)
    saved = _saved_model(source, folder, imgsz)
    tell(0.8)
    web = folder / "web"
    _to_tfjs(saved, web, precision)
    tell(1.0)
    return Converted(web, precision, _output_shape(web))


def _saved_model(weights: Path, folder: Path, imgsz: int) -> Path:
    calibration = np.random.default_rng(0).random((20, 128, 128, 3), dtype=np.float32)
    np.save(folder / _CALIBRATION, calibration)
    # The exporter looks for that file in the working directory.
    with contextlib.chdir(folder):
        try:
            saved = engine.load(weights).export(format="saved_model", imgsz=imgsz)
        except MemoryError as error:
            raise OutOfMemory from error
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and error.code == _ASKED_TO_END:
                raise
            # Of a network it does not know the exporter may say anything, and even end the process.
            raise WorkerError("The model could not be exported; the log has the cause.") from error
    return folder / Path(str(saved)).name


def _to_tfjs(saved: Path, web: Path, precision: Literal["fp16", "fp32"]) -> None:
    # Takes seconds to import, so only where it is used.
    from tensorflowjs.converters.tf_saved_model_conversion_v2 import convert_tf_saved_model

    try:
        convert_tf_saved_model(
            str(saved),
            str(web),
            quantization_dtype_map={"float16": "*"} if precision == "fp16" else None,
        )
    except (RuntimeError, ValueError, OSError) as error:
        raise WorkerError(
            "The model could not be turned into a browser's form; the log has the cause."
        ) from error


def _output_shape(web: Path) -> tuple[int, int, int]:
    outputs = _model_json(web)["signature"]["outputs"]
    try:
        (output,) = outputs.values()
        one, rows, anchors = (int(dim["size"]) for dim in output["tensorShape"]["dim"])
    except ValueError as error:
        raise NotPackable from error
    return one, rows, anchors


def read_back(web: Path) -> Run:
    """Run the very bytes that are shipped: the graph of model.json with the shards' weights.

    Float16 weights are widened to float32 as a browser does, so what differs from PyTorch here
    differs there.

    Raises:
        NotPackable: the browser's form has operations that nothing here runs, so nobody could say
            that it finds what PyTorch finds.
    """
    import tensorflow as tf
    from google.protobuf import json_format  # type: ignore[import-untyped]  # ships no types
    from tensorflowjs.read_weights import read_weights

    model = _model_json(web)
    graph = json_format.ParseDict(
        model["modelTopology"], tf.compat.v1.GraphDef(), ignore_unknown_fields=True
    )
    weights = {
        entry["name"]: entry["data"]
        for entry in read_weights(model["weightsManifest"], str(web), flatten=True)
    }
    for node in graph.node:
        if node.op == "Const":
            # The converter narrows int64 to int32; the graph here still expects what it declares.
            declared = tf.as_dtype(node.attr["dtype"].type).as_numpy_dtype
            value = weights[node.name].astype(declared)
            node.attr["value"].tensor.CopyFrom(tf.make_tensor_proto(value))
    signature = model["signature"]
    (feed,), (fetch,) = signature["inputs"].values(), signature["outputs"].values()
    try:
        wrapped = tf.compat.v1.wrap_function(
            lambda: tf.compat.v1.import_graph_def(graph, name=""), []
        )
    except (tf.errors.OpError, ValueError) as error:
        raise NotPackable from error
    function = wrapped.prune(feed["name"], fetch["name"])

    def run(batch: Array) -> Array:
        output: Array = function(tf.constant(batch)).numpy()
        return output

    return run


def _model_json(web: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((web / "model.json").read_text())
    return content
