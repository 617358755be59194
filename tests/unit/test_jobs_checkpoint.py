"""Getting a checkpoint's files from wherever they lie."""

import zipfile
from pathlib import Path

import fsspec
import pytest

from pipeline.errors import LostWorker
from pipeline.jobs.checkpoint import BEST, LAST, Unreadable, begun, fetch, has, whole


def model(path: Path) -> Path:
    """A zip, as torch writes one."""
    path.parent.mkdir(exist_ok=True)
    with zipfile.ZipFile(path, "w") as parts:
        parts.writestr("data", b"weights" * 1000)
    return path


@pytest.mark.parametrize("scheme", ["", "file://"])
def test_a_path_and_its_address_are_the_same(tmp_path: Path, scheme: str) -> None:
    """A file comes by either, and an absent one is told apart."""
    source = model(tmp_path / "7" / LAST)
    folder = f"{scheme}{source.parent}"
    fetch(folder, LAST, tmp_path / "copy.pt")
    assert (tmp_path / "copy.pt").read_bytes() == source.read_bytes()
    assert has(folder, LAST)
    assert not has(folder, BEST)
    with pytest.raises(Unreadable):
        fetch(folder, BEST, tmp_path / "copy.pt")
    assert begun(folder, tmp_path / "begun.json") == {}


def test_another_kind_of_store(tmp_path: Path) -> None:
    """What fsspec reads will do."""
    fsspec.filesystem("memory").pipe("/jobs/7/begun.json", b'{"start_weights": "x.pt"}')
    known = begun("memory://jobs/7", tmp_path / "begun.json")
    assert known == {"start_weights": "x.pt"}
    with pytest.raises(Unreadable):
        fetch("memory://jobs/7", LAST, tmp_path / "copy.pt")


def test_a_store_that_does_not_answer_is_no_damage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The network is away: the attempt is tried again, and nothing begins anew."""

    def away(*_: object, **__: object) -> None:
        raise ConnectionError

    monkeypatch.setattr(type(fsspec.filesystem("memory")), "get_file", away)
    with pytest.raises(LostWorker) as lost:
        fetch("memory://jobs/7", LAST, tmp_path / "copy.pt")
    assert lost.value.retryable


@pytest.mark.parametrize("keep", [0, 10, 3000, -1])
def test_a_model_that_is_cut_off_is_damaged(tmp_path: Path, keep: int) -> None:
    """Wherever the writing stopped."""
    path = model(tmp_path / LAST)
    assert whole(path)
    path.write_bytes(path.read_bytes()[:keep])
    assert not whole(path)


def test_a_flipped_byte_is_damage(tmp_path: Path) -> None:
    """As long as it was, and yet not the same: the zip's sums tell."""
    path = model(tmp_path / LAST)
    data = bytearray(path.read_bytes())
    data[2000] ^= 1
    path.write_bytes(data)
    assert not whole(path)
