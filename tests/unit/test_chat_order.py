"""Updates of one chat in order, but for taps of several people."""

import asyncio
from typing import Any

from telegram import Update

from bot.queueing import ChatOrder

ANN, BEN = 1, 2


def person(number: int) -> dict[str, Any]:
    """A Bot API user."""
    return {"id": number, "is_bot": False, "first_name": "Ann" if number == ANN else "Ben"}


def text(chat: int, who: int) -> Update:
    """A message."""
    body = {
        "message_id": 5,
        "date": 1,
        "chat": {"id": chat, "type": "group", "title": "Cats"},
        "from": person(who),
        "text": "hello",
    }
    return Update.de_json({"update_id": 1, "message": body}, None)


def tap(chat: int, who: int) -> Update:
    """A tap on that message's button."""
    message = text(chat, ANN).message
    assert message is not None
    body = {
        "id": "1",
        "from": person(who),
        "chat_instance": "1",
        "data": "v1:s:1:1",
        "message": message.to_dict(),
    }
    return Update.de_json({"update_id": 1, "callback_query": body}, None)


class Desk:
    """Handles updates, each as long as a test wants."""

    def __init__(self) -> None:
        self._order = ChatOrder()
        self.begun: list[str] = []
        self._gates: dict[str, asyncio.Event] = {}
        self._tasks: list[asyncio.Task[None]] = []

    async def take(self, name: str, update: Update) -> None:
        """Let an update come; returns when it had a chance to begin."""
        self._gates[name] = asyncio.Event()
        work = self._order.process_update(update, self._handle(name))
        self._tasks.append(asyncio.create_task(work))
        await asyncio.sleep(0.005)

    async def end(self, *names: str) -> None:
        """Let handlers end, and those that waited for them begin."""
        for name in names:
            self._gates[name].set()
        await asyncio.sleep(0.005)

    async def close(self) -> None:
        """Let everything end."""
        while not all(task.done() for task in self._tasks):
            await self.end(*self._gates)

    async def _handle(self, name: str) -> None:
        self.begun.append(name)
        await self._gates[name].wait()


async def test_taps_of_several_people_go_side_by_side() -> None:
    """Nobody in a group waits for somebody else's tap."""
    desk = Desk()
    await desk.take("ann", tap(-1, ANN))
    await desk.take("ben", tap(-1, BEN))
    assert desk.begun == ["ann", "ben"]
    await desk.close()


async def test_two_taps_of_one_thumb_are_never_swapped() -> None:
    """A person's second tap begins once the first is handled."""
    desk = Desk()
    await desk.take("first", tap(-1, ANN))
    await desk.take("second", tap(-1, ANN))
    assert desk.begun == ["first"]
    await desk.end("first")
    assert desk.begun == ["first", "second"]
    await desk.close()


async def test_a_tap_waits_for_what_was_said_before_it() -> None:
    """Messages of a chat come before the taps that follow them, and the other way round."""
    desk = Desk()
    await desk.take("said", text(-1, ANN))
    await desk.take("ann", tap(-1, ANN))
    await desk.take("ben", tap(-1, BEN))
    await desk.take("said again", text(-1, BEN))
    await desk.take("late", tap(-1, ANN))
    assert desk.begun == ["said"]
    await desk.end("said")
    assert desk.begun == ["said", "ann", "ben"]
    await desk.end("ann")
    assert desk.begun == ["said", "ann", "ben"]
    await desk.end("ben")
    assert desk.begun == ["said", "ann", "ben", "said again"]
    await desk.end("said again")
    assert desk.begun[-1] == "late"
    await desk.close()


async def test_chats_do_not_wait_for_each_other() -> None:
    """A message that takes long delays no other chat's."""
    desk = Desk()
    await desk.take("here", text(-1, ANN))
    await desk.take("there", text(-2, ANN))
    assert desk.begun == ["here", "there"]
    await desk.close()


async def test_a_handler_that_fails_lets_the_next_one_begin() -> None:
    """An error ends its update's turn like any other end."""
    order = ChatOrder()

    async def fail() -> None:
        raise ZeroDivisionError

    async def work() -> None:
        done.append(True)

    done: list[bool] = []
    results = await asyncio.gather(
        order.process_update(text(-1, ANN), fail()),
        order.process_update(tap(-1, ANN), work()),
        return_exceptions=True,
    )
    assert isinstance(results[0], ZeroDivisionError)
    assert done == [True]
