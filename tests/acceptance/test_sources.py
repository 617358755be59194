"""`/sources`: a page for each, paused and back, fetched again."""

from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, ask, eventually, heard
from tests.acceptance.unchanged import fruit
from tests.support.bot import BotProcess
from tests.support.www import Www

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_a_source_is_paused_and_fetched_again(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """Its page shows whose it is; paused it is left out; fetched again only news comes in."""
    ann = await fruit(sandbox)
    chat = ann.private
    link = www.put("/set.zip", labelled_zip(tmp_path / "a.zip", range(1, 4)).read_bytes())
    sent = await ann.say(chat, f"/add {link} trust=yes")
    await heard(chat, sent, "kept 3", seconds=WORK)
    source = bot.value("SELECT MAX(id) FROM source")
    opens = f"{source}. set.zip"
    listed = await ask(ann, chat, "/sources", "set.zip – 3 pictures", button=opens)
    await ann.tap(listed, opens)
    page = await heard(chat, sent, "licence: not known", link, button="⏸ Pause")
    assert page.id == listed.id

    assert (await ann.tap(page, "⏸")).text.startswith("⏸ Paused")
    page = await heard(chat, sent, "left out of questions", button="▶ Resume")
    await ask(ann, chat, "/train", "Nothing is labelled yet")
    assert not page.has_button("🔄")
    await ann.tap(page, "▶ Resume")
    page = await heard(chat, sent, "licence: not known", button="🔄 Refresh")

    assert (await ann.tap(page, "🌙")).text.startswith("🌙 Every night")
    page = await heard(chat, sent, "next: 🌙", button="🌙 Every night: on")
    assert bot.value("SELECT nightly_at FROM source WHERE id = ?", source)

    await ann.tap(page, "🔄")
    await heard(chat, page, "nothing new", seconds=WORK)
    www.put("/set.zip", labelled_zip(tmp_path / "b.zip", range(1, 6)).read_bytes())
    await ann.tap(page, "🔄")
    await heard(chat, page, "5 pictures → kept 2 (3 the same)", seconds=WORK)
    assert bot.value("SELECT COUNT(*) FROM image WHERE source_id = ?", source) == 5
    assert bot.value("SELECT state FROM source WHERE id = ?", source) == "ready"

    del www.answers["/set.zip"]
    await ann.tap(page, "🔄")
    await heard(chat, page, "stays as it is", seconds=WORK)
    assert bot.value("SELECT state FROM source WHERE id = ?", source) == "ready"
    await ann.tap(page, "↩ Remove")
    await heard(chat, page, "is out, with 5 pictures", button="↩ Put back")


async def test_a_night_fetches_by_itself(
    sandbox: SandboxClient, bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """What came due while the bot was off is fetched once when it is back."""
    ann = await fruit(sandbox)
    chat = ann.private
    link = www.put("/night.zip", labelled_zip(tmp_path / "a.zip", range(1, 4)).read_bytes())
    sent = await ann.say(chat, f"/add {link} trust=yes")
    await heard(chat, sent, "kept 3", seconds=WORK)
    source = bot.value("SELECT MAX(id) FROM source")
    www.put("/night.zip", labelled_zip(tmp_path / "b.zip", range(1, 5)).read_bytes())
    bot.stop()
    bot.change("UPDATE source SET nightly_at = '2020-01-01 03:00:00' WHERE id = ?", source)
    bot.start()

    async def came() -> bool:
        return bot.value("SELECT COUNT(*) FROM image WHERE source_id = ?", source) == 4

    await eventually(came, seconds=WORK)
    await heard(chat, sent, "4 pictures → kept 1", seconds=WORK)
    nights = bot.rows("SELECT request FROM job WHERE request LIKE '%night%'")
    assert len(nights) == 1
