"""A finger with Telegram's photo editor: jittered loops drawn on a picture, as they come back."""

import io
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Points = NDArray[np.float64]
Colour = tuple[int, int, int]
Box = tuple[float, float, float, float]

COLOURS: tuple[Colour, ...] = (
    (255, 69, 58),
    (255, 149, 0),
    (255, 214, 10),
    (52, 199, 89),
    (99, 230, 226),
    (10, 132, 255),
    (191, 90, 242),
    (0, 0, 0),
    (255, 255, 255),
)
RED = COLOURS[0]
BLUE = COLOURS[5]
JITTER = 0.02

USUAL = (0.006, 0.022)
"""Pen widths by the picture's long side."""


@dataclass(frozen=True)
class Hand:
    """One way of drawing: how loops lie, how far they stay open, which pen, what comes back.

    Attributes:
        loops: from how many to how many.
        crossing: each loop crosses one before it.
        gap: the share of the way that stays open; below 0 the ends overlap.
        width: of the pen, by the picture's long side.
        scale: of what comes back, by what was sent.
    """

    loops: tuple[int, int] = (1, 1)
    crossing: bool = False
    gap: tuple[float, float] = (-0.06, 0.08)
    width: tuple[float, float] = USUAL
    scale: tuple[float, float] = (0.5, 1.0)
    quality: tuple[int, int] = (70, 90)


HANDS: dict[str, Hand] = {
    "plain": Hand(),
    "open": Hand(gap=(0.08, 0.2)),
    "several": Hand(loops=(2, 5)),
    "crossing": Hand(loops=(2, 3), crossing=True),
    "crossing open": Hand(loops=(2, 2), crossing=True, gap=(0.05, 0.15)),
    "thin": Hand(loops=(1, 3), width=(0.004, 0.006)),
    "thick": Hand(loops=(1, 3), width=(0.022, 0.04)),
    "twice around": Hand(loops=(1, 2), gap=(-1.1, -0.9)),
    "half size": Hand(loops=(1, 3), scale=(0.5, 0.5), quality=(70, 70)),
}


def loop(box: Box, rng: np.random.Generator, *, gap: float | None = None) -> Points:
    """A hand-drawn loop in `box` (pixels): 2 % of jitter, ends that meet badly.

    `gap`: the share of the way that is left open; below 0 the ends overlap.
    """
    gap = rng.uniform(-0.06, 0.08) if gap is None else gap
    start, turn = rng.uniform(0, 2 * math.pi), rng.choice([-1, 1])
    angle = start + turn * np.linspace(0, 2 * math.pi * (1 - gap), round(120 * max(1, 1 - gap)))
    # Going around once more, nobody meets the first line.
    drift = JITTER * (4 if gap < -0.5 else 1)
    radius = np.ones_like(angle) + np.linspace(0, rng.normal() * drift, angle.size)
    for wave in range(2, 6):
        size = JITTER * rng.normal() * math.sqrt(2) / 2
        radius += size * np.sin(wave * angle + rng.uniform(0, 2 * math.pi))
    # Some people draw rounded rectangles.
    power = rng.choice([2, 2, 2, 3])
    across, down = np.cos(angle), np.sin(angle)
    radius *= (np.abs(across) ** power + np.abs(down) ** power) ** (-1 / power)
    x1, y1, x2, y2 = box
    x = (x1 + x2) / 2 + (x2 - x1) / 2 * radius * across
    y = (y1 + y2) / 2 + (y2 - y1) / 2 * radius * down
    return np.stack([x, y], axis=1)


def draw(image: Image.Image, strokes: list[Points], *, colour: Colour, width: float) -> Image.Image:
    """The picture with smooth round-capped strokes on it; `width` in pixels."""
    mask = Image.new("L", (image.width * 2, image.height * 2))
    pen = ImageDraw.Draw(mask)
    for stroke in strokes:
        points = [(float(x) * 2, float(y) * 2) for x, y in stroke]
        pen.line(points, fill=255, width=max(1, round(width * 2)), joint="curve")
        for x, y in (points[0], points[-1]):
            pen.ellipse((x - width, y - width, x + width, y + width), fill=255)
    drawn = image.copy()
    drawn.paste(Image.new("RGB", image.size, colour), mask=mask.resize(image.size, Image.BOX))
    return drawn


def sent_back(image: Image.Image, *, scale: float = 0.8, quality: int = 80) -> bytes:
    """The JPEG that arrives: rescaled and recompressed."""
    size = (round(image.width * scale), round(image.height * scale))
    out = io.BytesIO()
    image.resize(size, Image.Resampling.LANCZOS).save(out, "JPEG", quality=quality)
    return out.getvalue()


def bounds(stroke: Points, image: Image.Image) -> Box:
    """Normalised xyxy of a stroke's centre line."""
    (x1, y1), (x2, y2) = stroke.min(axis=0), stroke.max(axis=0)
    return (x1 / image.width, y1 / image.height, x2 / image.width, y2 / image.height)


def places(size: tuple[int, int], count: int, rng: np.random.Generator) -> list[Box]:
    """Up to `count` boxes in pixels that keep a distance."""
    width, height = size
    found: list[Box] = []
    for _ in range(200):
        wide = rng.uniform(0.1, 0.4) * width
        high = wide * rng.uniform(0.6, 1.6)
        if len(found) == count or high > 0.8 * height:
            continue
        x, y = rng.uniform(0.03 * width, 0.97 * width - wide), rng.uniform(0, height - high)
        box = (x, y, x + wide, y + high)
        if all(_apart(box, other, 0.05 * width) for other in found):
            found.append(box)
    return found


def crossing_places(size: tuple[int, int], count: int, rng: np.random.Generator) -> list[Box]:
    """Up to `count` boxes in pixels; each crosses one before it by a fifth to two thirds."""
    width, height = size
    found: list[Box] = []
    for _ in range(400):
        if len(found) == count:
            break
        wide = rng.uniform(0.15, 0.35) * width
        high = min(wide * rng.uniform(0.6, 1.6), 0.7 * height)
        x, y = rng.uniform(0.02 * width, 0.98 * width - wide), rng.uniform(0, height - high)
        box = (x, y, x + wide, y + high)
        shares = [_shared(box, other) for other in found]
        if not found or (max(shares) > 0.2 and all(share < 0.67 for share in shares)):
            found.append(box)
    return found


def drawing(
    image: Image.Image, hand: Hand, rng: np.random.Generator
) -> tuple[bytes, list[Box]] | None:
    """What comes back from this hand, and the true boxes; None where no pen would be seen."""
    count = int(rng.integers(hand.loops[0], hand.loops[1] + 1))
    lay = crossing_places if hand.crossing else places
    strokes = [loop(box, rng, gap=rng.uniform(*hand.gap)) for box in lay(image.size, count, rng)]
    colour = COLOURS[int(rng.integers(len(COLOURS)))]
    # People take a pen that they can see on this picture.
    if len(strokes) < hand.loops[0] or not shows(image, strokes, colour):
        return None
    drawn = draw(image, strokes, colour=colour, width=rng.uniform(*hand.width) * max(image.size))
    quality = int(rng.integers(hand.quality[0], hand.quality[1] + 1))
    back = sent_back(drawn, scale=rng.uniform(*hand.scale), quality=quality)
    return back, [bounds(stroke, image) for stroke in strokes]


def shows(image: Image.Image, strokes: list[Points], colour: Colour) -> bool:
    """Whether a pen of this colour can be seen on at least three quarters of each stroke."""
    pixels = np.asarray(image, dtype=np.int16)
    height, width = pixels.shape[:2]
    for stroke in strokes:
        x = stroke[:, 0].astype(int).clip(0, width - 1)
        y = stroke[:, 1].astype(int).clip(0, height - 1)
        away = np.abs(pixels[y, x] - np.array(colour)).max(axis=1)
        if (away > 60).mean() < 0.75:
            return False
    return True


def iou(one: Box, other: Box) -> float:
    """Intersection over union."""
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    both = _both(one, other)
    return both / (areas - both)


def _both(one: Box, other: Box) -> float:
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    high = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    return wide * high


def _shared(one: Box, other: Box) -> float:
    # By the smaller of the two.
    return _both(one, other) / min((b[2] - b[0]) * (b[3] - b[1]) for b in (one, other))


def _apart(one: Box, other: Box, distance: float) -> bool:
    return (
        one[2] + distance < other[0]
        or other[2] + distance < one[0]
        or one[3] + distance < other[1]
        or other[3] + distance < one[1]
    )
