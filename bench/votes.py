"""Fifty members tap at once: how long each waits for the answer, and whether each vote is kept.

The other side is the least that a bot can do: a python-telegram-bot application that only answers
the tap and keeps nothing. It runs twice, with updates one after another (the library's default) and
side by side; the faster one counts. Every side has a double of the Bot API of its own, and the
sides take turns.
"""

import asyncio
import json
import sqlite3
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, closing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median, quantiles

import httpx

from bench import Row, classroom
from bench.programs import TOKEN, started
from bot.sandbox.client import Member, SandboxClient

MEMBERS = 50
ROUNDS = 20
P95_LIMIT_MS = 250
RATIO_LIMIT = 2
SHOWN_S = 60  # until every member has a sheet; Telegram lets about 25 messages a second through
ANSWER_S = 20
QUIET_S = 0.3
SANDBOX = [sys.executable, "-m", "bot.sandbox", "--port", "0"]
BOT = [sys.executable, "-m", "bot", "run"]
PLAIN = [sys.executable, "-m", "bench.answering"]
BUSY = (
    "SELECT 1 FROM message WHERE state = 'waiting' LIMIT 1",
    "SELECT 1 FROM sheet WHERE state = 'preparing' LIMIT 1",
)
OURS, IN_TURN, AT_ONCE = "ours", "in-turn", "at-once"
SIDES = (OURS, IN_TURN, AT_ONCE)


class NotReady(RuntimeError):
    """A side did not come so far that it could be measured."""


@dataclass
class Side:
    """One bot with its double and its class; `buttons` are each member's tiles, as taps."""

    folder: Path
    double: SandboxClient
    group: int
    members: list[Member]
    buttons: dict[int, list[dict[str, object]]] = field(default_factory=dict)
    waits: list[float] = field(default_factory=list)
    unanswered: int = 0

    async def round(self, number: int) -> None:
        """Everybody taps one tile at the same moment; keeps the seconds until each answer."""
        taps = [self.buttons[member.id][number % classroom.TILES] for member in self.members]
        told = await self.double.post("taps", {"taps": taps, "wait": ANSWER_S})
        waits = [one["seconds"] for one in told if one["seconds"] is not None]
        self.waits += waits
        self.unanswered += len(told) - len(waits)


def run() -> Iterator[Row]:
    """Rows of milliseconds from tap to answer, and of taps that are not exactly one vote."""
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        for name in SIDES:
            (Path(home) / name).mkdir()
        waits, lost = asyncio.run(_measure(Path(home)))
    ours = waits[OURS]
    other = min((waits[IN_TURN], waits[AT_ONCE]), key=median)
    yield Row.at_most(
        "95 of 100 answers", ours=_p95(ours), other=_p95(other), unit="ms", limit=P95_LIMIT_MS
    )
    yield Row.ratio_at_most(
        "half of the answers", ours=median(ours), other=median(other), unit="ms", limit=RATIO_LIMIT
    )
    yield Row.at_most("taps lost or doubled", ours=lost, other=None, unit="taps", limit=0)


def _p95(waits: Sequence[float]) -> float:
    return quantiles(waits, n=20)[-1]


async def _measure(home: Path) -> tuple[dict[str, list[float]], int]:
    """Milliseconds by side, and how many of our taps were lost, doubled or not answered."""
    async with AsyncExitStack() as stack:
        sides = {name: await _class(stack, home / name) for name in SIDES}
        ours = sides[OURS]
        classroom.furnish(ours.folder / "home", ours.group, [one.id for one in ours.members])
        settings = {"TAPTRAIN_TOKEN": TOKEN, "TAPTRAIN_API_URL": ours.double.address}
        bot, _, _ = stack.enter_context(
            started(BOT, "ready", ours.folder, settings | {"TAPTRAIN_PORT": "0"})
        )
        shown = await _shown(ours)
        for name in (IN_TURN, AT_ONCE):
            side = sides[name]
            await _copy(shown, side)
            command = [*PLAIN, side.double.address, TOKEN]
            command += ["--concurrent"] if name == AT_ONCE else []
            stack.enter_context(started(command, "ready", side.folder))
        for number in range(1 + ROUNDS):
            # In turns, and each of them first as often as the others.
            for place in range(len(SIDES)):
                await _quiet(ours)
                await sides[SIDES[(number + place) % len(SIDES)]].round(number)
            if number == 0:
                # A first tap opens connections and asks Telegram who is in the group.
                for side in sides.values():
                    side.waits.clear()
        waits = {name: [1000 * wait for wait in side.waits] for name, side in sides.items()}
        await _quiet(ours)
        await ours.round(1 + ROUNDS)
        # Whatever was answered must be there, however the bot ends right afterwards.
        bot.kill()
        bot.wait()
        return waits, ours.unanswered + _miscounted(ours, 2 + ROUNDS)


async def _class(stack: AsyncExitStack, folder: Path) -> Side:
    """A double, and its members, in a group and with their private chats open."""
    _, address, _ = stack.enter_context(started(SANDBOX, "http", folder))
    double = await stack.enter_async_context(SandboxClient(address))
    members = [await double.member(f"Pupil {number}") for number in range(MEMBERS)]
    group = await double.group("Class", *members)
    for member in members:
        await member.start()
    # Nothing of that is measured: the bots hear only of taps.
    async with httpx.AsyncClient() as http:
        await http.post(_method(address, "deleteWebhook"), json={"drop_pending_updates": True})
    return Side(folder, double, group.id, members)


async def _shown(side: Side) -> list[tuple[str, list[list[dict[str, str]]]]]:
    """Wait until every member has a sheet; returns their captions and keyboards."""
    sheets = []
    for member in side.members:
        sheet = await member.private.wait(
            lambda message: message.has_button("1"), timeout=SHOWN_S, what="a sheet"
        )
        keyboard = [
            [{"text": button.text, "callback_data": button.data or ""} for button in row]
            for row in sheet.rows
        ]
        side.buttons[member.id] = _taps(member, sheet.id, keyboard)
        sheets.append((sheet.text, keyboard))
    return sheets


async def _copy(sheets: list[tuple[str, list[list[dict[str, str]]]]], side: Side) -> None:
    """Put the same messages into another class, so that its updates are as large."""
    await side.double.set_limits(overall=(1000, 1.0))
    picture = next((side.folder.parent / OURS / "home" / "files").rglob("*.jpg")).read_bytes()
    async with httpx.AsyncClient() as http:
        for member, (caption, keyboard) in zip(side.members, sheets, strict=True):
            markup = json.dumps({"inline_keyboard": keyboard})
            form = {"chat_id": str(member.id), "caption": caption, "reply_markup": markup}
            answer = await http.post(
                _method(side.double.address, "sendPhoto"), data=form, files={"photo": picture}
            )
            answer.raise_for_status()
            message_id = answer.json()["result"]["message_id"]
            side.buttons[member.id] = _taps(member, message_id, keyboard)


def _taps(
    member: Member, message_id: int, keyboard: list[list[dict[str, str]]]
) -> list[dict[str, object]]:
    tiles = [button["callback_data"] for row in keyboard for button in row][: classroom.TILES]
    where = {"member": member.id, "chat": member.id, "message_id": message_id}
    return [where | {"data": data} for data in tiles]


def _method(address: str, name: str) -> str:
    return f"{address}/bot{TOKEN}/{name}"


async def _quiet(side: Side) -> None:
    """Wait until our bot has shown and painted all it wants to: nobody else must suffer from that.

    Raises:
        NotReady: it is still at it after a while.
    """
    for _ in range(round(SHOWN_S / QUIET_S)):
        await asyncio.sleep(QUIET_S)
        if not any(_rows(side, query) for query in BUSY):
            return
    raise NotReady("something still waits to be painted or sent")


def _miscounted(side: Side, rounds: int) -> int:
    """How many votes there are too few or too many, by member and tile."""
    # The first one of each member; what follows it lies painted behind it.
    sheets = _rows(side, "SELECT member_id, tiles FROM sheet ORDER BY id DESC")
    tiles = {row["member_id"]: json.loads(row["tiles"]) for row in sheets}
    due = Counter(
        (member.id, tiles[member.id][number % classroom.TILES])
        for member in side.members
        for number in range(rounds)
    )
    there = Counter(
        (row["member_id"], row["subject_id"])
        for row in _rows(side, "SELECT member_id, subject_id FROM vote WHERE subject_kind = 'box'")
    )
    return sum(abs(due[one] - there[one]) for one in due | there)


def _rows(side: Side, query: str) -> list[sqlite3.Row]:
    with closing(sqlite3.connect(side.folder / "home" / "taptrain.db", timeout=30)) as db:
        db.row_factory = sqlite3.Row
        return list(db.execute(query))
