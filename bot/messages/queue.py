"""The queue of a chat: what runs, what waits, and when it will probably start."""

from dataclasses import dataclass

from bot.messages.common import bar, count, duration, head
from bot.messages.train import KINDS
from bot.wishes import Button, Keyboard, Wish, button, esc, text
from pipeline.jobs import estimate
from storage.models import Job, Project


@dataclass(frozen=True)
class Line:
    """A job as the queue shows it.

    `position`: 0 when it is worked on or held. `others`: jobs of other chats before it.
    `starts_in`, `left`: seconds, None where unknown. `who` asked for it, in `project` (shown where
    it is not the one that heads the message). `up`: whether one may let it go sooner.
    """

    job: Job
    position: int
    others: int = 0
    starts_in: float | None = None
    left: float | None = None
    who: str = ""
    project: str = ""
    up: bool = False


@dataclass(frozen=True)
class Page:
    """Some of `total` jobs; `number` of `pages`, from 0. `all_chats`: for an owner."""

    lines: list[Line]
    total: int
    number: int = 0
    pages: int = 1
    all_chats: bool = False


def queue(project: Project | None, page: Page) -> Wish:
    """What is running and waiting, and how much of others is before it."""
    if not page.total:
        return text(
            f"{head(project)}nothing is running or waiting.", [[button("🏋 Train", "train")]]
        )
    title = "the queue of all chats" if page.all_chats else "queue"
    more = f" · {count(page.total, 'job')}" if page.pages > 1 else ""
    lines = [f"{head(project)}{title}{more}", *(_line(line) for line in page.lines)]
    keyboard: Keyboard = [row for line in page.lines if (row := _buttons(line, page))]
    return text("\n".join(lines), [*keyboard, _turning(page)])


def _line(line: Line) -> str:
    job = line.job
    parts = [f"{job.id}. {KINDS[job.kind]} – {_state(line)}"]
    if line.project:
        parts.append(esc(line.project))
    if line.who:
        parts.append(esc(line.who))
    return " · ".join(parts)


def _state(line: Line) -> str:
    job = line.job
    if job.state == "cancelling":
        return "stopping"
    if job.paused and not line.position:
        return "⏸ held"
    if not line.position:
        left = f" · {duration(line.left)} left" if line.left else ""
        return f"running{_how_far(job)}{left}"
    again = "tried again, " if job.state == "retry_wait" else ""
    place = "next" if line.position == 1 else f"number {line.position}"
    others = f" ({_others(line.others)} before it)" if line.others else ""
    return f"⏳ {again}{place}{others}{_starts(line)}"


def _others(number: int) -> str:
    return "1 of another chat" if number == 1 else f"{number:,} of other chats"


def _starts(line: Line) -> str:
    return "" if line.starts_in is None else f", starts in {estimate.in_words(line.starts_in)}"


def _how_far(job: Job) -> str:
    done, total = job.progress.get("done"), job.progress.get("total")
    return f" {bar(done / total)}" if done is not None and total else ""


def _buttons(line: Line, page: Page) -> list[Button]:
    job, back = line.job, _back(page)
    if job.state == "cancelling":
        return []
    stop = button(f"✖ Stop {job.id}", "q", "stop", job.id, *back)
    if job.paused:
        return [button(f"▶ Go on {job.id}", "q", "go", job.id, *back), stop]
    if not line.position:
        return [stop]
    sooner = [button(f"⬆ {job.id}", "q", "up", job.id, *back)] if line.up else []
    return [*sooner, button(f"⏸ Hold {job.id}", "q", "hold", job.id, *back), stop]


def _turning(page: Page) -> list[Button]:
    scope = _back(page)[1:]
    row = [button("🔄", "q", "see", 0, *_back(page))]
    if page.number > 0:
        row.insert(0, button("«", "q", "see", 0, page.number - 1, *scope))
    if page.number < page.pages - 1:
        row.append(
            button(f"» {page.number + 2}/{page.pages}", "q", "see", 0, page.number + 1, *scope)
        )
    return row


def _back(page: Page) -> list[object]:
    """What a button has to tell so that the same page is shown again."""
    return [page.number, *(["all"] if page.all_chats else [])]


def cancelling(project: Project | None, job: Job) -> Wish:
    """A stop was asked for."""
    words = "stopped" if job.state == "cancelled" else "stopping…"
    return text(f"{head(project)}job {job.id} ({KINDS[job.kind]}) is {words}")
