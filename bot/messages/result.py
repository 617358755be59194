"""What a training brought: words first, figures after."""

from typing import Any

from bot.messages import hosting, packages
from bot.messages.common import at, count, duration, head, plural
from bot.messages.rivals import compared, overrule
from bot.wishes import Keyboard, Wish, album, button, esc, link, photo, text
from pipeline import families
from pipeline.advice import advise
from pipeline.jobs.spec import Confusion, Figures, PredictResult, TrainResult
from storage.models import DatasetVersion, Model, Project

SURE = 30
UNSURE = "too few to be sure"
WEAK = 0.3
CLASSES = 8


def of(amount: float, total: int) -> str:
    """`8 of 10`: a share in numbers that can be pictured."""
    if total >= 10:
        return f"{round(amount * 10)} of 10"
    return f"{round(amount * total)} of {total}"


def in_words(label: str, figures: Figures) -> str:
    """`finds 8 of 10 cats; 1 of 10 alarms is false`."""
    false = 1 - figures.precision
    many = plural(label)
    if figures.map50 < 0.02:
        return f"finds nearly nothing yet ({count(figures.boxes, label, many)} to find)"
    found = f"finds {of(figures.recall, figures.boxes)} {many}"
    wrong = round(false * 10)
    if not wrong:
        return f"{found}; hardly an alarm is false"
    return f"{found}; {wrong} of 10 alarms {'is' if wrong == 1 else 'are'} false"


def judged(result_metrics: dict[str, Any]) -> Figures | None:
    """The figures to speak of: the part kept aside where it is large enough, else the other."""
    test, val = result_metrics.get("test"), result_metrics.get("val")
    best = test if test and test["boxes"] >= SURE else val or test
    return Figures.model_validate(best) if best else None


def plots(project: Project, model: Model, result: TrainResult, dataset: DatasetVersion) -> Wish:
    """The album: boxes on unseen pictures first, then the curves; figures in its caption."""
    files = model.details["plots"][:10]
    words = caption(project, model, result, dataset)
    if len(files) >= 2:
        return album(files, words)
    if files:
        return photo(files[0], words)
    return text(words)


def caption(project: Project, model: Model, result: TrainResult, dataset: DatasetVersion) -> str:
    """mAP, figures by class, the data used and the leak check."""
    lines = [f"{head(project)}v{model.number}"]
    for name, figures in (("to choose by", result.val), ("kept aside", result.test)):
        if figures:
            lines.append(
                f"{name}: mAP50 {figures.map50:.3f} · mAP50-95 {figures.map50_95:.3f} "
                f"({count(figures.images, 'picture')}, {count(figures.boxes, 'box', 'boxes')})"
            )
    shown = result.test if result.test and not result.val else result.val
    rows = [
        f"• {esc(row.label)}: mAP50 {row.map50:.2f}, precision {row.precision:.2f}, "
        f"recall {row.recall:.2f} ({count(row.boxes, 'box', 'boxes')})"
        for row in (shown.classes if shown else [])
    ]
    lines += rows[:CLASSES]
    if len(rows) > CLASSES:
        lines.append(f"• and {count(len(rows) - CLASSES, 'class', 'classes')} more")
    summary = dataset.summary
    leak = (
        "no group on both sides"
        if not summary["leaks"]
        else f"{count(summary['leaks'], 'group')} on both sides"
    )
    if copies := near_copies(model):
        leak += f"; {copies}"
    lines.append(
        f"data v{dataset.number}: {count(summary['images'], 'picture')}, "
        f"{count(summary['boxes'], 'box', 'boxes')}; leak check: {leak}"
    )
    lines.append(f"{epochs(result)} in {duration(result.seconds)}, from {start(result)}")
    return "\n".join(lines)


def epochs(result: TrainResult) -> str:
    """How many epochs it took, and why not all that were asked for."""
    if not result.stopped_early:
        return count(result.epochs, "epoch")
    since = result.epochs - result.best_epoch
    return f"{result.epochs} of {result.asked} epochs (no better for {since}, so it stopped)"


def near_copies(model: Model) -> str:
    """`0 of 28 pictures to judge by look like one it learned from`; empty where nobody counted."""
    alike: dict[str, int] = model.details.get("near_copies", {})
    parts = [part for part in alike if model.metrics.get(part)]
    if not parts:
        return ""
    found = sum(alike[part] for part in parts)
    judges = count(sum(model.metrics[part]["images"] for part in parts), "picture")
    look = "looks" if found == 1 else "look"
    return f"{found} of {judges} to judge by {look} like one it learned from"


def began_with(weights: str) -> str:
    """What a training began with: COCO's weights, a model of the project, or nothing."""
    if weights.endswith(".pt"):
        return f"COCO's {weights}"
    return "nothing" if not weights or weights.endswith(".yaml") else weights


def start(result: TrainResult) -> str:
    """As `began_with`, and why it was nothing."""
    if result.start == "model":
        return f"your {result.start_weights}"
    began = began_with(result.start_weights)
    if began != "nothing":
        return began
    if result.start == "scratch":
        if families.has_weights(result.architecture):
            return "nothing, as asked"
        return f"nothing (nobody published weights of {result.architecture})"
    return "nothing (COCO's weights could not be had here)"


def finish(
    project: Project,
    model: Model,
    dataset: DatasetVersion,
    *,
    page: str | None = None,
    local: str | None = None,
    compare: bool = True,
    again: bool = True,
) -> Wish:
    """The result message: it notifies, names the figures in words and offers the next steps.

    `page`: the public address of the model's page, `local` the one on this machine; neither where
    its package could not be made, and `again` says whether a second try may fare better. `compare`:
    tell how it did beside the model that was in use then, which is no news later.
    """
    figures = judged(model.metrics)
    lines, sure = [], ""
    if figures is None:
        lines.append(
            f"{head(project)}v{model.number} is trained, but there was nothing to judge it by: "
            "no labelled picture was left over."
        )
    else:
        classes = model.details.get("classes", project.classes)
        label = classes[0] if len(classes) == 1 else "object"
        sure = "" if figures.boxes >= SURE else f" – {UNSURE}"
        lines.append(
            f"{'🎉' if figures.map50 >= WEAK else '🌱'} {head(project)}v{model.number} "
            f"{esc(in_words(label, figures))}{sure}"
        )
        lines.append(
            f"({count(figures.images, 'unseen picture')}; mAP50 {figures.map50:.2f} · "
            f"mAP50-95 {figures.map50_95:.2f})"
        )
        if copies := near_copies(model):
            lines.append(f"Leak check: {copies}.")
        confusions = [Confusion.model_validate(c) for c in model.details.get("confusions", [])]
        advice = advise(figures, dataset.summary["classes"], confusions)
        lines += [f"💡 {esc(sentence)}" for sentence in advice]
        if figures.map50 < WEAK and not advice:
            lines.append("More labelled pictures and a longer training help most.")
    told = compared(model) if compare else ""
    if told:
        lines.append(told)
    # Said once is enough.
    notes = [note for note in dataset.summary["notes"] if not (sure and UNSURE in note)]
    lines += [f"ℹ️ {esc(note)}" for note in notes]
    if model.promoted:
        lines.append("Send me a photo with the caption /predict to try it.")
    keyboard: Keyboard = [overrule(project, model)] if told else []
    give = button("📤 Give to a friend", at(project, "share"), model.number)
    if page:
        keyboard.append([link("🌐 Try it", page), give])
    elif local:
        lines += hosting.without_address(project, model, local)
        keyboard += [[hosting.how_to()], [give]]
    else:
        lines.append("The package for the browser was not made.")
        if again:
            keyboard.append([button("📦 Try again", at(project, "e"), model.number)])
    if model.package_key:
        keyboard.append(packages.offers(project, model))
    keyboard.append(
        [button("🔁 Improve", at(project, "label")), button("🏋 Train again", at(project, "train"))]
    )
    keyboard.append([button("🏅 Models", at(project, "models"))])
    return text("\n".join(lines), keyboard, loud=True)


def prediction(
    project: Project,
    model: Model,
    picture: str,
    result: PredictResult,
    *,
    job_id: int,
    reply_to: int,
) -> Wish:
    """A photo with boxes."""
    names = [box.label for box in result.boxes]
    found = ", ".join(f"{names.count(name)} × {esc(name)}" for name in sorted(set(names)))
    words = found or f"nothing found above {result.confidence:.0%}"
    best = max((box.score or 0.0 for box in result.boxes), default=0.0)
    sure = f", surest {best:.0%}" if names else ""
    return photo(
        picture,
        f"{head(project)}v{model.number}: {words}{sure}",
        [[button("✏️ Wrong? Correct it", at(project, "correct"), job_id)]],
        reply_to=reply_to,
    )
