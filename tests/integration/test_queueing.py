"""What Telegram still holds while a handler works: a bot that dies hears it again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from telegram import Update
from telegram.ext import Application, MessageHandler, filters

from bot import queueing
from bot.queueing import ChatOrder, HandledFirst
from bot.sandbox.client import SandboxClient
from bot.sandbox.world import World
from tests.support.queue import until
from tests.support.sandbox import builder, running_sandbox


class Slow:
    """A handler that holds each text until it may go on."""

    def __init__(self) -> None:
        self.begun: list[str] = []
        self.ended: list[str] = []
        self.gate = asyncio.Event()

    async def __call__(self, update: Update, _: object) -> None:
        """Handle one text."""
        assert update.message is not None
        text = update.message.text or ""
        self.begun.append(text)
        await self.gate.wait()
        self.ended.append(text)


@asynccontextmanager
async def listening(slow: Slow, world: World) -> AsyncIterator[SandboxClient]:
    """A bot that asks for updates as the real one does."""
    updates: asyncio.Queue[object] = asyncio.Queue()
    with running_sandbox(world) as server:
        app: Application[Any, Any, Any, Any, Any, Any] = (
            builder(server)
            .concurrent_updates(ChatOrder())
            .update_queue(updates)
            .get_updates_request(HandledFirst(updates.join, read_timeout=40))
            .build()
        )
        app.add_handler(MessageHandler(filters.TEXT & ~filters.COMMAND, slow))
        async with SandboxClient(server.address) as sandbox, app:
            assert app.updater is not None
            await app.start()
            await app.updater.start_polling(timeout=5)
            try:
                yield sandbox
            finally:
                slow.gate.set()
                await app.updater.stop()
                await app.stop()


async def test_an_update_is_confirmed_once_it_was_handled() -> None:
    """While a handler works its update stays with Telegram, and so does what came after it."""
    slow, world = Slow(), World()
    async with listening(slow, world) as sandbox:
        ann = await sandbox.member("Ann")
        await ann.start()
        await until(lambda: world.updates.pending == 0)
        await ann.say(ann.private, "one")
        await until(lambda: "one" in slow.begun)
        await ann.say(ann.private, "two")
        assert world.updates.pending == 2
        slow.gate.set()
        await until(lambda: world.updates.pending == 0)
        assert slow.ended == ["one", "two"]


async def test_a_handler_that_hangs_does_not_deafen_the_bot(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """After a while the others are heard although one update is still being worked on."""
    monkeypatch.setattr(queueing, "PATIENCE_S", 0.1)
    slow, world = Slow(), World()
    async with listening(slow, world) as sandbox:
        ann, ben = await sandbox.member("Ann"), await sandbox.member("Ben")
        await ann.start()
        await ben.start()
        await ann.say(ann.private, "one")
        await ben.say(ben.private, "two")
        await until(lambda: slow.begun == ["one", "two"])
        assert slow.ended == []


def test_an_update_comes_without_the_keyboard_that_was_tapped() -> None:
    """A tap keeps all that is read of it; a refusal and other updates stay as they are."""
    message = {"message_id": 4, "caption": "cats"}
    tap = {"id": "1", "data": "v1:s:1:2", "message": message | {"reply_markup": {"x": []}}}
    other = {"update_id": 2, "message": message}
    told = {"ok": True, "result": [{"update_id": 1, "callback_query": tap}, other]}
    assert HandledFirst.parse_json_payload(json.dumps(told).encode()) == {
        "ok": True,
        "result": [{"update_id": 1, "callback_query": tap | {"message": message}}, other],
    }
    refused = {"ok": False, "description": "Conflict"}
    assert HandledFirst.parse_json_payload(json.dumps(refused).encode()) == refused
