"""CVAT for images 1.1: `annotations.xml` beside `images/`.

Each box carries its id as an attribute. CVAT keeps an attribute only where the task's labels have
it: `cvat-labels.json` is what to paste under "Raw" when the task is made.
"""

import json
from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from pipeline.formats import bundle as names
from pipeline.formats.writers import parts
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage
from pipeline.labelling.colours import colour

README = """\
1. Create a task: paste cvat-labels.json under Labels, Raw; select the files of images/.
2. Actions, Upload annotations, CVAT 1.1: annotations.xml.
3. Back: Actions, Export task dataset, CVAT for images 1.1. Send that zip, with or without pictures.
"""


def picture(image: BundleImage) -> str:
    """See Writer."""
    return f"images/{image.file}"


def files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """See Writer."""
    labels = [
        {"name": label, "type": "rectangle", "color": _hex(place), "attributes": [_attribute()]}
        for place, label in enumerate(bundle.classes)
    ]
    yield "cvat-labels.json", json.dumps(labels, ensure_ascii=False, indent=1) + "\n"
    root = Element("annotations")
    _text(root, "version", "1.1")
    task = SubElement(SubElement(root, "meta"), "task")
    _text(task, "name", bundle.project)
    _text(task, "size", len(bundle.images))
    _text(task, "mode", "annotation")
    listed = SubElement(task, "labels")
    for place, name in enumerate(bundle.classes):
        _label(SubElement(listed, "label"), name, place)
    # CVAT finds frames by name; the numbers follow the names, as CVAT sorts them.
    for number, image in enumerate(sorted(bundle.images, key=lambda image: image.file)):
        entry = SubElement(
            root,
            "image",
            id=str(number),
            name=image.file,
            subset=image.part,
            width=str(image.width),
            height=str(image.height),
        )
        for box in image.boxes:
            _box(entry, box, image)
    indent(root, "  ")
    text = tostring(root, encoding="unicode")
    yield "annotations.xml", f'<?xml version="1.0" encoding="utf-8"?>\n{text}\n'


def _hex(place: int) -> str:
    return "#{:02x}{:02x}{:02x}".format(*colour(place))


def _attribute() -> dict[str, object]:
    return {
        "name": names.ID_KEY,
        "mutable": False,
        "input_type": "text",
        "default_value": "",
        "values": [""],
    }


def _label(label: Element, name: str, place: int) -> None:
    _text(label, "name", name)
    _text(label, "color", _hex(place))
    _text(label, "type", "rectangle")
    attribute = SubElement(SubElement(label, "attributes"), "attribute")
    for key, value in (
        ("name", names.ID_KEY),
        ("mutable", "False"),
        ("input_type", "text"),
        ("default_value", ""),
        ("values", ""),
    ):
        _text(attribute, key, value)


def _box(entry: Element, box: BoxItem, image: BundleImage) -> None:
    corners = parts.in_pixels(box, image)
    places = dict(zip(("xtl", "ytl", "xbr", "ybr"), map(str, corners), strict=True))
    shape = SubElement(
        entry, "box", {"label": box.label, "source": "manual", "occluded": "0"} | places
    )
    shape.set("z_order", "0")
    SubElement(shape, "attribute", name=names.ID_KEY).text = str(box.id)


def _text(parent: Element, tag: str, value: object) -> None:
    SubElement(parent, tag).text = str(value)
