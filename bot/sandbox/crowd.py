"""Many members who tap at the same moment, as a class does."""

from __future__ import annotations

import asyncio

from starlette.requests import Request

from bot.sandbox import members
from bot.sandbox.chats import Json
from bot.sandbox.errors import MemberError
from bot.sandbox.params import Params
from bot.sandbox.views import longest_wait, tap_view
from bot.sandbox.world import Tap, World


async def tap_together(world: World, request: Request, params: Params) -> list[Json]:
    """Tap for many at once; what each was answered, and after how many `seconds`.

    `taps`: a list of member, chat, message_id and data. Waits up to `wait` seconds for all.

    Raises:
        MemberError: One of them could not tap so; those before it did.
    """
    try:
        taps = [_tap(world, one) for one in params.structure("taps") or []]
    except (TypeError, KeyError, ValueError) as error:
        raise MemberError("each tap has member, chat, message_id and data") from error
    deadline = asyncio.get_running_loop().time() + longest_wait(params)
    while any(tap.answer is None for tap in taps) and not world.closing.is_set():
        left = deadline - asyncio.get_running_loop().time()
        if left <= 0:
            break
        await world.changed.wait(left)
    return [tap_view(tap) | {"seconds": _seconds(tap)} for tap in taps]


def _tap(world: World, one: Json) -> Tap:
    chat, person = world.chat(int(one["chat"])), world.person(int(one["member"]))
    return members.tap(world, chat, person, int(one["message_id"]), data=str(one["data"]))


def _seconds(tap: Tap) -> float | None:
    return None if tap.answered_at is None else tap.answered_at - tap.at
