"""Labels out to other tools and back: what crosses the process on both ways."""

from typing import Literal

from pipeline.jobs.part import BoxItem, Part

Form = Literal["voc", "yolo", "coco", "createml", "cvat", "labelstudio"]


class BundleImage(Part):
    """A picture that goes out.

    `file`: its name in the archive (see pipeline/formats/bundle.py). `part`: train, val, test or
    gap. `boxes` carry the ids of their rows; one with a score is a guess that nobody confirmed.
    `group` and `seconds`: what it may not be parted from, and its place in its video.
    """

    id: int
    key: str
    sha256: str
    file: str
    name: str
    width: int
    height: int
    part: str
    boxes: list[BoxItem] = []
    group: str = ""
    seconds: float | None = None


class Bundle(Part):
    """Pictures with their labels, on their way to another tool.

    `tasks`: they still need hands; else they are done. `newest_box`: the highest box id when it was
    made, so that an answer says nothing about boxes that came later.
    """

    project_id: int
    project: str
    classes: list[str]
    tasks: bool
    newest_box: int
    images: list[BundleImage]
    sources: list[dict[str, object]] = []


class LabelsSpec(Part):
    """Write a bundle as archives of `form`. `bundle_file`: JSON of Bundle, in the attempt's folder.

    `file_name`: the archive's, without its ending. Above `max_bytes` the pictures go into several
    archives; above `max_parts` of those only the labels go.
    """

    kind: Literal["labels"] = "labels"
    store: str
    form: Form
    bundle_file: str
    file_name: str
    max_bytes: int = 48_000_000
    max_parts: int = 10


class Archive(Part):
    """One archive of an export, already in the file store."""

    key: str
    name: str
    size_bytes: int
    images: int
    boxes: int


class LabelsResult(Part):
    """The archives, each complete in itself. `pictures`: they hold the pictures too.

    `missing`: pictures that went without, because their file is gone or too large to send.
    """

    kind: Literal["labels"] = "labels"
    form: Form
    tasks: bool
    archives: list[Archive]
    pictures: bool
    missing: int = 0


class AnswerItem(Part):
    """What another tool says of a picture that was here: these boxes and no others.

    `newest_box`: boxes with a higher id were made after the picture went out; None where the answer
    does not tell.
    """

    image_id: int
    boxes: list[BoxItem]
    newest_box: int | None = None
