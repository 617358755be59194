"""A chat to look at and to wait in."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from bot.sandbox.client.transport import Transport
from bot.sandbox.client.values import Json, Message, SandboxError, WaitTimeout, read_message

_POLL_SECONDS = 20.0


class Chat:
    """A chat to look at."""

    def __init__(self, transport: Transport, chat_id: int, title: str = "") -> None:
        self._transport = transport
        self.id = chat_id
        self.title = title

    async def messages(self, since: int | Message = 0) -> list[Message]:
        """The messages that are there, oldest first; only those changed after `since`."""
        body = await self._transport.get(
            f"chats/{self.id}/messages", {"since": _version(since), "wait": 0}
        )
        there = [read_message(view) for view in body["messages"] if not view["deleted"]]
        return sorted(there, key=lambda message: message.id)

    async def version(self) -> int:
        """The change counter now, for `wait(..., since=...)`."""
        body = await self._transport.get(f"chats/{self.id}/messages", {"since": 10**12, "wait": 0})
        return int(body["version"])

    async def get(self, message: Message | int) -> Message:
        """A message as it is now.

        Raises:
            SandboxError: It is deleted, or never was.
        """
        wanted = message if isinstance(message, int) else message.id
        for one in await self.messages():
            if one.id == wanted:
                return one
        raise SandboxError(f"there is no message {wanted} in chat {self.id}")

    async def wait(
        self,
        predicate: Callable[[Message], bool],
        timeout: float = 10.0,  # noqa: ASYNC109  # the time is part of what a failure tells
        *,
        since: int | Message = 0,
        what: str = "the message waited for",
    ) -> Message:
        """The newest message that fits, as soon as there is one; edits count.

        Args:
            predicate: Tells whether a message fits.
            timeout: Seconds.
            since: Look only at what came or changed after this version or message.
            what: Named in the error.

        Raises:
            WaitTimeout: Nothing fitted in time; the last messages are told.
        """
        known = _version(since)
        deadline = asyncio.get_running_loop().time() + timeout
        while True:
            left = deadline - asyncio.get_running_loop().time()
            query: Json = {"since": known, "wait": max(0.0, min(left, _POLL_SECONDS))}
            body = await self._transport.get(f"chats/{self.id}/messages", query)
            for view in reversed(body["messages"]):
                if not view["deleted"] and predicate(message := read_message(view)):
                    return message
            known = max(known, body["version"])
            if left <= 0:
                raise WaitTimeout(await self._missing(what, timeout))

    async def _missing(self, what: str, seconds: float) -> str:
        lines = [
            f"  {m.id} {m.sender}: {m.kind} {m.text[:200]!r} {[b.text for b in m.buttons]}"
            for m in (await self.messages())[-8:]
        ]
        return f"{what} did not come in {seconds:g} s; last in chat {self.id}:\n" + "\n".join(lines)


def _version(since: int | Message) -> int:
    return since if isinstance(since, int) else since.version
