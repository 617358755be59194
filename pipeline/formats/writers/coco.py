"""COCO: `images/PART` and `annotations/instances_PART.json`; annotation ids are the boxes' own."""

import json
from collections.abc import Iterator

from pipeline.formats.writers import parts
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage

README = """\
The pictures of annotations/instances_train.json lie in images/train, and so on.
"""


def picture(image: BundleImage) -> str:
    """See Writer."""
    return f"images/{image.part}/{image.file}"


def files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """See Writer."""
    index = {label: number for number, label in enumerate(bundle.classes, start=1)}
    for part, images in parts.of(bundle):
        content = {
            "info": {"description": bundle.project, "version": "1.0"},
            "licenses": [],
            "categories": [
                {"id": number, "name": label, "supercategory": ""}
                for label, number in index.items()
            ],
            "images": [
                {
                    "id": image.id,
                    "file_name": image.file,
                    "width": image.width,
                    "height": image.height,
                }
                for image in images
            ],
            "annotations": [
                _annotation(box, image, index[box.label]) for image in images for box in image.boxes
            ],
        }
        text = json.dumps(content, ensure_ascii=False)
        yield f"annotations/instances_{part}.json", text


def _annotation(box: BoxItem, image: BundleImage, category: int) -> dict[str, object]:
    x1, y1, x2, y2 = parts.in_pixels(box, image)
    width, height = round(x2 - x1, 9), round(y2 - y1, 9)
    score = {} if box.score is None else {"score": box.score}
    return {
        "id": box.id,
        "image_id": image.id,
        "category_id": category,
        "bbox": [x1, y1, width, height],
        "area": round(width * height, 6),
        "segmentation": [],
        "iscrowd": 0,
        **score,
    }
