"""A night's rehearsal: trainings of several chats, while workers and the bot are killed at random.

A real bot beside a double of the Bot API; real trainings of a few tiny pictures, each packed
afterwards. Every so often something gets a kill -9: a worker, the bot (which is started again at
once, as a service manager would), or both. In the end every job must have ended as it should, and
each result must be in its chat, and hardly one of them twice. There is no other side: nobody else
claims that.

A job's worker is killed twice at most, for after a third death a job is given up by design.
"""

import argparse
import asyncio
import io
import os
import random
import signal
import sys
import tempfile
import zipfile
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic

from bench import Row
from bench.mortal import Bot
from bench.programs import started
from bot.sandbox.client import Chat, Member, Message, SandboxClient
from tests.support.scenes import CLASSES, scene

SANDBOX = [sys.executable, "-m", "bot.sandbox", "--port", "0"]
CHATS = 3
PICTURES, SIZE = 12, (64, 64)
ANSWER_S = 120
QUIET_S = 1.0
CANCELS = 7
"""Each so-manieth training is stopped by its member, wherever it is by then."""

MOST_KILLS = 2
KILLS_A_DOUBLE = 20
"""Of so many kills of the bot one falls between Telegram's yes and our commit (decision 0004)."""

VICTIMS = ("worker", "worker", "bot", "both")
JOBS = (
    "SELECT id, chat_id, kind, state, attempt, crashes, pid, cancel_requested_at, error, request, "
    "(julianday(finished_at) - julianday(started_at)) * 1440 AS minutes FROM job ORDER BY id"
)
OPEN = (
    "SELECT (SELECT COUNT(*) FROM job WHERE finished_at IS NULL) + "
    "(SELECT COUNT(*) FROM message WHERE state = 'waiting') AS open"
)

DUE = (
    "SELECT job.chat_id, 'album of v' || model.number AS what FROM model "
    "JOIN job ON job.id = model.job_id WHERE job.state = 'succeeded' UNION "
    "SELECT job.chat_id, 'zip of v' || model.number FROM job "
    "JOIN model ON model.id = json_extract(job.request, '$.model_id') "
    "WHERE job.kind = 'package' AND job.state = 'succeeded'"
)


def arguments(parser: argparse.ArgumentParser) -> None:
    """What can be chosen on the command line."""
    parser.add_argument("--jobs", type=int, default=30, help="trainings to queue")
    parser.add_argument("--minutes", type=float, default=120, help="at most so long")
    parser.add_argument("--every", type=float, default=60, help="seconds between two kills")
    parser.add_argument("--kills", type=int, default=10_000, help="at most so many")
    parser.add_argument("--seed", type=int, default=0, help="of what is killed when")


@dataclass
class Night:
    """What happened: the jobs' rows, what each chat was told, and who was killed."""

    jobs: list[dict[str, object]]
    results: dict[tuple[int, str], int]
    due: set[tuple[int, str]]
    killed: Counter[int] = field(default_factory=Counter)
    bot_kills: int = 0

    def wrong(self) -> list[dict[str, object]]:
        """Jobs that did not end as they should: done, or stopped where somebody asked for it."""
        return [job for job in self.jobs if not _right(job)]

    def lost(self) -> int:
        """Results that are in no chat."""
        return sum(not self.results.get(one) for one in self.due)

    def doubled(self) -> int:
        """Messages with a result that were one too many."""
        return sum(count - 1 for count in self.results.values() if count > 1)


def _right(job: dict[str, object]) -> bool:
    if job["state"] == "cancelled":
        return job["cancel_requested_at"] is not None
    return job["state"] == "succeeded"


def run(
    *,
    jobs: int = 30,
    minutes: float = 120,
    every: float = 60,
    kills: int = 10_000,
    seed: int = 0,
) -> Iterator[Row]:
    """Rows of jobs that ended wrong, and of results that were told not at all or twice."""
    with tempfile.TemporaryDirectory(prefix="taptrain-bench-") as home:
        night = asyncio.run(_rehearse(Path(home), jobs, minutes * 60, every, kills, seed))
    for line in table(night):
        print(line, file=sys.stderr, flush=True)
    yield _at_most("jobs that ended wrong", len(night.wrong()), 0, "jobs")
    yield _at_most("results lost", night.lost(), 0, "results")
    # A kill between Telegram's yes and our commit sends again; there is no way to ask Telegram.
    floor = night.bot_kills // KILLS_A_DOUBLE
    yield _at_most("results told twice", night.doubled(), floor, "results")


def _at_most(name: str, ours: int, limit: int, unit: str) -> Row:
    return Row.at_most(name, ours=ours, other=None, unit=unit, limit=limit)


def table(night: Night) -> Iterator[str]:
    """The night for a person: a line a job."""
    yield " job kind       attempts crashes kills  outcome    minutes"
    for job in night.jobs:
        number = int(str(job["id"]))
        outcome = str(job["state"]) + ("" if _right(job) else f" WRONG: {job['error']}")
        took = "" if job["minutes"] is None else f"{float(str(job['minutes'])):.1f}"
        yield (
            f"{number:>4} {job['kind']:10} {job['attempt']:>8} {job['crashes']:>7} "
            f"{night.killed[number]:>5}  {outcome:10} {took}"
        )
    yield f"the bot was killed {night.bot_kills} times, workers {night.killed.total()} times"


async def _rehearse(
    folder: Path, jobs: int, seconds: float, every: float, kills: int, seed: int
) -> Night:
    rng, deadline = random.Random(seed), monotonic() + seconds
    async with AsyncExitStack() as stack:
        (folder / "double").mkdir()
        _, address, _ = stack.enter_context(started(SANDBOX, "http", folder / "double"))
        double = await stack.enter_async_context(SandboxClient(address))
        (folder / "bot").mkdir()
        bot = Bot(folder / "bot", address)
        stack.callback(bot.close)
        await asyncio.to_thread(bot.start)
        members = [await _furnished(double, number) for number in range(min(CHATS, jobs))]
        for number in range(jobs):
            await _ask_for_training(members[number % len(members)])
        night = Night([], {}, set())
        stop = asyncio.create_task(_stop_some(bot, members))
        next_kill = monotonic() + every / 2
        while bot.rows(OPEN)[0]["open"] and monotonic() < deadline:
            await asyncio.sleep(QUIET_S)
            if kills and monotonic() >= next_kill:
                kills -= 1
                next_kill = monotonic() + every * rng.uniform(0.5, 1.5)
                await asyncio.to_thread(_strike, bot, night, rng)
        await stop
        night.jobs = [job for job in bot.rows(JOBS) if job["kind"] in ("train", "package")]
        night.due = {(int(str(m["chat_id"])), str(m["what"])) for m in bot.rows(DUE)}
        for member in members:
            told = Counter(_results(await member.private.messages()))
            night.results |= {(member.id, what): count for what, count in told.items()}
        return night


def _results(messages: Sequence[Message]) -> Iterator[str]:
    """The results among a chat's messages, by what they bring."""
    for message in messages:
        if message.file_name.endswith("-tfjs.zip"):
            yield f"zip of {message.file_name.removesuffix('-tfjs.zip').rpartition('-')[2]}"
        elif message.album and message.text:
            yield f"album of {message.text.partition(' · ')[2].split()[0]}"


async def _furnished(double: SandboxClient, number: int) -> Member:
    """A member with a project of trusted pictures in their private chat."""
    member = await double.member(f"Sleeper {number}")
    await member.start()
    await _heard(
        member.private, await member.say(member.private, "/new fruit apple, lemon"), "ready"
    )
    name = f"fruit{number}.zip"
    sent = await member.send_document(member.private, _archive(number), name, "trust=yes")
    await _heard(member.private, sent, "I take these labels as they are")
    return member


async def _heard(chat: Chat, since: Message, words: str) -> Message:
    return await chat.wait(
        lambda message: message.from_bot and words.lower() in message.text.lower(),
        ANSWER_S,
        since=since,
        what=words,
    )


async def _ask_for_training(member: Member) -> None:
    said = await member.say(member.private, "/train epochs=1 imgsz=64")
    await _heard(member.private, said, "training")


async def _stop_some(bot: Bot, members: Sequence[Member]) -> None:
    """Members change their minds about some trainings."""
    by_chat = {member.id: member for member in members}
    trainings = [job for job in bot.rows(JOBS) if job["kind"] == "train"]
    for job in trainings[CANCELS - 1 :: CANCELS]:
        member = by_chat[int(str(job["chat_id"]))]
        await member.say(member.private, f"/cancel {job['id']}")


def _strike(bot: Bot, night: Night, rng: random.Random) -> None:
    """Kill -9 a worker, the bot, or both; the bot comes back at once."""
    victim = rng.choice(VICTIMS)
    if victim in ("worker", "both"):
        _kill_worker(bot, night, rng)
    if victim in ("bot", "both"):
        bot.kill()
        night.bot_kills += 1
        bot.start()


def _kill_worker(bot: Bot, night: Night, rng: random.Random) -> None:
    working = [
        job
        for job in bot.rows(JOBS)
        if job["state"] == "running"
        and job["pid"] is not None
        and night.killed[int(str(job["id"]))] < MOST_KILLS
    ]
    if not working:
        return
    job = rng.choice(working)
    # It may have ended in between.
    with suppress(ProcessLookupError):
        os.kill(int(str(job["pid"])), signal.SIGKILL)
        night.killed[int(str(job["id"]))] += 1


def _archive(number: int) -> bytes:
    """A zip of tiny scenes with YOLO labels, other ones for each number."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("data.yaml", f"names: {CLASSES}\n")
        for seed in range(PICTURES * number, PICTURES * (number + 1)):
            data, rows = scene(seed, SIZE)
            lines = [
                f"{int(c)} {(x1 + x2) / 2:.6f} {(y1 + y2) / 2:.6f} {x2 - x1:.6f} {y2 - y1:.6f}"
                for c, x1, y1, x2, y2 in rows
            ]
            archive.writestr(f"images/{seed}.jpg", data)
            archive.writestr(f"labels/{seed}.txt", "\n".join(lines) + "\n")
    return out.getvalue()
