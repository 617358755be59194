"""Ultralytics' metrics in the project's terms."""

from types import SimpleNamespace
from typing import Any

import numpy as np

from pipeline.worker.figures import figures

NAMES = ["cat", "dog", "cow"]


def metrics() -> Any:
    """Metrics of three classes, of which the second never occurs in the part."""
    rows = {0: (0.5, 0.6, 0.7, 0.4), 1: (0.9, 0.8, 0.95, 0.6)}
    box = SimpleNamespace(
        ap_class_index=np.array([0, 2]),
        class_result=rows.__getitem__,
        mp=0.7,
        mr=0.7,
        map50=0.825,
        map=0.5,
    )
    return SimpleNamespace(
        box=box,
        nt_per_class=np.array([11, 0, 7]),
        nt_per_image=np.array([5, 0, 4]),
    )


def test_each_class_keeps_its_own_counts() -> None:
    """Rows go by the library's class index, counts by the class itself."""
    result = figures(metrics(), "val", labels=NAMES, images=9, boxes=18)
    cow = result.classes[1]
    assert (cow.label, cow.images, cow.boxes) == ("cow", 4, 7)
    assert (cow.precision, cow.recall, cow.map50, cow.map50_95) == (0.9, 0.8, 0.95, 0.6)
    assert (result.map50, result.map50_95, result.boxes) == (0.825, 0.5, 18)


def test_a_class_without_boxes_is_not_judged() -> None:
    """Nothing is said of a class that the part does not hold."""
    result = figures(metrics(), "test", labels=NAMES, images=9, boxes=18)
    assert [row.label for row in result.classes] == ["cat", "cow"]
