"""A set whose class names are others than the project's, in one chat."""

from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, ask, heard
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_names_are_told_one_after_another(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """A set that shares no name asks what its names mean, then whether its labels are right."""
    ann = await sandbox.member("Ann")
    chat = ann.private
    await ask(ann, chat, "/new things thing, sign", "things")
    sent = await ann.send_document(chat, labelled_zip(tmp_path / "fruit.zip", range(1, 4)))
    question = await heard(chat, sent, "→ ?", "to go", button="➕ New class", seconds=WORK)
    card = await heard(chat, sent, "I ask below what they are")
    assert not card.has_button("👍")

    async def taps(button: str, *words: str) -> None:
        answer = await ann.tap(question, button)
        assert answer.answered, answer
        assert not answer.show_alert, answer
        await heard(chat, sent, *words)

    await taps("thing", "→ thing", "→ ?")
    await taps("↩ Back", "to go")
    listed = await ask(ann, chat, "/sources", "sources", button="1. fruit.zip")
    await ann.tap(listed, "1. fruit.zip")
    answer = await ann.tap(await heard(chat, listed, "kind:", button="👍"), "👍")
    assert answer.text == "First say what its class names mean."
    question = await heard(chat, listed, "→ ?", "to go")
    await taps("thing", "→ thing", "→ ?")
    await taps("⏭ Skip", "→ left out", "Are these labels right?")
    (asked,) = [m for m in await chat.messages() if "Are these labels right?" in m.text]
    assert asked.id == question.id
    await ann.tap(asked, "👍")
    await heard(chat, sent, "I take these labels as they are")
    kept = "SELECT COUNT(*) FROM box WHERE label = 'thing' AND verdict = 'right'"
    named = "SELECT MAX(n) FROM (SELECT COUNT(*) n FROM box WHERE label <> 'thing' GROUP BY label)"
    assert bot.value(kept) == bot.value(named)
