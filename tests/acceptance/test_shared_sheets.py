"""A contact sheet in a group: whose taps mean what."""

import json
from collections import Counter
from pathlib import Path

import pytest

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import SOON, WORK, ask, heard, next_sheet, settle, sheet_of, tiles_of
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def first_sheet(
    sandbox: SandboxClient, folder: Path, pictures: int = 8
) -> tuple[Member, Member, Chat, Message, Message]:
    """Two members, their group, the receipt of a labelled zip to check, and its first sheet."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Fruit", ann, ben)
    ready = await ask(ann, group, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(folder / "fruit.zip", range(1, pictures + 1))
    sent = await ann.send_document(group, archive, caption="trust=no", reply_to=ready)
    receipt = await heard(group, sent, "to check", button="▶", seconds=WORK)
    await ann.tap(receipt, "▶")
    return ann, ben, group, receipt, await next_sheet(group, receipt)


def votes(bot: BotProcess, sheet: int) -> list[dict]:
    """The rows of votes on a sheet, oldest first."""
    return bot.rows(
        "SELECT member_id, subject_id, answer FROM vote WHERE sheet_id = ? ORDER BY id", sheet
    )


async def marked(group: Chat, sheet: Message, *places: int) -> Message:
    """The sheet once exactly these places are marked."""
    return await group.wait(
        lambda m: (
            m.id == sheet.id
            and {b.text for b in m.buttons if b.text.endswith("❌") and b.text[0].isdecimal()}
            == {f"{place} ❌" for place in places}
        ),
        SOON,
        what=f"marks on {places}",
    )


async def test_a_tap_changes_only_the_tappers_own_marks(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """A second member's mark adds to the first's; taking it back leaves the first's."""
    ann, ben, group, _, sheet = await first_sheet(sandbox, tmp_path)
    number = sheet_of(sheet)
    tiles = json.loads(bot.value("SELECT tiles FROM sheet WHERE id = ?", number))
    assert len(tiles) == tiles_of(sheet) == 9
    assert (await ann.tap(sheet, "1")).text == "1: wrong"
    assert (await ben.tap(sheet, "2")).text == "2: wrong"
    both = await marked(group, sheet, 1, 2)
    assert both.text == sheet.text
    assert both.file_id == sheet.file_id
    assert (await ben.tap(both, "1")).text == "1: wrong"
    assert (await ben.tap(both, "1")).text == "1: taken back"
    assert (await ann.tap(both, "3")).text == "3: wrong"
    assert (await ann.tap(both, "3")).text == "3: taken back"
    both = await marked(group, sheet, 1, 2)
    assert (await settle(ben, both)).text == "✅ 7 right"
    rows = votes(bot, number)
    yes = [row for row in rows if row["answer"] == "right"]
    assert {row["subject_id"] for row in yes} == set(tiles[2:])
    assert {row["member_id"] for row in yes} == {ben.id}
    last = {(row["member_id"], row["subject_id"]): row["answer"] for row in rows}
    assert last[ann.id, tiles[0]] == "wrong"
    assert last[ben.id, tiles[0]] == "retract"
    assert last[ben.id, tiles[1]] == "wrong"
    assert (ann.id, tiles[1]) not in last


async def test_back_skip_none_and_stop(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """↩ opens the sheet before with its marks, ⏭ leaves it for later, ❌ denies all, ⏹ sums up."""
    ann, ben, group, receipt, first = await first_sheet(sandbox, tmp_path)
    assert "first sheet" in (await ann.tap(first, "↩")).text
    await ann.tap(first, "4")
    await settle(ben, await marked(group, first, 4))
    second = await next_sheet(group, receipt, sheet_of(first))
    assert second.id == first.id
    assert (await ann.tap(second, "↩")).text == "Back"
    again = await group.wait(
        lambda m: sheet_of(m) == sheet_of(first) and m.has_button("4 ❌"),
        SOON,
        since=second,
        what="the sheet before",
    )
    assert await sandbox.download(again.file_id) == await sandbox.download(first.file_id)
    assert (await ann.tap(again, "4")).text == "4: taken back"
    assert (await settle(ann, await marked(group, again))).text == "✅ 9 right"
    second = await next_sheet(group, receipt, sheet_of(second))
    tiles = json.loads(bot.value("SELECT tiles FROM sheet WHERE id = ?", sheet_of(second)))
    assert (await ben.tap(second, "⏭")).text == "Skipped"
    assert votes(bot, sheet_of(second)) == []
    third = await next_sheet(group, receipt, sheet_of(second))
    later = json.loads(bot.value("SELECT tiles FROM sheet WHERE id = ?", sheet_of(third)))
    assert not set(tiles) & set(later)
    assert (await settle(ben, third, "❌")).text == "❌ none"
    told = Counter((row["member_id"], row["answer"]) for row in votes(bot, sheet_of(third)))
    assert told == {(ben.id, "wrong"): len(later)}
    fourth = await next_sheet(group, receipt, sheet_of(third))
    assert (await ann.tap(fourth, "⏹")).text == "Stopped"
    won = await heard(group, fourth, "stopped", button="▶ Go on")
    assert "ready" in won.text
    late = await ann.tap(fourth, "⏹")
    assert "closed" in late.text


async def test_more_votes_end_the_shared_sheets(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """When a group wants three votes, the sheet that lies there is its last: the board comes."""
    ann, ben, group, _, sheet = await first_sheet(sandbox, tmp_path)
    await ask(ann, group, "/settings votes=3", "3 votes a tile")
    await settle(ben, sheet)
    await heard(group, sheet, "label together", button="▶ My sheets")
    assert bot.value("SELECT count(*) FROM vote WHERE sheet_id = ?", sheet_of(sheet)) == 9
    on_table = "SELECT count(*) FROM sheet WHERE state IN ('open', 'preparing') AND chat_id = ?"
    assert bot.value(on_table, group.id) == 0


async def test_a_sample_decides_about_the_rest(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Where nearly all of a checked sample is right, the rest is accepted and the bot says so."""
    ann = await sandbox.member("Ann")
    await ann.start()
    chat = ann.private
    await ask(ann, chat, "/new fruit apple, lemon", "ready")
    sent = await ann.send_document(chat, labelled_zip(tmp_path / "fruit.zip", range(1, 21)))
    question = await heard(chat, sent, "are these labels right", button="🔎", seconds=WORK)
    await ann.tap(question, "🔎")
    answer = await heard(chat, question, "I'll ask about a sample", button="▶")
    late = await ann.tap(question, "👍")
    assert "answered already" in late.text
    await ann.tap(answer, "▶")
    sheet = await next_sheet(chat, answer)
    seen = 0
    while number := sheet_of(sheet):
        seen += tiles_of(sheet)
        await settle(ann, sheet)
        sheet = await next_sheet(chat, answer, number)
    boxes = bot.value(
        "SELECT COUNT(*) FROM box WHERE origin = 'import' AND project_id = "
        "(SELECT MAX(id) FROM project)"
    )
    assert seen == 45 < boxes
    settled = await heard(chat, answer, "45 of 45 checked boxes", "I accept the rest")
    assert settled.id < sheet.id
    assert bot.value("SELECT trust FROM source ORDER BY id DESC") == "yes"
