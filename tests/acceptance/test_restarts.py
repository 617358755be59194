"""The bot is killed in the middle of things; nothing is lost and nothing comes twice."""

import signal
from pathlib import Path

import psutil
import pytest

from bot.sandbox.client import Chat, Member, SandboxClient
from tests.acceptance.material import labelled_zip, marble_clip
from tests.acceptance.play import (
    SOON,
    WORK,
    add_trusted,
    ask,
    heard,
    next_sheet,
    settle,
    sheet_of,
    until,
)
from tests.support.bot import BotProcess
from tests.support.www import Www

JOB = "SELECT * FROM job WHERE kind = ? ORDER BY id DESC LIMIT 1"


async def begin(bot: BotProcess, sandbox: SandboxClient) -> tuple[Member, Chat]:
    """A started bot, and a member with a project in private."""
    bot.start()
    ann = await sandbox.member("Ann")
    await ann.start()
    await ask(ann, ann.private, "/new fruit apple, lemon", "ready")
    return ann, ann.private


@pytest.mark.slow
async def test_a_training_goes_on_over_kill_9(
    sandbox: SandboxClient, fresh_bot: BotProcess, tmp_path: Path
) -> None:
    """The same process is adopted, its card moves on, and the result arrives exactly once."""
    ann, chat = await begin(fresh_bot, sandbox)
    await add_trusted(ann, chat, labelled_zip(tmp_path / "fruit.zip", range(1, 17)))
    card = await ask(ann, chat, "/train epochs=2 imgsz=64", "training")
    await until(lambda: fresh_bot.rows(JOB, "train")[0]["state"] == "running", WORK)
    before = fresh_bot.rows(JOB, "train")[0]
    worker = psutil.Process(before["pid"])
    # It must not end while there is no bot, or nothing would be left to adopt.
    worker.send_signal(signal.SIGSTOP)
    fresh_bot.kill()
    assert worker.is_running()
    fresh_bot.start()
    seen = await chat.version()
    job = fresh_bot.rows(JOB, "train")[0]
    assert (job["id"], job["pid"], job["state"]) == (before["id"], before["pid"], "running")
    # Telegram refuses the zip for haste just when it is due.
    await sandbox.fault("429", "sendDocument", chat=chat, seconds=2)
    worker.send_signal(signal.SIGCONT)
    moved = await chat.wait(
        lambda m: m.id == card.id and m.has_button("✖ Stop") and "▓" in m.text,
        WORK,
        since=seen,
        what="the bar moving on",
    )
    assert moved.edited
    assert moved.silent
    done = await heard(chat, card, "unseen picture", button="🔁", seconds=WORK)
    job = fresh_bot.rows(JOB, "train")[0]
    assert (job["pid"], job["attempt"], job["crashes"]) == (before["pid"], 1, 0)
    told = [m for m in await chat.messages() if m.from_bot]
    assert len([m for m in told if "unseen picture" in m.text]) == 1
    assert len([m for m in told if m.file_name == "fruit-v1-tfjs.zip"]) == 1
    assert len({m.album for m in told if m.album}) == 1
    assert done.id == max(m.id for m in told)


async def test_collecting_goes_on_over_kill_9(
    sandbox: SandboxClient, fresh_bot: BotProcess, www: Www, tmp_path: Path
) -> None:
    """A download that is half done when the bot dies ends in one receipt after the restart."""
    ann, chat = await begin(fresh_bot, sandbox)
    video = marble_clip(tmp_path / "marbles.mp4", 6).read_bytes()
    url = www.put("/marbles.mp4", video, type="video/mp4", hold=True)
    bar = await ask(ann, chat, f"/add {url} every=0.5s", "marbles.mp4")
    await until(lambda: "/marbles.mp4" in www.asked)
    await until(lambda: fresh_bot.rows(JOB, "collect")[0]["state"] == "running")
    pid = fresh_bot.rows(JOB, "collect")[0]["pid"]
    fresh_bot.kill()
    assert psutil.pid_exists(pid)
    fresh_bot.start()
    www.release.set()
    await heard(chat, bar, "kept 6", seconds=WORK)
    job = fresh_bot.rows(JOB, "collect")[0]
    assert (job["state"], job["attempt"], job["pid"]) == ("succeeded", 1, pid)
    assert fresh_bot.value("SELECT COUNT(*) FROM image") == 6
    assert len([m for m in await chat.messages() if "kept 6" in m.text]) == 1


async def test_a_tap_is_kept_before_it_is_answered(
    sandbox: SandboxClient, fresh_bot: BotProcess, tmp_path: Path
) -> None:
    """A bot killed right after a tap has the vote, and the sheet goes on with its mark."""
    ann, chat = await begin(fresh_bot, sandbox)
    archive = labelled_zip(tmp_path / "fruit.zip", range(1, 4))
    sent = await ann.send_document(chat, archive, caption="trust=no")
    receipt = await heard(chat, sent, "to check", button="▶", seconds=WORK)
    await ann.tap(receipt, "▶")
    sheet = await next_sheet(chat, receipt)
    answer = await ann.tap(sheet, "2")
    fresh_bot.kill()
    assert answer.text == "2: wrong"
    votes = fresh_bot.rows("SELECT answer, sheet_id FROM vote WHERE subject_kind = 'box'")
    assert votes == [{"answer": "wrong", "sheet_id": sheet_of(sheet)}]
    fresh_bot.start()
    marked = await chat.wait(
        lambda m: m.id == sheet.id and m.has_button("2 ❌"), SOON, what="the mark"
    )
    assert (await settle(ann, marked)).text.startswith("✅")
    await next_sheet(chat, receipt, sheet_of(sheet))
    wrong = fresh_bot.value("SELECT COUNT(*) FROM vote WHERE answer = 'wrong'")
    assert wrong == 1


async def test_files_sent_while_the_bot_is_away_are_taken_later(
    sandbox: SandboxClient, fresh_bot: BotProcess, tmp_path: Path
) -> None:
    """What members send while there is no bot is collected once when it is back."""
    ann, chat = await begin(fresh_bot, sandbox)
    fresh_bot.kill()
    sent = await ann.send_document(chat, labelled_zip(tmp_path / "fruit.zip", range(1, 4)))
    fresh_bot.start()
    await heard(chat, sent, "are these labels right", button="👍", seconds=WORK)
    assert fresh_bot.value("SELECT COUNT(*) FROM source") == 1


@pytest.mark.slow
async def test_a_training_stops_within_five_seconds(
    sandbox: SandboxClient, fresh_bot: BotProcess, tmp_path: Path
) -> None:
    """/cancel ends the worker within five seconds and says so on the card."""
    ann, chat = await begin(fresh_bot, sandbox)
    await add_trusted(ann, chat, labelled_zip(tmp_path / "fruit.zip", range(1, 17)))
    card = await ask(ann, chat, "/train epochs=3 imgsz=64", "training")
    await until(lambda: fresh_bot.rows(JOB, "train")[0]["state"] == "running", WORK)
    pid = fresh_bot.rows(JOB, "train")[0]["pid"]
    await ask(ann, chat, "/cancel", "stop")
    stopped = await heard(chat, card, "✖ stopped", button="🏋")
    assert stopped.id == card.id
    await until(lambda: fresh_bot.rows(JOB, "train")[0]["state"] == "cancelled")
    assert not psutil.pid_exists(pid)
    took = fresh_bot.value(
        "SELECT (julianday(finished_at) - julianday(cancel_requested_at)) * 86400 FROM job "
        "WHERE kind = 'train'"
    )
    assert took <= 5
    again = await ask(ann, chat, "/cancel", "nothing is running")
    assert again.id > card.id
