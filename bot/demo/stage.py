"""What every part of the story needs, and how its buttons are read."""

from dataclasses import dataclass
from pathlib import Path

from bot.demo.cast import Cast, find, parts
from bot.demo.errors import DemoFailed
from bot.demo.eyes import Eyes
from bot.demo.parcel import Luggage
from bot.sandbox.client import Member, Message, SandboxClient


@dataclass(frozen=True)
class Plan:
    """How long to learn; small pictures and a small network, so that it ends while one watches."""

    epochs: int
    imgsz: int


@dataclass(frozen=True)
class Stage:
    """Where the members play, with what they brought. `folder`: where the zip is kept."""

    sandbox: SandboxClient
    cast: Cast
    luggage: Luggage
    eyes: Eyes
    plan: Plan
    folder: Path

    @property
    def ann(self) -> Member:
        """Who starts the project."""
        return self.cast.members[0]

    @property
    def ben(self) -> Member:
        """Who sends a video and draws."""
        return self.cast.members[1]

    @property
    def cleo(self) -> Member:
        """Who wants to train."""
        return self.cast.members[2]

    async def newest(self, *data: object) -> Message:
        """The newest message of the bot with such a button.

        Raises:
            DemoFailed: there is none.
        """
        for message in reversed(await self.cast.chat.messages()):
            if message.from_bot and find(message, *data):
                return message
        raise DemoFailed(f"The bot offers no button for {data[0]}.")


def id_in(message: Message, verb: str) -> int:
    """The number that a message's buttons of this kind are about: `v1:VERB:NUMBER:…`."""
    button = find(message, verb)
    assert button is not None
    assert button.data is not None
    return int(parts(button.data)[2])
