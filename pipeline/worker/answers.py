"""What a trained model answers to a picture, and the boxes that such an answer stands for."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from PIL import Image

from pipeline.worker.matching import Box
from pipeline.worker.network import every_query
from pipeline.worker.pictures import to_bgr
from pipeline.worker.runs import Array, Form

EVERYTHING = 1e-9
"""A threshold that all but the impossible passes."""


@dataclass(frozen=True)
class Suppression:
    """How overlapping boxes are thinned: ultralytics' `iou`, `max_det` and `multi_label`."""

    iou: float
    max_det: int
    multi_label: bool


USUAL = Suppression(iou=0.7, max_det=300, multi_label=False)
"""ultralytics' defaults for predictions; the page's too."""

BEFORE = Suppression(iou=1.0, max_det=100_000, multi_label=True)
"""Nothing thinned, every class told. An almost untrained model scores whole rows of neighbours,
and its classes, alike to the last digit: which of them survives thinning is chance."""

JUDGING = Suppression(iou=0.7, max_det=300, multi_label=True)
"""As ultralytics thins boxes when it computes mAP."""


@dataclass(frozen=True)
class Asked:
    """A picture as a model sees it, [1, height, width, 3] RGB 0..1, and the model's raw answer."""

    batch: Array
    raw: Array


class Trained:
    """The trained model, asked picture by picture, each squarely letterboxed (or stretched)."""

    def __init__(self, model: Any, imgsz: int) -> None:
        """Take an ultralytics model, and the size of its input in pixels."""
        self._model = model
        self._imgsz = imgsz
        self._form: Form = "queries" if type(model).__name__ == "RTDETR" else "raw"
        # The library makes what prepares pictures with the first one that it looks at.
        self._predict(Image.new("RGB", (imgsz, imgsz)), USUAL)
        if self._form == "queries":
            # The predictor asks a copy of the model, with its layers fused.
            model.predictor.model.model.model[-1].postprocess = every_query

    def ask(self, picture: Image.Image) -> Asked:
        """The raw answer to an RGB picture."""
        batch = self._model.predictor.preprocess([to_bgr(picture)])
        raw = self._model.predictor.inference(batch)
        raw = raw[0] if isinstance(raw, (list, tuple)) else raw
        return Asked(
            np.ascontiguousarray(batch.permute(0, 2, 3, 1).cpu().numpy()),
            raw.detach().cpu().float().numpy(),
        )

    def boxes(self, picture: Image.Image, suppression: Suppression) -> list[Box]:
        """What ultralytics itself makes of it, one class a box, xyxy in pixels of the picture."""
        if self._form == "queries":
            # Its own choice of the best was put aside, so that all of them can be compared.
            raw = self.ask(picture).raw
            return decode(raw, EVERYTHING, self._imgsz, picture.size, suppression, "queries")
        result = self._predict(picture, suppression)
        found = zip(
            result.boxes.cls.tolist(),
            result.boxes.conf.tolist(),
            result.boxes.xyxy.tolist(),
            strict=True,
        )
        return [Box(int(index), score, tuple(xyxy)) for index, score, xyxy in found]

    def _predict(self, picture: Image.Image, suppression: Suppression) -> Any:
        (result,) = self._model.predict(
            to_bgr(picture),
            imgsz=self._imgsz,
            conf=EVERYTHING,
            iou=suppression.iou,
            max_det=suppression.max_det,
            rect=False,
            verbose=False,
            save=False,
        )
        return result


def decode(
    raw: Array,
    threshold: float,
    imgsz: int,
    size: tuple[int, int],
    suppression: Suppression,
    form: Form = "raw",
) -> list[Box]:
    """Boxes of an answer as ultralytics makes them, in pixels of the picture.

    Args:
        raw: the answer, of the `form`.
        threshold: boxes at or under it are left out.
        imgsz: the model's input size.
        size: width and height of the picture.
        suppression: how overlapping boxes are thinned; queries never need it.
        form: what the answer looks like.
    """
    import torch
    from ultralytics.utils.ops import scale_boxes, xywh2xyxy

    answer = torch.from_numpy(raw.copy())
    if form == "queries":
        rows = _of_queries(answer[0], threshold, suppression)
        corners = xywh2xyxy(rows[:, :4]).clamp(0, 1)  # type: ignore[no-untyped-call]  # no types
        rows[:, :4] = corners * torch.tensor([*size, *size])
    else:
        rows = _thinned(answer, threshold, suppression)
        rows[:, :4] = scale_boxes((imgsz, imgsz), rows[:, :4], (size[1], size[0]))
    return [Box(int(c), s, (x1, y1, x2, y2)) for x1, y1, x2, y2, s, c in rows.tolist()]


def _thinned(answer: Any, threshold: float, suppression: Suppression) -> Any:
    from ultralytics.utils.nms import non_max_suppression

    (rows,) = non_max_suppression(
        answer,
        threshold,
        suppression.iou,
        max_det=suppression.max_det,
        multi_label=suppression.multi_label,
        # A busy machine must not end it early.
        max_time_img=60.0,
    )
    return rows


def _of_queries(queries: Any, threshold: float, suppression: Suppression) -> Any:
    """[n, 6]: box, score, class; best first."""
    import torch

    boxes, scores = queries[:, :4], queries[:, 4:]
    if suppression.multi_label:
        numbers, classes = (scores > threshold).nonzero(as_tuple=True)
        sure = scores[numbers, classes]
    else:
        sure, classes = scores.max(1)
        (numbers,) = (sure > threshold).nonzero(as_tuple=True)
        sure, classes = sure[numbers], classes[numbers]
    rows = torch.cat((boxes[numbers], sure[:, None], classes[:, None].float()), 1)
    return rows[sure.argsort(descending=True, stable=True)][: suppression.max_det]
