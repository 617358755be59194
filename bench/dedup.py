"""Copies found among real photos, and what finding one costs among a hundred thousand.

A photo's copies are made as they come about on the way: written anew, half as large, cut by 5 % on
each side, a little lighter. Whatever else is found is wrong, but for what a data set made of one
photo itself (NAME.rf.HASH.jpg). The other side is imagehash's pHash alone, at its best threshold.
"""

import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path
from statistics import mean
from time import process_time

import imagehash
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from bench import Row
from pipeline.features import asked_words
from pipeline.images import Measures, measure
from pipeline.jobs.spec_collect import KnownImage
from pipeline.near import Seen

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
FOLDERS = ("bccd/JPEGImages", "apple_coco/*", "garbage_yolo/*/images")
SEED = 5
LIMIT = 0.98

FEW, MANY = 10_000, 100_000
WORDS = 200
ADDED, SCANNED = 300, 5
MS_LIMIT, GROWTH_LIMIT = 5.0, 5.0


class NoPictures(RuntimeError):
    """The pictures to copy are not where they should be."""


class NotFound(RuntimeError):
    """What was to be timed did not happen."""


@dataclass(frozen=True)
class Photo:
    """A real photo; `origin` is the one that its data set made it of."""

    path: Path
    origin: str

    def image(self) -> Image.Image:
        """Its pixels, RGB."""
        with Image.open(self.path) as image:
            return image.convert("RGB")


def run() -> Iterator[Row]:
    """Rows of recall and precision, all and by kind of copy, then of milliseconds and growth."""
    photos = _photos()
    ours, bits = _search(photos)
    every = [one for some in ours.values() for one in some]
    alone, threshold = _at_best(bits, photos)
    yield _share("recall", _recall(every), _recall(alone))
    yield _share("precision", _precision(every, photos), _precision(alone, photos))
    for kind, some in ours.items():
        yield _share(f"{kind}: recall", _recall(some), _recall(_within(bits, threshold, kind)))
    few, many = (min(_added_ms(size) for _ in range(2)) for size in (FEW, MANY))
    scan = _scanned_ms(MANY)
    yield Row.at_most(f"one more among {MANY:,}", ours=many, other=scan, unit="ms", limit=MS_LIMIT)
    yield Row.at_most(
        f"growth from {FEW:,} to {MANY:,}",
        ours=many / few,
        other=MANY / FEW,
        unit="times",
        limit=GROWTH_LIMIT,
    )


def _written(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    data = io.BytesIO()
    image.save(data, "JPEG", quality=int(rng.integers(40, 90)))
    return Image.open(data).convert("RGB")


def _smaller(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    share = rng.uniform(0.5, 1.0)
    return image.resize((round(image.width * share), round(image.height * share)))


def _cut(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    """Up to 5 % less on each side."""
    left, top, right, low = rng.uniform(0.0, 0.05, 4)
    return image.crop(
        (
            round(left * image.width),
            round(top * image.height),
            round((1 - right) * image.width),
            round((1 - low) * image.height),
        )
    )


def _inner(image: Image.Image) -> Image.Image:
    """All of 5 % less on each side."""
    x, y = round(0.05 * image.width), round(0.05 * image.height)
    return image.crop((x, y, image.width - x, image.height - y))


def _exposed(image: Image.Image, rng: np.random.Generator) -> Image.Image:
    return ImageEnhance.Brightness(image).enhance(rng.uniform(0.88, 1.12))


COPIES: dict[str, Callable[[Image.Image, np.random.Generator], Image.Image]] = {
    "written anew": _written,
    "smaller": lambda image, rng: _written(_smaller(image, rng), rng),
    "cut": lambda image, rng: _written(_cut(image, rng), rng),
    "cut by 5 % a side, smaller": lambda image, rng: _written(_smaller(_inner(image), rng), rng),
    "cut, smaller, lighter or darker": lambda image, rng: _written(
        _exposed(_smaller(_cut(image, rng), rng), rng), rng
    ),
}


@dataclass(frozen=True)
class Asked:
    """A copy of photo `number`, and the photos of which it was called a copy."""

    number: int
    found: frozenset[int]


@dataclass(frozen=True)
class Distances:
    """The bits by which a copy's pHash differs from every photo's."""

    number: int
    kind: str
    bits: NDArray[np.uint8]


def _search(photos: Sequence[Photo]) -> tuple[dict[str, list[Asked]], list[Distances]]:
    views = {str(number): photo.image() for number, photo in enumerate(photos)}
    known = [_known(name, image) for name, image in views.items()]
    hashes = np.array([int(image.phash, 16) for image in known], dtype=np.uint64)
    seen = Seen(known, views.get)
    rng = np.random.default_rng(SEED)
    ours: dict[str, list[Asked]] = {kind: [] for kind in COPIES}
    bits = []
    # One kind a photo, in turn: neighbours in a data set look alike.
    for number, (photo, kind) in enumerate(zip(photos, cycle(COPIES), strict=False)):
        name = f"copy of {number}"
        views[name] = COPIES[kind](photo.image(), rng)
        measures, words = measure(views[name]), asked_words(views[name])
        near = seen.near(name, measures, words.asked)
        ours[kind].append(Asked(number, frozenset(int(one.group) for one in near)))
        apart = np.bitwise_count(hashes ^ np.uint64(int(measures.phash, 16)))
        bits.append(Distances(number, kind, apart))
        del views[name]
    return ours, bits


def _known(name: str, image: Image.Image) -> KnownImage:
    words = asked_words(image).stored.astype("<u4").tobytes()
    return KnownImage(sha256=name, phash=measure(image).phash, group=name, words=words)


def _at_best(bits: Sequence[Distances], photos: Sequence[Photo]) -> tuple[list[Asked], int]:
    """What pHash alone finds at the threshold of the best F1, and that threshold."""

    def f1(threshold: int) -> float:
        found = _within(bits, threshold)
        recall, precision = _recall(found), _precision(found, photos)
        return 2 * recall * precision / (recall + precision) if recall + precision else 0.0

    best = max(range(0, 25, 2), key=f1)
    return _within(bits, best), best


def _within(bits: Sequence[Distances], threshold: int, kind: str = "") -> list[Asked]:
    return [
        Asked(one.number, frozenset(np.nonzero(one.bits <= threshold)[0].tolist()))
        for one in bits
        if kind in ("", one.kind)
    ]


def _recall(asked: Sequence[Asked]) -> float:
    return mean(one.number in one.found for one in asked)


def _precision(asked: Sequence[Asked], photos: Sequence[Photo]) -> float:
    """The share of what was found that is right; a photo's own variants say nothing."""
    right = wrong = 0
    for one in asked:
        right += one.number in one.found
        origin = photos[one.number].origin
        wrong += sum(photos[other].origin != origin for other in one.found)
    return right / (right + wrong) if right else 0.0


def _share(name: str, ours: float, other: float) -> Row:
    return Row.at_least(name, ours=ours, other=other, unit="of all", limit=LIMIT)


def _added_ms(size: int) -> float:
    """The processor's time for asking for one more picture and adding it, none opened.

    Not the clock's: others share the machine, and a millisecond is easily lost to them.
    """
    rng = np.random.default_rng(SEED)
    phashes = rng.integers(0, 2**64, size, dtype=np.uint64)
    words = rng.integers(0, 2**25, (size, WORDS), dtype=np.uint32)
    seen = Seen(
        [
            KnownImage(f"{at}", f"{phashes[at]:016x}", f"g{at}", words=words[at].tobytes())
            for at in range(size)
        ],
        lambda _: None,
    )
    thumb = np.zeros((32, 32), dtype=np.uint8)
    taken = 0.0
    for number in range(ADDED):
        # A copy of one that is there: some of its words come back, most do not.
        phash, own = phashes[number], rng.integers(0, 2**25, WORDS, dtype=np.uint32)
        more = rng.integers(0, 2**25, 2 * WORDS - 10, dtype=np.uint32)
        asked = np.unique(np.concatenate([own, more, words[number, :10]]))
        measures = Measures(f"{phash:016x}", thumb, 1.0, 99.0, 99.0)
        began = process_time()
        found = seen.near(f"n{number}", measures, asked)
        seen.add(f"n{number}", measures, own, f"n{number}")
        taken += process_time() - began
        if f"g{number}" not in {near.group for near in found}:
            raise NotFound(f"{number} is there and was not found: the time says nothing")
    return 1000 * taken / ADDED


def _scanned_ms(size: int) -> float:
    """Comparing one imagehash object with each of a list, the smallest kept."""
    rng = np.random.default_rng(SEED)
    there = [imagehash.ImageHash(bits) for bits in rng.random((size, 8, 8)) < 0.5]
    began = process_time()
    for one in there[:SCANNED]:
        if min(one - other for other in there) != 0:
            raise NotFound("the linear scan does not find what is there")
    return 1000 * (process_time() - began) / SCANNED


def _photos() -> list[Photo]:
    if not DATA.is_dir():
        raise NoPictures(f"The bench copies the photos in {DATA}, which is not there.")
    files = [file for folder in FOLDERS for file in sorted(DATA.glob(f"{folder}/*.jpg"))]
    return [Photo(file, file.name.partition(".rf.")[0]) for file in files]
