"""YOLO: `images/PART`, `labels/PART`, data.yaml for ultralytics, classes.txt for labelImg."""

from collections.abc import Iterator

import yaml

from pipeline.formats.writers import parts
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage

README = """\
ultralytics: yolo train data=data.yaml
labelImg: Open Dir images/train, Change Save Dir labels/train, switch to YOLO.
"""


def picture(image: BundleImage) -> str:
    """See Writer."""
    return f"images/{image.part}/{image.file}"


def files(bundle: Bundle) -> Iterator[tuple[str, str]]:
    """See Writer."""
    used = [part for part, _ in parts.of(bundle) if part != "gap"]
    # ultralytics insists on both; without a `path` the folders are sought beside the file.
    places = {part: f"images/{part}" for part in dict.fromkeys(["train", "val", *used])}
    for part in ("train", "val"):
        if used and part not in used:
            places[part] = f"images/{used[0]}"
    content = {**places, "names": dict(enumerate(bundle.classes))}
    yield "data.yaml", yaml.safe_dump(content, allow_unicode=True, sort_keys=False)
    index = {label: number for number, label in enumerate(bundle.classes)}
    for part, images in parts.of(bundle):
        # labelImg looks for it beside the labels.
        yield f"labels/{part}/classes.txt", "".join(f"{name}\n" for name in bundle.classes)
        for image in images:
            stem = image.file.rpartition(".")[0]
            yield f"labels/{part}/{stem}.txt", "".join(_row(box, index) for box in image.boxes)


def _row(box: BoxItem, index: dict[str, int]) -> str:
    x1, y1, x2, y2 = box.xyxy
    values = ((x1 + x2) / 2, (y1 + y2) / 2, x2 - x1, y2 - y1)
    return f"{index[box.label]} {' '.join(f'{value:.9f}' for value in values)}\n"
