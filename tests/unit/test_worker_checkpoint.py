"""Checkpoints on disk: whole or absent, two generations, no bytes spent twice."""

import errno
import json
import pickle
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.jobs.checkpoint import BEST, HISTORY, LAST, whole
from pipeline.worker import checkpoint
from pipeline.worker.checkpoint import Checkpoints
from pipeline.worker.reporter import FileReporter

ROOT = Path(__file__).resolve().parents[2]


class Library:
    """The files as ultralytics writes them, in place."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        (folder / "run").mkdir()

    def epoch(self, number: int, *, best: bool, loss: float = 1.0) -> Any:
        """The trainer after epoch `number`."""
        last, best_pt, csv = (self.folder / "run" / name for name in (LAST, BEST, HISTORY))
        last.write_bytes(f"model {number}".encode())
        if best:
            best_pt.write_bytes(last.read_bytes())
        with csv.open("a") as table:
            table.write(f"{number}\n")
        return SimpleNamespace(
            epoch=number - 1,
            tloss={"box_loss": loss},
            last=last,
            best=best_pt,
            csv=csv,
            fitness=0.5 if best else 0.4,
            best_fitness=0.5,
        )


@pytest.fixture
def library(tmp_path: Path) -> Library:
    """A training's own folder."""
    return Library(tmp_path)


@pytest.fixture
def kept(tmp_path: Path) -> Checkpoints:
    """Where its checkpoints go."""
    return Checkpoints(tmp_path / "checkpoint", FileReporter(tmp_path), {"start_weights": "x.pt"})


def test_each_epoch_is_kept_and_told(library: Library, kept: Checkpoints, tmp_path: Path) -> None:
    """Two generations lie there, the best of earlier epochs in each; every one was told."""
    for number, best in ((1, True), (2, False), (3, False)):
        kept.save(library.epoch(number, best=best))
    assert sorted(path.name for path in (tmp_path / "checkpoint").iterdir()) == ["2", "3"]
    newest = tmp_path / "checkpoint/3"
    assert (newest / LAST).read_bytes() == b"model 3"
    assert (newest / BEST).read_bytes() == b"model 1"
    assert (newest / HISTORY).read_text() == "1\n2\n3\n"
    assert (newest / BEST).samefile(tmp_path / "checkpoint/2" / BEST)
    assert (tmp_path / "events.jsonl").read_text().count('"saved"') == 3


def test_the_library_writing_on_does_not_reach_it(library: Library, kept: Checkpoints) -> None:
    """Ultralytics writes over its files in place; what is kept stays as it was."""
    kept.save(library.epoch(1, best=True))
    library.epoch(2, best=True)
    folder = library.folder / "checkpoint/1"
    assert (folder / LAST).read_bytes() == (folder / BEST).read_bytes() == b"model 1"


def test_a_loss_that_is_no_number_is_not_kept(library: Library, kept: Checkpoints) -> None:
    """Going on from there would end where it broke."""
    kept.save(library.epoch(1, best=True))
    kept.save(library.epoch(2, best=True, loss=float("nan")))
    kept.save(library.epoch(3, best=False))
    folder = library.folder / "checkpoint"
    assert sorted(path.name for path in folder.iterdir()) == ["1", "3"]
    assert (folder / "3" / BEST).read_bytes() == b"model 2"


def test_a_full_disk_leaves_the_one_before(
    library: Library, kept: Checkpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing half-written stays, and the checkpoint before is whole."""
    kept.save(library.epoch(1, best=True))

    def full(source: Path, target: Path) -> None:
        target.write_bytes(b"mod")
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(checkpoint.shutil, "copyfile", full)
    with pytest.raises(OSError, match="No space"):
        kept.save(library.epoch(2, best=True))
    assert [path.name for path in (library.folder / "checkpoint").iterdir()] == ["1"]


def test_a_folder_left_half_by_a_kill_is_no_checkpoint(library: Library, kept: Checkpoints) -> None:
    """What a kill left is written over, and never had a checkpoint's name."""
    half = library.folder / "checkpoint/.half"
    half.mkdir(parents=True)
    (half / LAST).write_bytes(b"mo")
    kept.save(library.epoch(1, best=True))
    assert [path.name for path in (library.folder / "checkpoint").iterdir()] == ["1"]
    shutil.rmtree(library.folder / "checkpoint")


def test_it_travels_to_the_processes_of_other_gpus(library: Library, kept: Checkpoints) -> None:
    """The library pickles its callbacks; the copy tells into the same file."""
    copy = pickle.loads(pickle.dumps(kept))
    copy.save(library.epoch(1, best=True))
    assert '"saved"' in (library.folder / "events.jsonl").read_text()


SAVER = """
import sys, zipfile
from pathlib import Path
from types import SimpleNamespace
from pipeline.worker.checkpoint import Checkpoints
from pipeline.worker.reporter import FileReporter

folder = Path(sys.argv[1])
last, best, csv = (folder / name for name in ("last.pt", "best.pt", "results.csv"))
kept = Checkpoints(folder / "checkpoint", FileReporter(folder), {})
for epoch in range(100_000):
    for path in (last, best)[: 1 + (epoch % 3 == 0)]:
        with zipfile.ZipFile(path, "w") as parts:
            parts.writestr("data", bytes([epoch % 256]) * 3_000_000)
    csv.write_text(str(epoch + 1))
    kept.save(SimpleNamespace(epoch=epoch, tloss={}, last=last, best=best, csv=csv,
                              fitness=epoch % 3 == 0, best_fitness=True))
"""


def test_a_kill_at_any_moment_leaves_whole_checkpoints(tmp_path: Path) -> None:
    """Kill -9 while it saves as fast as it can: what has a name is whole, and one was told."""
    chance = random.Random(3)
    for number in range(3):
        folder = tmp_path / str(number)
        folder.mkdir()
        events = folder / "events.jsonl"
        with subprocess.Popen([sys.executable, "-c", SAVER, str(folder)], cwd=ROOT) as saver:
            while not (events.exists() and events.read_text().count("\n") > 3):
                assert saver.poll() is None
            time.sleep(chance.uniform(0, 0.2))
            saver.kill()
        told = [json.loads(line)["epoch"] for line in events.read_text().splitlines()]
        there = {int(path.name): path for path in (folder / "checkpoint").glob("[0-9]*")}
        assert told[-1] in there
        for epoch, path in there.items():
            assert whole(path / LAST)
            assert whole(path / BEST)
            assert (path / HISTORY).read_text() == str(epoch)
