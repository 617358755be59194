"""`/why`: every decision can be explained, and an admin can take it back."""

from pathlib import Path

import pytest

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import SOON, WORK, ask, heard, next_sheet, settle, sheet_of
from tests.acceptance.unchanged import one_sentence
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def sheet_in_group(
    sandbox: SandboxClient, folder: Path
) -> tuple[Member, Member, Chat, Message]:
    """Two members who share a sheet of eight or nine boxes."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Fruit", ann, ben)
    ready = await ask(ann, group, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(folder / "fruit.zip", range(1, 7))
    sent = await ann.send_document(group, archive, caption="trust=no", reply_to=ready)
    receipt = await heard(group, sent, "to check", button="▶", seconds=WORK)
    await ann.tap(receipt, "▶")
    return ann, ben, group, await next_sheet(group, receipt)


async def test_a_sheet_is_explained_and_undone(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Each tile says who is for and against; an admin opens one again, and puts it back."""
    ann, ben, group, sheet = await sheet_in_group(sandbox, tmp_path)
    number = sheet_of(sheet)
    await ben.tap(sheet, "2")
    told = await ask(ben, group, "/why", "1. ▫️ not settled yet", reply_to=sheet)
    # A mark decides where one vote is enough; on a shared sheet everybody sees it anyway.
    assert told.text.count("not settled yet") == 8
    await group.wait(lambda m: m.id == sheet.id and m.has_button("2 ❌"), SOON, what="the mark")
    await settle(ben, sheet)
    await next_sheet(group, told, number)
    # The message shows the next sheet by now; buttons under the answer still mean the first.
    await ben.tap(told, "1 ▸")
    page = await heard(group, told, "tile 1, ", ": ✅ right – 1 says so", "your data set")
    assert not page.has_button("↩")
    await ben.tap(page, "‹ All tiles")
    every = await heard(group, page, "2. ❌ wrong – 1 says so, what it is instead is asked")
    assert every.text.count("✅ right – 1 says so") == 8
    await ann.tap(every, "2 ▸")
    page = await heard(group, every, ": ❌ wrong", button="↩ Undo")
    assert "Only admins" in (await ben.tap(page, "↩ Undo")).text
    assert "Only admins" in (await ben.tap(page, "👥")).text
    assert (await ann.tap(page, "👥")).text == "wrong: Ben"
    query = (
        "SELECT verdict, voters, fix FROM box WHERE id = "
        "(SELECT json_extract(tiles, '$[1]') FROM sheet WHERE id = ?)"
    )
    (before,) = bot.rows(query, number)
    assert before == {"verdict": "wrong", "voters": 1, "fix": "open"}
    assert "asked again" in (await ann.tap(page, "↩ Undo")).text
    page = await heard(group, page, "taken back by an admin", button="↪ Put it back")
    assert bot.rows(query, number) == [{"verdict": None, "voters": 0, "fix": None}]
    assert (await ann.tap(page, "↪")).text == "Put back"
    await heard(group, page, "tile 2, ", ": ❌ wrong – 1 says so")
    assert bot.rows(query, number) == [before]


async def test_why_what(sandbox: SandboxClient, tmp_path: Path) -> None:
    """Without a picture, for a tile that is not there, or in another chat: one sentence."""
    ann, _, group, sheet = await sheet_in_group(sandbox, tmp_path)
    one_sentence(await ask(ann, group, "/why", "reply to a sheet"))
    one_sentence(await ask(ann, group, "/why", "reply to a sheet", reply_to=1))
    for words in ("/why 10", "/why x", "/why 0"):
        one_sentence(await ask(ann, group, words, "1 to 9", reply_to=sheet))
    told = await ask(ann, group, "/why 3", "tile 3, ", ": ▫️ not settled yet", reply_to=sheet)
    assert not told.has_button("👥")
