"""From the first hello to boxes in a browser, by three members over HTTP."""

import io
import json
import zipfile
from pathlib import Path

import httpx
import pytest
from PIL import Image

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.page import selftest, selftest_at, unzip
from tests.acceptance.play import SOON, WORK, ask, check_all, heard, sheet_of
from tests.support.bot import BotProcess
from tests.support.clips import zipped
from tests.support.scenes import scene
from tests.support.www import Www

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("quiet_log")]

IMGSZ = 64
PARTS = {"index.html", "detector.js", "metadata.json", "model.json", "README.md", "ATTRIBUTION.md"}


async def train(member: Member, chat: Chat) -> Message:
    """A short training from scratch; returns the result message, which comes last and notifies."""
    said = await member.say(chat, f"/train epochs=2 imgsz={IMGSZ}")
    done = await heard(chat, said, "unseen picture", "mAP50", button="🔁", seconds=WORK)
    assert not done.silent
    card = next(m for m in await chat.messages() if "v1 trained" in m.text)
    assert card.silent
    return done


async def check_delivery(
    sandbox: SandboxClient, chat: Chat, done: Message, classes: list[str]
) -> bytes:
    """Album before zip before result, each once; returns the zip."""
    messages = [m for m in await chat.messages() if m.from_bot]
    album = [m for m in messages if m.album]
    assert 2 <= len(album) <= 10
    assert len({m.album for m in album}) == 1
    caption = album[0].text
    assert "leak check: no group on both sides; 0 of " in caption
    assert "from nothing" in caption
    for label in classes:
        assert f"• {label}: mAP50" in caption
    for picture in album:
        Image.open(io.BytesIO(await sandbox.download(picture.file_id))).verify()
    archives = [m for m in messages if m.file_name.endswith("-tfjs.zip")]
    assert len(archives) == 1
    assert album[-1].id < archives[0].id < done.id
    assert len([m for m in messages if "unseen picture" in m.text]) == 1
    return await sandbox.download(archives[0].file_id)


def check_package(data: bytes, project: str, classes: list[str]) -> None:
    """The zip holds what its README.md promises, and its metadata tells where it came from."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        names = set(archive.namelist())
        metadata = json.loads(archive.read("metadata.json"))
        model = json.loads(archive.read("model.json"))
        expected = json.loads(archive.read("selftest/expected.json"))
    assert names >= PARTS
    shards = {path for group in model["weightsManifest"] for path in group["paths"]}
    assert shards
    assert shards <= names
    assert f"selftest/{expected['picture']}" in names
    assert metadata["project"] == project
    assert metadata["version"] == 1
    assert metadata["classes"] == classes
    assert metadata["imgsz"] == IMGSZ
    assert metadata["output"]["shape"][1] == 4 + len(classes)
    assert {"val", "test"} <= set(metadata["metrics"])
    assert len(metadata["dataset"]["digest"]) == 64
    assert metadata["dataset"]["leaks"] == 0
    assert metadata["dataset"]["near_copies"] == {"val": 0, "test": 0}
    assert metadata["training"]["arguments"]["seed"] == 0
    assert metadata["training"]["versions"]["taptrain"]
    assert all(source["title"] for source in metadata["attribution"])


def check_boxes(figures: dict) -> None:
    """The browser finds PyTorch's boxes on a picture that had to be shrunk and padded."""
    assert figures["runtime"] == "wasm"
    assert figures["compared"] >= 5
    assert figures["matched"] == figures["compared"]
    assert figures["minIou"] >= 0.95
    assert figures["maxScoreDifference"] <= 0.02
    assert figures["width"] != figures["height"]
    assert min(figures["width"], figures["height"]) > IMGSZ


async def check_page(data: bytes, folder: Path, chromium: str) -> None:
    """The unpacked page computes what PyTorch computed."""
    check_boxes(await selftest(unzip(data, folder), chromium))


async def check_afterwards(
    bot: BotProcess, chat: Chat, member: Member, done: Message, photo: bytes, chromium: str
) -> None:
    """A photo is tried, models are listed, a package comes again, the bot serves the page."""
    said = await member.send_photo(chat, photo, "/predict")
    answer = await chat.wait(
        lambda m: m.from_bot and m.kind == "photo" and m.reply_to == said.id,
        WORK,
        since=said,
        what="the photo with boxes",
    )
    assert "v1" in answer.text
    assert (await member.tap(answer, "✏️")).text.startswith("Thank you")
    # A photo the project has already, or one like it, needs no second copy.
    await chat.wait(
        lambda m: sheet_of(m) > 0 or "Circle" in m.text or "kept 0" in m.text,
        WORK,
        since=answer,
        what="the correction",
    )
    listed = await ask(member, chat, "/models", "v1: mAP50", button="📦 v1")
    assert "2 epochs" in listed.text
    said = await member.say(chat, "/export 1")
    again = await chat.wait(
        lambda m: m.from_bot and m.file_name.endswith("-v1-tfjs.zip"), SOON, since=said
    )
    assert again.id > done.id
    token = bot.value("SELECT page_token FROM model ORDER BY id DESC")
    address = f"{bot.web_url}/m/{token}/"
    async with httpx.AsyncClient() as client:
        assert (await client.get(f"{bot.web_url}/m/{token}")).status_code == 307
        page = await client.get(address)
        assert page.status_code == 200
        assert (await client.get(f"{bot.web_url}/m/{'a' * 22}/")).status_code == 404
    check_boxes(await selftest_at(address, chromium))


async def check_calls(sandbox: SandboxClient, chat: Chat) -> None:
    """The bot kept Telegram's pace by itself."""
    codes = [call["code"] for call in await sandbox.calls() if call["chat_id"] == chat.id]
    assert 429 not in codes


async def test_three_members_take_rendered_pictures_to_a_detector_in_the_browser(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path, chromium: str
) -> None:
    """Trusted and checked pictures become a model whose page finds PyTorch's boxes."""
    ann, ben, cem = [await sandbox.member(name) for name in ("Ann", "Ben", "Cem")]
    group = await sandbox.group("Fruit", ann, ben, cem)
    hello = await ask(ann, group, "/start", "find things in pictures", button="🆕")
    ready = await ask(ben, group, "/new fruit apple, lemon", "fruit", "apple and lemon")
    assert ready.id > hello.id

    sent = await ann.send_document(
        group, labelled_zip(tmp_path / "fruit.zip", range(1, 25)), reply_to=ready
    )
    question = await heard(group, sent, "24 pictures", "are these labels right", button="👍")
    assert (await ben.tap(question, "👍")).text == "👍"
    await heard(group, question, "I take these labels as they are")

    more = await cem.send_document(
        group,
        labelled_zip(tmp_path / "more.zip", range(40, 46)),
        caption="trust=no",
        reply_to=ready,
    )
    receipt = await heard(group, more, "to check", button="▶ Check")
    await cem.tap(receipt, "▶ Check")
    sheets = await check_all(group, [ann, ben, cem], receipt, wrong=lambda _: [1])
    boxes = bot.value(
        "SELECT COUNT(*) FROM box WHERE image_id IN (SELECT id FROM image WHERE name LIKE ?)",
        "images/scene4_.%",
    )
    wrong = bot.value("SELECT COUNT(*) FROM vote WHERE answer = 'wrong'")
    right = bot.value("SELECT COUNT(*) FROM vote WHERE answer = 'right'")
    assert sheets >= 3
    assert right + wrong == boxes

    stats = await ask(ann, group, "/stats", "ready to train", "30 pictures")
    assert "apple" in stats.text
    done = await train(ann, group)
    data = await check_delivery(sandbox, group, done, ["apple", "lemon"])
    check_package(data, "fruit", ["apple", "lemon"])
    await check_page(data, tmp_path / "page", chromium)
    await check_afterwards(bot, group, cem, done, scene(99)[0], chromium)
    await check_calls(sandbox, group)


def cells_zip(folder: Path, target: Path, names: list[str]) -> Path:
    """Some of BCCD's photos with their labels, as a zip."""
    files: dict[str, bytes | str] = {}
    for name in names:
        files[f"JPEGImages/{name}.jpg"] = (folder / "JPEGImages" / f"{name}.jpg").read_bytes()
        files[f"Annotations/{name}.xml"] = (folder / "Annotations" / f"{name}.xml").read_bytes()
    return zipped(target, files)


async def test_three_members_take_blood_cells_to_a_detector_in_the_browser(
    sandbox: SandboxClient,
    bot: BotProcess,
    www: Www,
    tmp_path: Path,
    chromium: str,
    shared_data: Path,
) -> None:
    """BCCD as a zip, a video by link and sheets become a model whose page finds the same boxes."""
    ann, ben, cem = [await sandbox.member(name) for name in ("Ann", "Ben", "Cem")]
    group = await sandbox.group("Cells", ann, ben, cem)
    await ask(ann, group, "/start", "find things in pictures", button="🆕")
    ready = await ask(ann, group, "/new cells: RBC, WBC, Platelets", "RBC, WBC and Platelets")
    cells = shared_data / "bccd"
    names = sorted(path.stem for path in (cells / "JPEGImages").glob("*.jpg"))

    archive = cells_zip(cells, tmp_path / "bccd.zip", names[4:])
    sent = await ann.send_document(group, archive, reply_to=ready)
    question = await heard(group, sent, "360 pictures → kept 360", button="👍", seconds=WORK)
    assert "label rows left out" in question.text
    assert (await ben.tap(question, "👍")).text == "👍"
    await heard(group, question, "I take these labels as they are")

    url = www.put("/bikes.mp4", (shared_data / "videos" / "bikes.mp4").read_bytes())
    said = await ben.say(group, f"/add {url} every=1s max=20")
    receipt = await heard(group, said, "bikes.mp4", "kept", button="✏️", seconds=WORK)
    assert "10 pictures" in receipt.text

    archive = cells_zip(cells, tmp_path / "more.zip", names[:4])
    sent = await cem.send_document(group, archive, caption="trust=no", reply_to=ready)
    receipt = await heard(group, sent, "4 pictures → kept 4", "to check", button="▶", seconds=WORK)
    await cem.tap(receipt, "▶")
    sheets = await check_all(group, [ann, ben, cem], receipt)
    assert sheets >= 5

    stats = await ask(cem, group, "/stats", "ready to train", "364 pictures with")
    assert "to draw on" in stats.text
    done = await train(ann, group)
    classes = ["RBC", "WBC", "Platelets"]
    data = await check_delivery(sandbox, group, done, classes)
    check_package(data, "cells", classes)
    await check_page(data, tmp_path / "page", chromium)
    photo = (cells / "JPEGImages" / f"{names[9]}.jpg").read_bytes()
    await check_afterwards(bot, group, cem, done, photo, chromium)
    await check_calls(sandbox, group)
