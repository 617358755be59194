"""Buttons that are old, forged, another chat's, or tapped before anybody looked."""

from pathlib import Path

import pytest

from bot.sandbox.client import SandboxClient
from bot.sandbox.server import SandboxServer
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import WORK, heard, next_sheet, post, settle, sheet_of
from tests.acceptance.unchanged import facts, fruit
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def test_forged_and_foreign_buttons(
    sandbox: SandboxClient, bot: BotProcess, server: SandboxServer, tmp_path: Path
) -> None:
    """Data of no button, of an earlier release or of another chat is refused in a sentence."""
    ann, eve = await fruit(sandbox), await sandbox.member("Eve")
    sent = await ann.send_document(
        ann.private, labelled_zip(tmp_path / "fruit.zip", range(1, 4)), caption="trust=no"
    )
    receipt = await heard(ann.private, sent, "to check", button="▶", seconds=WORK)
    await ann.tap(receipt, "▶")
    sheet = sheet_of(await next_sheet(ann.private, receipt))
    source = bot.value("SELECT MAX(id) FROM source")
    project = bot.value("SELECT MAX(id) FROM project")
    job = bot.value("SELECT MAX(id) FROM job WHERE kind = 'collect'")
    await eve.start()
    forged = {
        "v1": "long ago",
        "v0:help": "long ago",
        "nonsense": "long ago",
        "v1:s": "long ago",
        "v1:s:abc:1": "long ago",
        f"v1:s:{sheet}": "",
        f"v1:s:{sheet}:1": "another chat",
        f"v1:s:{sheet}:ok": "another chat",
        "v1:s:999999:1": "closed",
        f"v1:s:{10**30}:1": "",
        f"v1:trust:{source}:yes": "another chat",
        f"v1:trust:{source}:perhaps": "another chat",
        f"v1:rm:{source}": "another chat",
        "v1:rm:999999": "gone",
        f"v1:shelf:{source}": "another chat",
        "v1:shelf:999999": "gone",
        "v1:shelfp:999999:dark:0": "gone",
        "v1:shelf1:999999:1": "gone",
        "v1:shelfa:nine:dark": "long ago",
        f"v1:p:{project}": "another chat",
        f"v1:x:{job}": "I know no job",
        "v1:x:-1": "I know no job",
        "v1:go:huge": "don't know this button",
        "v1:e:1": "no project",
        "v1:d:999999:ok:0": "settled already",
        "v1:label": "no project",
    }
    old = await post(server, eve.private, *forged)
    before = facts(bot)
    for data, words in forged.items():
        answer = await eve.tap(old, "", data=data)
        assert answer.answered, data
        assert answer.text, data
        assert words in answer.text, (data, answer)
        assert len(answer.text) < 150
    assert facts(bot) == before
    nothing = await post(server, ann.private, f"v1:shelf:{source}")
    assert (
        "Nothing of that source was left out"
        in (await ann.tap(nothing, "", data=nothing.buttons[0].data)).text
    )
    own = await post(
        server, ann.private, f"v1:s:{sheet}:99", f"v1:s:{sheet}:0", f"v1:s:{sheet}:fly"
    )
    for button in own.buttons:
        answer = await ann.tap(own, "", data=button.data)
        assert answer.text
        assert "wrong" not in answer.text
    assert facts(bot) == before


async def test_a_sheet_is_looked_at_before_it_is_confirmed(
    sandbox: SandboxClient, bot: BotProcess, server: SandboxServer, tmp_path: Path
) -> None:
    """A double tap on ✅ confirms one sheet; the sheet nobody saw yet stays open."""
    ann = await fruit(sandbox)
    chat = ann.private
    sent = await ann.send_document(
        chat, labelled_zip(tmp_path / "fruit.zip", range(1, 9)), caption="trust=no"
    )
    receipt = await heard(chat, sent, "to check", button="▶", seconds=WORK)
    await ann.tap(receipt, "▶")
    first = await next_sheet(chat, receipt)
    number = sheet_of(first)
    assert (await settle(ann, first)).text.startswith("✅")
    voted = bot.value("SELECT COUNT(*) FROM vote WHERE sheet_id = ?", number)
    second = await next_sheet(chat, receipt, number)
    early = await ann.tap(second, "✅")
    assert early.text.startswith("New sheet, look first")
    old = await post(server, chat, first.button("✅").data)
    assert "closed" in (await ann.tap(old, "", data=old.buttons[0].data)).text
    rows = bot.rows("SELECT state FROM sheet WHERE id = ?", sheet_of(second))
    assert rows == [{"state": "open"}]
    assert bot.value("SELECT COUNT(*) FROM vote WHERE sheet_id = ?", sheet_of(second)) == 0
    assert bot.value("SELECT COUNT(*) FROM vote WHERE sheet_id = ?", number) == voted
    assert (await settle(ann, second)).text.startswith("✅")
