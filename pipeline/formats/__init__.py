"""Labels in the forms people have them in, found by looking."""

from pipeline.formats import (
    coco,
    createml,
    csvlabels,
    cvat,
    folders,
    labelme,
    labelstudio,
    voc,
    yolo,
)
from pipeline.formats.base import Files, Labels, Report
from pipeline.formats.classes import Match, match
from pipeline.formats.pictures import Pictures
from pipeline.formats.sniff import read_labels

__all__ = [
    "Files",
    "Labels",
    "Match",
    "Pictures",
    "Report",
    "coco",
    "createml",
    "csvlabels",
    "cvat",
    "folders",
    "labelme",
    "labelstudio",
    "match",
    "read_labels",
    "voc",
    "yolo",
]
