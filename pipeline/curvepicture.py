"""The curves of a training as a picture for a phone: how good it is above, its loss below."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from pipeline.jobs.milestones import Point
from pipeline.labelling.paint import font

SIZE = (1080, 1080)
PAPER, INK, PALE, GRID = (250, 250, 252), (30, 34, 42), (104, 110, 124), (222, 225, 232)
GOOD, LOSS, BEFORE = (22, 128, 92), (196, 84, 30), (72, 92, 200)
LEFT, RIGHT, TOP, GAP, LOW = 130, 50, 90, 150, 100
LINE, DOT = 7, 13
LARGE, SMALL = 40, 34
TICKS = 4

Panel = tuple[int, int, int, int]


def render(points: Sequence[Point], epochs: int, before: tuple[int, float] | None = None) -> bytes:
    """A PNG of 1080 x 1080 pixels; its ground is its own, so it reads in light and dark.

    Args:
        points: at least one finished epoch, in order.
        epochs: how many there are to be: the width.
        before: number and mAP50 of the model to beat, a dashed line.
    """
    image = Image.new("RGB", SIZE, PAPER)
    draw = ImageDraw.Draw(image)
    losses = [(point.epoch, point.loss) for point in points if point.loss is not None]
    right, low = SIZE[0] - RIGHT, SIZE[1] - LOW
    # Without losses mAP has it all.
    first: Panel = (LEFT, TOP, right, 600 if losses else low)
    _judged(draw, first, points, epochs, before)
    if losses:
        values = [value for _, value in losses]
        second: Panel = (LEFT, first[3] + GAP, right, low)
        _title(draw, second, "loss (lower is better)", f"{values[-1]:.2f}", LOSS)
        _curve(draw, second, losses, epochs, _top(max(values)), LOSS)
    _epochs(draw, low, epochs)
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def _judged(
    draw: ImageDraw.ImageDraw,
    panel: Panel,
    points: Sequence[Point],
    epochs: int,
    before: tuple[int, float] | None,
) -> None:
    best = max(points, key=lambda point: point.map50)
    top = _top(max(best.map50, before[1] if before else 0.0))
    words = f"best {best.map50:.2f} at epoch {best.epoch}"
    _title(draw, panel, "mAP50 (higher is better)", words, GOOD)
    _curve(draw, panel, [(point.epoch, point.map50) for point in points], epochs, top, GOOD)
    if before is not None:
        number, value = before
        y = _at(panel, 1, value, epochs, top)[1]
        for start in range(panel[0], panel[2], 36):
            draw.line((start, y, start + 20, y), fill=BEFORE, width=5)
        # Above its line, unless the panel ends there.
        above = y - panel[1] > SMALL + 12
        place = (panel[2] - 8, y - 8 if above else y + 8)
        anchor = "rs" if above else "ra"
        draw.text(place, f"v{number}: {value:.2f}", BEFORE, font(SMALL), anchor=anchor)
    x, y = _at(panel, best.epoch, best.map50, epochs, top)
    draw.ellipse((x - DOT, y - DOT, x + DOT, y + DOT), fill=GOOD, outline=PAPER, width=4)


def _title(
    draw: ImageDraw.ImageDraw, panel: Panel, name: str, value: str, colour: tuple[int, int, int]
) -> None:
    draw.text((panel[0], panel[1] - 24), name, INK, font(LARGE), anchor="ls")
    draw.text((panel[2], panel[1] - 24), value, colour, font(LARGE), anchor="rs")


def _curve(
    draw: ImageDraw.ImageDraw,
    panel: Panel,
    values: Sequence[tuple[int, float]],
    epochs: int,
    top: float,
    colour: tuple[int, int, int],
) -> None:
    digits = 3 if top < 0.2 else 2 if top < 2 else 1 if top < 20 else 0
    for step in range(TICKS + 1):
        value = top * step / TICKS
        y = _at(panel, 1, value, epochs, top)[1]
        draw.line((panel[0], y, panel[2], y), fill=GRID, width=3)
        draw.text((panel[0] - 16, y), f"{value:.{digits}f}", PALE, font(SMALL), anchor="rm")
    places = [_at(panel, epoch, value, epochs, top) for epoch, value in values]
    if len(places) > 1:
        draw.line(places, fill=colour, width=LINE, joint="curve")
    x, y = places[-1]
    draw.ellipse((x - LINE, y - LINE, x + LINE, y + LINE), fill=colour)


def _epochs(draw: ImageDraw.ImageDraw, low: int, epochs: int) -> None:
    panel: Panel = (LEFT, 0, SIZE[0] - RIGHT, low)
    ends = sorted({1, max(1, epochs // 2), epochs})
    for epoch in ends:
        x = _at(panel, epoch, 0, epochs, 1)[0]
        anchor = "la" if epoch == ends[0] else "ra" if epoch == ends[-1] else "ma"
        words = f"epoch {epoch}" if epoch == ends[0] else f"{epoch}"
        draw.text((x, low + 18), words, PALE, font(SMALL), anchor=anchor)


def _at(panel: Panel, epoch: int, value: float, epochs: int, top: float) -> tuple[float, float]:
    share = (epoch - 1) / max(epochs - 1, 1)
    x = panel[0] + share * (panel[2] - panel[0])
    return x, panel[3] - min(value / top, 1.0) * (panel[3] - panel[1])


def _top(value: float) -> float:
    """The scale's end: a round number not below `value`."""
    steps = (0.1, 0.2, 0.4, 0.6, 0.8, 1, 2, 4, 6, 8, 10, 12, 16, 20, 40, 60, 80, 100)
    return next((step for step in steps if step >= value), value)
