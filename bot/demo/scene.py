"""A bath full of toys: photos and moving pictures, with the true boxes of the ducks.

Drawn by code, so that the demo downloads nothing; other toys swim along that are no ducks.
Boxes are normalised xyxy.
"""

import io
import math
import random
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from bot.demo.toys import toy

WIDTH, HEIGHT = 480, 360
WHAT = "duck"

Box = tuple[float, float, float, float]
Pixels = NDArray[np.uint8]

_SMALLEST, _LARGEST = 76.0, 132.0
_MOST_OVERLAP = 0.12
_RIM = 44
_MARGIN = 60
_DOWN, _ACROSS = (
    axis.astype(np.float32)
    for axis in np.meshgrid(np.linspace(0, 1, HEIGHT), np.linspace(0, 1, WIDTH), indexing="ij")
)


@dataclass(frozen=True)
class Toy:
    """A toy in the water: middle and width in pixels, tilt in degrees."""

    kind: str
    variant: int
    x: float
    y: float
    width: float
    tilt: float
    mirrored: bool


@dataclass(frozen=True)
class View:
    """A drawn picture and what is truly on it."""

    pixels: Pixels
    ducks: tuple[Box, ...]
    others: tuple[Box, ...]

    def jpeg(self, quality: int = 90) -> bytes:
        """As a photo."""
        data = io.BytesIO()
        Image.fromarray(self.pixels).save(data, "JPEG", quality=quality)
        return data.getvalue()


class Bath:
    """One bath: its water, its light and the toys in it, the same for the same seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._noise = np.random.default_rng(seed)
        self._water = self._pour()
        self._grain = 3.5 * self._noise.standard_normal(
            (HEIGHT + _MARGIN, WIDTH + _MARGIN), np.float32
        )
        self._light = self._rng.uniform(0.72, 1.15)
        self._warmth = self._rng.uniform(-0.07, 0.07)
        self._lamp = (self._rng.random(), self._rng.random())

    def toys(self, ducks: int, others: int) -> list[Toy]:
        """Toys that hardly cover each other; fewer where the bath is full."""
        placed: list[Toy] = []
        kinds = [WHAT] * ducks + [self._rng.choice(("boat", "ball", "star")) for _ in range(others)]
        for kind in kinds:
            for _attempt in range(60):
                one = self._anywhere(kind)
                if all(_apart(one, other) for other in placed):
                    placed.append(one)
                    break
        return placed

    def view(self, toys: list[Toy], moment: float = 0.0) -> View:
        """The bath with these toys; `moment` (seconds) moves the ripples and the light."""
        image = Image.fromarray(self._rippled(moment))
        ducks: list[Box] = []
        others: list[Box] = []
        # Ducks last: nothing hides what the truth says is there.
        for one in sorted(toys, key=lambda one: one.kind == WHAT):
            (ducks if one.kind == WHAT else others).append(_put(image, one))
        return View(self._lit(np.asarray(image), moment), tuple(ducks), tuple(others))

    def _anywhere(self, kind: str) -> Toy:
        rng = self._rng
        return Toy(
            kind=kind,
            variant=rng.randrange(3),
            x=rng.uniform(_RIM, WIDTH - _RIM),
            y=rng.uniform(_RIM, HEIGHT - _RIM),
            width=rng.uniform(_SMALLEST, _LARGEST),
            tilt=rng.uniform(-22, 22),
            mirrored=rng.random() < 0.5,
        )

    def _pour(self) -> Pixels:
        """Soft patches of water, a little larger than a picture, so that it can drift."""
        rng = self._rng
        deep = np.array(rng.choice([(92, 158, 190), (104, 176, 182), (128, 166, 200)]), np.float32)
        light = np.array((58, 48, 38), np.float32)
        shape = (HEIGHT + _MARGIN, WIDTH + _MARGIN)
        waves = np.zeros(shape, np.float32)
        for cells, weight in ((5, 0.5), (14, 0.3), (40, 0.2)):
            coarse = self._noise.random((cells, cells * 4 // 3), np.float32)
            waves += weight * cv2.resize(coarse, shape[::-1], interpolation=cv2.INTER_CUBIC)
        # Bright lines where patches meet, as the sun draws them on the ground of a pool.
        lines = np.exp(-(((waves - 0.5) * 26) ** 2))
        mixed = np.clip(waves * 0.8 + lines * 0.35, 0, 1)
        water: Pixels = (deep + light * mixed[..., None]).clip(0, 255).astype(np.uint8)
        return water

    def _rippled(self, moment: float) -> Pixels:
        x = round(_MARGIN / 2 + 28 * math.sin(moment * 0.7))
        y = round(_MARGIN / 2 + 28 * math.cos(moment * 0.5))
        return self._water[y : y + HEIGHT, x : x + WIDTH].copy()

    def _lit(self, pixels: Pixels, moment: float) -> Pixels:
        away = np.hypot(_ACROSS - self._lamp[0], _DOWN - self._lamp[1])
        glow = self._light * (1.1 - 0.3 * away) * (1 + 0.05 * math.sin(moment))
        tint = np.array([1 + self._warmth, 1.0, 1 - self._warmth], np.float32)
        # A camera's grain is new in every picture; a shifted cut of one field looks just so.
        x, y = (self._rng.randrange(_MARGIN) for _ in range(2))
        grain = self._grain[y : y + HEIGHT, x : x + WIDTH, None]
        lit: Pixels = (pixels * (glow[..., None] * tint) + grain).clip(0, 255).astype(np.uint8)
        return lit


def photo(seed: int) -> View:
    """A photo of a bath with one to four ducks."""
    rng = random.Random(seed * 7919 + 1)
    bath = Bath(seed)
    return bath.view(bath.toys(rng.choice((1, 2, 2, 3, 3, 4)), rng.randint(1, 3)))


class Clip:
    """A moving picture: the toys of one bath drift about; the truth is known at any moment."""

    def __init__(self, seed: int, seconds: float) -> None:
        self.seconds = seconds
        self._bath = Bath(seed)
        self._toys = self._bath.toys(3, 3)
        rng = random.Random(seed)
        self._phases = [
            (rng.uniform(0, 6.3), rng.uniform(0.22, 0.4), rng.uniform(34, 64)) for _ in self._toys
        ]

    def at(self, moment: float) -> View:
        """The picture `moment` seconds from the start."""
        return self._bath.view(
            [self._moved(*pair, moment) for pair in zip(self._toys, self._phases, strict=True)],
            moment,
        )

    def _moved(self, one: Toy, phase: tuple[float, float, float], moment: float) -> Toy:
        start, speed, reach = phase
        angle = start + speed * moment * math.tau / 4
        return Toy(
            one.kind,
            one.variant,
            min(max(one.x + reach * 1.6 * math.cos(angle), _RIM), WIDTH - _RIM),
            min(max(one.y + reach * math.sin(1.3 * angle), _RIM), HEIGHT - _RIM),
            one.width * (1 + 0.1 * math.sin(angle)),
            one.tilt + 9 * math.sin(2 * angle),
            one.mirrored,
        )


def _apart(one: Toy, other: Toy) -> bool:
    near = (one.width + other.width) / 2
    return math.hypot(one.x - other.x, one.y - other.y) > near * (1 - _MOST_OVERLAP)


def _put(image: Image.Image, one: Toy) -> Box:
    """Paste a toy with its shadow; the box of what is to be seen of it."""
    figure = toy(one.kind, one.variant)
    if one.mirrored:
        figure = figure.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = round(one.width * 1.08)
    figure = figure.resize((side, side), Image.Resampling.LANCZOS)
    figure = figure.rotate(one.tilt, Image.Resampling.BICUBIC, expand=True)
    outline = figure.getchannel("A").point(lambda alpha: 255 if alpha > 96 else 0).getbbox()
    assert outline is not None
    left, top = round(one.x - figure.width / 2), round(one.y - figure.height / 2)
    shadow = figure.getchannel("A").point(lambda alpha: alpha * 2 // 5)
    shadow = shadow.filter(ImageFilter.GaussianBlur(side / 22))
    dark = Image.new("RGB", figure.size, (24, 56, 74))
    image.paste(dark, (left + side // 20, top + side // 12), shadow)
    image.paste(figure, (left, top), figure)
    x1, y1 = max(left + outline[0], 0), max(top + outline[1], 0)
    x2, y2 = min(left + outline[2], WIDTH), min(top + outline[3], HEIGHT)
    return (x1 / WIDTH, y1 / HEIGHT, x2 / WIDTH, y2 / HEIGHT)
