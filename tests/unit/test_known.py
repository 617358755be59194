"""The project's pictures reach the worker as they are."""

from pathlib import Path

from pipeline import known
from pipeline.jobs.spec_collect import KnownImage


def test_what_is_written_is_read(tmp_path: Path) -> None:
    """In order, with quotes, zeros and other alphabets in their names."""
    images = [
        KnownImage("ab", "00ff", "o'group", False, 3, '0003-кот".jpg', 40, 30, b"\0\xff"),
        KnownImage("cd", "f" * 16, "g"),
    ]
    known.write(tmp_path / known.NAME, iter(images))
    assert known.read(tmp_path / known.NAME) == images


def test_a_project_without_pictures_is_an_empty_file(tmp_path: Path) -> None:
    """No row is no trouble."""
    known.write(tmp_path / known.NAME, [])
    assert known.read(tmp_path / known.NAME) == []
