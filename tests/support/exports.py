"""Bundles of labels for other tools, and what stands in the archives made of them."""

from pathlib import Path

from pipeline.formats import Labels, read_labels
from pipeline.formats.bundle import MANIFEST, file_name, manifest
from pipeline.formats.writers import WRITERS
from pipeline.jobs.part import BoxItem
from pipeline.jobs.spec_export import Bundle, BundleImage, Form

CLASSES = ["cat", "grey dog", "Мурка & co <3>"]


def picture(
    number: int,
    *boxes: BoxItem,
    width: int = 640,
    height: int = 480,
    part: str = "train",
    name: str = "",
) -> BundleImage:
    """A picture of a bundle."""
    name = name or f"IMG {number}.jpg"
    return BundleImage(
        id=number,
        key=f"aa/{number}.jpg",
        sha256=f"{number:064x}",
        file=file_name(number, name, ".jpg"),
        name=name,
        width=width,
        height=height,
        part=part,
        boxes=list(boxes),
    )


def bundle(*images: BundleImage, classes: list[str] | None = None, tasks: bool = False) -> Bundle:
    """A bundle of project 1."""
    return Bundle(
        project_id=1,
        project="cats",
        classes=classes or CLASSES,
        tasks=tasks,
        newest_box=max((box.id or 0 for image in images for box in image.boxes), default=0),
        images=list(images),
    )


def write(made: Bundle, form: Form, folder: Path) -> dict[str, Path]:
    """The label files of an archive, laid into `folder` as they would be unpacked."""
    texts = dict(WRITERS[form].files(made)) | {MANIFEST: manifest(made, form)}
    files = {}
    for name, text in texts.items():
        files[name] = folder / name
        files[name].parent.mkdir(parents=True, exist_ok=True)
        files[name].write_text(text)
    return files


def read(made: Bundle, form: Form, files: dict[str, Path]) -> tuple[Labels, dict[int, list]]:
    """What our readers make of it, and the boxes by the pictures' ids."""
    writer = WRITERS[form]
    places = {writer.picture(image): image for image in made.images}
    labels = read_labels(files, places, lambda name: (places[name].width, places[name].height))
    return labels, {places[name].id: boxes for name, boxes in labels.boxes.items()}
