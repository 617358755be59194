"""Numbers are found under their keys, however many were added and how."""

import numpy as np
import pytest

from pipeline import postings
from pipeline.postings import Postings


@pytest.mark.parametrize("fresh", [1, 7, 1000])
def test_everything_added_is_found(monkeypatch: pytest.MonkeyPatch, fresh: int) -> None:
    """One by one or in bulk, before and after it was sorted away, nothing is lost or doubled."""
    monkeypatch.setattr(postings, "FRESH", fresh)
    rng = np.random.default_rng(0)
    keys = [np.unique(rng.integers(0, 40, 6).astype(np.uint32)) for _ in range(60)]
    index = Postings(1000)
    index.add_all(0, keys[:25])
    for number in range(25, 60):
        index.add(number, keys[number].tolist())
    for key in range(41):
        hits = index.find(np.array([key], np.uint32))
        expected = [number for number in range(60) if key in keys[number]]
        assert sorted(hits.numbers.tolist()) == expected
        assert hits.weights.tolist() == pytest.approx([1 / max(1, len(expected))] * len(expected))


def test_of_very_many_the_newest_are_found() -> None:
    """A key of everything costs a look-up no more than a few hits, and they weigh little."""
    index = Postings(most=3)
    index.add_all(0, [np.array([7], np.uint32)] * 1000)
    hits = index.find(np.array([7, 8], np.uint32))
    assert hits.numbers.tolist() == [997, 998, 999]
    assert hits.weights.tolist() == pytest.approx([0.001] * 3)


def test_an_empty_index_finds_nothing() -> None:
    """Neither keys nor numbers are no trouble."""
    assert len(Postings().find(np.zeros(0, np.uint32)).numbers) == 0
    index = Postings()
    index.add_all(0, [])
    index.add_all(0, [np.zeros(0, np.uint32)] * 3)
    assert len(index.find(np.array([1], np.uint32)).numbers) == 0
