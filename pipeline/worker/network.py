"""A checkpoint as a network that other runtimes can be given: its ONNX file and what it answers.

The ONNX comes from ultralytics' own exporter, which knows how each of its heads is taken apart.
"""

import contextlib
import shutil
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import NotPackable, OutOfMemory, WorkerError
from pipeline.worker import engine
from pipeline.worker.runs import Array, Form, Resize

OPSET = 17
"""The oldest that has layer normalisation; newer ones bring nothing that detectors use."""

DETR_STRIDE = 32
"""RT-DETR's coarsest map; the library records none for it."""

_ASKED_TO_END = 128 + signal.SIGTERM
"""How this very process ends when the machine shuts down: no fault of the model's."""


@dataclass(frozen=True)
class Network:
    """A detector as an ONNX file: from "images" [1, 3, height, width], RGB 0..1, to one answer.

    `size`: height and width in pixels. `form`, `resize`: see runs.py. `shape`: of the answer.
    `sample`, `answer`: a picture [1, height, width, 3], and what PyTorch answers to it.
    `names`: of its classes. `stride`: what its sides are multiples of. `head`: ultralytics' name of
    its last layer.
    """

    onnx: Path
    size: tuple[int, int]
    form: Form
    resize: Resize
    shape: tuple[int, int, int]
    sample: Array
    answer: Array
    names: dict[int, str]
    stride: int
    head: str


def export(
    weights: Path, folder: Path, imgsz: int | tuple[int, int], *, bare: bool = False
) -> Network:
    """Write `weights` as folder/model.onnx, and ask PyTorch for a sample of what it answers.

    Args:
        weights: an ultralytics checkpoint.
        folder: an empty or missing folder of this attempt.
        imgsz: the network's only input size in pixels, or height and width.
        bare: for programs that know ultralytics' own files: the answer as the library gives it, and
            a graph tidied by onnxslim.

    Raises:
        WorkerError: the model cannot be exported (NotPackable: its answer has another form).
        OutOfMemory: there was too little memory for that.
    """
    folder = folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    engine.prepare(folder)
    # Under its own name the library might take a file for one of those it publishes.
    source = folder / "model.pt"
    shutil.copyfile(weights, source)
    model = engine.load(source)
    head = model.model.model[-1]
    detr = type(head).__name__ == "RTDETRDecoder"
    if detr and not bare:
        head.postprocess = every_query
    stride = DETR_STRIDE if detr else int(max(model.model.stride))
    size = _size(imgsz, stride)
    exported = _export(model, folder, size, simplify=bare)
    sample = np.random.default_rng(0).random((1, *size, 3), dtype=np.float32)
    answer = _ask(model, sample)
    names = {int(index): str(name) for index, name in model.names.items()}
    form: Form = "raw" if not detr else "rows" if bare else "queries"
    shape = answer.shape
    fits = {
        "raw": shape[1:-1] == (4 + len(names),),
        "queries": shape[2:] == (4 + len(names),),
        "rows": shape[2:] == (6,),
    }
    if len(shape) != 3 or shape[0] != 1 or not fits[form]:
        print(f"the model answers {list(shape)}, which does not fit {len(names)} classes")
        raise NotPackable
    return Network(
        onnx=exported,
        size=size,
        form=form,
        resize="stretch" if detr else "letterbox",
        shape=(1, int(shape[1]), int(shape[2])),
        sample=sample,
        answer=answer,
        names=names,
        stride=stride,
        head=type(head).__name__,
    )


def every_query(boxes: Any, scores: Any) -> Any:
    """In place of RT-DETR's choice of the best 300: every query with the scores of all classes."""
    import torch

    return torch.cat([boxes, scores], dim=-1)


def _size(imgsz: int | tuple[int, int], stride: int) -> tuple[int, int]:
    height, width = (imgsz, imgsz) if isinstance(imgsz, int) else imgsz
    wrong = [side for side in (height, width) if side % stride or side <= 0]
    if wrong:
        near = max(stride, round(wrong[0] / stride) * stride)
        raise WorkerError(
            f"This model takes pictures whose sides are multiples of {stride}: "
            f"{near} instead of {wrong[0]} would do."
        )
    return height, width


def _export(model: Any, folder: Path, size: tuple[int, int], *, simplify: bool) -> Path:
    # The exporter may leave files in the working directory.
    with contextlib.chdir(folder):
        try:
            written = model.export(
                format="onnx", imgsz=list(size), opset=OPSET, simplify=simplify, device="cpu"
            )
        except MemoryError as error:
            raise OutOfMemory from error
        except (Exception, SystemExit) as error:
            if isinstance(error, SystemExit) and error.code == _ASKED_TO_END:
                raise
            # Of a network it does not know the exporter may say anything, and even end the process.
            raise WorkerError("The model could not be exported; the log has the cause.") from error
    return folder / Path(str(written)).name


def _ask(model: Any, sample: Array) -> Array:
    """PyTorch's raw answer to a picture [1, height, width, 3]."""
    import torch

    network = model.model.cpu().float().eval()
    with torch.inference_mode():
        answer = network(torch.from_numpy(sample).permute(0, 3, 1, 2).contiguous())
    while isinstance(answer, (list, tuple)):
        answer = answer[0]
    raw: Array = answer.numpy()
    return raw
