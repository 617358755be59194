"""YouTube, through yt-dlp's own extractor, from a stand-in on loopback."""

import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import SourceBroke, SourceError
from pipeline.jobs.spec_collect import CollectSpec
from pipeline.net import Policy, guard
from pipeline.sources import video as video_source
from pipeline.sources import ytdlp
from pipeline.sources.base import Fetched, Room
from pipeline.sources.secrets import Secrets
from pipeline.worker.reporter import FileReporter
from tests.support.clips import clip, picture
from tests.support.www import serving
from tests.support.youtube import Video, Youtube, reach, youtube_serving

BIKES, CATS, GONE = "bikesbikes1", "catscatscat", "gonegonegon"
LIST = "PL" + "a" * 32
COOKIE = "\t".join([".127.0.0.1", "TRUE", "/", "FALSE", "0", "SID", "very-secret"])


@pytest.fixture
def film(tmp_path: Path) -> bytes:
    """Three seconds of changing pictures."""
    return clip(tmp_path / "film.mp4", (picture(number) for number in range(30))).read_bytes()


@pytest.fixture
def youtube(monkeypatch: pytest.MonkeyPatch, film: bytes) -> Iterator[Youtube]:
    """Two films, and one that is gone."""
    with youtube_serving() as running:
        reach(running, monkeypatch)
        running.videos = {BIKES: Video(film), CATS: Video(film, title="Cats")}
        running.lists = {LIST: [BIKES, GONE, CATS]}
        yield running


class Desk:
    """Fetches into a folder of its own; `kept` is shared by all its attempts."""

    def __init__(self, folder: Path, host: str) -> None:
        self.folder = folder
        self.kept = folder / "kept"
        self.kept.mkdir()
        self._policy = Policy.parse(host)

    def fetch(self, what: str, secrets: Secrets | None = None, **videos: Any) -> Fetched:
        """What the sources make of a link."""
        spec = CollectSpec(store="store", source_id=1, what=what, videos={"pause_s": 0, **videos})
        with guard(self._policy) as guarded:
            room = Room(
                self.folder,
                self._policy,
                guarded,
                FileReporter(self.folder),
                secrets=secrets or Secrets(),
                kept=self.kept,
            )
            return video_source.VideoSource().fetch(spec, room)


@pytest.fixture
def desk(tmp_path: Path, youtube: Youtube, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A place to fetch to; no name server is asked for youtube.com."""
    monkeypatch.setattr(video_source, "check_url", lambda url, policy: url)
    return Desk(tmp_path, youtube.host)


@pytest.mark.parametrize(
    "link",
    [
        f"https://www.youtube.com/watch?v={BIKES}",
        f"https://youtu.be/{BIKES}",
        f"https://www.youtube.com/shorts/{BIKES}",
        f"https://www.youtube.com/watch?v={BIKES}&list={LIST}",
    ],
)
def test_one_video_comes_whole(desk: Desk, film: bytes, link: str) -> None:
    """Every way of writing a video's address brings that video, and its id is kept."""
    fetched = desk.fetch(link)
    assert [Path(file.path).read_bytes() for file in fetched.files] == [film]
    assert fetched.title == "Bikes passing"
    assert fetched.videos.keys == [f"Youtube:{BIKES}"]
    assert (fetched.videos.asked, fetched.videos.missed) == (1, [])


def test_a_playlist_brings_its_videos(desk: Desk) -> None:
    """Those that are there come; the one that is gone is named."""
    fetched = desk.fetch(f"https://www.youtube.com/playlist?list={LIST}")
    assert fetched.title == "Our films"
    assert [file.name for file in fetched.files] == ["Bikes passing", "Cats"]
    assert fetched.videos.keys == [f"Youtube:{BIKES}", f"Youtube:{CATS}"]
    assert [missed.why for missed in fetched.videos.missed] == [
        "That video is not available (any more): send another link."
    ]


def test_a_link_within_a_list_means_the_list_when_a_number_is_said(desk: Desk) -> None:
    """`newest=1` of a video's address within a list takes the list's first."""
    fetched = desk.fetch(f"https://www.youtube.com/watch?v={CATS}&list={LIST}", newest=1)
    assert [file.name for file in fetched.files] == ["Bikes passing"]


def test_a_long_list_costs_what_is_wanted(desk: Desk, youtube: Youtube) -> None:
    """Of a thousand videos two are asked for, no player is asked about the others."""
    youtube.lists[LIST] = [BIKES, CATS, *(f"more{number:07d}" for number in range(1000))]
    fetched = desk.fetch(f"https://www.youtube.com/playlist?list={LIST}", newest=2)
    assert len(fetched.files) == 2
    assert {path for path, _ in youtube.asked if path.startswith("/videoplayback/")} == {
        f"/videoplayback/{BIKES}",
        f"/videoplayback/{CATS}",
    }


def test_words_are_looked_for(desk: Desk, youtube: Youtube) -> None:
    """A search brings as many as were asked for, under the words' own title."""
    youtube.found = [CATS, BIKES, GONE]
    fetched = desk.fetch("ytsearch:cats on bikes", newest=2)
    assert fetched.title == "YouTube: cats on bikes"
    assert [file.name for file in fetched.files] == ["Cats", "Bikes passing"]
    assert fetched.provenance["link"] == "ytsearch:cats on bikes"


def test_a_list_whose_second_page_fails_brings_its_first(desk: Desk, youtube: Youtube) -> None:
    """What was found before the list broke off comes, and that it broke off is told."""
    youtube.found, youtube.torn = [CATS, BIKES], True
    fetched = desk.fetch("ytsearch:cats", newest=5)
    assert [file.name for file in fetched.files] == ["Cats", "Bikes passing"]
    assert len(fetched.videos.missed) == 1


def test_what_is_here_is_not_even_asked_about(desk: Desk, youtube: Youtube) -> None:
    """A video of a list that the project has costs no call of the player."""
    link = f"https://www.youtube.com/playlist?list={LIST}"
    fetched = desk.fetch(link, have=[f"Youtube:{BIKES}"])
    assert (fetched.videos.asked, fetched.videos.here) == (3, 1)
    assert youtube.parts_of(BIKES) == []
    with pytest.raises(SourceError, match="That video is here already"):
        desk.fetch(f"https://youtu.be/{BIKES}", have=[f"Youtube:{BIKES}"])


@pytest.mark.parametrize(
    ("video", "said"),
    [
        (
            Video(status="LOGIN_REQUIRED", reason="Sign in to confirm you’re not a bot"),
            "takes this machine for a robot",
        ),
        (
            Video(status="LOGIN_REQUIRED", reason="Sign in to confirm your age"),
            "only to grown-ups who are signed in",
        ),
        (Video(status="LOGIN_REQUIRED", reason="Private video"), "That video is private"),
        (
            Video(status="UNPLAYABLE", reason="Join this channel to get access to members-only"),
            "for paying members",
        ),
        (
            Video(status="UNPLAYABLE", reason="Not made available in your country"),
            "the country where I run",
        ),
        (Video(status="ERROR", reason="Video unavailable"), "not available (any more)"),
        (Video(status="ERROR", reason="It has been removed by the uploader"), "was taken down"),
        (
            Video(status="LIVE_STREAM_OFFLINE", reason="Premieres in 3 hours", live="is_upcoming"),
            "has not begun yet",
        ),
        (Video(live="is_live"), "is still live"),
        (Video(http=429), "slow down"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_refusal_is_told_apart(desk: Desk, youtube: Youtube, video: Video, said: str) -> None:
    """Why YouTube shows a video to nobody, or not to us, is one sentence."""
    youtube.videos[BIKES] = video
    with pytest.raises(SourceError) as refusal:
        desk.fetch(f"https://www.youtube.com/watch?v={BIKES}")
    assert said in refusal.value.user_message
    assert "\n" not in refusal.value.user_message


def test_a_site_that_turns_us_away_is_not_asked_on(desk: Desk, youtube: Youtube) -> None:
    """What came before a robot check is kept; the videos after it are left alone."""
    youtube.videos[GONE] = Video(
        status="LOGIN_REQUIRED", reason="Sign in to confirm you’re not a bot"
    )
    fetched = desk.fetch(f"https://www.youtube.com/playlist?list={LIST}")
    assert [file.name for file in fetched.files] == ["Bikes passing"]
    assert youtube.parts_of(CATS) == []


def test_a_broken_line_is_taken_up_again(desk: Desk, youtube: Youtube, film: bytes) -> None:
    """The next attempt asks for the rest only, and the film is whole."""
    youtube.videos[BIKES].cut = len(film) // 10
    link = f"https://www.youtube.com/watch?v={BIKES}"
    with pytest.raises(SourceBroke, match="broke off in the middle"):
        desk.fetch(link)
    youtube.videos[BIKES].cut = None
    youtube.asked.clear()
    fetched = desk.fetch(link)
    assert Path(fetched.files[0].path).read_bytes() == film
    first = youtube.parts_of(BIKES)[0]
    assert int(first.removeprefix("bytes=").split("-")[0]) >= len(film) // 10


def test_cookies_reach_the_site_and_nothing_else(
    tmp_path: Path, film: bytes, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    """They are sent where they belong, and lie neither on the disk nor in a log."""
    caplog.set_level(logging.DEBUG)
    with serving() as www:
        www.put("/a.mp4", film, type="video/mp4")
        page = www.put("/p", b"<html><video src='/a.mp4'></video></html>", type="text/html")
        desk = Desk(tmp_path, www.host)
        desk.fetch(page, Secrets(cookies=f"{COOKIE.removeprefix('.')}\n"))
        assert "SID=very-secret" in www.told("/a.mp4", "Cookie")
    told = capfd.readouterr()
    assert "very-secret" not in caplog.text + told.out + told.err
    files = (file for file in tmp_path.rglob("*") if file.is_file())
    assert not [file for file in files if b"very-secret" in file.read_bytes()]


@pytest.mark.parametrize(
    "cookies", ["SID=very-secret", '[{"name": "SID", "value": "very-secret"}]', COOKIE[:-14]]
)
def test_cookies_in_another_form_are_refused(tmp_path: Path, cookies: str) -> None:
    """What is no cookies.txt is one sentence, which does not repeat what was sent."""
    desk = Desk(tmp_path, "0")
    with pytest.raises(SourceError, match="Line 1 of the cookies") as refusal:
        desk.fetch("ytsearch:cats", Secrets(cookies=cookies))
    assert "secret" not in refusal.value.user_message


def test_the_javascript_program_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """yt-dlp itself finds Deno, though the path names nothing."""
    monkeypatch.setenv("PATH", "/nowhere")
    assert Path(ytdlp.runtimes()["deno"]["path"]).parent == Path(sys.executable).parent
    with ytdlp.opened({"quiet": True, "js_runtimes": ytdlp.runtimes()}) as downloader:
        found = downloader._js_runtimes["deno"].info
    assert found.supported
