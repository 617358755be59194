"""Albums, big files, addressed commands, refusals of Telegram, and a group that grows."""

from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip, marble_clip
from tests.acceptance.play import (
    WORK,
    ask,
    eventually,
    heard,
    next_sheet,
    settle,
    sheet_of,
    until,
)
from tests.support.bot import BotProcess
from tests.support.clips import photo
from tests.support.www import Www

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_an_album_in_private_gives_one_receipt(
    sandbox: SandboxClient, bot: BotProcess
) -> None:
    """Five photos sent at once are one source and one message, not five."""
    ann = await sandbox.member("Ann")
    await ann.start()
    chat = ann.private
    await ask(ann, chat, "/new marble", "ready")
    sent = await ann.send_album(chat, [photo(seed, size=(320, 240)) for seed in range(5)])
    receipt = await heard(chat, sent[-1], "5 pictures → kept 5", button="✏️", seconds=WORK)
    assert "5 files" in receipt.text

    async def alone() -> bool:
        told = [m.id for m in await chat.messages(sent[-1]) if m.from_bot]
        return told == [receipt.id]

    # The bar that the receipt took the place of goes a moment later.
    await eventually(alone)
    project = bot.value("SELECT MAX(id) FROM project")
    assert bot.value("SELECT COUNT(*) FROM source WHERE project_id = ?", project) == 1


async def test_the_new_button_asks_and_a_reply_answers(sandbox: SandboxClient) -> None:
    """In a group 🆕 asks by a forced reply, and the answer makes the project."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Pets", ann, ben)
    hello = await ask(ann, group, "/start@taptrain_bot", "find things", button="🆕")
    await ann.tap(hello, "🆕")
    question = await heard(group, hello, "What should I find?")
    assert question.force_reply
    made = await ask(ben, group, "pets: cat, dog", "pets", "cat and dog", reply_to=question)
    assert made.has_button("➕")


async def test_a_bot_that_is_added_says_hello_once(sandbox: SandboxClient) -> None:
    """Telegram tells of a new group twice, by its members and by /start; one hello is enough."""
    ann = await sandbox.member("Ann")
    group = await sandbox.group("Pets", ann, bot_in=False)
    await ann.start_group(group, "hello")
    await heard(group, 0, "find things", button="🆕")
    await ask(ann, group, "/help@taptrain_bot", "Say what to find")
    hellos = [m for m in await group.messages() if "find things" in m.text]
    assert len(hellos) == 1


async def test_photos_that_reply_to_the_bot_in_a_group(
    sandbox: SandboxClient, bot: BotProcess
) -> None:
    """A photo in reply to the bot is added; other photos and words of a group are none of its."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Pets", ann, ben)
    ready = await ask(ann, group, "/new@taptrain_bot marble", "ready")
    await ben.send_photo(group, photo(71, size=(320, 240)))
    await ben.say(group, "what a day")
    sent = await ben.send_photo(group, photo(72, size=(320, 240)), reply_to=ready)
    receipt = await heard(group, sent, "1 picture → kept 1", seconds=WORK)
    assert "photo-" in receipt.text
    await ann.say(group, "/stats@another_bot")
    await ask(ann, group, "/stats@taptrain_bot", "1 picture,")
    answers = [m for m in await group.messages(receipt) if m.from_bot]
    assert len([m for m in answers if "ready to train" in m.text]) == 1


async def test_a_file_over_telegrams_limit(sandbox: SandboxClient, bot: BotProcess) -> None:
    """What a bot may not fetch is told with the way around it; a photo beside it is kept."""
    ann = await sandbox.member("Ann")
    await ann.start()
    chat = ann.private
    await ask(ann, chat, "/new marble", "ready")
    sent = await ann.send_document(chat, bytes(25 << 20), "film.mp4")
    told = await heard(chat, sent, "film.mp4 is over 20 MB", "send the link", seconds=WORK)
    assert len(told.text) < 250
    assert (
        bot.value("SELECT COUNT(*) FROM source WHERE project_id = (SELECT MAX(id) FROM project)")
        == 0
    )
    sent = await ann.send_photo(chat, photo(5, size=(320, 240)))
    await heard(chat, sent, "kept 1", seconds=WORK)


async def test_a_refusal_for_haste_is_waited_out(sandbox: SandboxClient, bot: BotProcess) -> None:
    """A 429 or a broken connection when the receipt is due delays it; it still comes once."""
    ann = await sandbox.member("Ann")
    await ann.start()
    chat = ann.private
    await ask(ann, chat, "/new marble", "ready")
    await sandbox.fault("429", "sendPhoto", chat=chat, seconds=2)
    await sandbox.fault("502", "sendPhoto", chat=chat)
    await sandbox.fault("drop", "sendPhoto", chat=chat)
    sent = await ann.send_photo(chat, photo(8, size=(320, 240)))
    await heard(chat, sent, "kept 1", seconds=WORK)
    await ask(ann, chat, "/stats", "1 picture,")
    told = [m for m in await chat.messages() if m.from_bot and "kept 1" in m.text]
    assert len(told) == 1
    calls = [call for call in await sandbox.calls("sendPhoto") if call["chat_id"] == chat.id]
    assert len(calls) == 4


async def test_an_answer_that_is_lost_may_come_twice(sandbox: SandboxClient) -> None:
    """A message that Telegram took, but whose yes got lost, is sent again: never lost."""
    ann = await sandbox.member("Ann")
    await ann.start()
    chat = ann.private
    await ask(ann, chat, "/new marble", "ready")
    await sandbox.fault("lost", "sendMessage", chat=chat)
    said = await ann.say(chat, "/stats")
    await heard(chat, said, "0 pictures,")
    await ask(ann, chat, "/projects", "Which project?")
    told = [m for m in await chat.messages(said) if "0 pictures," in m.text]
    assert 1 <= len(told) <= 2


async def test_a_group_that_becomes_a_supergroup_keeps_everything(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """Project, sheets and the card of a running job go on under the new chat id."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Fruit", ann, ben, kind="group")
    ready = await ask(ann, group, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(tmp_path / "fruit.zip", range(1, 6))
    sent = await ann.send_document(group, archive, caption="trust=no", reply_to=ready)
    receipt = await heard(group, sent, "to check", button="▶", seconds=WORK)
    await ann.tap(receipt, "▶")
    sheet = await next_sheet(group, receipt)
    assert (await ann.tap(sheet, "1")).text == "1: wrong"
    video = marble_clip(tmp_path / "marbles.mp4", 4).read_bytes()
    url = www.put("/marbles.mp4", video, type="video/mp4", hold=True)
    await ask(ben, group, f"/add {url} every=0.5s", "marbles.mp4", button="✖")
    await until(lambda: "/marbles.mp4" in www.asked)
    grown = await sandbox.migrate(group)
    await eventually(lambda: _moved(bot, group.id, grown.id))
    www.release.set()
    await heard(grown, 0, "marbles.mp4", "kept 4", seconds=WORK)
    stats = await ask(ben, grown, "/stats", "fruit", "9 pictures")
    assert "apple" in stats.text
    said = await ben.say(grown, "/label")
    fresh = await next_sheet(grown, said)
    assert fresh.has_button("1 ❌") == (sheet_of(fresh) == sheet_of(sheet))
    assert (await settle(ben, fresh)).text.startswith("✅")
    votes = bot.rows("SELECT answer FROM vote WHERE sheet_id = ?", sheet_of(sheet))
    assert votes[0] == {"answer": "wrong"}
    assert bot.value("SELECT COUNT(*) FROM project WHERE chat_id = ?", group.id) == 0


async def _moved(bot: BotProcess, old: int, new: int) -> bool:
    tables = ("project", "sheet", "job", "message")
    left = [bot.value(f"SELECT COUNT(*) FROM {table} WHERE chat_id = ?", old) for table in tables]
    return not any(left) and bot.value("SELECT COUNT(*) FROM project WHERE chat_id = ?", new) == 1
