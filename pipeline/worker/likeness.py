"""What a picture looks like, as a short vector: near for pictures alike, far for others.

Colours on a coarse grid, and on another how much is edged in which direction (as in HOG). Measured
beside the pooled backbone of a young model: nearest neighbours are more alike in what they hold,
neighbouring frames of films nearer, in a tenth of the time; and it means the same for every model.
"""

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

SIDE = 64
COLOURS = 4
CELLS = 4
DIRECTIONS = 8


def features(picture: Image.Image) -> list[float]:
    """176 numbers: the mean colours of 4x4 fields, then edges in 8 directions of 4x4 fields."""
    small = cv2.resize(
        np.asarray(picture.convert("RGB")), (SIDE, SIDE), interpolation=cv2.INTER_AREA
    )
    lab = cv2.cvtColor(small, cv2.COLOR_RGB2LAB).astype(np.float32) / 255
    colours = cv2.resize(lab, (COLOURS, COLOURS), interpolation=cv2.INTER_AREA).ravel()
    return [*_unit(colours), *_unit(_edges(lab[..., 0]))]


def _edges(light: NDArray[Any]) -> NDArray[Any]:
    across = cv2.Sobel(light, cv2.CV_32F, 1, 0)
    down = cv2.Sobel(light, cv2.CV_32F, 0, 1)
    turn = (np.arctan2(down, across) + np.pi) / (2 * np.pi)
    direction = (turn * DIRECTIONS).astype(int) % DIRECTIONS
    rows, columns = np.indices(light.shape) * CELLS // SIDE
    place = (rows * CELLS + columns) * DIRECTIONS + direction
    amount = np.hypot(across, down)
    return np.bincount(place.ravel(), weights=amount.ravel(), minlength=CELLS**2 * DIRECTIONS)


def _unit(vector: NDArray[Any]) -> list[float]:
    length = float(np.linalg.norm(vector))
    scaled: list[float] = (vector / length if length else vector).tolist()
    return scaled
