"""From a checkpoint to files that other runtimes read, each checked against PyTorch.

The way is PyTorch, ONNX, a TensorFlow function; from that TensorFlow.js' and LiteRT's files are
written. Nothing else is put on the disk in between, and no part of TensorFlow that is not needed is
loaded (lean.py): a whole conversion takes a third of the time of the dropped export.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import WorkerError
from pipeline.jobs.spec_package import Precision
from pipeline.worker import network, tfjs_model, tflite_model
from pipeline.worker.network import Network
from pipeline.worker.onnx_graph import to_function
from pipeline.worker.runs import LIMITS, Array, Form, Resize, Run, difference

__all__ = ["Array", "Converted", "Portable", "Run", "convert", "portable", "read_back"]

TFLITE = "model.tflite"


@dataclass(frozen=True)
class Converted:
    """A TensorFlow.js model: `model.json` and its shards in `folder`.

    `tflite`: the same as a .tflite, where it was asked for. `size`: height and width of the input.
    """

    folder: Path
    precision: Precision
    output_shape: tuple[int, int, int]
    form: Form = "raw"
    resize: Resize = "letterbox"
    size: tuple[int, int] = (0, 0)
    tflite: Path | None = None


@dataclass(frozen=True)
class Portable:
    """A network as a TensorFlow function, from which files of every precision are written."""

    network: Network
    function: Any

    def tfjs(self, folder: Path, precision: Precision) -> Path:
        """Write `model.json` and shards of weights to `folder`, which is made."""
        tfjs_model.write(self.function, folder, precision)
        return folder

    def tflite(self, path: Path, precision: Precision) -> Path:
        """Write a .tflite."""
        tflite_model.write(self.function, path, precision)
        return path


def portable(
    weights: Path,
    folder: Path,
    imgsz: int | tuple[int, int],
    tell: Callable[[float], None] = lambda share: None,
    *,
    bare: bool = False,
) -> Portable:
    """Read a checkpoint so that it can be written for other runtimes.

    Args:
        weights: an ultralytics checkpoint.
        folder: an empty or missing folder of this attempt; its ONNX file stays there.
        imgsz: the model's only input size in pixels, or height and width.
        tell: called with the share done, 0..1.
        bare: as network.export; raw boxes in shares of the input, as ultralytics reads a .tflite.

    Raises:
        NotPackable: a kind of model that this cannot be done with.
        WorkerError: the model cannot be exported, or computes something else afterwards.
        OutOfMemory: there was too little memory for that.
    """
    exported = network.export(weights, folder, imgsz, bare=bare)
    tell(0.6)
    # Reading the file takes a tenth of a second, importing the library too.
    import onnx

    if bare and exported.form == "raw":
        exported, shares = _in_shares(exported)
        function = to_function(onnx.load(exported.onnx), shares)
    else:
        function = to_function(onnx.load(exported.onnx))
    tell(0.9)
    found = function(exported.sample)
    size = (1, 1) if bare else exported.size
    gap = difference(found.numpy(), exported.answer, exported.form, size)
    print(f"conversion: differs from PyTorch by {gap:.1e}")
    if gap > LIMITS["fp32"]:
        raise WorkerError("The converted model computes something else, so I don't use it.")
    tell(1.0)
    return Portable(exported, function)


def _in_shares(exported: Network) -> tuple[Network, Array]:
    """The network with its boxes in shares of the input, and what its answer is multiplied by."""
    height, width = exported.size
    factors = np.ones((1, exported.shape[1], 1), np.float32)
    factors[0, :4, 0] = 1 / np.array([width, height, width, height], np.float32)
    return replace(exported, answer=exported.answer * factors), factors


def convert(
    weights: Path,
    folder: Path,
    imgsz: int | tuple[int, int],
    precision: Precision = "fp16",
    tell: Callable[[float], None] = lambda share: None,
    *,
    tflite: bool = False,
) -> Converted:
    """Write `weights` as a TensorFlow.js graph model to folder/web.

    Args:
        weights: an ultralytics checkpoint.
        folder: an empty or missing folder of this attempt.
        imgsz: the model's only input size in pixels, or height and width.
        precision: how the weights are stored; a browser computes in float32 either way.
        tell: called with the share done, 0..1.
        tflite: write folder/model.tflite of that precision too.

    Raises:
        WorkerError: as `portable`.
    """
    tell(0.05)
    made = portable(weights, folder, imgsz, lambda share: tell(0.05 + 0.75 * share))
    web = made.tfjs(folder.resolve() / "web", precision)
    tell(0.9)
    beside = made.tflite(folder.resolve() / TFLITE, precision) if tflite else None
    tell(1.0)
    return Converted(
        folder=web,
        precision=precision,
        output_shape=tfjs_model.output_shape(web),
        form=made.network.form,
        resize=made.network.resize,
        size=made.network.size,
        tflite=beside,
    )


def read_back(place: Path) -> Run:
    """Run the very bytes that are shipped: a folder with a model.json, or a .tflite.

    Raises:
        NotPackable: nothing here runs its operations, so nobody could say that it finds what
            PyTorch finds.
    """
    read = tflite_model.read_back if place.suffix == ".tflite" else tfjs_model.read_back
    return read(place)
