"""Two models side by side: figures in words first, then the pictures on which they differ."""

from bot.messages.common import at, bar, count, head, plural
from bot.messages.result import SURE, UNSURE, of
from bot.messages.rivals import use_button
from bot.wishes import Keyboard, Wish, album, button, esc, photo, rows, text
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import ClassFigures, CompareResult, Figures
from pipeline.kinds import compare
from pipeline.kinds.promotion import CLEARLY
from storage.models import Job, Model, Project

CLASSES = 12


def choose(project: Project, pairs: list[tuple[Model, Model]]) -> Wish:
    """Pairs as buttons."""
    buttons = [
        button(f"v{one.number} ⚖ v{other.number}", at(project, "cmp"), one.number, other.number)
        for one, other in pairs
    ]
    return text(
        f"{head(project)}which two? Both are judged on the same pictures kept aside.",
        rows(buttons, 3),
    )


def comparing(
    project: Project, job: Job, numbers: tuple[int, int], now: Progress | None = None
) -> Wish:
    """Both are being judged."""
    how = bar(now.done / now.total) if now and now.total else "⏳ in a moment…"
    return text(
        f"{head(project)}comparing v{numbers[0]} and v{numbers[1]}\n{how}",
        [[button("✖ Stop", "x", job.id)]],
    )


def compared(project: Project, numbers: tuple[int, int]) -> Wish:
    """The card of a comparison that is over; what was found follows."""
    return text(f"{head(project)}v{numbers[0]} and v{numbers[1]} compared ✔")


def told(project: Project, job: Job, result: CompareResult, current: Model | None) -> list[Wish]:
    """What was found: a message, and the pictures on which they differ most.

    `current`: the model in use.
    """
    found: list[Wish] = [_figures(project, job, result, current)]
    one, other = result.numbers
    words = (
        f"{head(project)}left v{one}, right v{other}: {count(len(result.drawn), 'picture')} on "
        "which they differ most. Dashed: what people marked. Red: wrong."
    )
    if len(result.drawn) > 1:
        found.append(album(result.drawn, words))
    elif result.drawn:
        found.append(photo(result.drawn[0], words))
    return found


def _figures(project: Project, job: Job, result: CompareResult, current: Model | None) -> Wish:
    (old, new), (before, after) = result.numbers, result.figures
    classes = [row.label for row in after.classes]
    label = plural(classes[0]) if len(classes) == 1 else "objects"
    unsure = f" – {UNSURE}" if after.boxes < SURE else ""
    lines = [
        f"{head(project)}v{new} finds {of(after.recall, after.boxes)} {esc(label)}, v{old} "
        f"{of(before.recall, before.boxes)}, on the same {count(after.images, 'picture')}{unsure}",
        f"False alarms: {_false(after)} of v{new}’s, {_false(before)} of v{old}’s",
        f"(mAP50 {after.map50:.2f} / {before.map50:.2f} · "
        f"mAP50-95 {after.map50_95:.2f} / {before.map50_95:.2f})",
    ]
    if len(classes) > 1:
        known = {row.label: row for row in before.classes}
        lines += [_class(row, known.get(row.label), new, old) for row in after.classes[:CLASSES]]
        if len(classes) > CLASSES:
            lines.append(f"• and {count(len(classes) - CLASSES, 'class', 'classes')} more")
    lines.append(f"⚖ {_verdict(result)}")
    differ = count(result.differing, "picture")
    lines.append(f"They differ on {differ}." if result.differing else "They err on the same ones.")
    if left_out := job.request.get("left_out"):
        lines.append(f"ℹ️ {count(left_out, 'picture')} left out: one of them learned from it.")
    keyboard: Keyboard = [
        [
            use_button(project, number, f"★ Use v{number}")
            for number in (new, old)
            if current is not None and number != current.number
        ],
        [button("🏅 Models", at(project, "models"))],
    ]
    return text("\n".join(lines), [row for row in keyboard if row], loud=True)


def _false(figures: Figures) -> str:
    wrong = round((1 - figures.precision) * 10)
    return f"{wrong} of 10" if wrong else "hardly any"


def _class(after: ClassFigures, before: ClassFigures | None, new: int, old: int) -> str:
    was = of(before.recall, before.boxes) if before else "none"
    return (
        f"• {esc(after.label)}: v{new} {of(after.recall, after.boxes)}, v{old} {was} "
        f"({count(after.boxes, 'box', 'boxes')})"
    )


def _verdict(result: CompareResult) -> str:
    """Which is better, by mAP50-95, where the difference is more than chance."""
    (old, new), (before, after) = result.numbers, result.figures
    ahead = after.map50_95 - before.map50_95
    if abs(ahead) <= CLEARLY:
        return f"v{new} and v{old} are about as good."
    better, worse = (new, old) if ahead > 0 else (old, new)
    return f"v{better} is better than v{worse}."


def not_compared(project: Project, job: Job, numbers: tuple[int, int], starter: str = "") -> Wish:
    """It could not be done, told with its cause, or (without a `starter`) somebody stopped it."""
    about = f"{head(project)}comparing v{numbers[0]} and v{numbers[1]}"
    # What both models learned from stays as it is.
    hopeless = job.error == compare.AllLearned().user_message
    again = [] if hopeless else [[button("🔁 Try again", at(project, "cmp"), *numbers)]]
    if not starter:
        return text(f"{about} ✖ stopped", again)
    cause = esc(job.error or "the cause is unknown")
    return text(f"{about} ⚠️ stopped (asked by {esc(starter)}): {cause}", again, loud=True)
