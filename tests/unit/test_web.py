"""HTTP for sources: what is bounded, and what is passed on."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.net import Policy, guard
from pipeline.sources import web
from pipeline.sources.base import Room
from tests.support.sources import Ears
from tests.support.www import Www, serving


@pytest.fixture
def www() -> Iterator[Www]:
    """A server on loopback."""
    with serving() as running:
        yield running


@pytest.fixture
def room(tmp_path: Path, www: Www) -> Iterator[Room]:
    """A room from which it may be reached."""
    policy = Policy.parse(www.host)
    with guard(policy) as guarded:
        yield Room(tmp_path, policy, guarded, Ears(tmp_path))


def test_answers_are_read_within_limits(
    www: Www, room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    """JSON is read, anything else is None, and what never ends is left."""
    assert web.ask(www.put("/a", b'{"a": 1}'), room) == (200, {"a": 1})
    assert web.ask(www.put("/b", b"<html>", status=503), room) == (503, None)
    monkeypatch.setattr(web, "MAX_JSON", 1000)
    with pytest.raises(SourceError, match="sends too much"):
        web.ask(www.put("/c", b"[" * 600, endless=True), room)


def test_a_file_without_a_mark_begins_anew(www: Www, room: Room) -> None:
    """Where nothing says that a file is still the same, its parts are never joined."""
    told: list[int] = []
    link = www.put("/a.zip", b"x" * 900, headers={"ETag": 'W/"weak"'}, cut=500)
    with pytest.raises(SourceError, match="broke off"):
        web.download(link, room.folder / "a", room, lambda done, total: told.append(done))
    assert max(told) == 500
    assert www.asked == ["/a.zip"] * web.TRIES
    assert all("range" not in headers for headers in www.headers)


def test_a_download_that_is_none(www: Www, room: Room) -> None:
    """A refusal and a circle are sentences, and nothing is written."""
    for link, said in (
        (www.put("/gone", status=404), "404"),
        (www.put("/busy", status=503), "503"),
        (www.redirect("/circle", f"http://{www.host}/circle"), "in a circle"),
        (www.put("/nowhere", status=302), "302"),
        (www.redirect("/odd", "http://[bad"), "an address that is none"),
    ):
        with pytest.raises(SourceError, match=said):
            web.download(link, room.folder / "a", room, lambda done, total: None)
    assert not (room.folder / "a").exists()


def test_a_secret_stays_with_the_host_it_is_for(www: Www, tmp_path: Path) -> None:
    """Whoever a link leads to learns nothing of it."""
    with serving() as other:
        link = www.redirect("/a", other.put("/b", b"{}"))
        policy = Policy.parse(f"{www.host},{other.host}")
        with guard(policy) as guarded:
            room = Room(tmp_path, policy, guarded, Ears(tmp_path))
            web.ask(link, room, secret={"Authorization": "Bearer hush"})
        assert www.headers[0]["authorization"] == "Bearer hush"
        assert "authorization" not in other.headers[0]
