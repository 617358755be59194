"""The pictures that stayed, and which of them another one is a copy of.

Asked of an index by perceptual hash (the same framing, down to plain pictures without a corner) and
by the words of its corners (also cut or resized), and confirmed by the pixels: what it costs hardly
grows with the number of pictures.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.features import Features, Words, features_of
from pipeline.images import Gray, Measures, thumb_of
from pipeline.jobs.spec_collect import KnownImage
from pipeline.postings import Keys, Postings
from pipeline.registered import is_copy

Levels = NDArray[np.float32]
View = Callable[[str], Image.Image | None]
"""A picture by its sha256; None where it is no longer here."""

NEAR_BITS = 4
"""Hamming distance of two 64-bit pHashes up to which they may be one picture.

pHash changes in steps of two bits. On clips sampled at 2 Hz, 6 and 8 bits already joined frames in
which an object had moved; unrelated blood-cell photos (364 of one microscope) come down to 4.
"""

PARTS = NEAR_BITS + 1
"""Of two hashes cut into so many parts at least one is equal, if they lie so near (multi-index
hashing, Norouzi et al. 2012)."""

NEAR_MEAN = 3.0
NEAR_MOST = 24
"""Grey levels by which two 32x32 thumbs may differ on average and in any one cell. pHash alone is
blind to a small object that moves on a still background; the worst cell is not."""

MAX_CONFIRMED = 64
SHARED = 3
"""Words that a copy shares at least. Copies shared 3 and more, the eighth best of 630 others 2."""

TRIED = 6
"""Pictures that are laid upon one another, those with the rarest words in common first."""

VIEWS = 256


@dataclass(frozen=True)
class Near:
    """A near duplicate, its group, and how much the worst cell differs, in grey levels."""

    sha256: str
    group: str
    worst: float


class Seen:
    """Pictures that stayed.

    Args:
        known: those of the project.
        view_of: gives a known or a new picture to look at.
    """

    def __init__(self, known: Sequence[KnownImage], view_of: View) -> None:
        self._hashes = Postings(MAX_CONFIRMED)
        self._words = Postings(MAX_CONFIRMED)
        self._phashes = [int(image.phash, 16) for image in known]
        self._groups = [image.group for image in known]
        self._shas = [image.sha256 for image in known]
        self._films = [""] * len(known)
        self._thumbs: dict[int, Gray] = {}
        self._look = lru_cache(VIEWS)(lambda sha256: _look(view_of(sha256)))
        self._hashes.add_all(0, [_parts(phash) for phash in self._phashes])
        self._words.add_all(0, [np.frombuffer(image.words, "<u4") for image in known])

    def add(
        self, sha256: str, measures: Measures, words: Words, group: str, film: str = ""
    ) -> None:
        """One more; `film` names the film that it is a frame of."""
        number = len(self._groups)
        self._phashes.append(int(measures.phash, 16))
        self._groups.append(group)
        self._shas.append(sha256)
        self._films.append(film)
        self._thumbs[number] = measures.thumb
        self._hashes.add(number, _parts(self._phashes[-1]).tolist())
        self._words.add(number, words.tolist())

    def near(self, sha256: str, measures: Measures, asked: Words, film: str = "") -> list[Near]:
        """Its near duplicates, those by hash first; none of its own film.

        What a film shows again and again is no copy: its frames have neighbours in time.
        """
        found = self._by_hash(measures, film)
        return list((found | self._by_words(sha256, asked, film, found)).values())

    def _by_hash(self, measures: Measures, film: str) -> dict[int, Near]:
        phash = int(measures.phash, 16)
        numbers = self._others(np.unique(self._hashes.find(_parts(phash)).numbers), film)
        bits = {number: (self._phashes[number] ^ phash).bit_count() for number in numbers}
        nearest = sorted((n for n in numbers if bits[n] <= NEAR_BITS), key=lambda n: bits[n])
        found = {}
        for number in nearest[:MAX_CONFIRMED]:
            thumb = self._thumb(number)
            if thumb is None:
                # Without it the hash alone must do.
                found[number] = self._found(number, float(NEAR_MOST))
            elif is_near(thumb, measures.thumb):
                worst = float(_difference(thumb, measures.thumb).max())
                found[number] = self._found(number, worst)
        return found

    def _by_words(
        self, sha256: str, asked: Words, film: str, found: dict[int, Near]
    ) -> dict[int, Near]:
        hits = self._words.find(asked)
        numbers, places, counts = np.unique(hits.numbers, return_inverse=True, return_counts=True)
        weights = np.bincount(places, hits.weights, len(numbers))
        likely = (counts >= SHARED).nonzero()[0]
        ranked = numbers[likely[np.argsort(-weights[likely], kind="stable")]]
        tried = [number for number in self._others(ranked, film) if number not in found][:TRIED]
        one = self._look(sha256) if tried else None
        if one is None:
            return {}
        more = {}
        for number in tried:
            other = self._look(self._shas[number])
            if other is not None and is_copy(one.features, other.features):
                more[number] = self._found(number, float(NEAR_MOST))
        return more

    def _found(self, number: int, worst: float) -> Near:
        return Near(self._shas[number], self._groups[number], worst)

    def _others(self, numbers: NDArray[np.uint32], film: str) -> list[int]:
        return [n for n in numbers.tolist() if not film or self._films[n] != film]

    def _thumb(self, number: int) -> Gray | None:
        if number in self._thumbs:
            return self._thumbs[number]
        look = self._look(self._shas[number])
        return look.thumb if look is not None else None


def is_near(first: Gray, second: Gray, most: float = NEAR_MOST) -> bool:
    """Whether two 32x32 thumbs show the same picture, be it a little lighter or darker."""
    difference = _difference(first, second)
    return bool(difference.mean() <= NEAR_MEAN and difference.max() <= most)


def _difference(first: Gray, second: Gray) -> Levels:
    # Without their means: cameras adjust the exposure while nothing moves.
    apart = first.astype(np.float32) - second.astype(np.float32)
    difference: Levels = np.abs(apart - apart.mean())
    return difference


def _parts(phash: int) -> Keys:
    width = -(-64 // PARTS)
    parts = [(phash >> (width * at)) & ((1 << width) - 1) for at in range(PARTS)]
    return np.array([part | (at << width) for at, part in enumerate(parts)], dtype=np.uint32)


@dataclass(frozen=True)
class _Look:
    """What is kept of a picture that was opened once more."""

    features: Features
    thumb: Gray


def _look(image: Image.Image | None) -> _Look | None:
    return None if image is None else _Look(features_of(image), thumb_of(image))
