"""The second picture of a result: where the model errs most, beside what people said."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw

from pipeline.worker.data import Materialised
from pipeline.worker.draw import Colour, Mark, draw_boxes, font
from pipeline.worker.errs import Compared, Erring
from pipeline.worker.gallery import CELL_W, GAP, INK, MUTED, PAPER, fit
from pipeline.worker.pictures import read_picture, save_jpeg

SHOWN = 3
WRONG: Colour = (255, 45, 45)

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
    seen: set[str] = set()
    first: list[Compared] = []
    others: list[Compared] = []
    for one in pictures:
        key = one.image.group or str(one.image.id)
        (others if key in seen else first).append(one)
        seen.add(key)
    return (first + others)[:limit]


def _row(one: Compared, data: Materialised) -> Image.Image:
    picture = fit(read_picture(data.paths[one.image.id]))
    row = Image.new("RGB", (2 * CELL_W + 3 * GAP, _LINE + picture.height), PAPER)
    ImageDraw.Draw(row).text((GAP + 4, 12), said(one), font=font(32), fill=INK)
    for column, marks in enumerate((_truth(one, data), _found(one, data))):
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
    """People's boxes: what was missed or taken for another last, so that it covers the rest."""
    classes = data.manifest.classes
    wrong = {*one.missed, *(was for was, _ in one.taken)}
    right = [
        Mark((x1, y1, x2, y2), index)
        for number, (index, x1, y1, x2, y2) in enumerate(one.image.boxes)
        if number not in wrong
    ]
    marked = [
        Mark((x1, y1, x2, y2), index, classes[index] if len(wrong) <= 12 else "", WRONG)
        for number, (index, x1, y1, x2, y2) in enumerate(one.image.boxes)
        if number in wrong
    ]
    return right + marked


def _found(one: Compared, data: Materialised) -> list[Mark]:
    classes = data.manifest.classes
    wrong = {*one.false, *(as_ for _, as_ in one.taken)}
    right = [
        Mark(xyxy, index)
        for number, (index, _, xyxy) in enumerate(one.found)
        if number not in wrong
    ]
    marked = [
        Mark(xyxy, index, f"{classes[index]} {score:.0%}" if len(wrong) <= 12 else "", WRONG)
        for number, (index, score, xyxy) in enumerate(one.found)
        if number in wrong
    ]
    return right + marked
