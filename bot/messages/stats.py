"""Where a project stands: `/stats`."""

from bot.messages.common import at, bar, count, head, listed, some
from bot.messages.project import next_steps
from bot.wishes import Wish, button, esc, text
from pipeline.labelling import standings
from pipeline.labelling.standings import GOOD, Standings
from storage.models import Project

NAMES = {
    standings.FIRST_TRY: "a first try",
    standings.USEFUL: "a useful model",
    standings.GOOD: "a good model",
}
REACHED = {
    standings.FIRST_TRY: " · first try ✔",
    standings.USEFUL: " · useful ✔",
    standings.GOOD: " · good ✔",
}
NEEDED = 3
HOUR_S = 3600


def stats(project: Project, state: Standings) -> Wish:
    """What is there, what waits for what, and what is missing most."""
    ready = state.ready
    parts = [
        f"{head(project)}{count(ready.pictures, 'picture')}, {count(ready.ready, 'picture')} with "
        f"{count(ready.boxes, 'box', 'boxes')} ready to train",
        _classes(state),
        _needed(state),
        _waits(state),
        _people(state),
    ]
    keyboard = next_steps(project)
    if state.draw and not state.check:
        keyboard = [[button("✏️ Draw", at(project, "draw"))], *keyboard]
    return text("\n\n".join(part for part in parts if part), keyboard)


def _classes(state: Standings) -> str:
    """A bar a class toward its next goal; where there are many, the neediest."""
    names = sorted(state.right, key=lambda name: state.right[name])
    shown = list(state.right) if len(names) <= 12 else names
    return some([_class(name, state.right[name]) for name in shown], "\n")


def _class(name: str, have: int) -> str:
    goal = standings.goal_of(have)
    toward = f" of {goal}" if goal else ""
    reached = max((at_least for at_least in REACHED if have >= at_least), default=0)
    return f"{bar(have / (goal or have))} {esc(name)} {have:,}{toward}{REACHED.get(reached, '')}"


def _needed(state: Standings) -> str:
    if not state.right:
        return ""
    if not state.ready.pictures:
        return "Most needed: pictures. Send a link, photos, a video or a zip."
    missing = standings.needs(state.right)
    if not missing:
        return f"Every class has its {GOOD}: enough for a good model 🎉"
    most = [f"{need.lacking:,} more {esc(need.label)}" for need in missing[:NEEDED]]
    return f"Most needed: <b>{listed(most)}</b> for {NAMES[missing[0].goal]}."


def _waits(state: Standings) -> str:
    waits = [
        (state.asking, f"{count(state.asking, 'source')}: are the labels right?"),
        (state.check, f"{count(state.check, 'box', 'boxes')} to check"),
        (state.fix, f"{count(state.fix, 'wrong box', 'wrong boxes')}: what is there instead?"),
        (state.confirm, f"{count(state.confirm, 'picture')}: is nothing missing?"),
        (state.draw, f"{count(state.draw, 'picture')} to draw on"),
    ]
    lines = [f"• {words}" for number, words in waits if number]
    return "\n".join(["Waiting:", *lines]) if lines else ""


def _people(state: Standings) -> str:
    lines = []
    agreement = state.agreement
    if agreement.votes:
        lines.append(
            f"🤝 {agreement.share:.0%} of {count(agreement.votes, 'answer')} agree, where several "
            "of you looked"
        )
    if state.saved_s >= HOUR_S / 10:
        lines.append(f"⏱ {_hours(state.saved_s)} saved against drawing each box by hand")
    return "\n".join(lines)


def _hours(seconds: float) -> str:
    if seconds < HOUR_S:
        return count(round(seconds / 60), "minute")
    hours = seconds / HOUR_S
    return f"{hours:.1f} hours" if hours < 10 else f"{hours:,.0f} hours"
