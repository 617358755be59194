"""Labels in the forms that other tools read: one file a form, each a pair of pure functions.

`picture` says where a picture lies in the archive, `files` gives the text files around them. What
they write, the readers beside them read back without loss.
"""

from collections.abc import Iterator
from typing import Protocol

from pipeline.formats.writers import coco, createml, cvat, labelstudio, voc, yolo
from pipeline.jobs.spec_export import Bundle, BundleImage, Form


class Writer(Protocol):
    """A form of labels."""

    README: str
    """How to open it, for whoever unpacks the archive."""

    def picture(self, image: BundleImage, /) -> str:
        """Where a picture lies in the archive."""

    def files(self, bundle: Bundle, /) -> Iterator[tuple[str, str]]:
        """The text files, by their place in the archive."""


WRITERS: dict[Form, Writer] = {
    "voc": voc,
    "yolo": yolo,
    "coco": coco,
    "createml": createml,
    "cvat": cvat,
    "labelstudio": labelstudio,
}
"""In the order in which they are offered."""

__all__ = ["WRITERS", "Writer"]
