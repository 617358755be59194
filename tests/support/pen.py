"""A finger with Telegram's photo editor: jittered loops drawn on a picture, as they come back."""

import io
import math

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


def loop(box: Box, rng: np.random.Generator, *, gap: float | None = None) -> Points:
    """A hand-drawn loop in `box` (pixels): 2 % of jitter, ends that meet badly.

    `gap`: the share of the way that is left open; below 0 the ends overlap.
    """
    gap = rng.uniform(-0.06, 0.08) if gap is None else gap
    start, turn = rng.uniform(0, 2 * math.pi), rng.choice([-1, 1])
    angle = start + turn * np.linspace(0, 2 * math.pi * (1 - gap), 120)
    radius = np.ones_like(angle) + np.linspace(0, rng.normal() * JITTER, angle.size)
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
    wide = max(0.0, min(one[2], other[2]) - max(one[0], other[0]))
    high = max(0.0, min(one[3], other[3]) - max(one[1], other[1]))
    areas = sum((box[2] - box[0]) * (box[3] - box[1]) for box in (one, other))
    return wide * high / (areas - wide * high)


def _apart(one: Box, other: Box, distance: float) -> bool:
    return (
        one[2] + distance < other[0]
        or other[2] + distance < one[0]
        or one[3] + distance < other[1]
        or other[3] + distance < one[1]
    )
