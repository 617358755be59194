"""A group too large to share a sheet: a board for all, sheets of their own in private."""

import json
from pathlib import Path

import pytest

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import (
    SOON,
    WORK,
    ask,
    eventually,
    heard,
    next_sheet,
    settle,
    sheet_of,
    tiles_of,
)
from tests.support.bot import BotProcess

pytestmark = pytest.mark.usefixtures("quiet_log")


async def seated(
    sandbox: SandboxClient, folder: Path, *names: str, pictures: int = 24
) -> tuple[list[Member], Chat, Message]:
    """Members of a group with boxes to check, and the board that /label puts before them."""
    members = [await sandbox.member(name) for name in names]
    group = await sandbox.group("Fruit", *members)
    ready = await ask(members[0], group, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(folder / "fruit.zip", range(1, pictures + 1))
    sent = await members[0].send_document(group, archive, caption="trust=no", reply_to=ready)
    await heard(group, sent, "to check", button="▶", seconds=WORK)
    board = await ask(members[0], group, "/label", "label together", button="▶ My sheets")
    return members, group, board


async def own_sheet(member: Member, board: Message) -> Message:
    """Follow the board's link to a sheet of one's own."""
    button = board.button("▶ My sheets")
    assert button is not None
    assert button.url is not None
    came = await member.start(button.url.partition("?start=")[2])
    return await next_sheet(member.private, came)


def tiles(bot: BotProcess, sheet: Message) -> set[int]:
    """The boxes on a sheet."""
    return set(json.loads(bot.value("SELECT tiles FROM sheet WHERE id = ?", sheet_of(sheet))))


async def test_everybody_has_sheets_of_their_own(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """No tile lies before two people, sheets change in place, and the board tells the score."""
    members, group, board = await seated(sandbox, tmp_path, "Ann", "Ben", "Cy", "Di")
    shown = [await own_sheet(member, board) for member in members[:3]]
    seen = [tiles(bot, sheet) for sheet in shown]
    assert not seen[0] & seen[1]
    assert not (seen[0] | seen[1]) & seen[2]
    ann, first = members[0], shown[0]
    assert (await ann.tap(first, "2")).text == "2: wrong"
    assert (await settle(ann, first)).text == f"✅ {tiles_of(first) - 1} right"
    second = await next_sheet(ann.private, first, sheet_of(first))
    assert second.id == first.id
    assert not tiles(bot, second) & (seen[1] | seen[2])
    board = await group.wait(
        lambda m: m.id == board.id and "Ann is tapping" in m.text, SOON, what="Ann on the board"
    )
    assert f"{tiles_of(first)} of" in board.text


async def test_a_button_leads_a_large_group_to_its_board(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """▶ puts no shared sheet before five people, and who asks again makes no second board."""
    members = [await sandbox.member(name) for name in ("Ann", "Ben", "Cy", "Di", "Ed")]
    group = await sandbox.group("Fruit", *members)
    ready = await ask(members[0], group, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(tmp_path / "fruit.zip", range(1, 9))
    sent = await members[0].send_document(group, archive, caption="trust=no", reply_to=ready)
    receipt = await heard(group, sent, "to check", button="▶", seconds=WORK)
    await members[1].tap(receipt, "▶")
    board = await heard(group, receipt, "label together", button="▶ My sheets")
    await members[2].tap(receipt, "▶")
    await own_sheet(members[2], board)
    assert bot.value("SELECT count(*) FROM sheet WHERE member_id = 0") == 0
    assert (
        bot.value("SELECT message_id FROM message WHERE key LIKE 'board:%' ORDER BY id DESC")
        == board.id
    )


async def test_a_board_leads_to_its_own_project(sandbox: SandboxClient, tmp_path: Path) -> None:
    """Whatever the group turned to since, ▶ My sheets are those of the board's project."""
    members, group, board = await seated(sandbox, tmp_path, "Ann", "Ben", "Cy", "Di", pictures=3)
    await ask(members[0], group, "/new tools hammer", "tools", "ready")
    sheet = await own_sheet(members[1], board)
    assert sheet_of(sheet)
    assert "fruit" in sheet.text


async def test_the_next_sheet_is_painted_ahead(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """When a sheet is settled, the one after it waits painted and is there within a second."""
    members, _, board = await seated(sandbox, tmp_path, "Ann", "Ben", "Cy", "Di")
    ann = members[0]
    sheet = await own_sheet(ann, board)
    for _ in range(2):

        async def painted() -> bool:
            return bool(bot.value("SELECT count(*) FROM sheet WHERE state = 'ready'"))

        await eventually(painted)
        await settle(ann, sheet)
        number = sheet_of(sheet)
        assert bot.value("SELECT count(*) FROM sheet WHERE state = 'preparing' AND NOT ahead") == 0
        sheet = await next_sheet(ann.private, sheet, number)


async def test_a_round_is_paused_and_ended(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """While it is paused no sheet comes; then it goes on by itself; the end thanks everybody."""
    members, group, board = await seated(sandbox, tmp_path, "Ann", "Ben", "Cy", "Di")
    ann, ben = members[:2]
    await ann.tap(board, "⏱")
    board = await group.wait(
        lambda m: m.id == board.id and "min left" in m.text and m.has_button("⏸"), SOON
    )
    sheet = await own_sheet(ben, board)
    assert "Ann started this round" in (await ben.tap(board, "⏸")).text
    await ann.tap(board, "⏸")
    await settle(ben, sheet)
    await heard(ben.private, sheet, "paused", "answers are kept")
    board = await group.wait(lambda m: m.id == board.id and "paused" in m.text, SOON)
    await ann.tap(board, "▶ Go on")
    following = await next_sheet(ben.private, sheet, sheet_of(sheet))
    board = await group.wait(lambda m: m.id == board.id and m.has_button("⏹"), SOON)
    await ann.tap(board, "⏹")
    won = await heard(group, board, "well done, Ben", "1 person", button="🏋")
    assert f"{tiles_of(sheet)} boxes decided" in won.text
    await settle(ben, following)
    await heard(ben.private, following, "time is up", "2 sheets", button="▶ Go on")


async def test_a_goal_ends_with_what_was_done(sandbox: SandboxClient, tmp_path: Path) -> None:
    """`/label 2` shows a bar and stops after two sheets; nobody is kept from going on."""
    ann = await sandbox.member("Ann")
    ready = await ask(ann, ann.private, "/new fruit apple, lemon", "ready")
    archive = labelled_zip(tmp_path / "fruit.zip", range(1, 17))
    sent = await ann.send_document(ann.private, archive, caption="trust=no", reply_to=ready)
    await heard(ann.private, sent, "to check", seconds=WORK)
    await ask(ann, ann.private, "/label many", "How many sheets")
    said = await ann.say(ann.private, "/label 2")
    sheet = await next_sheet(ann.private, said)
    assert "1/2" in sheet.text
    await settle(ann, sheet)
    sheet = await next_sheet(ann.private, sheet, sheet_of(sheet))
    assert "▓" in sheet.text
    assert "2/2" in sheet.text
    await settle(ann, sheet)
    over = await heard(ann.private, sheet, "2 sheets: your goal", button="▶ Go on")
    await ann.tap(over, "▶ Go on")
    await next_sheet(ann.private, over)
