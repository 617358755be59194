"""Whose weights are judged, and how a model does: what trainings and comparisons share."""

from typing import Literal

from pipeline.jobs.part import Part


class WeightsRef(Part):
    """A stored model, or the COCO-trained one when `key` is None. `classes`: index to name."""

    key: str | None = None
    architecture: str = "yolov8n"
    classes: list[str] = []


class RivalRef(WeightsRef):
    """A stored model that a new one is compared with, judged at the size it was trained for."""

    imgsz: int


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
