"""Trainings set beforehand: what holds, when it is due, and what came of it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bot.messages import train as train_words
from bot.messages.common import at, count, head
from bot.wishes import Button, Keyboard, Wish, button, esc, text
from pipeline import clock
from pipeline.kinds import scheduled, schedules
from pipeline.kinds.train import Choice
from storage.models import Job, Project, Schedule, Source
from storage.schedules import LABELS, NIGHTLY

HOUR = "02:00"
COUNTS = (100, 500)
MARK = "⏰ scheduled"
HOW = (
    "Send it so: /schedule nightly 02:00, /schedule every 100 labels, "
    "/schedule when source 3 has new videos, or /schedule off"
)
MISSED = {schedules.ONCE: "made up for once", schedules.SKIP: "left out"}
OTHER = {schedules.ONCE: schedules.SKIP, schedules.SKIP: schedules.ONCE}


@dataclass(frozen=True)
class Row:
    """A schedule with what it says about now: labels since the last training, its source."""

    schedule: Schedule
    labels: int = 0
    source: Source | None = None


def menu(
    project: Project,
    rows: Sequence[Row],
    sources: Sequence[Source],
    *,
    zone: str,
    may_change_zone: bool,
) -> Wish:
    """What is set, when it is due, and buttons for the usual choices.

    Args:
        sources: those that could be waited for: links that can be fetched again.
    """
    lines = [f"{head(project)}schedule"]
    if not rows:
        lines.append("Nothing trains by the clock yet. Choose one:")
    lines += [_line(row, zone) for row in rows]
    if any(row.schedule.state.get("same") for row in rows):
        lines.append("ℹ️ Last time nothing was new to learn from, so nothing was trained.")
    if any(row.schedule.trigger == NIGHTLY for row in rows) and zone == "UTC":
        lines.append("ℹ️ Hours are UTC. Your clock is another? Tap 🕰.")
    lines.append("A new model that is no better than the present one is kept beside it.")
    return text("\n".join(lines), _keyboard(project, rows, sources, zone, may_change_zone))


def _line(row: Row, zone: str) -> str:
    schedule = row.schedule
    line = f"{when(schedule)}: {_with(schedules.choice_of(schedule))}"
    if schedule.trigger == NIGHTLY and schedule.next_at is not None:
        there = clock.local(schedule.next_at, zone)
        line += f" – next {there:%a %d %b %H:%M} ({zone})"
        return f"{line}; a night when I am off is {MISSED[schedule.missed]}"
    if schedule.trigger == LABELS:
        return f"{line} – {row.labels:,} of {schedule.request['every']:,} so far"
    line += " – once nine in ten of its new pictures are labelled"
    if row.source is not None and row.source.nightly_at is None:
        line += ". Nobody fetches it by itself: 🌙 on its page does"
    return line


def when(schedule: Schedule) -> str:
    """`🌙 every night at 02:00`: what it waits for."""
    if schedule.trigger == NIGHTLY:
        return f"🌙 every night at {schedule.request['hour']}"
    if schedule.trigger == LABELS:
        return f"🔢 every {schedule.request['every']:,} labels"
    return f"🎞 when source {schedule.request['source_id']} has something new"


def _with(choice: Choice) -> str:
    return f"{choice.preset} ({choice.epochs} epochs at {choice.imgsz} px)"


def _keyboard(
    project: Project,
    rows: Sequence[Row],
    sources: Sequence[Source],
    zone: str,
    may_change_zone: bool,
) -> Keyboard:
    def do(label: str, *what: object) -> Button:
        return button(label, at(project, "sched"), *what)

    keyboard: Keyboard = []
    for row in rows:
        schedule = row.schedule
        own = [do(f"✖ {when(schedule)}", "off", schedule.id)]
        if schedule.trigger == NIGHTLY:
            other = OTHER[schedule.missed]
            own.append(do(f"Missed: {schedule.missed}", "missed", schedule.id, other))
        elif row.source is not None and row.source.nightly_at is None:
            own.append(button("🌙 Its page", at(project, "src"), row.source.id))
        keyboard.append(own)
    taken = {row.schedule.trigger for row in rows}
    if NIGHTLY not in taken:
        hour = HOUR.replace(":", "")
        names = ("quick", "balanced")
        keyboard.append([do(f"🌙 {HOUR} {name}", "nightly", hour, name) for name in names])
    if LABELS not in taken:
        keyboard.append([do(f"🔢 Every {number}", "labels", number, "quick") for number in COUNTS])
    waited = {row.source.id for row in rows if row.source is not None}
    free = [source for source in sources if source.id not in waited][-3:]
    keyboard += [
        [do(f"🎞 New in {source.id}. {source.title[:20]}".strip(), "source", source.id, "quick")]
        for source in free
    ]
    if may_change_zone:
        keyboard.append([button(f"🕰 Clock: {zone}", at(project, "set"), "zones")])
    return keyboard


def off(project: Project, number: int) -> Wish:
    """Nothing trains by itself on a schedule any more."""
    what = "nothing was scheduled." if not number else "the schedule is off."
    return text(f"{head(project)}{what}", [[button("⏰ Schedule", at(project, "sched"), "menu")]])


def card(
    project: Project,
    queued: scheduled.Queued,
    position: int,
    time: str | None,
    *,
    zone: str,
) -> Wish:
    """The card of a training that nobody asked for just now."""
    wish = train_words.queued(project, queued.job, queued.choice, position, time)
    late = ""
    if queued.late is not None:
        there = clock.local(queued.late, zone)
        late = f" (it was due {there:%a %H:%M}, while I was off)"
    return {**wish, "text": f"{wish['text']}\n{MARK}: {when(queued.schedule)}{late}"}


def marked(job: Job, wish: Wish) -> Wish:
    """The card of a scheduled training goes on saying so."""
    if "schedule" not in job.request or MARK in wish["text"]:
        return wish
    return {**wish, "text": f"{wish['text']}\n{MARK}"}


def cannot(project: Project, told: scheduled.Cannot) -> Wish:
    """A scheduled training has too little to begin with."""
    return text(
        f"{head(project)}⏰ {when(told.schedule)}: nothing was trained. {esc(told.why)} "
        "I try again by the schedule, and tell it only once.",
        [
            [
                button("▶ Check", at(project, "label")),
                button("⏰ Schedule", at(project, "sched"), "menu"),
            ]
        ],
    )


def missed(project: Project, told: scheduled.Missed, *, zone: str) -> Wish:
    """A night passed while the bot was off, and is left out."""
    due = clock.local(told.due, zone)
    coming = _when(told.schedule.next_at, zone)
    return text(
        f"{head(project)}⏰ I was off when a training was due ({due:%a %H:%M}): it is left out, "
        f"as you set it. The next is {coming}.",
        [[button("🏋 Train now", at(project, "train"))]],
    )


def _when(moment: datetime | None, zone: str) -> str:
    return f"{clock.local(moment, zone):%a %d %b %H:%M}" if moment is not None else "not set"


def said(number: int) -> str:
    """What a tap on a count answers."""
    return f"Every {count(number, 'label')}"
