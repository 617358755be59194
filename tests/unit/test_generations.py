"""Which checkpoints of a job stay in the shared store."""

from pathlib import Path

import pytest

from pipeline.worker.generations import Generations
from storage.shared import SharedStore

OLD, OWN, NEW = (f"taptrain-5-{number}-0a1b2c3d" for number in (2, 3, 4))


@pytest.fixture
def shared(tmp_path: Path) -> SharedStore:
    """A folder that machines share."""
    return SharedStore(f"file://{tmp_path / 'shared'}")


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    """A checkpoint of this machine."""
    folder = tmp_path / "kept"
    folder.mkdir()
    (folder / "last.pt").write_text("x")
    return folder


def names(shared: SharedStore) -> set[str]:
    """What is kept of the job."""
    return set(shared.names("checkpoints/5"))


def test_what_the_bot_does_not_know_of_removes_nothing(shared: SharedStore, kept: Path) -> None:
    """Only what is acknowledged takes the place of an older checkpoint."""
    generations = Generations(shared, OWN)
    for epoch in (1, 2, 3, 4):
        generations.keep(epoch, kept)
        generations.told(epoch * 100)
        generations.acknowledged(200)
    assert names(shared) == {f"{epoch}-{OWN}" for epoch in (1, 2, 3, 4)}
    generations.acknowledged(399)
    assert names(shared) == {f"{epoch}-{OWN}" for epoch in (2, 3, 4)}
    generations.acknowledged(400)
    assert names(shared) == {f"{epoch}-{OWN}" for epoch in (3, 4)}


def test_what_it_began_from_stays(shared: SharedStore, kept: Path) -> None:
    """Of other attempts only older ones go, whatever their epochs, and not the one gone on from."""
    for name in (f"8-{OLD}", f"9-{OLD}", "10-local", f"1-{NEW}"):
        shared.upload([(kept / "last.pt", "last.pt")], f"checkpoints/5/{name}")
    generations = Generations(shared, OWN)
    generations.begin_from({"epoch": 9, "folder": f"{shared.root}/checkpoints/5/9-{OLD}"})
    generations.keep(1, kept)
    assert len(names(shared)) == 5
    generations.told(50)
    generations.acknowledged(50)
    assert names(shared) == {f"9-{OLD}", f"1-{NEW}", f"1-{OWN}"}
