"""An inverted index that grows: which numbers were added under a key, in logarithmic time.

Log-structured: what is new lies in a dict, what is old in sorted arrays whose sizes double, so that
adding costs the same at any size and a look-up is a few binary searches.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Keys = NDArray[np.uint32]

FRESH = 1 << 15
"""Entries that the dict takes before they are sorted into an array (some milliseconds)."""


class Hits(NamedTuple):
    """Numbers found, one a hit, and each hit's weight: 1 / how many lie under its key."""

    numbers: NDArray[np.uint32]
    weights: NDArray[np.float32]


class _Run(NamedTuple):
    """Entries sorted by key, and by number within one."""

    keys: Keys
    numbers: NDArray[np.uint32]


class Postings:
    """Numbers by key. Numbers are added in ascending order.

    Args:
        most: how many numbers, the newest, are found under one key; what lies under very many
            keeps a look-up no longer than that.
    """

    def __init__(self, most: int = 64) -> None:
        self._most = most
        self._runs: list[_Run] = []
        self._fresh: dict[int, list[int]] = {}
        self._count = 0

    def add(self, number: int, keys: Iterable[int]) -> None:
        """Put `number` under each of `keys`."""
        for key in keys:
            self._fresh.setdefault(key, []).append(number)
            self._count += 1
        if self._count >= FRESH:
            found = self._fresh
            lengths = [len(numbers) for numbers in found.values()]
            keys_in = np.repeat(np.fromiter(found, np.uint32, len(found)), lengths)
            numbers_in = np.fromiter(chain.from_iterable(found.values()), np.uint32, self._count)
            self._fresh, self._count = {}, 0
            self._push(keys_in, numbers_in)

    def add_all(self, first: int, keys: Sequence[Keys]) -> None:
        """Put the numbers from `first` on under their keys, one array of keys a number."""
        if sum(len(some) for some in keys):
            numbers = np.arange(first, first + len(keys), dtype=np.uint32)
            self._push(np.concatenate(keys), np.repeat(numbers, [len(some) for some in keys]))

    def find(self, keys: Keys) -> Hits:
        """What lies under these keys, each key asked once."""
        found: list[NDArray[np.uint32]] = []
        owners: list[NDArray[np.intp]] = []
        totals = np.zeros(len(keys))
        for run in self._runs:
            first = np.searchsorted(run.keys, keys, "left")
            last = first.copy()
            # Most keys lie under nothing: those need no second search.
            there = run.keys[np.minimum(first, len(run.keys) - 1)] == keys
            last[there] = np.searchsorted(run.keys, keys[there], "right")
            totals += last - first
            lengths = np.minimum(last - first, self._most)
            # The newest of each key, one range behind the other.
            ends = np.cumsum(lengths)
            within = np.arange(lengths.sum()) - np.repeat(ends - lengths, lengths)
            found.append(run.numbers[np.repeat(last - lengths, lengths) + within])
            owners.append(np.repeat(np.arange(len(keys)), lengths))
        for at, key in enumerate(keys.tolist()):
            numbers = self._fresh.get(key)
            if numbers:
                totals[at] += len(numbers)
                found.append(np.array(numbers[-self._most :], np.uint32))
                owners.append(np.full(len(found[-1]), at))
        if not found:
            return Hits(np.zeros(0, np.uint32), np.zeros(0, np.float32))
        weights = 1.0 / totals[np.concatenate(owners)]
        return Hits(np.concatenate(found), weights.astype(np.float32))

    def _push(self, keys: Keys, numbers: NDArray[np.uint32]) -> None:
        # Both in one word, sorted in place: within a key the newest lie last.
        both = keys.astype(np.uint64)
        both <<= np.uint64(32)
        both |= numbers
        del keys, numbers
        both.sort()
        sorted_numbers = both.astype(np.uint32)
        both >>= np.uint64(32)
        run = _Run(both.astype(np.uint32), sorted_numbers)
        while self._runs and len(self._runs[-1].keys) <= 2 * len(run.keys):
            run = _merged(self._runs.pop(), run)
        self._runs.append(run)


def _merged(older: _Run, newer: _Run) -> _Run:
    places = np.searchsorted(older.keys, newer.keys, "right")
    return _Run(
        np.insert(older.keys, places, newer.keys),
        np.insert(older.numbers, places, newer.numbers),
    )
