"""Who may do what: roles, settings, the team, and people who are no members any more."""

import asyncio
from pathlib import Path

import pytest

from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.acceptance.material import labelled_zip
from tests.acceptance.play import SOON, WORK, ask, heard, next_sheet, settle, until
from tests.acceptance.unchanged import facts, one_sentence
from tests.support.bot import BotProcess
from tests.support.sandbox import picture

pytestmark = pytest.mark.usefixtures("quiet_log")

MENU = "a tile"


async def seated(sandbox: SandboxClient) -> tuple[Member, Member, Chat, Message]:
    """Ann, who made the group and its project, Ben, a member, and the bot's word that it is there.

    The group is too large to share a sheet.
    """
    ann, ben, cy = [await sandbox.member(name) for name in ("Ann", "Ben", "Cy")]
    group = await sandbox.group("Fruit", ann, ben, cy, await sandbox.member("Di"))
    return ann, ben, group, await ask(ann, group, "/new fruit apple, lemon", "ready")


async def checking(
    sandbox: SandboxClient, folder: Path, pictures: int = 8
) -> tuple[Member, Member, Chat, Message]:
    """As `seated`, with boxes to check; the message is a sheet of Ben's own."""
    ann, ben, group, ready = await seated(sandbox)
    archive = labelled_zip(folder / "fruit.zip", range(1, pictures + 1))
    sent = await ann.send_document(group, archive, caption="trust=no", reply_to=ready)
    await heard(group, sent, "to check", button="▶", seconds=WORK)
    came = await ben.start(f"l{group.id}")
    return ann, ben, group, await next_sheet(ben.private, came)


async def still(bot: BotProcess) -> dict[str, object]:
    """What is kept, once no picture is being painted."""
    await until(lambda: not bot.rows("SELECT id FROM sheet WHERE state = 'preparing'"))
    return facts(bot)


async def test_settings_are_one_menu(sandbox: SandboxClient, bot: BotProcess) -> None:
    """Admins tap or write what they want; the menu changes in place and everybody can read it."""
    ann, ben, group, _ = await seated(sandbox)
    menu = await ask(ann, group, "/settings", "1 vote a tile", button="● 1 vote")
    assert (await ann.tap(menu, "3 votes")).text == "votes: 3"
    menu = await heard(group, menu, "3 votes a tile", button="● 3 votes")
    await ann.tap(menu, "🏷")
    classes = await heard(group, menu, "by class", button="lemon: as all")
    assert classes.id == menu.id
    assert (await ann.tap(classes, "lemon")).text == "lemon: 1"
    back = await heard(group, classes, "by class", button="lemon: 1")
    await ann.tap(back, "‹ Settings")
    await heard(group, back, "3 votes a tile; lemon 1")
    said = await ask(ann, group, "/settings votes.Lemon=5 autotrain=off train=admins", "lemon 5")
    assert "trains by itself when there is enough new: off" in said.text
    assert "may train: admins" in said.text
    read = await ask(ben, group, "/settings", "3 votes a tile", "admins change these")
    assert not read.buttons
    kept = bot.value("SELECT settings FROM project ORDER BY id DESC")
    assert '"votes": 3' in kept
    assert "delete" not in kept


async def test_only_admins_decide(sandbox: SandboxClient, bot: BotProcess) -> None:
    """Others are told whom to ask; whoever Telegram makes an admin is one at once."""
    ann, ben, group, ready = await seated(sandbox)
    menu = await ask(ann, group, "/settings", MENU, button="3 votes")
    one_sentence(await ask(ben, group, "/settings votes=3", "only admins", "ask Ann"))
    one_sentence(await ask(ann, group, "/settings votes=3 train=nobody", "everyone or admins"))
    assert bot.value("SELECT settings FROM project ORDER BY id DESC") == "{}"
    assert "Only admins" in (await ben.tap(menu, "3 votes")).text
    await ask(ann, group, "/settings train=admins", "may train: admins")
    await ask(ben, group, "/train quick", "only admins may train", "ask Ann")
    sent = await ann.send_photo(group, picture(900, 700, "teal"), reply_to=ready)
    receipt = await heard(group, sent, "kept 1", button="↩ Remove", seconds=WORK)
    assert "Only admins" in (await ben.tap(receipt, "↩ Remove")).text
    await sandbox.change(group, ben, "promote")
    async with asyncio.timeout(SOON):
        # The admins are asked for again two seconds after they were.
        while (answer := await ben.tap(receipt, "↩ Remove")).text != "Removed":
            assert "Only admins" in answer.text
            await asyncio.sleep(0.3)
    back = await heard(group, receipt, "is out", button="↩ Put back")
    assert (await ann.tap(back, "↩ Put back")).text == "Back again"


async def test_a_viewer_looks(sandbox: SandboxClient, bot: BotProcess, tmp_path: Path) -> None:
    """Taps, pictures and trainings of a viewer change nothing; ↩ makes them a labeller again."""
    ann, ben, group, sheet = await checking(sandbox, tmp_path)
    said = await ben.say(group, "hello")
    given = await ask(ann, group, "/settings role=viewer", "Ben", "viewer", reply_to=said)
    before = await still(bot)
    assert "look around" in (await ben.tap(sheet, "1")).text
    assert "look around" in (await settle(ben, sheet)).text
    for words in ("/train quick", "/classes apple, lemon, pear", "/add http://example.org/a.mp4"):
        one_sentence(await ask(ben, group, words, "look around"))
    sent = await ben.send_photo(ben.private, picture(900, 700, "navy"))
    await heard(ben.private, sent, "look around")
    await ask(ben, group, "/stats", "to check")
    assert facts(bot) == before
    await ann.tap(given, "↩ Undo")
    await heard(group, given, "Ben is what they were before")
    assert (await ben.tap(sheet, "1")).text == "1: wrong"


async def test_roles_by_name_and_their_limits(sandbox: SandboxClient) -> None:
    """A member is named by @name; nobody takes a project from its owner or overrules Telegram."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben", username="ben_fruit")
    group = await sandbox.group("Fruit", ann, ben)
    await ask(ben, group, "/new fruit apple", "ready")
    await ask(ann, group, "/settings role @ben_fruit viewer", "Ben owns this project")
    said = await ann.say(group, "hello")
    await ask(ben, group, "/settings role viewer", "admin of the group", reply_to=said)
    cy = await sandbox.member("Cy", username="cy_fruit")
    await sandbox.change(group, cy, "join")
    await ask(cy, group, "/stats", "0 pictures")
    await ask(ben, group, "/settings role @Cy_Fruit admin", "Cy", "an admin")
    await ask(cy, group, "/settings votes=3", "3 votes a tile")


async def test_whoever_left_the_group_is_out(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """A vote of somebody who is no member any more: one sentence, nothing changed."""
    _, ben, group, sheet = await checking(sandbox, tmp_path)
    assert (await ben.tap(sheet, "1")).text == "1: wrong"
    await sandbox.change(group, ben, "leave")
    before = await still(bot)
    for button in ("2", "✅", "⏹"):
        answer = await ben.tap(sheet, button)
        assert "can't see you in that project's group" in answer.text, answer
    for words in ("/label", "/stats", "/train quick"):
        one_sentence(await ask(ben, ben.private, words, "can't see you in that project's group"))
    sent = await ben.send_photo(ben.private, picture(900, 700, "maroon"))
    await heard(ben.private, sent, "can't see you in that project's group")
    assert facts(bot) == before
    await sandbox.change(group, ben, "join")
    await ask(ben, group, "/stats", "to check")
    assert (await ben.tap(sheet, "2")).text == "2: wrong"


async def test_admins_choose_who_comes_in(sandbox: SandboxClient) -> None:
    """With invite=admins the link lets in whom an admin let in, and whoever took part before."""
    ann, ben, group, _ = await seated(sandbox)
    await ask(ann, group, "/settings invite=admins", "whom an admin lets in")
    came = await ben.start(f"g{group.id}")
    one_sentence(await heard(ben.private, came, "ask an admin"))
    await ask(ben, ben.private, "/projects", "no projects here yet")
    said = await ben.say(group, "hello")
    await ask(ann, group, "/settings role=labeller", "Ben", reply_to=said)
    came = await ben.start(f"g{group.id}")
    await heard(ben.private, came, "your group's project")
    await heard(ann.private, await ann.start(f"g{group.id}"), "your group's project")


async def test_a_members_votes_are_left_out_and_count_again(
    sandbox: SandboxClient, bot: BotProcess, tmp_path: Path
) -> None:
    """Leaving votes out changes what they decided; ↩ brings everything back as it was."""
    ann, ben, group, sheet = await checking(sandbox, tmp_path)
    await ben.tap(sheet, "1")
    await settle(ben, await ben.private.get(sheet))

    def decided() -> list[dict]:
        query = "SELECT id, verdict, sure, voters, fix FROM box WHERE project_id = "
        return bot.rows(f"{query}(SELECT MAX(id) FROM project) ORDER BY id")

    before = decided()
    assert sum(row["verdict"] == "right" for row in before) == 8
    told = await ask(ben, group, "/team", "Ben – 9 answers", "Ann – 1 source added")
    assert "agrees" not in told.text
    link = told.button("🔧")
    assert link is not None
    assert link.url is not None
    payload = link.url.partition("?start=")[2]
    plain = await heard(ben.private, await ben.start(payload), "Ben – 9 answers")
    assert not plain.has_button("Ben ▸")
    team = await heard(ann.private, await ann.start(payload), "Ben – 9 answers", button="Ben ▸")
    await ann.tap(team, "Ben ▸")
    ben_page = await heard(ann.private, team, "Ben – 9 answers", button="🚫")
    assert ben_page.id == team.id
    assert (await ann.tap(ben_page, "🚫")).text == "Left out"
    out = await heard(ann.private, ben_page, "Ben's 9 answers don't count", button="↩ Undo")
    assert all(row["verdict"] is None and row["voters"] == 0 for row in decided())
    await ask(ben, group, "/team", "Ben – 9 answers")
    await ann.tap(out, "↩ Undo")
    await heard(ann.private, out, "count again")
    assert decided() == before


async def test_a_project_of_ones_own_has_no_roles(sandbox: SandboxClient) -> None:
    """In private the person owns it all; the menu leaves out what only groups need."""
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/new fruit apple", "ready")
    menu = await ask(ann, ann.private, "/settings", "1 vote a tile", button="🤖")
    assert "may train" not in menu.text
    await ann.tap(menu, "🤖")
    await heard(ann.private, menu, "enough new: off", button="🤖 By itself: off")
    await ask(ann, ann.private, "/settings votes=3", "you are alone here")
    await ask(ann, ann.private, "/team", "nobody has done anything")
