"""Pictures, label sets and clips for the bot to work on, drawn by code."""

import io
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from tests.support.clips import clip, zipped
from tests.support.scenes import CLASSES, scene

Boxes = list[tuple[float, float, float, float]]
SIZE = (320, 240)


def labelled_zip(path: Path, seeds: Iterable[int]) -> Path:
    """A zip of scenes with YOLO labels; every picture holds two to five boxes."""
    files: dict[str, bytes | str] = {"data.yaml": f"names: {CLASSES}\n"}
    for seed in seeds:
        data, rows = scene(seed)
        lines = [
            f"{int(c)} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}"
            for c, x1, y1, x2, y2 in rows
        ]
        files[f"images/scene{seed}.jpg"] = data
        files[f"labels/scene{seed}.txt"] = "\n".join(lines) + "\n"
    return zipped(path, files)


GLASS = [(235, 225, 90), (20, 35, 120), (90, 235, 225)]
SHINE = [(255, 250, 220), (90, 110, 200), (10, 90, 90)]


def marbles(number: int) -> tuple[np.ndarray, Boxes]:
    """One view of marbles on patterned cloth, with their boxes; views differ strongly."""
    rng = np.random.default_rng(number)
    # Other patches and marbles each time, else boxes would be carried from view to view.
    patches = (7 + number % 5, 9 + number % 7)
    coarse = Image.fromarray(rng.integers(40, 140, (*patches, 3), dtype=np.uint8))
    image = coarse.resize(SIZE, Image.Resampling.NEAREST)
    draw = ImageDraw.Draw(image)
    boxes: Boxes = []
    for column in range(1 + number % 2):
        radius = int(rng.integers(22, 34))
        x = int(rng.integers(50, 110)) + 150 * column
        y = int(rng.integers(60, 180))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=GLASS[number % 3])
        draw.ellipse((x - radius // 2, y - radius // 2, x, y), fill=SHINE[number % 3])
        boxes.append(
            (
                (x - radius) / SIZE[0],
                (y - radius) / SIZE[1],
                (x + radius) / SIZE[0],
                (y + radius) / SIZE[1],
            )
        )
    return np.asarray(image), boxes


def marble_clip(path: Path, views: int, *, frames_each: int = 5) -> Path:
    """A video of `views` views, each shown for `frames_each` tenths of a second."""
    shown = (marbles(number)[0] for number in range(views))
    return clip(path, (view for view in shown for _ in range(frames_each)), rate=10)


def which_view(picture: Image.Image, views: int) -> int:
    """The view that a received picture shows."""
    small = np.asarray(picture.convert("RGB").resize((48, 36)), dtype=float)

    def distance(number: int) -> float:
        view = Image.fromarray(marbles(number)[0]).resize((48, 36))
        return float(np.abs(np.asarray(view, dtype=float) - small).mean())

    return min(range(views), key=distance)


def circled(
    data: bytes,
    boxes: Boxes,
    seed: int,
    *,
    colour: tuple[int, int, int] = (255, 59, 48),
    scale: float = 0.8,
    quality: int = 80,
) -> bytes:
    """A picture as a photo editor gives it back: loops around `boxes`, rescaled, recompressed.

    The loops are drawn as by a finger: uneven, a little off, and closed.
    """
    image = Image.open(io.BytesIO(data)).convert("RGB")
    width, height = image.size
    draw = ImageDraw.Draw(image)
    rng = np.random.default_rng(seed)
    pen = max(3, round(max(image.size) * 0.012))
    for x1, y1, x2, y2 in boxes:
        points = _loop((x1 * width, y1 * height, x2 * width, y2 * height), rng)
        draw.line([*points, *points[:2]], fill=colour, width=pen, joint="curve")
    image = image.resize((round(width * scale), round(height * scale)), Image.Resampling.BILINEAR)
    out = io.BytesIO()
    image.save(out, "JPEG", quality=quality)
    return out.getvalue()


def _loop(
    box: tuple[float, float, float, float], rng: np.random.Generator
) -> list[tuple[float, float]]:
    x1, y1, x2, y2 = box
    turns = np.linspace(0, 2 * np.pi, 48, endpoint=False)

    def wobble(amount: float) -> np.ndarray:
        # Fingers wobble slowly, not from point to point.
        return amount * np.sin(turns * rng.integers(2, 5) + rng.uniform(0, 6))

    wide, tall = (x2 - x1) / 2 + 2, (y2 - y1) / 2 + 2
    xs = (x1 + x2) / 2 + (wide + wobble(1.5)) * np.cos(turns)
    ys = (y1 + y2) / 2 + (tall + wobble(1.5)) * np.sin(turns)
    return list(zip(xs.tolist(), ys.tolist(), strict=True))
