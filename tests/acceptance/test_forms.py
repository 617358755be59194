"""Two models: one goes out in several forms, both are compared."""

import io
import zipfile
from pathlib import Path

import pytest

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import SOON, WORK, add_trusted, ask, heard, until
from tests.acceptance.unchanged import facts, fruit, one_sentence
from tests.support.bot import BotProcess
from tests.support.untrained import add_models, weights

pytestmark = pytest.mark.slow

IMGSZ = 64
UNDER_WAY = "SELECT COUNT(*) FROM job WHERE finished_at IS NULL"
REFUSED = (
    ("/export 9", "There is no v9"),
    ("/export 2 3", "one form"),
    ("/export 2 csv", "“csv”"),
    ("/export 2 onnx imgsz=100", "multiple of 32"),
    ("/export 2 pt fp16", "alone"),
    ("/compare 1 1", "Two different versions"),
    ("/compare 1 7", "There is no v7"),
    ("/compare one two", "/compare 2 3"),
    ("/compare 1 2 3", "/compare 2 3"),
)


async def refused(bot: BotProcess, ann: Member, *lines: tuple[str, str]) -> None:
    """Each is answered in one sentence, and nothing is begun."""
    for said, words in lines:
        before = facts(bot)
        one_sentence(await ask(ann, ann.private, said, words))
        assert facts(bot) == before


async def sent(chat: Chat, since: Message, name: str, seconds: float = SOON) -> Message:
    """The file with this name."""
    return await chat.wait(
        lambda m: m.from_bot and m.file_name == name, seconds, since=since, what=name
    )


async def test_a_model_in_other_forms_and_beside_another(
    sandbox: SandboxClient, fresh_bot: BotProcess, tmp_path: Path
) -> None:
    """Made once and kept; figures of both on the same pictures; what can't be is one sentence."""
    bot = fresh_bot
    bot.start()
    ann = await fruit(sandbox)
    chat = ann.private
    await refused(bot, ann, ("/compare", "no model yet"), ("/export onnx", "no model yet"))
    await add_trusted(ann, chat, labelled_zip(tmp_path / "a.zip", range(1, 25)))
    await ask(ann, chat, "/train", "24 pictures", button="⚡")
    # What is measured is told with the project's trainings, and those below are none.
    await until(lambda: bot.value(UNDER_WAY) == 0, WORK)
    bot.stop()
    best = weights(tmp_path / "best", 2)
    add_models(bot, best, b"a zip", 2, IMGSZ)
    bot.start()
    await until(lambda: bot.value(UNDER_WAY) == 0, WORK)
    await refused(bot, ann, *REFUSED)

    said = await ann.say(chat, "/export 2")
    file = await sent(chat, said, "fruit-v2-tfjs.zip")
    assert await sandbox.download(file.file_id) == b"a zip"
    menu = await heard(chat, said, "in which form", "onnx", button="📦 For the browser")
    await ann.tap(menu, "🔬 pt")
    file = await sent(chat, menu, "fruit-v2.pt")
    assert await sandbox.download(file.file_id) == best.read_bytes()

    pairs = await ask(ann, chat, "/compare", "which two", button="v1 ⚖ v2")
    await ann.tap(pairs, "v1 ⚖ v2")
    told = await heard(chat, pairs, "v2 finds ", "on the same ", "as good", seconds=WORK)
    assert "too few to be sure" in told.text
    assert "They err on the same ones." in told.text
    again = await ask(ann, chat, "/compare 2 1", "v2 finds ", "on the same ")
    assert again.text == told.text
    assert bot.value("SELECT COUNT(*) FROM job WHERE kind = 'compare'") == 1

    said = await ann.say(chat, "/export fp32 v2")
    file = await sent(chat, said, "fruit-v2-tfjs-fp32.zip", WORK)
    with zipfile.ZipFile(io.BytesIO(await sandbox.download(file.file_id))) as archive:
        assert {"index.html", "model.json"} <= set(archive.namelist())
    said = await ann.say(chat, f"/export 2 tfjs float32 imgsz={IMGSZ}")
    await sent(chat, said, "fruit-v2-tfjs-fp32.zip")
    assert bot.value("SELECT COUNT(*) FROM job WHERE kind = 'package'") == 1
    await ask(ann, chat, "/models", "v2: ", "📦 ", button="⚖ Compare")
