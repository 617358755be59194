"""The sandbox as its client sees it: people, groups, faults and the clock."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType
from typing import Any

from bot.sandbox.client.chat import Chat
from bot.sandbox.client.member import Member
from bot.sandbox.client.transport import Transport
from bot.sandbox.client.values import Json


class SandboxClient:
    """The control API of a running sandbox at `address` ("http://127.0.0.1:PORT")."""

    def __init__(self, address: str) -> None:
        self.address = address
        self._transport = Transport(address)

    async def __aenter__(self) -> SandboxClient:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._transport.close()

    async def member(
        self, name: str, username: str | None = None, language_code: str | None = None
    ) -> Member:
        """Let a new person exist."""
        body = {"name": name, "username": username, "language_code": language_code}
        person = await self._transport.post("members", body)
        return Member(self._transport, person["id"], name)

    async def group(
        self,
        title: str,
        *members: Member,
        admins: Sequence[Member] = (),
        bot_is_admin: bool = False,
        bot_in: bool = True,
        kind: str = "supergroup",
    ) -> Chat:
        """Found a group; the first member is its creator and adds the bot."""
        body = {
            "title": title,
            "members": [member.id for member in members],
            "admins": [member.id for member in admins],
            "bot_is_admin": bot_is_admin,
            "bot_in": bot_in,
            "kind": kind,
        }
        return Chat(self._transport, (await self._transport.post("groups", body))["id"], title)

    async def change(self, chat: Chat, who: Member | str, action: str) -> None:
        """Let a member, or "bot", join, leave, be kicked, promoted or demoted."""
        member = who if isinstance(who, str) else who.id
        await self._transport.post(f"chats/{chat.id}/members", {"member": member, "action": action})

    async def migrate(self, chat: Chat) -> Chat:
        """Turn a group into a supergroup; the new chat."""
        grown = await self._transport.post(f"chats/{chat.id}/migrate", {})
        return Chat(self._transport, grown["id"], chat.title)

    async def fault(
        self,
        kind: str,
        method: str = "*",
        *,
        times: int = 1,
        chat: Chat | None = None,
        seconds: float = 1.0,
    ) -> None:
        """Order a fault: "429", "500", "502", "hang", "drop" or "lost" (done, but unanswered)."""
        chat_id = chat.id if chat else None
        body = {"kind": kind, "method": method, "times": times, "chat_id": chat_id}
        await self._transport.post("faults", body | {"seconds": seconds})

    async def clear_faults(self) -> None:
        """Cancel the faults that did not strike yet."""
        await self._transport.request("DELETE", "faults")

    async def calls(self, method: str | None = None) -> list[Json]:
        """The bot's calls so far: method, chat_id, at, code, description, milliseconds."""
        calls: list[Json] = (await self._transport.get("calls"))["calls"]
        return [c for c in calls if method is None or c["method"].lower() == method.lower()]

    async def refused(self) -> list[str]:
        """What the bot asked for that the sandbox does not know: must stay empty."""
        refused: list[str] = (await self._transport.get("calls"))["refused"]
        return refused

    async def advance_clock(self, seconds: float) -> None:
        """Turn the sandbox's clock ahead: rate windows, old callbacks and the 48 hours follow."""
        await self._transport.post("clock", {"advance": seconds})

    async def set_limits(self, **windows: tuple[int, float]) -> None:
        """Change the pace: group, private or overall, each (messages, seconds)."""
        await self._transport.post(
            "limits", {name: list(window) for name, window in windows.items()}
        )

    async def set_privacy(self, on: bool) -> None:
        """Switch the bot's privacy mode."""
        await self._transport.post("privacy", {"on": on})

    async def state(self) -> Json:
        """The bot, its commands, the members and the chats."""
        state: Json = await self._transport.get("state")
        return state

    async def post(self, path: str, body: Json) -> Any:
        """Call any other path of the control API."""
        return await self._transport.post(path, body)

    async def download(self, file_id: str) -> bytes:
        """The bytes of a file."""
        return (await self._transport.request("GET", f"files/{file_id}")).content
