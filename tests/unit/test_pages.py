"""Served pages that have scripts in common: on the disk once, as long as one of them is there."""

import gzip
import shutil
from pathlib import Path

import pytest

from bot import housekeeping
from bot.webapp.packing import packed
from pipeline.kinds import pages
from pipeline.kinds.places import Places
from storage.db import Database

SCRIPT = b"// a runtime\n" * 400


def unpacked(folder: Path, model: bytes, script: bytes = SCRIPT) -> Path:
    """A page as a worker left it."""
    (folder / "vendor").mkdir(parents=True)
    (folder / "index.html").write_text("<h1>cat</h1>")
    (folder / "model.bin").write_bytes(model)
    (folder / "vendor" / "run.js").write_bytes(script)
    return folder


@pytest.fixture
def two(places: Places, tmp_path: Path) -> list[Path]:
    """The pages of two models with the same scripts."""
    served = []
    for name in ("one", "two"):
        served.append(places.pages / name)
        pages.serve(unpacked(tmp_path / name, name.encode()), served[-1])
    return served


def scripts(page: Path) -> Path:
    """The page's script."""
    return page / "vendor" / "run.js"


def test_the_same_scripts_are_there_once(two: list[Path]) -> None:
    """Each page is whole, and has its own model."""
    first, second = two
    assert scripts(first).samefile(scripts(second))
    assert scripts(second).read_bytes() == SCRIPT
    assert [(page / "model.bin").read_bytes() for page in two] == [b"one", b"two"]
    assert not (first / "index.html").samefile(second / "index.html")
    assert scripts(first).stat().st_mode & 0o222 == 0


def test_an_older_model_keeps_the_scripts_it_was_proven_with(
    two: list[Path], places: Places, tmp_path: Path
) -> None:
    """Newer ones of the same name are another file."""
    pages.serve(unpacked(tmp_path / "new", b"new", b"// newer"), places.pages / "new")
    assert scripts(places.pages / "new").read_bytes() == b"// newer"
    assert scripts(two[0]).read_bytes() == SCRIPT


def test_what_no_page_holds_is_freed(two: list[Path], db: Database, places: Places) -> None:
    """The scripts go with the last page that has them, in both forms, and not before."""
    small = packed(scripts(two[0]), two[0])
    assert small is not None
    assert packed(scripts(two[1]), two[1]) == small
    shutil.rmtree(two[0])
    housekeeping.sweep(db, places)
    assert gzip.decompress(small.read_bytes()) == SCRIPT
    assert scripts(two[1]).read_bytes() == SCRIPT
    shutil.rmtree(two[1])
    housekeeping.sweep(db, places)
    assert [path for path in places.pages.rglob("*") if path.is_file()] == []


def test_a_page_is_laid_out_again_after_a_crash(
    two: list[Path], places: Places, tmp_path: Path
) -> None:
    """What was begun is begun anew, what is whole stays, and nothing is held by the beginning."""
    shutil.copytree(two[0], places.pages / "three.half")
    (places.pages / "three.half" / "rest").write_text("of before")
    pages.serve(unpacked(tmp_path / "three", b"three"), places.pages / "three")
    assert scripts(places.pages / "three").samefile(scripts(two[0]))
    assert not (places.pages / "three" / "rest").exists()
    pages.serve(unpacked(tmp_path / "other", b"other"), two[0])
    assert (two[0] / "model.bin").read_bytes() == b"one"


def test_on_a_disk_without_links_each_page_has_its_own(
    places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pages are larger there, and work."""

    def refuse(*_: object) -> None:
        raise PermissionError("no links here")

    monkeypatch.setattr(Path, "hardlink_to", refuse)
    for name in ("one", "two"):
        pages.serve(unpacked(tmp_path / name, b"m"), places.pages / name)
        assert scripts(places.pages / name).read_bytes() == SCRIPT
    pages.sweep(places.pages)
    assert scripts(places.pages / "one").read_bytes() == SCRIPT
    assert list((places.pages / pages.SHARED).iterdir()) == []


def test_a_damaged_script_is_not_handed_on(two: list[Path], places: Places, tmp_path: Path) -> None:
    """One that is cut short, as in a backup put back by halves, is replaced for pages to come."""
    [once] = (places.pages / pages.SHARED).iterdir()
    once.chmod(0o644)
    once.write_bytes(SCRIPT[:9])
    for name in ("three", "four"):
        pages.serve(unpacked(tmp_path / name, b"model"), places.pages / name)
        assert scripts(places.pages / name).read_bytes() == SCRIPT
    assert scripts(places.pages / "three").samefile(scripts(places.pages / "four"))


def test_what_others_put_between_does_not_end_the_sweep(two: list[Path], places: Places) -> None:
    """A folder of a network disk's own stays, and what no page holds goes."""
    for page in two:
        shutil.rmtree(page)
    for name in (pages.SHARED, pages.SHARED_SMALL):
        (places.pages / name / "@eaDir").mkdir(parents=True)
    pages.sweep(places.pages)
    assert [path.name for path in (places.pages / pages.SHARED).iterdir()] == ["@eaDir"]
