"""Pascal VOC: `JPEGImages`, `Annotations` and the lists of `ImageSets/Main`.

Corners are whole pixels, as the tools of this form expect. An element that they pass by holds each
box's id and its exact place.
"""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipeline.formats import bundle as names
from pipeline.formats.voc import whole_pixels
from pipeline.formats.writers import parts
from pipeline.jobs.spec_export import Bundle, BundleImage

README = """\
labelImg: Open Dir JPEGImages, Change Save Dir Annotations.
"""


def picture(image: BundleImage) -> str:
    """See Writer."""
    return f"JPEGImages/{image.file}"


def files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """See Writer."""
    for image in bundle.images:
        yield f"Annotations/{_stem(image)}.xml", _annotation(image, bundle.project)
    for part, images in parts.of(bundle):
        rows = "".join(f"{_stem(image)}\n" for image in images)
        yield f"ImageSets/Main/{part}.txt", rows


def _stem(image: BundleImage) -> str:
    return image.file.rpartition(".")[0]


def _annotation(image: BundleImage, project: str) -> str:
    root = Element("annotation")
    _text(root, "folder", "JPEGImages")
    _text(root, "filename", image.file)
    _text(SubElement(root, "source"), "database", project)
    size = SubElement(root, "size")
    for key, value in (("width", image.width), ("height", image.height), ("depth", 3)):
        _text(size, key, value)
    _text(root, "segmented", 0)
    for box in image.boxes:
        x1, y1, x2, y2 = whole_pixels(box.xyxy, image.width, image.height)
        cut = x1 <= 0 or y1 <= 0 or x2 >= image.width or y2 >= image.height
        one = SubElement(root, "object")
        _text(one, "name", box.label)
        _text(one, "pose", "Unspecified")
        _text(one, "truncated", int(cut))
        _text(one, "difficult", 0)
        bounds = SubElement(one, "bndbox")
        corners = dict(zip(("xmin", "ymin", "xmax", "ymax"), (x1, y1, x2, y2), strict=True))
        for key, value in corners.items():
            _text(bounds, key, value)
        exact = dict(zip(corners, map(repr, box.xyxy), strict=True))
        SubElement(one, names.MARK, {"id": str(box.id)} | exact)
    indent(root, "\t")
    return tostring(root, encoding="unicode") + "\n"


def _text(parent: Element, tag: str, value: object) -> None:
    SubElement(parent, tag).text = str(value)
