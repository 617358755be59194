"""Made clips whose objects move in known ways, seen by a camera that moves too."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

Box = tuple[float, float, float, float]
WORLD = (960, 720)
VIEW = (480, 360)


@dataclass(frozen=True)
class Toy:
    """A round patterned thing at a place of the world, in its pixels. `look` picks the pattern."""

    x: float
    y: float
    size: float = 90.0
    look: int = 1


@dataclass(frozen=True)
class Camera:
    """What is seen: the middle of the view in the world's pixels, and how much larger it shows."""

    x: float = 480.0
    y: float = 360.0
    zoom: float = 1.0


def shot(
    toys: Sequence[Toy], camera: Camera = Camera(), *, world: int = 0, light: float = 1.0
) -> tuple[Image.Image, list[Box]]:
    """A frame, and the toys' boxes in it (normalised xyxy, cut off at the border)."""
    ground = _pattern(world, WORLD, cells=24).copy()
    for toy in toys:
        side = max(4, round(toy.size))
        mask = Image.new("L", (side, side), 0)
        ImageDraw.Draw(mask).ellipse((0, 0, side - 1, side - 1), fill=255)
        look = _pattern(1000 + toy.look, (120, 120), cells=6).resize((side, side))
        ground.paste(look, (round(toy.x - side / 2), round(toy.y - side / 2)), mask)
    wide, high = VIEW[0] / camera.zoom, VIEW[1] / camera.zoom
    left, top = camera.x - wide / 2, camera.y - high / 2
    seen = ground.resize(VIEW, Image.Resampling.BICUBIC, box=(left, top, left + wide, top + high))
    boxes = []
    for toy in toys:
        corners = np.array([toy.x - toy.size / 2, toy.y - toy.size / 2] * 2)
        corners[2:] += toy.size
        shares = (corners - [left, top] * 2) / [wide, high, wide, high]
        x1, y1, x2, y2 = np.clip(shares, 0, 1).tolist()
        boxes.append((x1, y1, x2, y2))
    pixels = np.clip(np.asarray(seen, dtype=float) * light, 0, 255).astype(np.uint8)
    return _compressed(Image.fromarray(pixels)), boxes


def jpeg(image: Image.Image) -> bytes:
    """The frame as it is stored."""
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92)
    return out.getvalue()


@cache
def _pattern(seed: int, size: tuple[int, int], cells: int) -> Image.Image:
    rng = np.random.default_rng(seed)
    coarse = rng.integers(30, 220, (cells * size[1] // size[0] or 1, cells, 3), dtype=np.uint8)
    image = Image.fromarray(coarse).resize(size, Image.Resampling.BICUBIC)
    fine = rng.normal(0, 14, (size[1], size[0], 1))
    pixels = np.clip(np.asarray(image, dtype=float) + fine, 0, 255).astype(np.uint8)
    return Image.fromarray(pixels).filter(ImageFilter.GaussianBlur(1))


def _compressed(image: Image.Image) -> Image.Image:
    return Image.open(io.BytesIO(jpeg(image))).convert("RGB")
