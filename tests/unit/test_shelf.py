"""What screening left out is laid aside in bounds."""

from pathlib import Path

import numpy as np

from pipeline.images import Measures
from pipeline.screen import Verdict
from pipeline.shelf import MOST, shelve
from pipeline.shots import Shot
from pipeline.worker.reporter import FileReporter
from storage.files import FileStore
from tests.support.clips import photo

FRAMES = 3 * MOST


def frame(number: int, film: str, path: Path) -> Shot:
    """A frame of a film."""
    return Shot(
        path=path,
        suffix=".jpg",
        sha256=f"{film}{number:063x}",
        width=160,
        height=120,
        measures=Measures("0" * 16, np.zeros((32, 32), np.uint8), 1.0, 99.0, 9.0),
        name=f"{film} {number}",
        group=film,
        series=film,
        seconds=float(number),
    )


def test_a_long_film_leaves_a_spread(tmp_path: Path) -> None:
    """Of each film and reason at most so many, evenly; exact copies not at all."""
    path = tmp_path / "frame.jpg"
    path.write_bytes(photo(1))
    shots = [frame(number, film, path) for film in "ab" for number in range(FRAMES)]
    verdict = Verdict(dropped=dict.fromkeys(range(FRAMES), "near_duplicate"))
    verdict.dropped |= {FRAMES: "dark", FRAMES + 1: "duplicate", FRAMES + 2: "near_duplicate"}
    verdict.like[FRAMES + 2] = "what stayed"
    items = shelve(shots, verdict, FileStore(tmp_path / "store"), FileReporter(tmp_path))
    seconds = [item.seconds for item in items if item.group == "a"]
    assert seconds == [3.0 * number for number in range(MOST)]
    rest = [(item.seconds, item.reason, item.like) for item in items if item.group == "b"]
    assert rest == [(0.0, "dark", ""), (2.0, "near_duplicate", "what stayed")]
    assert FileStore(tmp_path / "store").read(items[0].key) == path.read_bytes()
