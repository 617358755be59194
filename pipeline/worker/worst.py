"""The second picture of a result: where the model errs most, beside what people said."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PIL import Image, ImageDraw

from pipeline.worker.data import Materialised
from pipeline.worker.draw import Colour, Mark, draw_boxes, font
from pipeline.worker.errs import Compared, Erring
from pipeline.worker.gallery import CELL_W, GAP, INK, MUTED, PAPER, fit, one_a_group
from pipeline.worker.pictures import read_picture, save_jpeg

SHOWN = 3
WRONG: Colour = (255, 45, 45)
WORDS = 12
"""With more wrong boxes their words would cover the picture."""

_HEAD = 132
_LINE = 58
_TEXT = 26


def draw_worst(erring: Erring, data: Materialised, target: Path) -> Path | None:
    """Write the picture to `target` (a JPEG); None where no unseen picture has an error."""
    chosen = choose(erring.pictures)
    if not chosen:
        return None
    rows = [_row(one, data) for one in chosen]
    width = 2 * CELL_W + 3 * GAP
    sheet = Image.new("RGB", (width, _HEAD + sum(row.height + GAP for row in rows)), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP + 4, 16), "Where it errs most", font=font(46), fill=INK)
    words = "Left: what people marked. Right: what it finds. Red: wrong."
    draw.text((GAP + 4, 76), words, font=font(32), fill=MUTED)
    top = _HEAD
    for row in rows:
        sheet.paste(row, (0, top))
        top += row.height + GAP
    save_jpeg(sheet, target)
    return target


def choose(pictures: Sequence[Compared], limit: int = SHOWN) -> list[Compared]:
    """The worst of each group first: frames of one film err alike."""
    return one_a_group(pictures, lambda one: one.image)[:limit]


def _row(one: Compared, data: Materialised) -> Image.Image:
    picture = fit(read_picture(data.paths[one.image.id]))
    row = Image.new("RGB", (2 * CELL_W + 3 * GAP, _LINE + picture.height), PAPER)
    ImageDraw.Draw(row).text((GAP + 4, 12), said(one), font=font(32), fill=INK)
    for column, marks in enumerate((_truth(one, data), found_marks(one, data.manifest.classes))):
        cell = picture.copy()
        draw_boxes(cell, marks, text_px=_TEXT)
        left = GAP + column * (CELL_W + GAP) + (CELL_W - cell.width) // 2
        row.paste(cell, (left, _LINE))
    return row


def said(one: Compared) -> str:
    """`3 missed, 1 false, 2 taken for another`."""
    parts = [
        f"{len(wrong)} {what}"
        for wrong, what in (
            (one.missed, "missed"),
            (one.false, "false"),
            (one.taken, "taken for another"),
        )
        if wrong
    ]
    return ", ".join(parts)


def _truth(one: Compared, data: Materialised) -> list[Mark]:
    """People's boxes; wrong is what was missed or taken for another."""
    classes = data.manifest.classes
    wrong = {*one.missed, *(was for was, _ in one.taken)}
    boxes = [Mark((x1, y1, x2, y2), i, classes[i], WRONG) for i, x1, y1, x2, y2 in one.image.boxes]
    return _marked(boxes, wrong)


def found_marks(one: Compared, classes: Sequence[str]) -> list[Mark]:
    """What the model finds, wrong boxes in red with their words."""
    wrong = {*one.false, *(as_ for _, as_ in one.taken)}
    boxes = [Mark(xyxy, i, f"{classes[i]} {score:.0%}", WRONG) for i, score, xyxy in one.found]
    return _marked(boxes, wrong)


def _marked(boxes: Sequence[Mark], wrong: set[int]) -> list[Mark]:
    """Right ones without words in their class's colour; wrong ones last, over all others."""
    right = [Mark(box.xyxy, box.index) for at, box in enumerate(boxes) if at not in wrong]
    marked = [box for at, box in enumerate(boxes) if at in wrong]
    if len(marked) > WORDS:
        marked = [replace(box, text="") for box in marked]
    return right + marked
