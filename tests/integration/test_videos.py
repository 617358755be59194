"""Videos of pages and lists, from a real server."""

import json
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.clips import clip, picture
from tests.support.desk import Desk
from tests.support.www import Www, serving

PAGE = "<!DOCTYPE html><html><head><title>Our films</title></head><body>{}</body></html>"
ITEM = "<item><title>Film {0}</title><link>http://{1}/{0}.mp4</link></item>"


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    """Workers to start."""
    return Desk(tmp_path)


@pytest.fixture
def www() -> Iterator[Www]:
    """A web server on loopback."""
    with serving() as running:
        yield running


def film(tmp_path: Path, seed: int, *, seconds: int = 3) -> bytes:
    """A video of its own pictures, another each half second."""
    frames = (picture(100 * seed + number // 5) for number in range(10 * seconds))
    return clip(tmp_path / f"film{seed}.mp4", frames).read_bytes()


def quick(**videos: object) -> dict[str, object]:
    """What is wanted of the videos, without a rest between them."""
    return {"pause_s": 0, **videos}


def feed(www: Www, tmp_path: Path, count: int, *, missing: int | None = None) -> str:
    """A feed of so many films, one of which may be missing."""
    for number in range(count):
        if number != missing:
            www.put(f"/{number}.mp4", film(tmp_path, number), type="video/mp4")
    items = "".join(ITEM.format(number, www.host) for number in range(count))
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Ours</title>{items}'
    return www.put("/feed", f"{body}</channel></rss>".encode(), type="application/rss+xml")


def test_each_video_of_a_page_is_a_group_of_its_own(desk: Desk, www: Www, tmp_path: Path) -> None:
    """All videos of one page come in, and stay apart when the set is split."""
    for number in range(3):
        www.put(f"/{number}.mp4", film(tmp_path, number), type="video/mp4")
    tags = "".join(f"<video src='/{number}.mp4'></video>" for number in range(3))
    link = www.put("/films", PAGE.format(tags).encode(), type="text/html")
    outcome = desk.here(what=link, allow_private=www.host, videos=quick())
    assert outcome.result.videos.asked == 3
    assert {item.group for item in outcome.items} == {f"source:7:{n}" for n in range(3)}
    assert outcome.result.title == "Our films"
    assert len(outcome.result.videos.keys) == 3


def test_a_list_is_read_only_as_far_as_wanted(desk: Desk, www: Www, tmp_path: Path) -> None:
    """Of a long feed the first come, and the others are never asked for."""
    link = feed(www, tmp_path, 4)
    result = desk.here(what=link, allow_private=www.host, videos=quick(newest=2)).result
    assert (result.videos.asked, result.kept) == (2, 6)
    assert {path for path in www.asked if path.endswith(".mp4")} == {"/0.mp4", "/1.mp4"}


def test_lists_within_lists_are_counted_as_videos(desk: Desk, www: Www, tmp_path: Path) -> None:
    """A feed of pages gives the pages' videos, in order, as many as were asked for in all."""
    for number in range(4):
        www.put(f"/{number}.mp4", film(tmp_path, number), type="video/mp4")
    pages = [(0, 1), (2, 3)]
    for page, videos in enumerate(pages):
        tags = "".join(f"<video src='/{number}.mp4'></video>" for number in videos)
        www.put(f"/page{page}", PAGE.format(tags).encode(), type="text/html")
    items = "".join(f"<item><link>http://{www.host}/page{page}</link></item>" for page in range(2))
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Ours</title>{items}'
    link = www.put("/feed", f"{body}</channel></rss>".encode(), type="application/rss+xml")
    result = desk.here(what=link, allow_private=www.host, videos=quick(newest=3)).result
    assert (result.title, result.videos.asked, result.kept) == ("Ours", 3, 9)
    assert "/3.mp4" not in www.asked


def test_a_list_without_videos_ends(desk: Desk, www: Www) -> None:
    """Feeds that name each other are followed for a while, and told as empty."""
    for name, other in (("a", "b"), ("b", "a")):
        item = f"<item><title>x</title><link>http://{www.host}/{other}</link></item>"
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{item}'
        www.put(f"/{name}", f"{body}</channel></rss>".encode(), type="application/rss+xml")
    sentence = desk.here(
        what=f"http://{www.host}/a", allow_private=www.host, videos=quick()
    ).sentence
    assert "found no video" in sentence
    assert len(www.asked) < 200


def test_a_missing_video_costs_itself(desk: Desk, www: Www, tmp_path: Path) -> None:
    """The others of its list come in, and the receipt can name the one that did not."""
    link = feed(www, tmp_path, 3, missing=1)
    result = desk.here(what=link, allow_private=www.host, videos=quick()).result
    assert (result.videos.asked, result.kept) == (3, 6)
    assert [missed.why for missed in result.videos.missed] == [
        "There is nothing at that link (404): check it for typing errors."
    ]


def test_a_list_of_which_nothing_comes_is_one_sentence(desk: Desk, www: Www) -> None:
    """How many were tried, and what was wrong with the first."""
    items = "".join(ITEM.format(number, www.host) for number in range(2))
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Ours</title>{items}'
    link = www.put("/feed", f"{body}</channel></rss>".encode(), type="application/rss+xml")
    sentence = desk.here(what=link, allow_private=www.host, videos=quick()).sentence
    assert sentence.startswith("Not one of 2 videos could be had. The first: There is nothing")


def test_an_entry_that_leads_inside_is_refused_alone(desk: Desk, www: Www, tmp_path: Path) -> None:
    """A list may name a host of the private network: that is not asked, and the others come."""
    with serving() as inside:
        secret = inside.put("/secret.mp4", film(tmp_path, 9), type="video/mp4")
        mine = www.put("/0.mp4", film(tmp_path, 0), type="video/mp4")
        items = "".join(
            f"<item><title>F</title><link>{one}</link></item>" for one in (secret, mine)
        )
        body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>x</title>{items}'
        link = www.put("/feed", f"{body}</channel></rss>".encode(), type="application/rss+xml")
        result = desk.here(what=link, allow_private=www.host, videos=quick()).result
        assert inside.asked == []
    assert result.kept == 3
    assert "private networks" in result.videos.missed[0].why


def test_what_is_here_is_not_fetched_again(desk: Desk, www: Www, tmp_path: Path) -> None:
    """Of a feed that grew only the new videos come; looked at otherwise all of them do."""
    link = feed(www, tmp_path, 2)
    first = desk.here(what=link, allow_private=www.host, videos=quick()).result
    have = first.videos.keys
    www.asked.clear()
    feed(www, tmp_path, 3)
    second = desk.here(what=link, allow_private=www.host, videos=quick(have=have)).result
    assert (second.videos.asked, second.videos.here, second.kept) == (3, 2, 3)
    again = desk.here(what=link, allow_private=www.host, videos=quick(have=have, newest=2))
    assert again.sentence.startswith("All 2 of these videos are here already")


def test_a_direct_link_is_known_by_its_whole_address(desk: Desk, www: Www, tmp_path: Path) -> None:
    """The same address is not fetched twice; the same name elsewhere is another video."""
    one = www.put("/a/film.mp4", film(tmp_path, 1), type="video/mp4")
    other = www.put("/b/film.mp4", film(tmp_path, 2), type="video/mp4")
    have = desk.here(what=one, allow_private="1").result.videos.keys
    assert len(have) == 1
    sentence = desk.here(what=one, allow_private="1", videos=quick(have=have)).sentence
    assert sentence.startswith("That video is here already")
    assert desk.here(what=other, allow_private="1", videos=quick(have=have)).result.kept == 3


def test_only_the_stretch_is_looked_at(desk: Desk, www: Www, tmp_path: Path) -> None:
    """Frames come from between the two times; a stretch behind the end is one sentence."""
    link = www.put("/a.mp4", film(tmp_path, 1, seconds=10), type="video/mp4")
    stretch = quick(from_s=4, to_s=6)
    outcome = desk.here(what=link, allow_private="1", every_s=0.5, videos=stretch)
    assert [item.seconds for item in outcome.items] == pytest.approx([4, 4.5, 5, 5.5, 6])
    assert outcome.result.seconds == pytest.approx(2)
    late = desk.here(what=link, allow_private="1", videos=quick(from_s=60))
    assert late.sentence == "That video is only 0:09 long: choose a time within it."


def test_smart_frames_leave_out_what_stands_still(desk: Desk, www: Www, tmp_path: Path) -> None:
    """Of a minute that shows two pictures two frames come, however many are allowed."""
    frames = (picture(number // 300) for number in range(600))
    data = clip(tmp_path / "a.mp4", frames).read_bytes()
    link = www.put("/a.mp4", data, type="video/mp4")
    result = desk.here(what=link, allow_private="1", videos=quick(smart=True)).result
    assert (result.read, result.kept) == (2, 2)


def test_an_endless_stream_is_refused(desk: Desk, www: Www, tmp_path: Path) -> None:
    """A playlist without an end is live: one sentence, and nothing is stored."""
    folder = tmp_path / "hls"
    folder.mkdir()
    frames = (picture(number // 5) for number in range(40))
    clip(folder / "index.m3u8", frames, options={"hls_time": "1", "hls_list_size": "0"})
    for file in folder.iterdir():
        www.put(f"/{file.name}", file.read_bytes(), type="application/octet-stream")
    endless = (folder / "index.m3u8").read_bytes().replace(b"#EXT-X-ENDLIST\n", b"")
    assert endless != (folder / "index.m3u8").read_bytes()
    link = www.put("/index.m3u8", endless, type="application/vnd.apple.mpegurl")
    outcome = desk.here(what=link, allow_private=www.host, videos=quick())
    assert "live" in outcome.sentence
    assert outcome.stored == []


@pytest.mark.parametrize("way", ["direct", "page"])
def test_the_next_attempt_goes_on_where_one_was_killed(
    desk: Desk, www: Www, tmp_path: Path, way: str
) -> None:
    """What was fetched before a kill is not fetched again, and nothing of it is left at the end."""
    data = film(tmp_path, 1, seconds=20)
    link = www.put("/a.mp4", data, type="video/mp4", hold=True, headers={"ETag": '"one"'})
    if way == "page":
        link = www.put("/p", PAGE.format("<video src='/a.mp4'></video>").encode(), type="text/html")
    kept = tmp_path / "fetched"
    spec = {"what": link, "allow_private": www.host, "videos": quick(kept_folder=str(kept))}
    folder = desk.prepare(**spec)
    worker = desk.start(folder)
    half = len(data) // 2
    while sum(file.stat().st_size for file in kept.glob("*") if file.is_file()) < half // 2:
        assert worker.poll() is None
        time.sleep(0.02)
    worker.kill()
    worker.wait(30)
    www.release.set()
    www.heard.clear()
    assert desk.here(**spec).result.kept > 10
    ranges = [
        int(said.removeprefix("bytes=").split("-")[0]) for said in www.told("/a.mp4", "Range")
    ]
    assert 0 < max(ranges) <= half
    assert not kept.exists()


def test_a_file_that_changed_meanwhile_is_fetched_anew(
    desk: Desk, www: Www, tmp_path: Path
) -> None:
    """Half of one film is never joined with the rest of another."""
    kept = tmp_path / "fetched"
    old, new = film(tmp_path, 1), film(tmp_path, 2)
    how = {"type": "video/mp4", "headers": {"ETag": '"one"'}}
    link = www.put("/a.mp4", old, cut=len(old) // 2, **how)
    spec = {"what": link, "allow_private": "1", "videos": quick(kept_folder=str(kept))}
    broken = desk.here(**spec)
    assert broken.sentence == "127.0.0.1 broke off in the middle: try again later."
    assert broken.events[-1]["retryable"]
    www.put("/a.mp4", new, type="video/mp4", headers={"ETag": '"two"'})
    assert desk.here(**spec).result.kept == 3
    assert www.told("/a.mp4", "If-Range") == ['"one"']


def test_a_cancelled_download_leaves_nothing(desk: Desk, www: Www, tmp_path: Path) -> None:
    """Whoever stops an addition gets the room on the disk back."""
    link = www.put("/a.mp4", film(tmp_path, 1), type="video/mp4", hold=True)
    kept = tmp_path / "fetched"
    page = www.put("/p", PAGE.format(f"<video src='{link}'></video>").encode(), type="text/html")
    folder = desk.prepare(what=page, allow_private=www.host, videos=quick(kept_folder=str(kept)))
    worker = desk.start(folder)
    while not list(kept.glob("video-*")):
        assert worker.poll() is None
        time.sleep(0.02)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(30) == 143
    assert not kept.exists()
    events = [json.loads(line) for line in (folder / "events.jsonl").read_text().splitlines()]
    assert not {"done", "failed"} & {event["type"] for event in events}
