"""A curve of figures over versions, drawn for a phone; runs in the picture process."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw

from pipeline.curve import Point
from pipeline.labelling.paint import font

MOST = 20
SIZE = (1000, 640)

_PAPER, _INK, _MUTED, _LINE = (24, 26, 31), (240, 242, 245), (150, 156, 168), (56, 60, 70)
_SERIES = ((0, 190, 255), (255, 196, 0))
_NAMES = ("mAP50", "mAP50-95")
_LEFT, _TOP, _RIGHT, _BOTTOM = 90, 90, 60, 80
_DOT = 9


def draw(points: Sequence[Point]) -> bytes:
    """A PNG of the newest `MOST` points, given oldest first; two at least."""
    shown = list(points)[-MOST:]
    image = Image.new("RGB", SIZE, _PAPER)
    pen = ImageDraw.Draw(image)
    top = _scale(shown)
    _grid(pen, top)
    xs = _places(len(shown))
    for index, colour in enumerate(_SERIES):
        values = [(point.map50, point.map50_95)[index] for point in shown]
        line = [(x, _y(value, top)) for x, value in zip(xs, values, strict=True)]
        pen.line(line, fill=colour, width=4, joint="curve")
        for (x, y), value, point in zip(line, values, shown, strict=True):
            inner = _PAPER if point.aside else colour
            dot = (x - _DOT, y - _DOT, x + _DOT, y + _DOT)
            pen.ellipse(dot, fill=inner, outline=colour, width=4)
            if len(shown) <= MOST // 2 or point is shown[-1]:
                pen.text((x, y - 16), f"{value:.2f}", font=font(24), fill=_INK, anchor="md")
    _numbers(pen, shown, xs)
    left = _LEFT
    for name, colour in zip(_NAMES, _SERIES, strict=True):
        pen.rectangle((left, 32, left + 28, 52), fill=colour)
        pen.text((left + 40, 42), name, font=font(30), fill=_INK, anchor="lm")
        left += 240
    data = io.BytesIO()
    image.save(data, "PNG", optimize=True)
    return data.getvalue()


def _scale(points: Sequence[Point]) -> float:
    """The top of the chart: the next tenth above the highest value, with room for its words."""
    highest = max(max(point.map50, point.map50_95) for point in points)
    return min(1.1, max(0.2, (int(highest * 10) + 2) / 10))


def _grid(pen: ImageDraw.ImageDraw, top: float) -> None:
    step = 0.1 if top <= 0.6 else 0.2
    value = 0.0
    while value <= min(top, 1.0) + 1e-9:
        y = _y(value, top)
        pen.line((_LEFT, y, SIZE[0] - _RIGHT, y), fill=_LINE, width=2)
        pen.text((_LEFT - 14, y), f"{value:.1f}", font=font(24), fill=_MUTED, anchor="rm")
        value += step


def _numbers(pen: ImageDraw.ImageDraw, points: Sequence[Point], xs: Sequence[float]) -> None:
    y = SIZE[1] - _BOTTOM + 32
    for point, x in zip(points, xs, strict=True):
        words = font(26)
        if point.current:
            width = pen.textlength(f"v{point.number}", font=words) / 2 + 12
            pen.rounded_rectangle((x - width, y - 20, x + width, y + 20), 10, fill=_INK)
        fill = _PAPER if point.current else _MUTED if point.aside else _INK
        pen.text((x, y), f"v{point.number}", font=words, fill=fill, anchor="mm")


def _places(count: int) -> list[float]:
    wide = SIZE[0] - _LEFT - _RIGHT - 80
    return [_LEFT + 40 + wide * number / max(1, count - 1) for number in range(count)]


def _y(value: float, top: float) -> float:
    high = SIZE[1] - _TOP - _BOTTOM
    return SIZE[1] - _BOTTOM - high * min(value, top) / top
