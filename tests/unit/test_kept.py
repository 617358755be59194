"""Half-fetched files outlive an attempt that died, and no other."""

import os
from pathlib import Path

import httpx
import pytest

from pipeline.errors import SourceBroke, SourceError
from pipeline.jobs.events import Progress
from pipeline.sources.kept import kept
from pipeline.sources.resuming import Resuming
from pipeline.sources.transfer import Transfer


class Quiet:
    """A reporter that nobody listens to."""

    def __init__(self, folder: Path) -> None:
        self.folder = self.out = folder

    def progress(self, progress: Progress, *, important: bool = False) -> None:
        """See Reporter."""


def fill(folder: Path, error: BaseException | None = None) -> None:
    """An attempt that fetches half a file and ends, with an error perhaps."""
    with kept(str(folder)) as path:
        assert path == folder
        (path / "half").write_bytes(b"half")
        if error is not None:
            raise error


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (SourceBroke("broken"), True),
        (SourceError("no video"), False),
        (SystemExit(143), False),
        (ValueError("a fault"), False),
    ],
)
def test_what_may_pass_keeps_the_files(tmp_path: Path, error: BaseException, stays: bool) -> None:
    """Only where there is another try is anything left for it."""
    with pytest.raises(type(error)):
        fill(tmp_path / "kept", error)
    assert (tmp_path / "kept" / "half").exists() is stays


def test_a_good_end_leaves_nothing(tmp_path: Path) -> None:
    """By then everything is in the store."""
    fill(tmp_path / "kept")
    assert not (tmp_path / "kept").exists()


def test_two_attempts_never_share(tmp_path: Path) -> None:
    """Where an attempt still lives the next one works without its files, and removes none."""
    folder = tmp_path / "kept"
    with kept(str(folder)) as first, kept(str(folder)) as second:
        assert (first, second) == (folder, None)
        assert folder.is_dir()
    with kept(None) as none:
        assert none is None


def answer(status: int, body: bytes = b"", **headers: str) -> httpx.Response:
    """What a server sends."""
    told = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, content=body, headers=told)


def saved(saving: Resuming, response: httpx.Response) -> bytes:
    """The file after that answer."""
    folder = saving.path.parent
    saving.save(response, Transfer(folder, 1 << 20, Quiet(folder)).at)
    return saving.path.read_bytes()


def test_the_rest_is_asked_for_and_put_behind(tmp_path: Path) -> None:
    """A part of the same state goes behind what is here."""
    saving = Resuming(tmp_path / "a", "http://x.test/a")
    assert saving.headers() == {}
    assert saved(saving, answer(200, b"one ", etag='"1"')) == b"one "
    again = Resuming(tmp_path / "a", "http://x.test/a")
    assert again.headers() == {"Range": "bytes=4-", "If-Range": '"1"'}
    assert saved(again, answer(206, b"two", content_range="bytes 4-6/7")) == b"one two"
    assert again.is_whole(answer(416, content_range="bytes */7"))
    assert not again.is_whole(answer(416, content_range="bytes */9"))


def test_all_of_it_takes_the_place_of_a_part(tmp_path: Path) -> None:
    """A server that knows no parts, or sends another one, begins anew."""
    saving = Resuming(tmp_path / "a", "http://x.test/a")
    saved(saving, answer(200, b"old", etag='"1"'))
    assert saved(saving, answer(200, b"new film", etag='"2"')) == b"new film"
    assert saving.headers()["If-Range"] == '"2"'


@pytest.mark.parametrize("headers", [{}, {"etag": 'W/"1"'}])
def test_without_a_sure_sign_nothing_is_joined(tmp_path: Path, headers: dict[str, str]) -> None:
    """Where the server does not say which state it sent, the next attempt begins anew."""
    saving = Resuming(tmp_path / "a", "http://x.test/a")
    saved(saving, answer(200, b"one", **headers))
    assert saving.headers() == {}


def test_another_address_is_another_file(tmp_path: Path) -> None:
    """What is here of one link is no part of the next."""
    saved(Resuming(tmp_path / "a", "http://x.test/a"), answer(200, b"one", etag='"1"'))
    assert Resuming(tmp_path / "a", "http://x.test/b").headers() == {}
    os.truncate(tmp_path / "a", 0)
    assert Resuming(tmp_path / "a", "http://x.test/a").headers() == {}
