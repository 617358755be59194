"""Running a model over pictures: one plain loop, flat memory."""

from collections.abc import Iterator, Sequence
from typing import Any

from PIL import Image

from pipeline.worker.pictures import to_bgr

Found = tuple[int, float, tuple[float, float, float, float]]
"""Class index, score, normalised xyxy."""


def detect(
    model: Any,
    images: Sequence[Image.Image],
    *,
    imgsz: int,
    confidence: float,
    only: Sequence[int] | None = None,
) -> Iterator[list[Found]]:
    """Boxes of each of a few pictures, best first.

    Args:
        model: an ultralytics `YOLO`.
        images: RGB pictures, all held in memory at once.
        imgsz: input size in pixels.
        confidence: boxes under it are left out.
        only: class indices to keep, or None for all.
    """
    results = model.predict(
        [to_bgr(image) for image in images],
        imgsz=imgsz,
        conf=confidence,
        classes=None if only is None else list(only),
        batch=len(images),
        verbose=False,
        save=False,
    )
    for result in results:
        boxes = result.boxes
        yield [
            (int(index), float(score), _corners(xyxy))
            for index, score, xyxy in zip(
                boxes.cls.tolist(), boxes.conf.tolist(), boxes.xyxyn.tolist(), strict=True
            )
        ]


def _corners(xyxy: Sequence[float]) -> tuple[float, float, float, float]:
    x1, y1, x2, y2 = (min(max(value, 0.0), 1.0) for value in xyxy)
    return x1, y1, x2, y2
