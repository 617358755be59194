"""Where two models differ: the same unseen pictures side by side, with what people marked."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw

from pipeline.worker.data import ManifestImage, Materialised
from pipeline.worker.draw import draw_boxes, draw_dashed, font
from pipeline.worker.errs import Compared
from pipeline.worker.gallery import CELL_W, GAP, INK, PAPER, fit, one_a_group
from pipeline.worker.pictures import read_picture, save_jpeg
from pipeline.worker.worst import found_marks, said

SHOWN = 6

_LINE = 58
_TEXT = 26


@dataclass(frozen=True)
class Pair:
    """What two models made of one picture."""

    one: Compared
    other: Compared

    @property
    def image(self) -> ManifestImage:
        """The picture, with what people marked."""
        return self.one.image

    @property
    def difference(self) -> int:
        """Objects that only one of them found, and how many more false boxes one of them has."""
        objects = _lost(self.one) ^ _lost(self.other)
        return len(objects) + abs(_false(self.one) - _false(self.other))


def pairs(one: Sequence[Compared], other: Sequence[Compared]) -> list[Pair]:
    """The pictures on which two models err differently, those where they differ most first.

    Args:
        one: a model's boxes, picture by picture.
        other: another's, of the same pictures in the same order.
    """
    found = [Pair(a, b) for a, b in zip(one, other, strict=True)]
    return sorted((p for p in found if p.difference), key=lambda p: -p.difference)


def draw_pairs(
    found: Sequence[Pair], numbers: tuple[int, int], data: Materialised, folder: Path
) -> list[Path]:
    """Draw up to `SHOWN` of them, one of each group first, as JPEGs in `folder`."""
    targets = []
    for place, pair in enumerate(one_a_group(found, lambda p: p.image)[:SHOWN], start=1):
        targets.append(folder / f"differ{place}.jpg")
        save_jpeg(_drawn(pair, numbers, data), targets[-1])
    return targets


def _drawn(pair: Pair, numbers: tuple[int, int], data: Materialised) -> Image.Image:
    picture = fit(read_picture(data.paths[pair.image.id]))
    sheet = Image.new("RGB", (2 * CELL_W + 3 * GAP, _LINE + picture.height + GAP), PAPER)
    for column, (number, side) in enumerate(zip(numbers, (pair.one, pair.other), strict=True)):
        left = GAP + column * (CELL_W + GAP)
        words = f"v{number}: {said(side) or 'all right'}"
        ImageDraw.Draw(sheet).text((left + 4, 12), words, font=font(32), fill=INK)
        cell = picture.copy()
        draw_dashed(cell, [(x1, y1, x2, y2) for _, x1, y1, x2, y2 in pair.image.boxes])
        draw_boxes(cell, found_marks(side, data.manifest.classes), text_px=_TEXT)
        sheet.paste(cell, (left + (CELL_W - cell.width) // 2, _LINE))
    return sheet


def _lost(side: Compared) -> set[int]:
    """Indices of the objects that it did not find as what they are."""
    return {*side.missed, *(was for was, _ in side.taken)}


def _false(side: Compared) -> int:
    return len(side.false)
