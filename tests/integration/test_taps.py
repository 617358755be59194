"""Fifty members tap at once: no vote is lost and each counts once, however the bot ends."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bench import classroom
from bot.sandbox.client import Chat, Member, SandboxClient
from bot.sandbox.client.values import Message
from bot.sandbox.world import World
from tests.support.bot import BotProcess
from tests.support.queue import until
from tests.support.sandbox import running_sandbox

MEMBERS = 50
PLACE = 3


@dataclass
class Class:
    """Members, and the message on which each of them taps."""

    sandbox: SandboxClient
    bot: BotProcess
    members: list[Member]
    messages: dict[int, Message] = field(default_factory=dict)

    async def see(self, chats: dict[int, Chat]) -> None:
        """Wait until each member has a sheet in the chat that is theirs."""
        for member, chat in chats.items():
            self.messages[member] = await chat.wait(
                lambda message: message.has_button("9"), timeout=30, what="a sheet"
            )

    async def tap(self, place: int) -> list[dict[str, Any]]:
        """Everybody taps a tile at the same moment; what each was answered."""
        taps = []
        for member, message in self.messages.items():
            button = message.button(f"{place}")
            assert button is not None
            taps.append(
                {
                    "member": member,
                    "chat": message.chat_id,
                    "message_id": message.id,
                    "data": button.data,
                }
            )
        answers: list[dict[str, Any]] = await self.sandbox.post("taps", {"taps": taps, "wait": 45})
        return answers

    def votes(self) -> Counter[int]:
        """How many votes there are of each member."""
        return Counter(row["member_id"] for row in self.bot.rows("SELECT member_id FROM vote"))

    @property
    def once_each(self) -> Counter[int]:
        """One vote of everybody."""
        return Counter(member.id for member in self.members)


@asynccontextmanager
async def at_work(folder: Path, *, shared: bool) -> AsyncIterator[Class]:
    """A class whose sheets lie open: one for all in the group, or one each in private."""
    world = World()
    with running_sandbox(world) as server:
        async with SandboxClient(server.address) as sandbox:
            members = [await sandbox.member(f"Pupil {number}") for number in range(MEMBERS)]
            group = await sandbox.group("Class", *members)
            for member in members:
                await member.start()
            # The bot is to hear of taps only.
            world.updates.clear()
            bot = BotProcess(folder, server.address)
            classroom.furnish(bot.home, group.id, [one.id for one in members], shared=shared)
            try:
                bot.start()
                here = Class(sandbox, bot, members)
                await here.see({one.id: group if shared else one.private for one in members})
                yield here
            finally:
                bot.close()


async def test_what_was_answered_is_kept(tmp_path: Path) -> None:
    """Votes of fifty at once lie in the database, once each, before their taps are answered."""
    async with at_work(tmp_path, shared=False) as here:
        answers = await here.tap(PLACE)
        here.bot.kill()
        assert [answer["text"] for answer in answers] == [f"{PLACE}: wrong"] * MEMBERS
        assert here.votes() == here.once_each
        assert await here.sandbox.refused() == []


async def test_a_bot_killed_amid_taps_counts_each_once(tmp_path: Path) -> None:
    """Of fifty taps on one shared sheet none is lost and none counts twice over a kill -9."""
    async with at_work(tmp_path, shared=True) as here:
        tapping = asyncio.create_task(here.tap(PLACE))
        await until(lambda: bool(here.votes()))
        here.bot.kill()
        before = here.votes()
        assert before <= here.once_each
        here.bot.start()
        answers = await tapping
        assert all(answer["answered"] for answer in answers)
        assert here.votes() == here.once_each
        await here.tap(PLACE + 1)
        assert here.votes() == here.once_each + here.once_each
