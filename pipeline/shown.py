"""Which of what arrived is shown in the picture of a receipt."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from pipeline.images import SUFFIXES, opened
from pipeline.jobs.spec_collect import CollectSpec, ImageItem, KnownImage
from pipeline.jobs.spec_export import AnswerItem
from pipeline.montage import MOST, Cell, draw
from pipeline.screen import evenly
from storage.files import FileStore


def montage(
    spec: CollectSpec,
    items: Sequence[ImageItem],
    answers: Sequence[AnswerItem],
    known: Sequence[KnownImage],
    order: list[str],
    store: FileStore,
    out: Path,
) -> str | None:
    """Draw some of the new pictures, or of those that were answered for; returns the file's name.

    `order`: the source's own classes.
    """
    everything: Sequence[ImageItem | AnswerItem] = items or answers
    boxed = [item for item in everything if item.boxes]
    full = boxed or items
    shas = {image.id: image.sha256 for image in known}
    cells = []
    for index in evenly(range(len(full)), MOST):
        item = full[index]
        sha256 = item.sha256 if isinstance(item, ImageItem) else shas[item.image_id]
        image = stored(store, sha256)
        if image is not None:
            cells.append(Cell(image.convert("RGB"), item.boxes))
    if not cells:
        return None
    legend = counts(everything, order)
    # Without classes of its own the project is about to take these, in this order.
    draw(cells, legend, spec.classes or list(legend), out / "montage.jpg")
    return "montage.jpg"


def counts(items: Sequence[ImageItem | AnswerItem], order: list[str]) -> dict[str, int]:
    """Boxes by class, in the source's own order."""
    found = Counter(box.label for item in items for box in item.boxes)
    return {name: found[name] for name in order if found[name]}


def stored(store: FileStore, sha256: str) -> Image.Image | None:
    """A stored picture by its digest; None where it is no longer here, or no picture."""
    for suffix in SUFFIXES:
        try:
            data = store.read(f"{sha256[:2]}/{sha256}{suffix}")
        except OSError:
            continue
        image = opened(data)
        if image is not None:
            return image
    return None
