"""A frame made ready for tracking: small, in halves, with the features its view is known by."""

from functools import cached_property
from typing import Any, NamedTuple

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.tracking.overlap import Box

Picture = NDArray[np.uint8]
"""Height x width x 3, RGB."""

Floats = NDArray[np.float32]

WORK_SIDE = 640
"""Pixels of the long side: objects that a person could circle are still some pixels wide."""

SMALLEST = 40
FEATURES = 800
"""ORB features a frame; 400 lose some plain views, 1600 only cost time."""


class Place(NamedTuple):
    """Where something is in a frame, in pixels of its largest level: centre and size."""

    x: float
    y: float
    wide: float
    high: float


class Frame:
    """One frame of a video.

    Args:
        image: the upright RGB picture in any size.
    """

    def __init__(self, image: Image.Image) -> None:
        longest = max(image.size)
        if longest > WORK_SIDE:
            size = tuple(max(1, round(side * WORK_SIDE / longest)) for side in image.size)
            image = image.resize((size[0], size[1]), Image.Resampling.BOX)
        self.levels: list[Picture] = [np.ascontiguousarray(np.asarray(image.convert("RGB")))]
        while min(self.levels[-1].shape[:2]) > SMALLEST:
            self.levels.append(np.asarray(cv2.pyrDown(self.levels[-1]), dtype=np.uint8))

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the largest level."""
        return self.levels[0].shape[1], self.levels[0].shape[0]

    @cached_property
    def grey(self) -> Picture:
        """The largest level in grey, height x width."""
        return np.asarray(cv2.cvtColor(self.levels[0], cv2.COLOR_RGB2GRAY), dtype=np.uint8)

    @cached_property
    def features(self) -> tuple[Floats, Any]:
        """Corners as points (n x 2, pixels) and their ORB descriptors (None without any)."""
        # A low bar: plain walls and asphalt have weak corners only.
        points, descriptors = cv2.ORB.create(FEATURES, fastThreshold=7).detectAndCompute(
            self.grey, None
        )
        return np.array([point.pt for point in points], np.float32).reshape(-1, 2), descriptors

    def level_for(self, shrink: float) -> int:
        """The smallest level that still has all that shows when shrunk by this factor (>= 1)."""
        return int(np.clip(np.floor(np.log2(max(1.0, shrink))), 0, len(self.levels) - 1))


def place_of(box: Box, frame: Frame) -> Place:
    """A normalised box in the frame's pixels."""
    width, height = frame.size
    return Place(
        (box[0] + box[2]) / 2 * width,
        (box[1] + box[3]) / 2 * height,
        (box[2] - box[0]) * width,
        (box[3] - box[1]) * height,
    )


def box_of(place: Place, frame: Frame) -> Box:
    """A place in the frame's pixels as a normalised box; it may reach out of the frame."""
    width, height = frame.size
    return (
        (place.x - place.wide / 2) / width,
        (place.y - place.high / 2) / height,
        (place.x + place.wide / 2) / width,
        (place.y + place.high / 2) / height,
    )
