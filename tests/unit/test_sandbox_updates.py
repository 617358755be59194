"""The queue of updates keeps the promises of getUpdates."""

import asyncio

import pytest

from bot.sandbox.chats import Chat
from bot.sandbox.errors import ApiError
from bot.sandbox.people import add_member, found_group
from bot.sandbox.updates import UpdateQueue
from bot.sandbox.world import World

ANN = {"id": 1, "is_bot": False, "first_name": "Ann"}
CHAT = {"id": 1, "type": "private", "first_name": "Ann"}
MESSAGE = {"message_id": 1, "date": 1, "chat": CHAT, "from": ANN, "text": "hello"}
TAP = {"id": "7", "from": ANN, "chat_instance": "1", "data": "x"}
REACTION = {
    "chat": CHAT,
    "message_id": 1,
    "date": 1,
    "user": ANN,
    "old_reaction": [],
    "new_reaction": [],
}


class Clock:
    """A clock that stands until it is turned."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        """The time now."""
        return self.now


async def test_updates_stay_until_an_offset_confirms_them():
    """The same updates come again; only a higher offset makes them vanish."""
    queue = UpdateQueue(Clock())
    queue.put("message", MESSAGE)
    queue.put("message", MESSAGE)
    first = await queue.take(0, 100, 0, None)
    assert len(first) == 2
    assert await queue.take(0, 1, 0, None) == first[:1]
    assert await queue.take(first[1]["update_id"], 100, 0, None) == first[1:]
    assert await queue.take(first[1]["update_id"] + 1, 100, 0, None) == []


async def test_a_poll_waits_for_the_first_update():
    """A long poll answers when something comes, not before."""
    queue = UpdateQueue(Clock())
    poll = asyncio.create_task(queue.take(0, 100, 30, None))
    await asyncio.sleep(0)
    queue.put("message", MESSAGE)
    assert len(await poll) == 1


async def test_old_taps_and_updates_are_dropped():
    """A tap lives 150 seconds, everything else a day."""
    clock = Clock()
    queue = UpdateQueue(clock)
    queue.put("callback_query", TAP)
    queue.put("message", MESSAGE)
    clock.now = 151
    assert [list(update)[1] for update in await queue.take(0, 100, 0, None)] == ["message"]
    clock.now = 24 * 3600 + 1
    assert await queue.take(0, 100, 0, None) == []


async def test_reactions_come_only_when_asked_for():
    """allowed_updates holds from its call on, and an empty list is the default again."""
    queue = UpdateQueue(Clock())
    queue.put("message_reaction", REACTION)
    assert await queue.take(0, 100, 0, ["message_reaction"]) == []
    queue.put("message_reaction", REACTION)
    queue.put("message", MESSAGE)
    assert len(await queue.take(0, 100, 0, [])) == 1
    queue.put("message", MESSAGE)
    assert len(await queue.take(0, 100, 0, None)) == 2


async def test_a_new_poller_ends_the_older_one():
    """Of two pollers the one that waits gets 409."""
    queue = UpdateQueue(Clock())
    older = asyncio.create_task(queue.take(0, 100, 30, None))
    await asyncio.sleep(0)
    assert await queue.take(0, 100, 0, None) == []
    with pytest.raises(ApiError) as caught:
        await older
    assert caught.value.code == 409


async def test_an_update_nobody_could_read_is_refused_at_once():
    """It would be polled without end, so it never enters the queue."""
    queue = UpdateQueue(Clock())
    with pytest.raises(ValueError, match="unreadable"):
        queue.put("message", {"message_id": 1})
    assert queue.pending == 0


async def test_privacy_follows_the_bots_place_in_a_group():
    """Outside the group it hears nothing, inside commands, as an admin everything."""
    world = World()
    ann = add_member(world, "Ann")

    def heard(chat: Chat, text: str) -> bool:
        entities = [{"type": "bot_command", "offset": 0, "length": len(text)}]
        content = {"text": text} | ({"entities": entities} if text.startswith("/") else {})
        before = world.updates.pending
        world.post(chat, ann, content)
        return world.updates.pending > before

    without = found_group(world, "Without", [ann], bot_in=False)
    assert not heard(without, "/start")
    plain = found_group(world, "Plain", [ann])
    assert [heard(plain, text) for text in ("hi", "/start", "/start@taptrain_bot")] == [
        False, True, True
    ]  # fmt: skip
    assert not heard(plain, "/start@other_bot")
    admin = found_group(world, "Admin", [ann], bot_is_admin=True)
    assert heard(admin, "hi")
    world.privacy_mode = False
    assert heard(plain, "hi")
