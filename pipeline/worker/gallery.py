"""The first picture of a result: what the model finds on pictures it never learned from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from PIL import Image, ImageDraw

from pipeline.worker.data import ManifestImage, Materialised
from pipeline.worker.detect import Found, detect
from pipeline.worker.draw import Mark, colour, draw_boxes, draw_dashed, drawable, font
from pipeline.worker.pictures import read_picture, save_jpeg

T = TypeVar("T")

MAX_PICTURES = 6
CONFIDENCES = (0.25, 0.1, 0.05, 0.01)
"""Tried in this order until something is found; under the last one nothing is drawn."""

_MAX_BOXES = 40
CELL_W = 620
GAP = 14
_HEAD = 132
_FOOT = 66
PAPER = (24, 26, 31)
INK = (240, 242, 245)
MUTED = (168, 174, 184)


@dataclass(frozen=True)
class Shown:
    """A picture with what people and the model said."""

    picture: Image.Image
    truth: list[tuple[int, tuple[float, float, float, float]]]
    found: list[Found]


def choose(data: Materialised, limit: int = MAX_PICTURES) -> list[ManifestImage]:
    """Up to `limit` unseen pictures with boxes: test before val, one a group while they last."""
    pictures = [i for part in ("test", "val") for i in data.manifest.part(part) if i.boxes]
    return one_a_group(pictures, lambda image: image)[:limit]


def one_a_group(items: Iterable[T], image_of: Callable[[T], ManifestImage]) -> list[T]:
    """The same in another order: the first of each group before all others."""
    seen: set[str] = set()
    first: list[T] = []
    others: list[T] = []
    for item in items:
        image = image_of(item)
        # An image without a group stands for itself.
        key = image.group or str(image.id)
        (others if key in seen else first).append(item)
        seen.add(key)
    return first + others


def draw_gallery(model: Any, data: Materialised, imgsz: int, target: Path) -> Path | None:
    """Write the mosaic to `target` (a JPEG); None when there is no unseen picture with boxes."""
    chosen = choose(data)
    if not chosen:
        return None
    pictures = [fit(read_picture(data.paths[image.id])) for image in chosen]
    found = list(detect(model, pictures, imgsz=imgsz, confidence=CONFIDENCES[-1]))
    confidence = confidence_of(found)
    shown = [
        Shown(
            picture,
            [(index, (x1, y1, x2, y2)) for index, x1, y1, x2, y2 in image.boxes],
            [f for f in boxes if f[1] >= confidence][:_MAX_BOXES],
        )
        for picture, image, boxes in zip(pictures, chosen, found, strict=True)
    ]
    save_jpeg(_mosaic(shown, data.manifest.classes, confidence), target)
    return target


def confidence_of(found: Sequence[Sequence[Found]]) -> float:
    """From how sure on its boxes are shown: the usual, or what leaves something to see."""
    best = max((score for boxes in found for _, score, _ in boxes), default=0.0)
    return next((c for c in CONFIDENCES if best >= c), CONFIDENCES[-1])


def fit(picture: Image.Image) -> Image.Image:
    """The picture at the size of a cell."""
    height = max(1, round(picture.height * CELL_W / picture.width))
    # A very tall picture would push the others off a phone's screen.
    if height > CELL_W * 1.34:
        height = round(CELL_W * 1.34)
        width = max(1, round(picture.width * height / picture.height))
        return picture.resize((width, height), Image.Resampling.LANCZOS)
    return picture.resize((CELL_W, height), Image.Resampling.LANCZOS)


def _mosaic(shown: Sequence[Shown], classes: Sequence[str], confidence: float) -> Image.Image:
    columns = 1 if len(shown) == 1 else 2
    rows = [shown[i : i + columns] for i in range(0, len(shown), columns)]
    heights = [max(s.picture.height for s in row) for row in rows]
    width = columns * CELL_W + (columns + 1) * GAP
    height = _HEAD + sum(heights) + GAP * len(rows) + _FOOT
    sheet = Image.new("RGB", (width, height), PAPER)
    _head(sheet, shown, confidence)
    top = _HEAD
    for row, row_height in zip(rows, heights, strict=True):
        for column, item in enumerate(row):
            cell = _drawn(item, classes)
            left = GAP + column * (CELL_W + GAP) + (CELL_W - cell.width) // 2
            sheet.paste(cell, (left, top + (row_height - cell.height) // 2))
        top += row_height + GAP
    _foot(sheet, top, classes, shown)
    return sheet


def _drawn(item: Shown, classes: Sequence[str]) -> Image.Image:
    cell = item.picture.copy()
    draw_dashed(cell, (xyxy for _, xyxy in item.truth))
    # On a crowded picture words would hide what they name; the foot has the colours.
    crowded = len(item.found) > 12
    draw_boxes(
        cell,
        [
            Mark(xyxy, index, f"{score:.0%}" if crowded else f"{classes[index]} {score:.0%}")
            for index, score, xyxy in reversed(item.found)
        ],
        text_px=20 if crowded else 26,
    )
    return cell


def _head(sheet: Image.Image, shown: Sequence[Shown], confidence: float) -> None:
    draw = ImageDraw.Draw(sheet)
    small = sheet.width < 2 * CELL_W
    title, words = (font(30), font(19)) if small else (font(46), font(32))
    draw.text((GAP + 4, 16), "Pictures it never learned from", font=title, fill=INK)
    if not any(item.found for item in shown):
        text = "Nothing found yet. Dashed: what people marked."
    elif confidence < CONFIDENCES[0]:
        text = f"Still unsure: guesses from {confidence:.0%} up. Solid: model, dashed: people."
    else:
        text = "Solid: what the model finds. Dashed: what people marked."
    draw.text((GAP + 4, 76), text, font=words, fill=MUTED)


def _foot(sheet: Image.Image, top: int, classes: Sequence[str], shown: Sequence[Shown]) -> None:
    draw = ImageDraw.Draw(sheet)
    words = font(32)
    left = GAP + 4
    used = {index for item in shown for index, _ in item.truth}
    used |= {index for item in shown for index, _, _ in item.found}
    for index in sorted(used):
        text = drawable(classes[index])
        end = left + 40 + round(words.getlength(text)) + 34
        if end > sheet.width:
            draw.text((left, top + 6), "…", font=words, fill=MUTED)
            return
        draw.rectangle((left, top + 12, left + 28, top + 40), fill=colour(index))
        draw.text((left + 40, top + 6), text, font=words, fill=INK)
        left = end
