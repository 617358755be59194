"""Members add lists of videos, again and again, and over broken lines."""

import os
import signal
from pathlib import Path

import pytest

from bot.sandbox.client import Member, SandboxClient
from tests.acceptance.material import marble_clip
from tests.acceptance.play import WORK, ask, heard, until
from tests.support.bot import BotProcess
from tests.support.clips import clip, picture
from tests.support.www import Www

pytestmark = pytest.mark.usefixtures("quiet_log")

ITEM = "<item><title>Film {0}</title><link>http://{1}/{0}.mp4</link></item>"
JOB = "SELECT * FROM job WHERE kind = 'collect' ORDER BY id DESC LIMIT 1"


async def murka(sandbox: SandboxClient) -> Member:
    """A member with a project in private, of a thing that no model knows."""
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/new pets murka", "ready")
    return ann


def feed(www: Www, folder: Path, count: int) -> str:
    """A feed of so many films and one that is missing."""
    for number in range(count):
        frames = (picture(100 * number + moment // 5) for moment in range(30))
        film = clip(folder / f"{number}.mp4", frames)
        www.put(f"/{number}.mp4", film.read_bytes(), type="video/mp4")
    items = "".join(ITEM.format(number, www.host) for number in range(count + 1))
    body = f'<?xml version="1.0"?><rss version="2.0"><channel><title>Ours</title>{items}'
    return www.put("/feed", f"{body}</channel></rss>".encode(), type="application/rss+xml")


async def test_a_feed_that_grew_brings_what_is_new(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """The receipt names the video that is missing; the second time it counts what is here."""
    ann = await murka(sandbox)
    said = await ann.say(ann.private, f"/add {feed(www, tmp_path, 1)} newest=3 every=0.5s")
    await heard(ann.private, said, "Film 1: There is nothing at that link", "kept 6", seconds=WORK)
    said = await ann.say(ann.private, f"/add {feed(www, tmp_path, 2)} newest=2 every=0.5s")
    await heard(ann.private, said, "1 of 2 videos are here already", "kept 6", seconds=WORK)
    said = await ann.say(ann.private, f"/add {feed(www, tmp_path, 2)} newest=2 every=0.5s")
    await heard(ann.private, said, "⚠️", "All 2 of these videos are here", seconds=WORK)


async def test_a_killed_download_goes_on_where_it_was(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """The queue's next attempt asks the server for the rest only."""
    ann = await murka(sandbox)
    video = marble_clip(tmp_path / "marbles.mp4", 6).read_bytes()
    url = www.put("/marbles.mp4", video, type="video/mp4", hold=True, headers={"ETag": '"marbles"'})
    bar = await ask(ann, ann.private, f"/add {url} every=0.5s", "marbles.mp4")
    fetched = bot.home / "jobs" / str(bot.rows(JOB)[0]["id"]) / "fetched"
    half = len(video) // 2
    await until(lambda: [one for one in fetched.glob("fetched") if one.stat().st_size >= half])
    await until(lambda: bot.rows(JOB)[0]["state"] == "running")
    os.kill(bot.rows(JOB)[0]["pid"], signal.SIGKILL)
    www.release.set()
    await heard(ann.private, bar, "kept 6", seconds=WORK)
    assert bot.rows(JOB)[0]["attempt"] == 2
    assert www.told("/marbles.mp4", "Range") == [f"bytes={half}-"]
    assert not fetched.exists()
