"""A group that labels together: its board, and what a round won."""

from bot.messages.common import at, bar, count, head, listed
from bot.wishes import Button, Keyboard, Wish, button, esc, link, text
from pipeline.labelling.rounds import MINUTES, Score
from storage.models import Project, Round

NAMED = 4


def board(
    project: Project,
    row: Round,
    score: Score,
    *,
    tapping: list[str],
    left_s: float | None,
    username: str,
) -> Wish:
    """The pinned scoreboard: what is done, who is tapping, and the clock."""
    whole = score.decided + score.open
    share = score.decided / whole if whole else 0.0
    lines = [
        f"{head(project)}let's label together",
        f"{bar(share)} {score.decided:,} of {whole:,} boxes decided",
    ]
    if not score.open:
        lines[1] = (
            f"{bar(1.0)} all {score.decided:,} boxes are decided 🎉"
            if score.decided
            else "Nothing to check yet."
        )
        if score.left:
            lines.append(f"{count(score.left, 'sheet')} left: is anything missing?")
    if tapping:
        lines.append(f"✋ {esc(_names(tapping))} {'is' if len(tapping) == 1 else 'are'} tapping")
    clock = _clock(row, left_s)
    if clock:
        lines.append(clock)
    keyboard: Keyboard = []
    if row.state != "ended":
        keyboard = [[my_sheets(project, username)], _steering(project, row)]
    else:
        keyboard = [[button("▶ Another round", at(project, "label"))]]
    return text("\n".join(lines), keyboard) | {"pin": row.state != "ended"}


def my_sheets(project: Project, username: str) -> Button:
    """The way from the group to one's own sheets of this project in private."""
    payload = f"l{project.chat_id}p{project.id}"
    return link("▶ My sheets", f"https://t.me/{username}?start={payload}")


def _clock(row: Round, left_s: float | None) -> str:
    minutes = max(1, round((left_s or 0) / 60))
    return {
        "running": f"⏱ {minutes} min left",
        "paused": f"⏸ paused, {minutes} min left",
        "ended": "⏹ This round is over.",
    }.get(row.state, "")


def _steering(project: Project, row: Round) -> list[Button]:
    verb = at(project, "round")
    match row.state:
        case "running":
            return [button("⏸ Pause", verb, "pause"), button("⏹ End", verb, "end")]
        case "paused":
            return [button("▶ Go on", verb, "start"), button("⏹ End", verb, "end")]
        case _:
            return [button(f"⏱ Start {MINUTES} min", verb, "start"), button("⏹ End", verb, "end")]


def _names(names: list[str]) -> str:
    if len(names) <= NAMED:
        return listed(names)
    return f"{', '.join(names[: NAMED - 1])} and {len(names) - NAMED + 1} more"


def round_won(project: Project, score: Score, names: list[str]) -> Wish:
    """The end of a round: what everybody won together."""
    people = len(score.members)
    if not people:
        return text(
            f"{head(project)}this round is over. /label starts another one.",
            [[button("▶ Another round", at(project, "label"))]],
        )
    answers = sum(score.members.values())
    return text(
        f"{head(project)}⏹ well done, {esc(_names(names))}!\n"
        f"{count(people, 'person', 'people')}, {count(answers, 'answer')}, "
        f"{count(max(0, score.won), 'box', 'boxes')} decided.",
        [
            [button("🏋 Train", at(project, "train")), button("📊 Stats", at(project, "stats"))],
            [button("▶ Another round", at(project, "label"))],
        ],
        loud=True,
    )


def time_is_up(project: Project, done: int) -> Wish:
    """The group's round ended; nobody is kept from going on."""
    return text(
        f"{head(project)}⏹ time is up. You did {count(done, 'sheet')}, thank you!",
        [[button("▶ Go on", at(project, "label"))]],
    )


def halted(project: Project) -> Wish:
    """A member's next sheet waits for the end of a pause."""
    return text(
        f"{head(project)}⏸ paused. Your answers are kept; your next sheet comes when the round "
        "goes on."
    )
