"""The editor from the chat: the bot offers it, Telegram opens it, what is done there counts."""

import socket
import uuid
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from playwright.async_api import async_playwright, expect

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from bot.sandbox.server import HOST, SandboxServer
from bot.sandbox.webapp import sign
from bot.sandbox.world import World
from tests.acceptance.conftest import keeps_its_secret
from tests.acceptance.play import ask, heard
from tests.support.bot import TOKEN, BotProcess
from tests.support.chromium import NO_GPU
from tests.support.scenes import scene

pytestmark = pytest.mark.usefixtures("bot", "quiet_log")

# On a busy machine a page takes its time.
expect.set_options(timeout=60_000)

PLACE = [0.2, 0.3, 0.6, 0.8]


@pytest.fixture(scope="module")
def port() -> int:
    """A free port for the bot's pages."""
    with socket.socket() as place:
        place.bind((HOST, 0))
        return int(place.getsockname()[1])


@pytest.fixture(scope="module")
def server(port: int) -> Iterator[SandboxServer]:
    """A sandbox in which the bot's link t.me/BOT/APP leads to the editor."""
    with SandboxServer(world=World(app_url=f"http://{HOST}:{port}/e/")) as server:
        yield server


@pytest.fixture(scope="module")
def bot(
    server: SandboxServer, port: int, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[BotProcess]:
    """A bot whose pages have an address."""
    process = BotProcess(
        tmp_path_factory.mktemp("bot"),
        server.address,
        PORT=str(port),
        PUBLIC_URL=f"http://{HOST}:{port}",
        APP_NAME="editor",
    )
    process.start()
    yield process
    process.close()
    keeps_its_secret(process)


@dataclass
class Opened:
    """The editor as a member's Telegram opened it."""

    http: httpx.AsyncClient
    token: str
    init_data: str

    async def get(self, path: str = "", **headers: str) -> httpx.Response:
        """Ask for something of the task."""
        return await self.http.get(self._path(path), headers=self._who | headers)

    async def post(self, path: str, body: Any) -> httpx.Response:
        """Change something of the task."""
        return await self.http.post(self._path(path), json=body, headers=self._who)

    async def edit(self, kind: str, **what: Any) -> httpx.Response:
        """Send one edit."""
        return await self.post("/ops", {"edits": [{"id": str(uuid.uuid4()), "kind": kind, **what}]})

    @property
    def _who(self) -> dict[str, str]:
        return {"Authorization": f"tma {self.init_data}"}

    def _path(self, path: str) -> str:
        return f"/e/api/task/{self.token}{path}"


@pytest.fixture
async def http(bot: BotProcess) -> AsyncIterator[httpx.AsyncClient]:
    """Talks to the bot's pages."""
    async with httpx.AsyncClient(base_url=bot.web_url, trust_env=False) as client:
        yield client


def opened(http: httpx.AsyncClient, url: str) -> Opened:
    """What the page takes from its address."""
    parts = urlsplit(url)
    [data] = parse_qs(parts.fragment)["tgWebAppData"]
    query = parse_qs(parts.query)
    [token] = query.get("task") or parse_qs(data)["start_param"]
    return Opened(http, token, data)


async def follow(
    sandbox: SandboxClient, http: httpx.AsyncClient, member: Member, request: Message, group: Chat
) -> Opened:
    """Tap the group's link to the editor."""
    button = request.button("🖐")
    assert button is not None
    assert button.url is not None
    assert button.url.startswith("https://t.me/taptrain_bot/editor?startapp=")
    body = {
        "member": member.id,
        "chat": group.id,
        "start_param": button.url.partition("startapp=")[2],
    }
    return opened(http, (await sandbox.post("webapp", body))["url"])


async def requested(member: Member, chat: Chat, *, name: str = "cat", pictures: int = 1) -> Message:
    """A new project with pictures, and the bot's request to draw on one of them."""
    await ask(member, chat, f"/new {name} {name}", "ready")
    for seed in range(pictures):
        sent = await member.send_photo(chat, scene(seed)[0], caption="/add")
        await heard(chat, sent, "kept 1")
    # Nothing can guess here: hands are asked for.
    await member.tap(await heard(chat, 0, "circle", button="✏️"), "✏️")
    return await heard(chat, 0, "circle", button="🚫")


async def test_a_button_in_private_opens_the_picture(
    bot: BotProcess, sandbox: SandboxClient, http: httpx.AsyncClient
) -> None:
    """What is drawn there is a label, and the request in the chat says so."""
    ann = await sandbox.member("Ann")
    await ann.start()
    request = await requested(ann, ann.private)
    button = request.button("🖐")
    assert button is not None
    assert button.web_app is not None
    body = {"member": ann.id, "url": button.web_app}
    task = opened(http, (await sandbox.post("webapp", body))["url"])
    shown = (await task.get()).json()
    assert (shown["project"], shown["boxes"], shown["may_edit"]) == ("cat", [], True)
    image = await task.get("/image")
    assert image.headers["content-type"] == "image/jpeg"
    assert (await task.edit("add", label="cat", place=PLACE)).status_code == 200
    answer = (await task.edit("done")).json()
    assert (answer["scene"]["done"], answer["refused"]) == (True, [])
    told = await heard(ann.private, request, "Ann did this one in the editor", "1 box")
    assert told.id == request.id
    assert bot.value("SELECT verdict FROM box ORDER BY id DESC") == "right"
    assert (await task.post("/next", {})).json() == {"token": None}


async def test_a_groups_link_lets_its_members_in(
    bot: BotProcess, sandbox: SandboxClient, http: httpx.AsyncClient
) -> None:
    """Two members work on one picture and see each other; a stranger sees nothing."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    eve = await sandbox.member("Eve")
    group = await sandbox.group("Cats", ann, ben)
    request = await requested(ann, group, pictures=2)
    of_ann = await follow(sandbox, http, ann, request, group)
    of_ben = await follow(sandbox, http, ben, request, group)
    assert (await of_ann.get("?here=1")).json()["people"] == []
    assert (await of_ben.get("?here=1")).json()["people"] == ["Ann"]
    await of_ann.edit("add", label="cat", place=PLACE)
    [box] = (await of_ben.get()).json()["boxes"]
    assert (box["place"], box["mine"]) == (PLACE, False)
    # The next picture is a task of one's own: nobody else may take it.
    own = (await of_ann.post("/next", {})).json()["token"]
    theirs = await Opened(http, own, of_ben.init_data).get()
    assert (theirs.status_code, theirs.json()["error"]) == (
        403,
        "This picture belongs to another chat.",
    )
    votes = bot.value("SELECT count(*) FROM vote")
    of_eve = await follow(sandbox, http, eve, request, group)
    for answer in (
        await of_eve.get(),
        await of_eve.get("/image"),
        await of_eve.edit("delete", box=box["id"]),
        await of_eve.post("/next", {}),
    ):
        assert answer.status_code == 403
        assert answer.json()["error"].startswith("Only members of the group label here")
    assert bot.value("SELECT count(*) FROM vote") == votes


async def test_bad_openings_change_nothing(
    bot: BotProcess, sandbox: SandboxClient, http: httpx.AsyncClient
) -> None:
    """Forged or old init data, another chat's name, senseless edits: one sentence each."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    await ann.start()
    await ben.start()
    request = await requested(ann, ann.private)
    button = request.button("🖐")
    assert button is not None
    good = opened(
        http, (await sandbox.post("webapp", {"member": ann.id, "url": button.web_app}))["url"]
    )
    fields = {key: value[0] for key, value in parse_qs(good.init_data).items()}
    fields.pop("hash")
    old = fields | {"auth_date": str(int(fields["auth_date"]) - 86_500)}
    stale = httpx.QueryParams(old | {"hash": sign(TOKEN, old)})
    edit = {"edits": [{"id": str(uuid.uuid4()), "kind": "add", "label": "cat", "place": PLACE}]}
    for data, status, words in (
        ("nobody", 401, "I can't tell who you are"),
        (good.init_data.replace("Ann", "Eve"), 401, "I can't tell who you are"),
        (str(stale), 401, "opened long ago"),
    ):
        answer = await Opened(http, good.token, data).post("/ops", edit)
        assert (answer.status_code, words in answer.json()["error"]) == (status, True)
    of_ben = opened(
        http, (await sandbox.post("webapp", {"member": ben.id, "url": button.web_app}))["url"]
    )
    for task, status, words in (
        (of_ben, 403, "belongs to another chat"),
        (Opened(http, "a" * 24, good.init_data), 404, "good no longer"),
    ):
        answer = await task.post("/ops", edit)
        assert answer.status_code == status
        assert words in answer.text
    for body in (
        [],
        {"edits": 7},
        {"edits": [{"kind": "boom"}]},
        {"edits": [edit["edits"][0]] * 501},
        {"edits": "x" * 300_000},
    ):
        answer = await good.post("/ops", body)
        assert (answer.status_code, "can't make sense" in answer.json()["error"]) == (400, True)
    assert bot.value("SELECT count(*) FROM box WHERE project_id = ?", _project(bot)) == 0


def _project(bot: BotProcess) -> int:
    return int(bot.value("SELECT max(id) FROM project"))


async def test_a_viewer_looks_and_changes_nothing(
    bot: BotProcess, sandbox: SandboxClient, http: httpx.AsyncClient
) -> None:
    """Who was made a viewer sees the picture; their edits are refused in one sentence."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben", "ben_b")
    group = await sandbox.group("Cats", ann, ben)
    request = await requested(ann, group)
    await ben.say(group, "hello")
    said = await ben.say(group, "/help")
    await heard(group, said, "/label")
    made = await ann.say(group, "/settings role=viewer", reply_to=said)
    await heard(group, made, "viewer")
    task = await follow(sandbox, http, ben, request, group)
    assert (await task.get()).json()["may_edit"] is False
    answer = await task.edit("add", label="cat", place=PLACE)
    assert answer.status_code == 403
    assert answer.json()["error"] == "You may look here, but not change anything."
    assert bot.value("SELECT count(*) FROM box WHERE project_id = ?", _project(bot)) == 0


async def test_the_whole_way_in_a_browser(
    bot: BotProcess, sandbox: SandboxClient, chromium: str
) -> None:
    """In the web chat a member taps the group's link, drags a box, is done, and reads it there."""
    zoe = await sandbox.member("Zoe")
    group = await sandbox.group("Zoo", zoe)
    await requested(zoe, group)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium, args=NO_GPU)
        page = await browser.new_page(viewport={"width": 1280, "height": 860})
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        await page.route("https://telegram.org/**", lambda route: route.abort())
        await page.goto(sandbox.address)
        await page.get_by_role("button", name="Zoe").click()
        await page.locator(".chat-row", has_text="Zoo").click()
        await page.get_by_role("button", name="🖐 Editor").click()
        frame = page.frame_locator("iframe")
        await expect(frame.locator("#project")).to_have_text("cat")
        await frame.locator("[data-tool=box]").click()
        stage = await frame.locator("#stage").bounding_box()
        assert stage is not None
        middle = (stage["x"] + stage["width"] / 2, stage["y"] + stage["height"] / 2)
        await page.mouse.move(middle[0] - 60, middle[1] - 60)
        await page.mouse.down()
        await page.mouse.move(middle[0] + 50, middle[1] + 40, steps=4)
        await page.mouse.up()
        await expect(frame.locator("#done-words")).to_have_text("Done · 1 box")
        await frame.locator("#done").click()
        await expect(frame.locator("#notice-words")).to_contain_text("Every picture is done")
        await frame.locator("#notice-button").click()
        await expect(page.locator("iframe")).to_have_count(0)
        await expect(page.locator("#log")).to_contain_text("Zoe did this one in the editor: 1 box")
        await browser.close()
    assert errors == []
