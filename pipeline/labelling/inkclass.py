"""Which class a pen's colour means: the first six have one each, of Telegram's own palette."""

import colorsys
from collections.abc import Sequence
from dataclasses import dataclass

Colour = tuple[int, int, int]


@dataclass(frozen=True)
class Pen:
    """A pen of the photo editor: how it is shown in words, and the hues that are taken for it.

    `hues`: from and to, in degrees; red lies around 0.
    """

    sign: str
    hues: tuple[float, float]


PENS: tuple[Pen, ...] = (
    Pen("🔴", (338, 16)),
    Pen("🟠", (16, 43)),
    Pen("🟡", (43, 85)),
    Pen("🟢", (85, 160)),
    Pen("🔵", (192, 243)),
    Pen("🟣", (243, 325)),
)
"""Between green and blue lies the palette's light blue, which is neither."""

PALE = 0.25
"""Saturation (HSV) under which a colour is black, white or grey."""

DARK = 0.2


def legend(classes: Sequence[str]) -> list[tuple[str, str]]:
    """The pens of a project with several classes: sign and class. One class needs no colours."""
    if len(classes) < 2:
        return []
    return [(pen.sign, name) for pen, name in zip(PENS, classes, strict=False)]


def class_of(colour: Colour, classes: Sequence[str]) -> str:
    """The class that a stroke of this colour means; empty where the legend does not say.

    Args:
        colour: red, green, blue, 0 to 255.
        classes: the project's, in order.
    """
    if len(classes) == 1:
        return classes[0]
    hue, saturation, value = colorsys.rgb_to_hsv(*(part / 255 for part in colour))
    if saturation < PALE or value < DARK:
        return ""
    for pen, name in zip(PENS, classes, strict=False):
        start, end = pen.hues
        if (hue * 360 - start) % 360 < (end - start) % 360:
            return name
    return ""
