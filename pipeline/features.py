"""What a picture is known by when it was cut, resized or written anew: its corners, as words.

Corners are ORB's (Rublee et al. 2011). A word is a sample of a corner's descriptor: equal corners
agree in it often enough for some of a picture's words to come back in any copy, and unrelated ones
hardly ever. Words are stored with the pictures, so what makes them must not change.
"""

from typing import NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Gray = NDArray[np.uint8]
Words = NDArray[np.uint32]

SIDE = 256
"""Pixels of the long side."""

CORNERS = 300
CELLS, A_CELL = 8, 2
"""The strongest two of each of 8 x 8 parts become words: a rich corner must not take them all."""

TABLES, BITS = 2, 24
STRIDE = 37
"""Bits of a word lie so far apart in the 256 of a descriptor; odd, so that none is taken twice."""

SCALES = (1.0, 0.9, 1.11)
"""A copy cut by 5 % on each side is a tenth larger at SIDE. One is stored, all three are asked."""

SOFT = 1.0
EDGE = 16


class Features(NamedTuple):
    """A picture in grey, its corners (n x 2, pixels) and their descriptors (n x 32 bytes)."""

    grey: Gray
    points: NDArray[np.float32]
    descriptors: Gray


def features_of(image: Image.Image, scale: float = 1.0) -> Features:
    """The corners of a picture at SIDE x `scale`, strongest first."""
    grey = image.convert("L")
    shrink = SIDE * scale / max(grey.size)
    size = max(1, round(grey.width * shrink)), max(1, round(grey.height * shrink))
    method = Image.Resampling.BOX if shrink < 1 else Image.Resampling.BICUBIC
    levels = np.asarray(grey.resize(size, method), dtype=np.uint8)
    # Without the softening JPEG's blocks have corners of their own.
    soft = cv2.GaussianBlur(levels, (0, 0), SOFT)
    orb = cv2.ORB.create(CORNERS, nlevels=4, fastThreshold=6, edgeThreshold=EDGE)
    found, descriptors = orb.detectAndCompute(soft, None)
    if not found:
        return Features(levels, np.zeros((0, 2), np.float32), np.zeros((0, 32), np.uint8))
    order = np.argsort([-corner.response for corner in found], kind="stable")
    points = np.array([corner.pt for corner in found], dtype=np.float32)
    return Features(levels, points[order], np.asarray(descriptors, dtype=np.uint8)[order])


def words_of(features: Features) -> Words:
    """The words of a picture's strongest corners, at most 256, sorted."""
    height, width = features.grey.shape
    taken: dict[tuple[int, int], int] = {}
    chosen = []
    for number, (x, y) in enumerate(features.points):
        cell = int(x * CELLS / width), int(y * CELLS / height)
        taken[cell] = taken.get(cell, 0) + 1
        if taken[cell] <= A_CELL:
            chosen.append(number)
    bits = np.unpackbits(features.descriptors[chosen], axis=1).astype(np.uint32)
    worth = 1 << np.arange(BITS, dtype=np.uint32)
    words: list[Words] = [
        bits[:, [(at * TABLES + table) * STRIDE % 256 for at in range(BITS)]] @ worth
        + np.uint32(table << BITS)
        for table in range(TABLES)
    ]
    return np.unique(np.concatenate(words))


class AskedWords(NamedTuple):
    """The words to store of a picture, and those to ask for when copies of it are looked for."""

    stored: Words
    asked: Words


NO_WORDS = AskedWords(np.zeros(0, np.uint32), np.zeros(0, np.uint32))
"""Of a picture that cannot be looked at."""


def asked_words(image: Image.Image) -> AskedWords:
    """The words of a picture's corners."""
    each = [words_of(features_of(image, scale)) for scale in SCALES]
    return AskedWords(each[0], np.unique(np.concatenate(each)))
