"""Trainings set beforehand, by tapping and by words."""

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import SandboxServer
from tests.acceptance.play import ask, heard, post
from tests.acceptance.unchanged import facts, fruit, one_sentence
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")

SET = "SELECT trigger, missed FROM schedule WHERE active ORDER BY id"


async def test_a_schedule_by_tapping(sandbox: SandboxClient, bot: BotProcess) -> None:
    """One message shows what is set, when it is due by the chat's clock, and changes in place."""
    ann = await fruit(sandbox)
    chat = ann.private
    menu = await ask(
        ann, chat, "/schedule", "nothing trains by the clock yet", button="🌙 02:00 quick"
    )
    assert (await ann.tap(menu, "🌙 02:00 quick")).text == "Set"
    menu = await heard(chat, menu, "every night at 02:00: quick", "(UTC)", button="Missed: once")
    await ann.tap(menu, "Missed: once")
    menu = await heard(chat, menu, "when I am off is left out", button="🕰 Clock: UTC")
    await ann.tap(menu, "🕰 Clock: UTC")
    clocks = await heard(chat, menu, "whose clock?", button="Ho Chi Minh")
    await ann.tap(clocks, "Ho Chi Minh")
    await heard(chat, clocks, "nights by the clock of: Asia/Ho_Chi_Minh")
    menu = await ask(ann, chat, "/schedule", "02:00 (Asia/Ho_Chi_Minh)", button="🔢 Every 100")
    await ann.tap(menu, "🔢 Every 100")
    menu = await heard(chat, menu, "every 100 labels: quick", "0 of 100", button="✖ 🔢")
    mine = [dict(row) for row in bot.rows(SET)]
    assert mine == [
        {"trigger": "nightly", "missed": "skip"},
        {"trigger": "labels", "missed": "once"},
    ]
    assert (await ann.tap(menu, "✖ 🔢")).text == "Off"
    await heard(chat, menu, "every night", button="🔢 Every 100")
    await ask(ann, chat, "/schedule off", "the schedule is off")
    assert bot.rows(SET) == []


async def test_a_schedule_in_words(
    sandbox: SandboxClient, bot: BotProcess, server: SandboxServer
) -> None:
    """Words do the same; what makes no sense, or is another chat's, is refused in a sentence."""
    ann = await fruit(sandbox)
    chat = ann.private
    await ask(
        ann, chat, "/schedule nightly 3:30 balanced epochs=60", "at 03:30: balanced (60 epochs"
    )
    for words, answer in (
        ("sometimes", "don't understand when"),
        ("nightly 25:00", "no time of the day"),
        ("when source 999999 has new videos", "There is no source 999999"),
        ("every 100 labels purple", "purple"),
    ):
        one_sentence(await ask(ann, chat, f"/schedule {words}", answer))
    assert len(bot.rows(SET)) == 1
    number = bot.value("SELECT id FROM schedule WHERE active")
    eve = await sandbox.member("Eve")
    await eve.start()
    await ask(eve, eve.private, "/new fruit apple", "ready")
    forged = {
        f"v1:sched:off:{number}": "off already",
        "v1:sched:nightly:9900:quick": "no time of the day",
        "v1:sched:nightly:0200:purple": "don't know this button",
        "v1:sched:labels:1:quick": "How many labels?",
        "v1:sched:source:1:quick": "no source",
        "v1:sched": "long ago",
        "v1:use:1": "There is no model yet",
    }
    old = await post(server, eve.private, *forged)
    before = facts(bot)
    for data, words in forged.items():
        answer = await eve.tap(old, "", data=data)
        assert words.lower() in answer.text.lower(), (data, answer)
    assert facts(bot) == before
    assert len(bot.rows(SET)) == 1
