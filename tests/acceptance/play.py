"""What members do again and again, and how their chats read."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import httpx

from bot.sandbox.client import Answer, Chat, Member, Message, SandboxClient
from bot.sandbox.client.transport import Transport
from bot.sandbox.server import SandboxServer
from tests.support.bot import TOKEN

SOON = 60.0
WORK = 240.0
"""Seconds; generous, for other tests' trainings may share the machine."""

LOOK_FIRST = "New sheet"
Tiles = Callable[[Message], list[int]]


async def heard(
    chat: Chat, since: Message | int, *words: str, button: str = "", seconds: float = SOON
) -> Message:
    """The bot's newest message with all these words (any case) and this button."""

    def fits(message: Message) -> bool:
        text = message.text.lower()
        return (
            message.from_bot
            and all(word.lower() in text for word in words)
            and (not button or message.has_button(button))
        )

    return await chat.wait(fits, seconds, since=since, what=f"“{' … '.join(words)}” {button}")


async def ask(
    member: Member,
    chat: Chat,
    text: str,
    *words: str,
    button: str = "",
    reply_to: Message | None = None,
    seconds: float = SOON,
) -> Message:
    """Say something and wait for the bot's answer that has these words."""
    said = await member.say(chat, text, reply_to)
    return await heard(chat, said, *words, button=button, seconds=seconds)


async def post(server: SandboxServer, chat: Chat, *data: str) -> Message:
    """A message of the bot whose buttons carry `data`, as an older release might have left."""
    keyboard = {"inline_keyboard": [[{"text": one, "callback_data": one}] for one in data]}
    async with httpx.AsyncClient() as client:
        answer = await client.post(
            f"{server.base_url}{TOKEN}/sendMessage",
            json={"chat_id": chat.id, "text": "old", "reply_markup": keyboard},
        )
    return await chat.get(answer.json()["result"]["message_id"])


async def until(condition: Callable[[], object], seconds: float = SOON) -> None:
    """Wait until `condition` holds.

    Raises:
        TimeoutError: it did not in time.
    """
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110  # another process makes it true
            await asyncio.sleep(0.05)


async def eventually(condition: Callable[[], Awaitable[object]], seconds: float = SOON) -> None:
    """As `until`, for conditions that are asked over HTTP."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110  # another process makes it true
            await asyncio.sleep(0.05)


def sheet_of(message: Message) -> int:
    """The number of the sheet that a message shows; 0 when it shows none."""
    data = next((b.data for b in message.buttons if b.data and b.data.startswith("v1:s:")), None)
    return int(data.split(":")[2]) if data else 0


def tiles_of(message: Message) -> int:
    """How many tiles a sheet has."""
    return sum(button.text[:1].isdecimal() for button in message.buttons)


async def settle(member: Member, message: Message, button: str = "✅") -> Answer:
    """Tap an answer to the whole sheet, again while the sheet is too new to be answered."""
    async with asyncio.timeout(SOON):
        while True:
            answer = await member.tap(message, button)
            if not answer.text.startswith(LOOK_FIRST):
                return answer
            await asyncio.sleep(0.1)


async def next_sheet(chat: Chat, since: Message | int, after: int = 0) -> Message:
    """The next sheet, or the message that says that the round is over."""
    return await chat.wait(
        lambda m: m.from_bot and (sheet_of(m) > after or "checked 🎉" in m.text),
        SOON,
        since=since,
        what="the next sheet",
    )


async def check_all(
    chat: Chat,
    members: list[Member],
    since: Message | int,
    wrong: Tiles = lambda sheet: [],
) -> int:
    """Members answer sheets in turns until all is checked; returns how many sheets there were."""
    sheet, count = await next_sheet(chat, since), 0
    while number := sheet_of(sheet):
        member = members[count % len(members)]
        if sheet.has_button("📐"):
            # What was wrong comes back: what is it instead?
            answer = await member.tap(sheet, "🚫 Nothing here")
            assert answer.answered, answer
            count += 1
            sheet = await next_sheet(chat, since, number)
            continue
        for place in wrong(sheet):
            answer = await member.tap(sheet, str(place))
            assert answer.text.startswith(f"{place}:"), answer
        answer = await settle(member, sheet)
        assert answer.answered, answer
        assert not answer.show_alert, answer
        count += 1
        sheet = await next_sheet(chat, since, number)
    return count


async def add_trusted(member: Member, chat: Chat, archive: Path) -> Message:
    """Send a labelled zip and trust it; returns the bot's answer."""
    sent = await member.send_document(chat, archive)
    question = await heard(chat, sent, "are these labels right", button="👍", seconds=WORK)
    await member.tap(question, "👍")
    return await heard(chat, question, "I take these labels as they are")


async def transcript(sandbox: SandboxClient, leave_out: list[int]) -> str:
    """All chats as they read now."""
    lines = []
    transport = Transport(sandbox.address)
    for view in (await sandbox.state())["chats"]:
        if view["id"] in leave_out:
            continue
        lines.append(f"\n═══ {view['title'] or view['id']}")
        for m in await Chat(transport, view["id"]).messages():
            keys = " ".join(f"[{b.text}]" for b in m.buttons)
            file = f" «{m.file_name or m.kind}»" if m.kind != "text" else ""
            marks = ("" if m.silent else "🔔") + (f" ↩{m.reply_to}" if m.reply_to else "")
            lines.append(f"{m.id} {m.sender}{file} {marks}: {m.text} {keys}")
    await transport.close()
    return "\n".join(lines)
