"""Create ML: a folder a part, with the pictures and one annotations.json."""

import json
from collections.abc import Iterator

from pipeline.formats import bundle as names
from pipeline.formats.writers import parts
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage

README = """\
Create ML: choose the folder train as training data, val as validation data.
"""


def picture(image: BundleImage) -> str:
    """See Writer."""
    return f"{image.part}/{image.file}"


def files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """See Writer."""
    for part, images in parts.of(bundle):
        content = [
            {"image": image.file, "annotations": [_annotation(box, image) for box in image.boxes]}
            for image in images
        ]
        yield f"{part}/annotations.json", json.dumps(content, ensure_ascii=False)


def _annotation(box: BoxItem, image: BundleImage) -> dict[str, object]:
    x1, y1, x2, y2 = parts.in_pixels(box, image)
    return {
        "label": box.label,
        "coordinates": {
            "x": round((x1 + x2) / 2, 10),
            "y": round((y1 + y2) / 2, 10),
            "width": round(x2 - x1, 9),
            "height": round(y2 - y1, 9),
        },
        names.ID_KEY: box.id,
    }
