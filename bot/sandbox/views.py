"""What the control API shows of people, chats, messages and taps, and how one waits for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.chats import Chat, Json, Person
from bot.sandbox.params import Params
from bot.sandbox.world import Tap, World

_LONGEST_WAIT = 50.0


def person_view(world: World, person: Person) -> Json:
    """A person as the control API shows them."""
    return person.user() | {"started": person.started, "blocked": person.blocked}


def chat_view(world: World, chat: Chat) -> Json:
    """A chat as the control API shows it."""
    action = chat.action if chat.action and chat.action[1] > world.now() else None
    return {
        "id": chat.id,
        "kind": chat.kind,
        "title": chat.title,
        "members": {str(who): role for who, role in chat.members.items()},
        "pinned": chat.pinned,
        "migrated_to": chat.migrated_to,
        "action": action[0] if action else None,
        "action_seconds": round(action[1] - world.now(), 1) if action else 0,
        "version": chat.version,
    }


def tap_view(tap: Tap) -> Json:
    """A tap and its answer, once there is one."""
    return {"id": tap.id, "answered": tap.answer is not None} | (tap.answer or {})


async def changes(world: World, chats: Callable[[], list[Chat]], params: Params) -> Json:
    """What changed in some chats after `since`, waiting for it up to `wait` seconds."""
    since = params.integer("since", 0)
    deadline = asyncio.get_running_loop().time() + longest_wait(params)
    while True:
        changed = world.changed_since(chats(), since)
        left = deadline - asyncio.get_running_loop().time()
        if (
            changed
            or any(chat.version > since for chat in chats())
            or left <= 0
            or world.closing.is_set()
        ):
            return {
                "version": world.version,
                "chats": [chat_view(world, chat) for chat in chats() if chat.version > since],
                "messages": [world.view(message) for message in changed],
            }
        await world.changed.wait(left)


async def until_answered(world: World, tap: Tap, params: Params) -> Json:
    """A tap, once it is answered or `wait` seconds are over."""
    deadline = asyncio.get_running_loop().time() + longest_wait(params)
    while (
        tap.answer is None
        and not world.closing.is_set()
        and (left := deadline - asyncio.get_running_loop().time()) > 0
    ):
        await world.changed.wait(left)
    return tap_view(tap)


def longest_wait(params: Params) -> float:
    """How many seconds a request waits at most."""
    return max(0.0, min(params.number("wait", 0), _LONGEST_WAIT))
