"""The models of a project: their history, which is in use, and the curve over versions."""

from collections.abc import Mapping

from bot.messages.common import at, count, head, in_bytes
from bot.messages.result import began_with, judged
from bot.messages.rivals import use_button
from bot.wishes import Keyboard, Wish, button, esc, photo, text
from pipeline.jobs.spec_package import Proof
from pipeline.kinds import promotion
from storage.models import DatasetVersion, Model, Project

SHOWN = 15
BUTTONS = 4
IN_USE = "★"


def history(
    project: Project,
    rows: list[Model],
    current: Model | None = None,
    versions: Mapping[int, DatasetVersion] | None = None,
) -> Wish:
    """The models so far, newest first: figures, the data each saw, what it began with.

    Args:
        current: the one in use.
        versions: the dataset versions by id.
    """
    if not rows:
        return text(f"{head(project)}no model yet.", [[button("🏋 Train", at(project, "train"))]])
    number = current.number if current else 0
    lines = [f"{head(project)}models ({IN_USE} in use)"]
    for model in rows[:SHOWN]:
        star = f"{IN_USE} " if model.number == number else ""
        lines.append(f"{star}<b>v{model.number}</b>: {_figures(model)}{_aside(model, number)}")
        lines.append(f"   {_made(model, (versions or {}).get(model.dataset_id))}")
        if packed := _packed(model):
            lines.append(f"   {packed}")
    if len(rows) > SHOWN:
        lines.append(f"and {count(len(rows) - SHOWN, 'older one', 'older ones')}")
    others = [model.number for model in rows if model.number != number][:BUTTONS]
    keyboard: Keyboard = [
        [button(f"📦 v{model.number}", at(project, "e"), model.number) for model in rows[:BUTTONS]]
    ]
    if others and current is not None:
        keyboard.append([use_button(project, other, f"{IN_USE} v{other}") for other in others])
    if len(rows) > 1:
        keyboard.append([button("⚖ Compare", at(project, "cmp"))])
    keyboard.append([button("🏷 Labels as files", at(project, "labels"))])
    return text("\n".join(lines), keyboard)


def _figures(model: Model) -> str:
    figures = judged(model.metrics)
    if figures is None:
        return "nothing to judge by"
    return (
        f"mAP50 {figures.map50:.2f} · mAP50-95 {figures.map50_95:.2f} "
        f"({count(figures.images, 'picture')})"
    )


def _aside(model: Model, current: int) -> str:
    if model.promoted or model.number == current:
        return ""
    told = promotion.against(model)
    worse = told is not None and told.new <= told.old
    return f" – set aside, no better than v{told.number}" if told and worse else " – set aside"


def _made(model: Model, version: DatasetVersion | None) -> str:
    data = ""
    if version is not None:
        summary = version.summary
        data = (
            f"data v{version.number}: {count(summary['images'], 'picture')}, "
            f"{count(summary['boxes'], 'box', 'boxes')}; "
        )
    began = began_with(model.details.get("start_weights", ""))
    return (
        f"{data}{esc(model.architecture)} from {esc(began)}, "
        f"{count(model.details['epochs'], 'epoch')} at {model.imgsz} px"
    )


def _packed(model: Model) -> str:
    """`📦 5.9 MB, same in the browser (0.725)`; empty where there is no package yet."""
    made = model.details.get("package")
    if not model.package_key or not made:
        return ""
    size = f"📦 {in_bytes(made['size_bytes'])}"
    if not made.get("proof"):
        return size
    proof = Proof.model_validate(made["proof"])
    where = "in the browser" if proof.where == "browser" else "checked without a browser"
    same = "" if proof.where != "browser" else "same " if proof.passed else "⚠️ not the same "
    return f"{size}, {same}{where} (mAP50 {proof.map50:.3f})"


def curve(project: Project, picture: str) -> Wish:
    """MAP over the versions, as a picture."""
    return photo(
        picture,
        f"{head(project)}how the models did, each on the unseen pictures of its own time "
        f"({IN_USE} in use, hollow: set aside).",
    )


def in_use(project: Project, model: Model, before: Model | None) -> Wish:
    """Somebody chose a model; how to take that back."""
    back = []
    if before is not None and before.number != model.number:
        back = [use_button(project, before.number, f"↩ Use v{before.number} again")]
    return text(
        f"{head(project)}{IN_USE} v{model.number} is in use: it guesses for your sheets and "
        "answers /predict.",
        [[*back, button("🏅 Models", at(project, "models"))]],
    )
