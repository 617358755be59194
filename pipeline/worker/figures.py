"""Ultralytics' evaluation in the project's own terms."""

from collections.abc import Sequence
from typing import Any, Literal

from pipeline.jobs.spec import ClassFigures, Figures


def figures(
    metrics: Any,
    part: Literal["val", "test"],
    *,
    labels: Sequence[str],
    images: int,
    boxes: int,
) -> Figures:
    """Figures of one part from ultralytics' `DetMetrics`.

    Precision and recall are those at the confidence of the best F1 over all classes, which is what
    the library reports. Classes without boxes in the part are left out: there is nothing to say.

    Args:
        metrics: the metrics of a validation that has run.
        part: what it ran on.
        labels: class names by index; the library changes some, such as ImageNet's codes.
        images: pictures in the part.
        boxes: labelled boxes in the part.
    """
    box = metrics.box
    classes = []
    for row, index in enumerate(box.ap_class_index):
        precision, recall, map50, map50_95 = box.class_result(row)
        classes.append(
            ClassFigures(
                label=labels[int(index)],
                images=int(metrics.nt_per_image[index]),
                boxes=int(metrics.nt_per_class[index]),
                precision=_share(precision),
                recall=_share(recall),
                map50=_share(map50),
                map50_95=_share(map50_95),
            )
        )
    return Figures(
        part=part,
        images=images,
        boxes=boxes,
        precision=_share(box.mp),
        recall=_share(box.mr),
        map50=_share(box.map50),
        map50_95=_share(box.map),
        classes=classes,
    )


def _share(value: Any) -> float:
    return round(min(max(float(value), 0.0), 1.0), 5)
