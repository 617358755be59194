"""Bath toys as small pictures on nothing, drawn large and scaled down so that edges are smooth."""

import math
from functools import cache

from PIL import Image, ImageDraw, ImageFilter

SIZE = 320
"""Pixels of a toy's square."""

KINDS = ("duck", "boat", "ball", "star")

_SCALE = 2
_DUCKS = ((250, 208, 52), (252, 196, 30), (246, 216, 84))
_BOATS = ((206, 62, 58), (58, 96, 180), (64, 148, 98))
_BALLS = ((236, 92, 120), (92, 180, 216), (150, 110, 200))
_STARS = ((236, 132, 60), (216, 84, 116), (228, 158, 96))

Colour = tuple[int, int, int]


@cache
def toy(kind: str, variant: int) -> Image.Image:
    """A toy as SIZE x SIZE RGBA, facing right; `variant` chooses its colour.

    Raises:
        KeyError: there is no such toy.
    """
    draw, colours = _TOYS[kind]
    side = SIZE * _SCALE
    image = Image.new("RGBA", (side, side), (0, 0, 0, 0))
    draw(_Pencil(image), colours[variant % len(colours)])
    return image.resize((SIZE, SIZE), Image.Resampling.LANCZOS)


def shade(colour: Colour, by: float) -> Colour:
    """Darker below 1, lighter above."""
    red, green, blue = (max(0, min(255, round(value * by))) for value in colour)
    return red, green, blue


class _Pencil:
    """Draws in hundredths of the square, so that the shapes below read as a sketch."""

    def __init__(self, image: Image.Image) -> None:
        self.image = image
        self._draw = ImageDraw.Draw(image)
        self._unit = image.width / 100

    def oval(self, x: float, y: float, rx: float, ry: float, fill: Colour) -> None:
        """An ellipse around (x, y)."""
        corners = (x - rx, y - ry, x + rx, y + ry)
        self._draw.ellipse([value * self._unit for value in corners], fill=fill)

    def shape(self, points: list[tuple[float, float]], fill: Colour) -> None:
        """A polygon."""
        self._draw.polygon([(x * self._unit, y * self._unit) for x, y in points], fill=fill)

    def bow(self, x: float, y: float, r: float, start: float, end: float, fill: Colour) -> None:
        """A filled part of a disc, cut off by the line between its ends; degrees, clockwise."""
        corners = [value * self._unit for value in (x - r, y - r, x + r, y + r)]
        self._draw.chord(corners, start, end, fill=fill)

    def gleam(self, x: float, y: float, rx: float, ry: float, strength: int = 120) -> None:
        """A soft light spot that stays within what is drawn already."""
        spot = Image.new("L", self.image.size, 0)
        corners = [value * self._unit for value in (x - rx, y - ry, x + rx, y + ry)]
        ImageDraw.Draw(spot).ellipse(corners, fill=strength)
        spot = spot.filter(ImageFilter.GaussianBlur(3 * self._unit))
        alpha = self.image.getchannel("A")
        lit = Image.composite(Image.new("RGB", self.image.size, "white"), self.image, spot)
        self.image.paste(lit.convert("RGBA"))
        self.image.putalpha(alpha)


def _duck(pencil: _Pencil, colour: Colour) -> None:
    dark = shade(colour, 0.84)
    pencil.shape([(6, 50), (30, 60), (26, 78), (14, 72)], dark)
    pencil.oval(46, 70, 36, 22, colour)
    pencil.shape([(6, 49), (20, 58), (32, 66), (16, 74)], colour)
    pencil.oval(66, 38, 21, 20, colour)
    pencil.shape([(52, 50), (78, 50), (80, 66), (50, 66)], colour)
    pencil.oval(42, 68, 19, 12, dark)
    pencil.oval(40, 66, 17, 10, shade(colour, 0.94))
    pencil.shape([(83, 33), (98, 40), (96, 45), (83, 46)], (236, 118, 38))
    pencil.shape([(83, 41), (95, 44), (90, 49), (82, 48)], (206, 88, 26))
    pencil.oval(72, 32, 4.2, 5.2, (250, 250, 250))
    pencil.oval(73.2, 32.6, 2.8, 3.7, (28, 26, 32))
    pencil.gleam(58, 28, 9, 6)
    pencil.gleam(56, 62, 12, 5, 70)


def _boat(pencil: _Pencil, colour: Colour) -> None:
    pencil.shape([(47, 10), (50, 10), (50, 66), (47, 66)], (122, 86, 58))
    pencil.shape([(53, 14), (53, 58), (88, 58)], (246, 242, 230))
    pencil.shape([(44, 22), (44, 58), (20, 58)], (232, 224, 208))
    pencil.shape([(4, 64), (96, 64), (80, 88), (20, 88)], colour)
    pencil.shape([(4, 64), (96, 64), (93, 70), (8, 70)], shade(colour, 0.78))
    pencil.gleam(40, 78, 18, 3, 80)


def _ball(pencil: _Pencil, colour: Colour) -> None:
    pencil.oval(50, 50, 40, 40, colour)
    pencil.bow(50, 50, 40, 200, 340, (248, 246, 240))
    pencil.bow(50, 50, 40, 20, 160, shade(colour, 0.72))
    pencil.gleam(38, 32, 13, 9)


def _star(pencil: _Pencil, colour: Colour) -> None:
    points = []
    for corner in range(10):
        radius = 44 if corner % 2 == 0 else 21
        angle = math.radians(36 * corner - 90)
        points.append((50 + radius * math.cos(angle), 52 + radius * math.sin(angle)))
    pencil.shape(points, colour)
    pencil.oval(50, 52, 15, 15, shade(colour, 1.1))
    for x, y in ((42, 47), (58, 47)):
        pencil.oval(x, y, 2.6, 3.4, (40, 30, 30))
    pencil.gleam(44, 34, 7, 9, 80)


_TOYS = {
    "duck": (_duck, _DUCKS),
    "boat": (_boat, _BOATS),
    "ball": (_ball, _BALLS),
    "star": (_star, _STARS),
}
