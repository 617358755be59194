"""Pascal VOC: one XML file a picture, corners in pixels.

Corners are taken as they stand: labelImg and its kin write 0-based edges, and the 1-based corners
of the original VOC devkit differ by less than anyone's hand.
"""

import math
from collections.abc import Callable
from pathlib import PurePosixPath
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from pipeline.formats.base import Files, Labels, box_of, class_name, number, read_text
from pipeline.formats.pictures import Pictures
from pipeline.jobs.spec import (
    BoxItem,
)

MAX_FILE = 8 << 20
SAME_ASPECT = 0.02

SizeOf = Callable[[str], tuple[int, int] | None]


def read(files: Files, pictures: Pictures, size_of: SizeOf) -> Labels | None:
    """Labels of every VOC file among `files`; None when there is none.

    `size_of` gives a picture's width and height as shown, for files that leave them out or lie.
    """
    labels = Labels("voc")
    found = False
    for name in sorted(files):
        if not name.lower().endswith(".xml"):
            continue
        root = _parse(files, name, labels)
        if root is None or root.tag != "annotation":
            continue
        found = True
        # The file's own name first: <filename> and <path> are often left over from a copy.
        picture = pictures.find(
            name, PurePosixPath(name).stem, root.findtext("filename") or PurePosixPath(name).stem
        )
        if picture is None:
            labels.report.add(name, None, "its picture is missing")
            continue
        _read_one(root, name, picture, labels, size_of)
    return labels if found else None


def _parse(files: Files, name: str, labels: Labels) -> Element | None:
    text = read_text(files[name], MAX_FILE)
    if text is None:
        labels.report.add(name, None, "the file is too large")
        return None
    try:
        root: Element = fromstring(text.lstrip("\ufeff \r\n\t"))
    except (ParseError, DefusedXmlException, ValueError, RecursionError):
        labels.report.add(name, None, "not readable as XML")
        return None
    return root


def _read_one(root: Element, name: str, picture: str, labels: Labels, size_of: SizeOf) -> None:
    size = _size(root, size_of(picture))
    if isinstance(size, str):
        labels.report.add(name, None, size)
        return
    labels.boxes.setdefault(picture, [])
    for element in root.iter("object"):
        labels.add(picture, _box(element, size, labels.classes), name)


def _size(root: Element, real: tuple[int, int] | None) -> tuple[float, float] | str:
    """The frame that the corners are counted in, or why there is none."""
    width, height = (number(root.findtext(f"size/{key}")) for key in ("width", "height"))
    if not (math.isfinite(width) and math.isfinite(height) and width > 0 and height > 0):
        return real or "the picture's size is unknown"
    if real and abs(width / height / (real[0] / real[1]) - 1) > SAME_ASPECT:
        return f"labelled at {width:.0f}x{height:.0f}, but the picture is {real[0]}x{real[1]}"
    return width, height


def _box(element: Element, size: tuple[float, float], classes: list[str]) -> BoxItem | str:
    label = class_name(element.findtext("name"))
    if not label:
        return "a box without a class name"
    bounds = element.find("bndbox")
    if bounds is None:
        return "an object without a box"
    x1, y1, x2, y2 = (number(bounds.findtext(key)) for key in ("xmin", "ymin", "xmax", "ymax"))
    box = box_of(label, x1 / size[0], y1 / size[1], x2 / size[0], y2 / size[1])
    if label not in classes and not isinstance(box, str):
        classes.append(label)
    return box
