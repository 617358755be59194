"""Members choose where they hear of a training: /notices, /watch, /logs and the curve."""

import io
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, ask, heard
from tests.support.bot import TOKEN, BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_a_menu_of_ones_own(sandbox: SandboxClient, bot: BotProcess) -> None:
    """Each member taps or writes their own choice; another's menu is not theirs."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Fruit", ann, ben)
    await ask(ann, group, "/new fruit apple", "ready")
    await ask(ann, group, "/settings zone=Europe/Berlin", "Europe/Berlin")
    menu = await ask(ann, group, "/notices", "Ann", "no quiet hours", button="● 📣 here")
    assert "somebody else's" in (await ben.tap(menu, "✉️")).text
    assert (await ann.tap(menu, "✉️ in private")).text == "Kept"
    closed = await heard(group, menu, "press Start", button="● ✉️ in private")
    assert closed.id == menu.id
    await ann.tap(menu, "🌙 23-8")
    await heard(group, closed, "23:00–8:00", "Europe/Berlin", button="🔔 No quiet hours")
    await ask(ben, group, "/notices quiet 22:30-6 Asia/Kolkata", "22:30–6:00", "Asia/Kolkata")
    await ask(ben, group, "/notices loudly", "/notices quiet 23-7")
    kept = bot.rows("SELECT place, quiet_from, zone FROM notices ORDER BY quiet_from")
    assert [tuple(row.values()) for row in kept] == [
        ("here", 1350, "Asia/Kolkata"),
        ("private", 1380, "Europe/Berlin"),
    ]


@pytest.mark.slow
async def test_a_training_is_heard_of_where_people_want(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Ann has the album in private, Ben watches, the group reads a line; Eve knows no such job."""
    ann, ben, eve = [await sandbox.member(name) for name in ("Ann", "Ben", "Eve")]
    group = await sandbox.group("Fruit", ann, ben)
    for member in (ann, eve):
        await member.start()
    ready = await ask(ann, group, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(tmp_path / "fruit.zip", range(1, 17))
    sent = await ann.send_document(group, archive, caption="trust=yes", reply_to=ready)
    await heard(group, sent, "kept 16", seconds=WORK)
    await ask(ann, group, "/notices private", "● ✉️ in private")
    card = await ask(ann, group, "/train epochs=2 imgsz=64", "training", button="✖ Stop")
    job = bot.value("SELECT MAX(id) FROM job WHERE kind = 'train'")
    await ask(ben, group, f"/watch {job}", "Ben, open my private chat and press Start")
    await ben.start()
    await ask(ben, group, f"/watch {job}", "Ben, I tell you in private")
    for words in (f"/watch {job}", f"/logs {job}", f"/cancel {job}"):
        await ask(eve, eve.private, words, f"I know no job {job}")

    moved = await heard(group, card, "training", button="🔔 Tell me", seconds=WORK)
    assert moved.id == card.id
    told = await heard(ben.private, 0, "v1 is trained", button="📈", seconds=WORK)
    assert not told.silent
    line = await heard(group, card, "v1 is trained", "Ann has the rest in private")
    assert line.silent
    await heard(ann.private, 0, "v1", "leak check")
    assert len([m for m in await ann.private.messages() if m.album]) >= 2
    assert not [m for m in await group.messages() if m.album]

    assert (await ben.tap(told, "📈 Curve")).text == "Drawing…"
    curve = await ben.private.wait(lambda m: m.kind == "photo", WORK, since=told, what="the curve")
    assert "epoch 2 of 2" in curve.text
    picture = Image.open(io.BytesIO(await sandbox.download(curve.file_id)))
    assert picture.width == picture.height
    log = await ask(ben, group, f"/logs {job}", f"job {job}", "lines", seconds=WORK)
    assert log.file_name == f"job-{job}-log.txt"
    text = (await sandbox.download(log.file_id)).decode()
    assert "Epoch" in text
    assert str(bot.home) not in text
    assert TOKEN.partition(":")[2] not in text
    await ask(ben, group, "/unwatch", "Ben", "no more news of")
