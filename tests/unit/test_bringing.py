"""What a spec names is brought to the shared store before another machine works by it."""

import json
from pathlib import Path
from typing import Any

import pytest

from pipeline.jobs.bringing import bring, pretrained
from storage.files import FileStore
from storage.shared import NotThere, SharedStore


@pytest.fixture
def shared(tmp_path: Path) -> SharedStore:
    """A folder that machines share."""
    return SharedStore(f"file://{tmp_path / 'shared'}")


@pytest.fixture
def files(tmp_path: Path) -> FileStore:
    """The bot's own store."""
    return FileStore(tmp_path / "files")


def attempt(tmp_path: Path, **spec: Any) -> Path:
    """An attempt at job 5."""
    folder = tmp_path / "jobs" / "5" / "2"
    folder.mkdir(parents=True)
    (folder / "spec.json").write_text(json.dumps(spec))
    return folder


def test_a_package_spec_is_brought(tmp_path: Path, files: FileStore, shared: SharedStore) -> None:
    """A package's weights are a key, not a description of a model."""
    key = files.put_bytes(b"weights", suffix=".pt")
    assert bring(attempt(tmp_path, kind="package", weights=key), files, shared) == "package"
    assert shared.files.read(key) == b"weights"


def test_published_weights_keep_their_name(
    tmp_path: Path, files: FileStore, shared: SharedStore
) -> None:
    """COCO's weights are brought under the name by which the library looks for them."""
    (tmp_path / "weights").mkdir()
    (tmp_path / "weights" / "yolov5nu.pt").write_text("published")
    spec = {"architecture": "yolov5n", "weights_folder": str(tmp_path / "weights")}
    bring(attempt(tmp_path, kind="train", **spec), files, shared)
    assert shared.names("weights") == [pretrained(spec)] == ["yolov5nu.pt"]


def test_a_lost_picture_is_named(tmp_path: Path, files: FileStore, shared: SharedStore) -> None:
    """A picture that the bot's own store has lost ends the attempt instead of a long wait."""
    key = files.put_bytes(b"picture", suffix=".jpg")
    files.path(key).unlink()
    with pytest.raises(NotThere):
        bring(attempt(tmp_path, kind="propose", pictures=[{"key": key}]), files, shared)


def test_only_checkpoints_that_can_be_had_go_along(
    tmp_path: Path, files: FileStore, shared: SharedStore
) -> None:
    """The job's own folder is brought, the store's place stays, and anything else is left out."""
    own, foreign = tmp_path / "jobs" / "5" / "1" / "kept", tmp_path / "private"
    for folder in (own, foreign):
        folder.mkdir(parents=True)
        (folder / "last.pt").write_text(folder.name)
    there = {"epoch": 3, "folder": f"{shared.root}/checkpoints/5/3-x", "before": None}
    gone = {"epoch": 4, "folder": "s3://other/checkpoints/5/4-x", "before": there}
    private = {"epoch": 5, "folder": str(foreign), "before": gone}
    resume = {"epoch": 6, "folder": str(own), "before": private}
    folder = attempt(tmp_path, kind="train", resume=resume)
    bring(folder, files, shared)
    place = f"{shared.root}/checkpoints/5/6-local"
    told = json.loads((folder / "spec.json").read_text())["resume"]
    assert told == {"epoch": 6, "folder": place, "before": there}
    assert shared.names("checkpoints/5") == ["6-local"]
