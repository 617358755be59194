"""The members and their group: they act at a pace one can watch, and give way to the visitor."""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import ParamSpec

from bot.demo.errors import DemoFailed
from bot.sandbox.client import Answer, Button, Chat, Member, Message, SandboxError, WaitTimeout
from bot.sandbox.world import World

CALM_SECONDS = 30.0
"""Silence of the visitor after which the members go on by themselves."""

GO_ON = "go on"
SEND_AFTER_SECONDS = 2.0
PATIENCE_SECONDS = 120.0
MAYBE_SECONDS = 20.0
_LOOK_SECONDS = 0.5

Tell = Callable[[str], None]
Says = ParamSpec("Says")


def find(message: Message, *data: object) -> Button | None:
    """The first button whose callback data begins with `v1` and these parts; `@PROJECT` aside."""
    wanted = ["v1", *(str(part) for part in data)]
    for button in message.buttons:
        if button.data is not None and parts(button.data)[: len(wanted)] == wanted:
            return button
    return None


def parts(data: str) -> list[str]:
    """`v1:VERB@PROJECT:ARGS…` as `v1`, verb, args; the project is left out."""
    return [part.partition("@")[0] for part in data.split(":")]


class Cast:
    """Who plays where.

    Args:
        chat: the group.
        world: the sandbox's state, only looked at: who tapped.
        members: the scripted ones; whatever they did not do, the visitor did.
        pace: 1 to be watched, 0 for no waiting at all.
        tell: prints a line for whoever sits at the terminal.
    """

    def __init__(
        self, chat: Chat, world: World, members: list[Member], *, pace: float, tell: Tell
    ) -> None:
        self.chat = chat
        self.tell = tell
        self.members = members
        self._world = world
        self._pace = pace
        self._messages: set[int] = set()
        self._taps: set[str] = set()
        self._seen = 0
        self._visited = False

    async def send(
        self,
        act: Callable[Says, Awaitable[Message]],
        *words: Says.args,
        **options: Says.kwargs,
    ) -> Message:
        """Let a member say or send something, after a moment."""
        await self.pause(SEND_AFTER_SECONDS)
        message = await act(*words, **options)
        self._messages.add(message.id)
        return message

    async def tap(
        self, member: Member, message: Message, *data: object, pause: float = 1.4
    ) -> Answer | None:
        """Tap a button by its data, after a moment; None where it is gone by then."""
        await self.pause(pause)
        try:
            button = find(await self.chat.get(message), *data)
            if button is None:
                return None
            answer = await member.tap(message, button.text, data=button.data)
        except SandboxError:
            # The visitor, or the bot, was faster: whoever asked looks at the chat again.
            return None
        self._taps.add(answer.id)
        return answer

    async def wait(
        self,
        fits: Callable[[Message], bool],
        what: str,
        *,
        since: Message | int,
        seconds: float = PATIENCE_SECONDS,
    ) -> Message:
        """The newest message of the bot that fits.

        Raises:
            DemoFailed: it did not come in time.
        """
        try:
            return await self.chat.wait(
                lambda message: message.from_bot and fits(message), timeout=seconds, since=since
            )
        except WaitTimeout as error:
            raise DemoFailed(f"The bot did not answer in time: {what} did not come.") from error

    async def maybe(
        self, fits: Callable[[Message], bool], *, since: Message | int
    ) -> Message | None:
        """As `wait`, but the visitor may have led the bot elsewhere: then None."""
        try:
            return await self.wait(fits, "", since=since, seconds=MAYBE_SECONDS)
        except DemoFailed:
            return None

    async def pause(self, seconds: float) -> None:
        """A moment to look; longer while the visitor is at it."""
        await asyncio.sleep(seconds * self._pace)
        if await self._visitor_acted():
            await self._give_way()

    async def _give_way(self) -> None:
        self.tell(
            f"You took over: the others wait until you say “{GO_ON}”, or are quiet for "
            f"{CALM_SECONDS:.0f} s."
        )
        if not self._visited:
            self._visited = True
            words = f"👀 Your turn! We wait. Say “{GO_ON}” when we shall carry on."
            self._messages.add((await self.members[0].say(self.chat, words)).id)
        last = monotonic()
        while monotonic() - last < CALM_SECONDS:
            await asyncio.sleep(_LOOK_SECONDS)
            before = self._seen
            if await self._visitor_acted():
                last = monotonic()
                if await self._said_go_on(before):
                    break
        self.tell("The others carry on.")

    async def _visitor_acted(self) -> bool:
        since, self._seen = self._seen, await self.chat.version()
        fresh = [
            message
            for message in await self.chat.messages(since)
            if self._foreign(message) and not message.edited
        ]
        # One C call on a dict: the server's thread cannot change it half-way.
        taps = {tap.id for tap in tuple(self._world.taps.values()) if tap.chat_id == self.chat.id}
        strange = taps - self._taps
        self._taps |= strange
        self._messages |= {message.id for message in fresh}
        return bool(fresh or strange)

    async def _said_go_on(self, since: int) -> bool:
        return any(
            not message.from_bot and message.text.strip().lower().startswith(GO_ON)
            for message in await self.chat.messages(since)
        )

    def _foreign(self, message: Message) -> bool:
        own = message.from_bot or message.kind == "service" or message.id in self._messages
        return not own
