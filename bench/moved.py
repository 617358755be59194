"""Pairs of pictures with known boxes in both: real photos seen by a camera that moves.

The second picture of a pair is panned by up to a fifth, zoomed by a quarter, turned by some
degrees, lighter or darker, and compressed as JPEG. One object may have moved by itself, be gone, or
the whole scene may be another one.
"""

import json
import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
SETS = ("bccd", "apple_coco", "garbage_yolo")
SEEN = 0.8
"""The share of a photo's sides that a view shows: the rest is room to pan."""

PAN, ZOOM, TURN = 0.2, (0.8, 1.25), 4.0
LIGHT, BRIGHTER = (0.8, 1.2), 15.0
QUALITIES = (60, 75, 90)
BOXES = 6
"""Boxes of a photo that are carried."""

SMALLEST_PX = 8

Box = tuple[float, float, float, float]
Picture = NDArray[np.uint8]
Matrix = NDArray[np.float64]


class PhotosMissing(RuntimeError):
    """This bench needs the labelled photos in ../shared/data."""


@dataclass(frozen=True)
class Known:
    """A box in the first picture, and in the second (None: not there); normalised xyxy."""

    box: Box
    truth: Box | None


@dataclass(frozen=True)
class Scene:
    """Two pictures and the boxes known in both."""

    before: Image.Image
    after: Image.Image
    boxes: list[Known]


def scenes(kind: str, photos: int, seed: int) -> Iterator[Scene]:
    """Scenes from so many photos of each set.

    Args:
        kind: camera (everything stays with the view), object (one object moves by itself, by a
            third to one and a half of its size), gone (it is painted over) or cut.
    """
    rng = random.Random(seed)
    for name in SETS:
        found = [one for one in READERS[name](DATA / name) if one[1]]
        if not found:
            raise PhotosMissing(f"no photos in {DATA / name}")
        rng.shuffle(found)
        last: Picture | None = None
        for path, boxes in found[:photos]:
            photo = cv2.imread(str(path))
            if photo is None:
                continue
            made = _scene(np.asarray(photo), boxes, kind, rng)
            if made is None:
                continue
            before, after, known = made
            if kind == "cut":
                last, after = after, last if last is not None else after
                known = [Known(one.box, None) for one in known]
                if after is last:
                    continue
            yield Scene(_image(before), _image(after), known)


def film(frames: int, size: tuple[int, int], objects: int) -> list[tuple[bytes, list[Box]]]:
    """A photo under a camera that sways to and fro: JPEGs of this size, and the boxes in each."""
    path, boxes = max(_bccd(DATA / "bccd"), key=lambda one: len(one[1]))
    photo = np.asarray(cv2.imread(str(path)))
    high, wide = photo.shape[:2]
    looks = [
        _look((wide / 2 + sway, high / 2 + sway / 2), size[0] / (wide * SEEN), 0.0, size)
        for sway in (0.08 * wide * math.sin(number * 0.7) for number in range(frames))
    ]
    whole = [box for box in boxes if min(_inside(_moved(box, k), size)[1] for k in looks) > 0.8]
    if len(whole) < objects:
        raise PhotosMissing(f"{path} has too few boxes that stay in view")
    made = []
    for look in looks:
        seen = cv2.warpAffine(photo, look, size, flags=cv2.INTER_LINEAR)
        _, data = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, 92])
        shown = [_inside(_moved(box, look), size)[0] for box in whole[:objects]]
        made.append((data.tobytes(), shown))
    return made


def _scene(
    photo: Picture, boxes: list[Box], kind: str, rng: random.Random
) -> tuple[Picture, Picture, list[Known]] | None:
    high, wide = photo.shape[:2]
    size = (int(wide * SEEN), int(high * SEEN))
    middle = (wide / 2 + rng.uniform(-0.1, 0.1) * wide, high / 2 + rng.uniform(-0.1, 0.1) * high)
    first = _look(middle, 1.0, 0.0, size)
    alone = kind in ("object", "gone")
    heading, pan = rng.uniform(0, 2 * math.pi), rng.uniform(0.02, PAN) * size[0]
    if alone:
        pan /= 5
    to = (middle[0] + pan * math.cos(heading), middle[1] + pan * math.sin(heading))
    zoom, turn = (1.0, 0.0) if alone else (rng.uniform(*ZOOM), rng.uniform(-TURN, TURN))
    second = _look(to, zoom, turn, size)
    chosen = rng.sample(boxes, min(len(boxes), 1 if alone else BOXES))
    moves: Matrix = np.eye(3)
    changed = photo
    if alone:
        lifted = _lifted(photo, chosen[0], rng, gone=kind == "gone")
        if lifted is None:
            return None
        changed, moves = lifted
    known = []
    for box in chosen:
        here, share = _inside(_moved(box, first), size)
        there, share_there = _inside(_moved(box, second @ moves), size)
        if share < 0.9:
            continue
        known.append(Known(here, there if share_there >= 0.6 and kind != "gone" else None))
    light, more = rng.uniform(*LIGHT), rng.uniform(-BRIGHTER, BRIGHTER)
    return (
        _shot(photo, first, size, 1.0, 0.0, 90),
        _shot(changed, second, size, light, more, rng.choice(QUALITIES)),
        known,
    )


def _look(middle: tuple[float, float], zoom: float, turn: float, size: tuple[int, int]) -> Matrix:
    matrix = np.asarray(cv2.getRotationMatrix2D(middle, turn, zoom), dtype=np.float64)
    matrix[:, 2] += np.array(size) / 2 - np.array(middle)
    return matrix


def _shot(
    photo: Picture, look: Matrix, size: tuple[int, int], light: float, more: float, quality: int
) -> Picture:
    seen = cv2.warpAffine(photo, look, size, flags=cv2.INTER_LINEAR).astype(np.float32)
    lit = np.clip(seen * light + more, 0, 255).astype(np.uint8)
    _, data = cv2.imencode(".jpg", lit, [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR), dtype=np.uint8)


def _lifted(
    photo: Picture, box: Box, rng: random.Random, *, gone: bool
) -> tuple[Picture, Matrix] | None:
    """The photo with an object painted over, and put down elsewhere unless it is gone."""
    high, wide = photo.shape[:2]
    x1, y1, x2, y2 = box
    if x2 - x1 > wide / 2 or y2 - y1 > high / 2:
        return None
    mask = np.zeros((high, wide), np.uint8)
    middle = (round((x1 + x2) / 2), round((y1 + y2) / 2))
    axes = (max(2, int((x2 - x1) * 0.48)), max(2, int((y2 - y1) * 0.48)))
    cv2.ellipse(mask, middle, axes, 0, 0, 360, 255, -1)
    bare = cv2.inpaint(photo, cv2.dilate(mask, np.ones((7, 7), np.uint8)), 5, cv2.INPAINT_TELEA)
    far = rng.uniform(0.3, 1.5) * max(x2 - x1, y2 - y1)
    zoom, heading = rng.uniform(0.85, 1.18), rng.uniform(0, 2 * math.pi)
    move: Matrix = np.array([[zoom, 0, 0], [0, zoom, 0], [0, 0, 1]], dtype=np.float64)
    move[:2, 2] = np.array(middle) * (1 - zoom) + far * np.array(
        [math.cos(heading), math.sin(heading)]
    )
    if gone:
        return np.asarray(bare, dtype=np.uint8), move
    soft = cv2.GaussianBlur(cv2.warpAffine(mask, move[:2], (wide, high)), (0, 0), 1.2)[..., None]
    put = cv2.warpAffine(photo, move[:2], (wide, high))
    return (bare * (1 - soft / 255.0) + put * (soft / 255.0)).astype(np.uint8), move


def _moved(box: Box, matrix: Matrix) -> Box:
    """Around the ellipse in the box: its corners would grow with each turn."""
    x1, y1, x2, y2 = box
    x, y = (matrix[:2, :2] @ ((x1 + x2) / 2, (y1 + y2) / 2) + matrix[:2, 2]).tolist()
    half_x = math.hypot(matrix[0, 0] * (x2 - x1), matrix[0, 1] * (y2 - y1)) / 2
    half_y = math.hypot(matrix[1, 0] * (x2 - x1), matrix[1, 1] * (y2 - y1)) / 2
    return (x - half_x, y - half_y, x + half_x, y + half_y)


def _inside(box: Box, size: tuple[int, int]) -> tuple[Box, float]:
    """The part of a box in pixels that is seen, normalised, and its share."""
    x1, y1, x2, y2 = box
    cut = (max(0.0, x1), max(0.0, y1), min(size[0], x2), min(size[1], y2))
    seen = max(0.0, cut[2] - cut[0]) * max(0.0, cut[3] - cut[1])
    shares = (cut[0] / size[0], cut[1] / size[1], cut[2] / size[0], cut[3] / size[1])
    return shares, seen / max(1e-9, (x2 - x1) * (y2 - y1))


def _image(picture: Picture) -> Image.Image:
    return Image.fromarray(cv2.cvtColor(picture, cv2.COLOR_BGR2RGB))


Labelled = tuple[Path, list[Box]]


def _large(boxes: list[Box]) -> list[Box]:
    return [box for box in boxes if min(box[2] - box[0], box[3] - box[1]) >= SMALLEST_PX]


def _bccd(folder: Path) -> list[Labelled]:
    found = []
    for file in sorted((folder / "Annotations").glob("*.xml")):
        boxes = [
            tuple(
                float(corner.text or 0)
                for corner in (box.find(name) for name in CORNERS)
                if corner is not None
            )
            for box in ElementTree.parse(file).iter("bndbox")
        ]
        whole: Any = [box for box in boxes if len(box) == 4]
        found.append((folder / "JPEGImages" / f"{file.stem}.jpg", _large(whole)))
    return found


CORNERS = ("xmin", "ymin", "xmax", "ymax")


def _apple(folder: Path) -> list[Labelled]:
    found = []
    for part in ("train", "valid", "test"):
        told = json.loads((folder / part / "_annotations.coco.json").read_text())
        for image in told["images"]:
            boxes = [
                (x, y, x + wide, y + high)
                for x, y, wide, high in (
                    one["bbox"] for one in told["annotations"] if one["image_id"] == image["id"]
                )
            ]
            found.append((folder / part / image["file_name"], _large(boxes)))
    return found


def _garbage(folder: Path) -> list[Labelled]:
    found = []
    for file in sorted(folder.glob("*/labels/*.txt")):
        photos = list((file.parent.parent / "images").glob(f"{file.stem}.*"))
        if not photos:
            continue
        wide, high = Image.open(photos[0]).size
        boxes = []
        for line in file.read_text().splitlines():
            x, y, w, h = (float(value) for value in line.split()[1:5])
            boxes.append(
                ((x - w / 2) * wide, (y - h / 2) * high, (x + w / 2) * wide, (y + h / 2) * high)
            )
        found.append((photos[0], _large(boxes)))
    return found


READERS: dict[str, Callable[[Path], list[Labelled]]] = {
    "bccd": _bccd,
    "apple_coco": _apple,
    "garbage_yolo": _garbage,
}
