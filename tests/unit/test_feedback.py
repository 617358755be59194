"""«This is wrong» on a model's page: what is taken, and what is not."""

import asyncio
import json
from collections.abc import Iterator

import httpx
import pytest
from sqlmodel import select

from bot.webapp import feedback
from bot.webapp.pace import Pace
from bot.webapp.server import WebServer, bind
from pipeline.kinds.places import Places
from pipeline.pool import PicturePool
from storage.db import Database
from storage.models import HardExample, now
from tests.support.scenes import scene
from tests.support.shared_page import OWN, SEEN, Site, taken_by_phone


@pytest.fixture(scope="module")
def pool() -> Iterator[PicturePool]:
    """The process that reads pictures."""
    pool = PicturePool()
    yield pool
    asyncio.run(pool.close())


@pytest.fixture
def site(db: Database, places: Places, pool: PicturePool) -> Iterator[Site]:
    """The page of a model that is shared."""
    site = Site(db, places, pool)
    with site.client:
        yield site


def kept(site: Site) -> list[HardExample]:
    """The pictures that are kept."""
    return site.db.read_now(lambda session: list(session.exec(select(HardExample))))


def test_a_picture_is_kept_with_what_the_model_saw(site: Site) -> None:
    """It is a row and a whole file before the answer comes, and says nothing of its sender."""
    answer = site.send(taken_by_phone(1))
    assert (answer.status_code, answer.json()) == (201, {"kept": True, "new": True})
    [row] = kept(site)
    assert (row.project_id, row.model_id) == (site.project.id, site.model.id)
    assert row.seen == {"boxes": [{"label": "cat", "score": 0.7, "xyxy": [0.1, 0.2, 0.5, 0.6]}]}
    data = site.places.files.read(row.key)
    assert data.startswith(b"\xff\xd8")
    assert b"Secret" not in data


def test_the_same_picture_is_taken_once(site: Site) -> None:
    """By whichever link it comes; what the model saw at first stays."""
    assert site.send(taken_by_phone(1)).json()["new"]
    again = site.send(taken_by_phone(1), [], token=OWN)
    assert (again.status_code, again.json()) == (200, {"kept": True, "new": False})
    assert len(kept(site)) == 1


def test_a_link_that_was_ended_takes_nothing(site: Site) -> None:
    """Nor one that never was; not even where it ends while the picture is under way."""
    assert site.send(scene(1)[0], token="a" * 32).status_code == 404
    clean = site.feedback._cleaned

    async def slow(picture: bytes) -> tuple[bytes, str]:
        done = await clean(picture)
        site.end()
        return done

    site.feedback._cleaned = slow
    assert site.send(scene(2)[0]).status_code == 404
    assert site.send(scene(3)[0]).status_code == 404
    assert kept(site) == []


BAD = {
    "no boxes": "nothing",
    "not a list": {"class": "cat"},
    "no class": [{"score": 0.5, "box": [0, 0, 1, 1]}],
    "three corners": [{"class": "cat", "score": 0.5, "box": [0, 0, 1]}],
    "pixels": [{"class": "cat", "score": 0.5, "box": [0, 0, 320, 200]}],
    "not a number": '[{"class": "cat", "score": 0.5, "box": [NaN, 0, 1, 1]}]',
    "words": [{"class": "cat", "score": 0.5, "box": ["0", 0, 1, 1]}],
    "a score beyond": [{"class": "cat", "score": 1.5, "box": [0, 0, 1, 1]}],
    "too many": [{"class": "cat", "score": 0.5, "box": [0, 0, 1, 1]}] * 301,
    "another class": [{"class": "<b>dog</b>", "score": 0.5, "box": [0, 0, 1, 1]}],
    "deep": "[" * 30_000,
}


@pytest.mark.parametrize("boxes", BAD.values(), ids=BAD.keys())
def test_bad_boxes_are_told_in_a_sentence(site: Site, boxes: object) -> None:
    """And the picture is not kept."""
    answer = site.send(scene(1)[0], boxes)
    assert answer.status_code == 400
    assert answer.json()["error"].endswith("reload the page and try again.")
    assert kept(site) == []


def test_corners_just_beyond_the_edge_are_on_it(site: Site) -> None:
    """Detectors put some there; a box of nothing is left out."""
    boxes = [
        {"class": "cat", "score": 0.5, "box": [-0.001, 0, 1.004, 1]},
        {"class": "cat", "score": 0.5, "box": [0.5, 0.5, 0.5, 0.9]},
    ]
    assert site.send(scene(1)[0], boxes).status_code == 201
    assert [box["xyxy"] for box in kept(site)[0].seen["boxes"]] == [[0, 0, 1, 1]]


def test_bad_forms_are_told_in_a_sentence(site: Site) -> None:
    """Too large, no picture, another kind of body, a broken one."""
    address = f"/m/{OWN}/wrong"

    def post(**what: object) -> int:
        answer = site.client.post(address, **what)
        assert answer.json()["error"]
        return answer.status_code

    picture = ("a.jpg", b"\xff" * (feedback.MOST_PICTURE + 1), "image/jpeg")
    assert post(files={"picture": picture}, data={"boxes": "[]"}) == 413
    assert post(content=(b"x" * (1 << 20) for _ in range(6)), headers=FORM) == 413
    assert post(files={"picture": scene(1)[0]}, data={"boxes": " " * (65 << 10)}) == 413
    assert post(json={"boxes": []}) == 415
    assert post(data={"boxes": "[]", "picture": "text"}, files={"x": b""}) == 400
    assert post(files={"picture": scene(1)[0]}) == 400
    assert post(content=b"no form at all", headers=FORM) == 400
    assert post(files={"picture": b"no picture"}, data={"boxes": "[]"}) == 400
    assert kept(site) == []


FORM = {"Content-Type": "multipart/form-data; boundary=x"}


def test_who_sends_too_much_waits(site: Site) -> None:
    """An address is told how long; what was refused counts as well."""
    for _ in range(feedback.A_MINUTE_FROM):
        site.send(b"no picture")
    answer = site.send(scene(1)[0])
    assert answer.status_code == 429
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert "Try again in a minute" in answer.json()["error"]


def test_a_page_takes_so_many_a_day(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody fills the disk."""
    monkeypatch.setattr(feedback, "A_DAY", 1)
    assert site.send(scene(1)[0]).status_code == 201
    answer = site.send(scene(2)[0])
    assert answer.status_code == 429
    assert "tomorrow" in answer.json()["error"]


def test_a_full_disk_is_told(site: Site) -> None:
    """Nothing is kept half."""
    (site.places.home / "files").rename(site.places.home / "away")
    (site.places.home / "files").write_bytes(b"in the way")
    answer = site.send(scene(1)[0])
    assert answer.status_code == 507
    assert kept(site) == []


def test_what_a_picture_says_is_never_kept_as_words(site: Site) -> None:
    """Keys that nobody asked for are dropped."""
    said = json.dumps([{**SEEN[0], "note": "<script>"}])
    assert site.send(scene(1)[0], said).status_code == 201
    assert "script" not in json.dumps(kept(site)[0].seen)
    assert kept(site)[0].created_at <= now()


def test_a_minute_later_one_may_go_on() -> None:
    """Times are forgotten, for this key and for all of them."""
    at = 0.0
    pace = Pace(2, 60, clock=lambda: at)
    for moment in (0.0, 10.0):
        at = moment
        assert pace.wait_s("ann") == 0
        pace.count("ann")
    assert pace.wait_s("ann") == 50
    assert pace.wait_s("ben") == 0
    at = 60.0
    assert pace.wait_s("ann") == 0
    pace.count("ann")
    assert pace.wait_s("ann") == 10


async def test_behind_a_proxy_each_visitor_has_a_pace_of_their_own(site: Site) -> None:
    """The proxy on this machine tells who asks; what a visitor claims before it counts nothing."""
    server = WebServer(site.client.app, bind(0, chosen=False))
    await server.start()
    url = f"http://127.0.0.1:{server.port}/m/{OWN}/wrong"
    async with httpx.AsyncClient(trust_env=False, timeout=60) as http:

        async def send(forwarded: str) -> int:
            answer = await http.post(url, json={}, headers={"X-Forwarded-For": forwarded})
            return answer.status_code

        for number in range(feedback.A_MINUTE_FROM):
            assert await send(f"10.0.0.{number}, 192.0.2.1") == 415
        assert await send("10.0.1.1, 192.0.2.1") == 429
        assert await send("192.0.2.2") == 415
    await server.close()
