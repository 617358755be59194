"""A model's page is shared, its visitors send pictures back, and the link is ended."""

import json
import socket
from collections.abc import Iterator

import httpx
import pytest
from sqlmodel import Session, select

from bot.messages import result
from bot.sandbox.client import Chat, Member, Message, SandboxClient
from bot.sandbox.server import HOST, SandboxServer
from storage import outbox
from storage.db import Database
from storage.models import DatasetVersion, Model, Project
from tests.acceptance.conftest import keeps_its_secret
from tests.acceptance.play import SOON, WORK, ask, heard, next_sheet, sheet_of, tiles_of
from tests.support.bot import BotProcess
from tests.support.scenes import scene
from tests.support.shared_page import FILES, taken_by_phone

pytestmark = pytest.mark.usefixtures("quiet_log")

TOKEN = "o" * 22
GIVE = "📤 Give"


@pytest.fixture
def port() -> int:
    """A free port for the bot's pages."""
    with socket.socket() as place:
        place.bind((HOST, 0))
        return int(place.getsockname()[1])


@pytest.fixture
def bot(fresh_bot: BotProcess, port: int) -> Iterator[BotProcess]:
    """A bot whose pages have an address, below a path of a proxy; it is not started yet."""
    fresh_bot.settings["PORT"] = str(port)
    fresh_bot.settings["PUBLIC_URL"] = f"http://{HOST}:{port}/cats"
    yield fresh_bot
    fresh_bot.close()
    keeps_its_secret(fresh_bot)


def give_model(bot: BotProcess) -> None:
    """The project has a model with its page, as a training and its packaging leave them."""
    bot.stop()
    project = bot.rows("SELECT id, chat_id, created_by FROM project")[0]
    bot.change(
        "INSERT INTO job (id, project_id, chat_id, member_id, kind, state, request, attempt,"
        " offset, progress, result, failures, crashes, created_at)"
        " VALUES (900, ?, ?, ?, 'train', 'succeeded', '{}', 1, 0, '{}', '{}', 0, 0, '2026-01-01')",
        project["id"],
        project["chat_id"],
        project["created_by"],
    )
    bot.change(
        "INSERT INTO datasetversion (id, project_id, number, digest, key, summary, created_at)"
        " VALUES (900, ?, 1, 'd', 'aa/d.json', ?, '2026-01-01')",
        project["id"],
        json.dumps({"classes": {}, "notes": []}),
    )
    details = {"classes": ["apple", "lemon"], "package": {"size_bytes": 1}, "epochs": 1}
    bot.change(
        "INSERT INTO model (project_id, number, job_id, dataset_id, architecture, imgsz,"
        " weights_key, metrics, details, package_key, page_token, created_at)"
        " VALUES (?, 1, 900, 900, 'yolov8n', 96, 'aa/w.pt', '{}', ?, 'aa/p.zip', ?, '2026-01-01')",
        project["id"],
        json.dumps(details),
        TOKEN,
    )
    for name, data in FILES.items():
        file = bot.home / "pages" / TOKEN / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
    bot.start()


def tell_result(bot: BotProcess, **where: str) -> None:
    """The chat is told the result, as after the packaging; `where` the page is reached."""
    bot.stop()

    def tell(session: Session) -> None:
        project = session.exec(select(Project)).one()
        model, data = session.exec(select(Model)).one(), session.exec(select(DatasetVersion)).one()
        wish = result.finish(project, model, data, **where)
        outbox.put("result:1:901", project.chat_id, wish, priority=outbox.RESULT, session=session)

    db = Database(f"sqlite:///{bot.home / 'taptrain.db'}")
    db.write_now(tell)
    db.close()
    bot.start()


async def share(member: Member, chat: Chat) -> tuple[Message, str]:
    """Ask for a link: the QR picture, and the link."""
    said = await member.say(chat, "/share 1")
    shown = await chat.wait(
        lambda m: m.from_bot and m.kind == "photo" and m.has_button("✖ End"), SOON, since=said
    )
    link = shown.button("🌐")
    assert link is not None
    assert link.url is not None
    assert link.url in shown.text
    return shown, link.url


async def send(http: httpx.AsyncClient, url: str, picture: bytes, *boxes: object) -> int:
    """Send a picture back as the page does."""
    where = (await http.get(f"{url}feedback.json")).json()["url"]
    answer = await http.post(
        f"{url}{where}",
        files={"picture": ("wrong.jpg", picture, "image/jpeg")},
        data={"boxes": json.dumps(boxes)},
    )
    return answer.status_code


def box(number: int) -> dict[str, object]:
    """An apple that the page found."""
    return {"class": "apple", "score": 0.6, "box": [0.1, 0.1, 0.3 + number / 100, 0.5]}


async def test_a_page_is_shared_and_what_was_wrong_comes_back(
    sandbox: SandboxClient, server: SandboxServer, bot: BotProcess, port: int
) -> None:
    """Strangers' pictures stand first on the next sheet, though the bot is killed meanwhile."""
    bot.start()
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Fruit", ann, ben)
    await ask(ann, group, "/new fruit apple, lemon", "apple and lemon")
    await ask(ann, group, "/share", "There is no model yet")
    give_model(bot)
    await ask(ann, group, "/share 7", "no v7")
    await ask(ben, group, "/share", "Only admins may share models here")
    shown, url = await share(ann, group)
    _, other = await share(ann, group)
    assert url.startswith(f"http://{HOST}:{port}/cats/m/")
    assert url != other

    async with httpx.AsyncClient(trust_env=False, timeout=SOON) as http:
        assert (await http.get(url)).content == FILES["index.html"]
        assert (await http.get(url.removesuffix("/"), follow_redirects=True)).url == url
        assert await send(http, url, b"no picture") == 400
        assert await send(http, url, taken_by_phone(1), box(1)) == 201
        assert await send(http, other, scene(2)[0], box(2)) == 201
        assert await send(http, other, scene(2)[0], box(3)) == 200
        bot.kill()
        bot.start()
        assert await send(http, url, scene(3)[0], box(4)) == 201
        told = await heard(
            group, shown, "from the page of v1, marked wrong by", button="▶ Check", seconds=WORK
        )
        assert "first on the next sheet" in told.text
        came = bot.value("SELECT count(*) FROM image WHERE rank > 1")
        assert came >= 2
        assert told.has_button("↩ Remove")
        await ann.tap(told, "▶ Check")
        sheet = await next_sheet(group, told)
        assert sheet_of(sheet)
        assert tiles_of(sheet) == came

        await ann.tap(shown, "✖ End")
        await heard(group, told, "1 link to v1 leads nowhere")
        gone = await http.get(url)
        assert (gone.status_code, "Ask whoever sent it" in gone.text) == (404, True)
        assert (await http.get(f"{url}feedback.json")).status_code == 404
        assert (await http.get(other)).status_code == 200
        await ask(ben, group, "/unshare 1", "Only admins may end links here")
        await ask(ann, group, "/unshare", "1 link to v1 leads nowhere")
        assert (await http.get(other)).status_code == 404
        assert (await http.get(f"{bot.web_url}/m/{TOKEN}/")).status_code == 200
    await ask(ann, group, "/unshare v1", "No link leads to v1")
    await ask(ann, group, "/unshare all of them", "Which version?")


async def without_address(sandbox: SandboxClient, bot: BotProcess) -> tuple[Member, Message]:
    """A member with a model in private, of a bot without an address; the project's message."""
    bot.settings["PUBLIC_URL"] = ""
    bot.start()
    ann = await sandbox.member("Ann")
    await ann.start()
    asked = await ask(ann, ann.private, "/new fruit apple, lemon", "apple and lemon")
    give_model(bot)
    return ann, asked


async def test_without_an_address_the_chat_says_what_works(
    sandbox: SandboxClient, bot: BotProcess
) -> None:
    """No link is made that would open on the bot's machine alone."""
    ann, _ = await without_address(sandbox, bot)
    words = ("no address on the web", "https://")
    answer = await ask(ann, ann.private, "/share", *words, button="📦 v1")
    assert f"/m/{TOKEN}/" in answer.text
    assert bot.value("SELECT count(*) FROM share") == 0


async def test_the_result_offers_a_link(sandbox: SandboxClient, bot: BotProcess, port: int) -> None:
    """📤 gives an admin what /share gives; others are told in a sentence who may."""
    bot.start()
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Fruit", ann, ben)
    asked = await ask(ann, group, "/new fruit apple, lemon", "apple and lemon")
    give_model(bot)
    tell_result(bot, page=f"http://{HOST}:{port}/cats/m/{TOKEN}/")
    told = await heard(group, asked, "v1 is trained", button=GIVE)
    assert "Only admins may share models here" in (await ben.tap(told, GIVE)).text
    assert bot.value("SELECT count(*) FROM share") == 0
    assert (await ann.tap(told, GIVE)).text == "📤"
    shown = await heard(group, told, "for everybody who has this link", button="✖ End")
    link = shown.button("🌐")
    assert link is not None
    async with httpx.AsyncClient(trust_env=False, timeout=SOON) as http:
        assert (await http.get(str(link.url))).content == FILES["index.html"]
        await ann.tap(shown, "✖ End")
        await heard(group, shown, "1 link to v1 leads nowhere")
        assert (await http.get(str(link.url))).status_code == 404


async def test_the_result_says_what_works_without_an_address(
    sandbox: SandboxClient, bot: BotProcess
) -> None:
    """The button is there as well, and its tap makes no link."""
    ann, asked = await without_address(sandbox, bot)
    tell_result(bot, local=f"{bot.web_url}/m/{TOKEN}/")
    told = await heard(ann.private, asked, "v1 is trained", button=GIVE)
    await ann.tap(told, GIVE)
    await heard(ann.private, told, "no address on the web", button="📦 v1")
    assert bot.value("SELECT count(*) FROM share") == 0
