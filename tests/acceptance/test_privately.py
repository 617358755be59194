"""A group's project is worked on in private, through a deep link."""

import pytest

from bot.sandbox.client import SandboxClient
from tests.acceptance.play import ask, heard
from tests.support.bot import BotProcess
from tests.support.sandbox import picture

pytestmark = pytest.mark.usefixtures("bot", "quiet_log")


async def test_a_member_goes_on_in_private(sandbox: SandboxClient) -> None:
    """The group's link leads its members to its project; what they send there belongs to it."""
    ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
    group = await sandbox.group("Cats", ann, ben)
    made = await ask(ann, group, "/new cats cat", "ready", button="📨")
    button = made.button("📨")
    assert button is not None
    assert button.url is not None
    came = await ben.start(button.url.partition("?start=")[2])
    await heard(ben.private, came, "cats", "your group's project")
    sent = await ben.send_photo(ben.private, picture(1200, 900, "orange"))
    await heard(ben.private, sent, "cats", "kept 1")
    await ask(ann, group, "/sources", "photo-", "1 picture")
    await ask(ben, ben.private, "/projects", "which project", button="● cats")


async def test_a_stranger_does_not_get_in(sandbox: SandboxClient) -> None:
    """Somebody who is not in the group learns nothing of its project."""
    ann, eve = await sandbox.member("Ann"), await sandbox.member("Eve")
    group = await sandbox.group("Cats", ann)
    await ask(ann, group, "/new cats cat", "ready")
    came = await eve.start(f"g{group.id}")
    await heard(eve.private, came, "can't see you in that group")
    await ask(eve, eve.private, "/projects", "no projects here yet")


async def test_the_group_is_asked_first(bot: BotProcess, sandbox: SandboxClient) -> None:
    """A link that is opened before the group has a project says what to do."""
    ann = await sandbox.member("Ann")
    group = await sandbox.group("Cats", ann)
    await ask(ann, group, "/start", "You tap", button="📨")
    came = await ann.start(f"g{group.id}")
    await heard(ann.private, came, "first tell me in the group")
