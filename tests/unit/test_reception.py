"""What a worker elsewhere says is kept, but for what it has no business to say."""

import json
from pathlib import Path

import pytest

from pipeline.jobs import elsewhere, feed
from pipeline.jobs.reception import Reception
from storage.files import FileStore
from storage.shared import SharedStore


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The attempt of a worker elsewhere."""
    folder = tmp_path / "jobs" / "5" / "1"
    folder.mkdir(parents=True)
    elsewhere.create(folder)
    return folder


@pytest.fixture
def reception(tmp_path: Path) -> Reception:
    """Who takes in what it says."""
    shared = SharedStore(f"file://{tmp_path}/shared")
    return Reception(tmp_path / "jobs", files=FileStore(tmp_path / "files"), shared=shared)


def line(**event: object) -> bytes:
    """One event."""
    return json.dumps(event).encode() + b"\n"


def test_only_its_own_checkpoints_are_heard_of(
    tmp_path: Path, folder: Path, reception: Reception
) -> None:
    """A checkpoint elsewhere is left out, however it is written; bytes are counted as they came."""
    remote = elsewhere.load(folder)
    assert remote is not None
    root = f"file://{tmp_path}/shared/checkpoints"
    own = f"{root}/5/3-{remote.id}"
    foreign = [
        line(type="saved", epoch=1, folder="/home/somebody/.ssh"),
        line(type="saved", epoch=2, folder=own),
        line(type="saved", epoch=3, folder=f"{root}/6/3-{remote.id}"),
        line(type="saved", epoch=4, folder="/etc").replace(b"saved", b"\\u0073aved"),
    ]
    said = b"".join([*foreign, line(type="saved", epoch=3, folder=own)])
    assert reception.take(folder, "events", 0, said) == len(said)
    after = line(type="progress", stage="epoch", done=3)
    assert reception.take(folder, "events", len(said), after) == len(said) + len(after)
    batch = feed.read(folder, 0)
    assert [saved.folder for saved in batch.saved] == [own]
    assert batch.progress is not None
