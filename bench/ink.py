"""Boxes read from drawn loops: how near they come to what the hand meant, on real pictures.

Loops with 2 % of jitter are drawn on photos and frames as Telegram shows them (recompressed), and
come back rescaled and recompressed once more. The truth is the box of each stroke's centre line.
The other side is the obvious way: difference to what was sent, a threshold, a box a component.
"""

import io
from collections.abc import Iterator, Sequence
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from bench import Row
from pipeline.errors import DrawingError
from pipeline.labelling.ink import read_ink
from pipeline.labelling.request import render_request
from tests.support import pen

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDERS = ("bccd/JPEGImages", "apple_coco/train", "garbage_yolo/train/images")
A_FOLDER = 14
SECONDS = (1.0, 4.0, 8.0)
DRAWINGS = 60  # of each hand
SEED = 20
SHOWN_QUALITY = 87  # Telegram's own JPEG of what the bot sent

MEAN_LIMIT = 0.92
GOOD = 0.7
GOOD_LIMIT = 0.98
EXTRA_LIMIT = 0.01

Boxes = Sequence[pen.Box]
Picture = NDArray[np.uint8]


class NoPictures(RuntimeError):
    """The pictures to draw on are not where they should be."""


def run() -> Iterator[Row]:
    """Rows of mean IoU and of the share of good boxes, over all and by how it was drawn."""
    pictures = _pictures()
    ours: list[float] = []
    others: list[float] = []
    extra = 0
    rows = []
    for name, hand in pen.HANDS.items():
        mine, naive, more = _measure(pictures, hand)
        ours, others, extra = ours + mine, others + naive, extra + more
        rows.append(_mean(f"{name}: mean IoU", mine, naive))
    yield _mean("mean IoU", ours, others)
    yield Row.at_least(
        f"boxes over {GOOD:g}",
        ours=_good(ours),
        other=_good(others),
        unit="of all",
        limit=GOOD_LIMIT,
    )
    yield Row.at_most(
        "boxes nobody drew",
        ours=extra / len(ours),
        other=None,
        unit="of all",
        limit=EXTRA_LIMIT,
    )
    yield from rows


def _mean(name: str, ours: Sequence[float], others: Sequence[float]) -> Row:
    mine, naive = float(np.mean(ours)), float(np.mean(others))
    return Row.at_least(name, ours=mine, other=naive, unit="IoU", limit=MEAN_LIMIT)


def _good(ious: Sequence[float]) -> float:
    return float(np.mean(np.array(ious) > GOOD))


def _measure(pictures: list[bytes], hand: pen.Hand) -> tuple[list[float], list[float], int]:
    rng = np.random.default_rng(SEED)
    ours: list[float] = []
    others: list[float] = []
    extra = done = 0
    while done < DRAWINGS:
        sent = pictures[int(rng.integers(len(pictures)))]
        drawn = pen.drawing(_shown(sent), hand, rng)
        if drawn is None:
            continue
        done += 1
        back, truth = drawn
        try:
            boxes: Boxes = read_ink(sent, back).boxes
        except DrawingError:
            boxes = ()
        found, unmatched = _matched(truth, boxes)
        ours, extra = ours + found, extra + unmatched
        others += _matched(truth, _naive(sent, back))[0]
    return ours, others, extra


def _matched(truth: Boxes, boxes: Boxes) -> tuple[list[float], int]:
    # Each true box with its best match, each match once; how many were left over.
    pairs = sorted(
        ((pen.iou(t, b), i, j) for i, t in enumerate(truth) for j, b in enumerate(boxes)),
        reverse=True,
    )
    found: dict[int, float] = {}
    used: set[int] = set()
    for overlap, i, j in pairs:
        if i not in found and j not in used:
            found[i] = overlap
            used.add(j)
    return [found.get(i, 0.0) for i in range(len(truth))], len(boxes) - len(used)


def _naive(sent: bytes, back: bytes) -> Boxes:
    before, after = _decoded(sent), _decoded(back)
    scaled = cv2.resize(before, after.shape[1::-1], interpolation=cv2.INTER_AREA)
    ink = (cv2.absdiff(scaled, after).max(axis=2) > 60).astype(np.uint8)
    height, width = ink.shape
    _, _, stats, _ = cv2.connectedComponentsWithStats(ink, connectivity=8)
    return [
        (float(x / width), float(y / height), float((x + w) / width), float((y + h) / height))
        for x, y, w, h in stats[1:, :4]
        if max(w, h) > 0.04 * max(ink.shape)
    ]


def _decoded(data: bytes) -> Picture:
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def _shown(sent: bytes) -> Image.Image:
    out = io.BytesIO()
    Image.open(io.BytesIO(sent)).save(out, "JPEG", quality=SHOWN_QUALITY)
    return Image.open(out).convert("RGB")


def _pictures() -> list[bytes]:
    if not DATA.is_dir():
        raise NoPictures(f"The bench draws on the pictures in {DATA}, which is not there.")
    found = []
    for folder in FOLDERS:
        files = sorted((DATA / folder).glob("*.jpg"))
        found += [render_request(file) for file in files[:: max(1, len(files) // A_FOLDER)]]
    for video in sorted((DATA / "videos").glob("*.mp4")):
        found += [render_request(frame) for frame in _frames(video)]
    return found


def _frames(video: Path) -> Iterator[bytes]:
    waiting = list(SECONDS)
    with av.open(str(video)) as film:
        for frame in film.decode(video=0):
            if not waiting:
                return
            if frame.time is not None and frame.time >= waiting[0]:
                waiting.pop(0)
                out = io.BytesIO()
                picture: Image.Image = frame.to_image()  # type: ignore[no-untyped-call]
                picture.save(out, "JPEG", quality=95)
                yield out.getvalue()
