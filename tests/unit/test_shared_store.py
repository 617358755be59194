"""The place that several machines share."""

from pathlib import Path

import pytest

from storage.files import FileStore
from storage.shared import NotThere, SharedStore, SharedStoreError, keys_in


@pytest.fixture(params=["file", "memory"])
def shared(request: pytest.FixtureRequest, tmp_path: Path) -> SharedStore:
    """A folder, and a store of another kind."""
    root = tmp_path / "shared"
    return SharedStore(f"file://{root}" if request.param == "file" else f"memory:/{root}")


def test_a_file_travels_once(shared: SharedStore, tmp_path: Path) -> None:
    """What is there already is not copied again, and arrives as it was."""
    here, there = FileStore(tmp_path / "here"), FileStore(tmp_path / "there")
    keys = {here.put_bytes(bytes([n]), suffix=".jpg") for n in range(20)}
    assert shared.carry(keys, here, shared.files) == 20
    assert shared.carry(keys, here, shared.files) == 0
    assert shared.carry(keys, shared.files, there) == 20
    assert shared.carry(keys, shared.files, there) == 0
    assert {there.read(key) for key in keys} == {bytes([n]) for n in range(20)}


def test_a_damaged_file_is_refused(shared: SharedStore, tmp_path: Path) -> None:
    """Bytes that are not what their key says never get into a store."""
    here = FileStore(tmp_path / "here")
    key = here.put_bytes(b"right", suffix=".jpg")
    here.path(key).write_bytes(b"wrong")
    with pytest.raises(SharedStoreError, match="damaged"):
        shared.carry([key], here, shared.files)
    with pytest.raises(SharedStoreError):
        shared.carry([key], shared.files, FileStore(tmp_path / "there"))


def test_what_a_spec_names_is_found(tmp_path: Path) -> None:
    """The keys of a spec, and those of the pictures that its manifest lists."""
    here = FileStore(tmp_path)
    picture = here.put_bytes(b"picture", suffix=".jpg")
    weights = here.put_bytes(b"weights", suffix=".pt")
    manifest = here.put_bytes(f'{{"images": [{{"key": "{picture}"}}]}}'.encode(), suffix=".json")
    spec = f'{{"manifest": "{manifest}", "weights": {{"key": "{weights}"}}, "store": "/x"}}'
    assert keys_in(spec, here) == {picture, weights, manifest}


def test_a_folder_goes_and_comes(shared: SharedStore, tmp_path: Path) -> None:
    """Files keep their names on the way, whatever was there before; a missing place is empty."""
    source, target = tmp_path / "a", tmp_path / "b"
    source.mkdir()
    (source / "one").write_text("1")
    assert shared.download("results/x", target) == 0
    uri = shared.upload([(source / "one", "one"), (source / "one", "deep/two")], "results/x")
    assert shared.place_of(uri) == "results/x"
    assert shared.download("results/x", target) == 2
    assert (target / "deep" / "two").read_text() == "1"
    shared.remove("results/x")
    shared.remove("results/x")
    assert shared.names("results") == []


def test_a_single_file_goes_and_comes(shared: SharedStore, tmp_path: Path) -> None:
    """A file by its name arrives whole; one that nobody brought is no error."""
    file = tmp_path / "yolov8n.pt"
    file.write_text("weights")
    target = tmp_path / "there" / "yolov8n.pt"
    assert not shared.download_file("weights/yolov8n.pt", target)
    shared.upload([(file, file.name)], "weights")
    assert shared.download_file("weights/yolov8n.pt", target)
    assert target.read_text() == "weights"
    assert list(target.parent.iterdir()) == [target]


def test_a_file_that_is_nowhere_is_told_apart(shared: SharedStore, tmp_path: Path) -> None:
    """A picture that its own store has lost is another trouble than a store that is away."""
    here = FileStore(tmp_path / "here")
    key = here.put_bytes(b"picture", suffix=".jpg")
    here.path(key).unlink()
    with pytest.raises(NotThere, match=key):
        shared.carry([key], here, shared.files)


def test_another_stores_checkpoint_is_refused(shared: SharedStore) -> None:
    """A checkpoint that lies elsewhere cannot be fetched from here."""
    with pytest.raises(SharedStoreError):
        shared.place_of("s3://elsewhere/checkpoints/1")
    assert not shared.holds(f"{shared.root}/checkpoints/../../secret")


def test_a_place_that_cannot_be_written(tmp_path: Path) -> None:
    """A place that cannot be used says so in one kind of error, whatever stands behind it."""
    (tmp_path / "file").write_text("")
    with pytest.raises(SharedStoreError):
        SharedStore(f"file://{tmp_path / 'file'}").check()
    with pytest.raises(SharedStoreError):
        SharedStore("nonsense://x")
