"""The training card and its progress."""

from collections.abc import Mapping

from bot.messages.common import at, count, head
from bot.wishes import Keyboard, Wish, button, esc, text
from pipeline import tuning
from pipeline.errors import NotPackable
from pipeline.jobs import estimate
from pipeline.kinds.train import Choice
from storage.models import DatasetVersion, Job, Model, Project, now

ICONS = {"quick": "⚡", "balanced": "⚖", "best": "🏁", "on": "▶"}
GOOD_FOR = {
    "quick": "a first look, and guesses for labelling",
    "balanced": "for use, sees smaller things",
    "best": "the most exact, for a night",
    "on": "learns what was labelled since",
}
LONG_WAIT_S = 90
"""Worth telling: a shorter one is over before somebody has read of it."""

KINDS = {
    "collect": "collecting",
    "propose": "looking for objects",
    "train": "training",
    "package": "packing for the browser",
    "predict": "trying a photo",
    "measure": "measuring this machine",
    "labels": "packing labels",
    "carry": "following objects through a video",
    "consensus": "weighing votes",
    "model_file": "converting a model",
    "compare": "comparing models",
}


def card(
    project: Project,
    number: int,
    dataset: DatasetVersion,
    choices: Mapping[str, Choice],
    times: Mapping[str, str | None],
    *,
    gpu: bool | None,
) -> Wish:
    """What would be trained and how long it takes, before anyone commits.

    `choices` are the presets and, under `on`, going on from a model that there is.
    """
    summary = dataset.summary
    restored = dataset.id is not None and dataset.id == project.restored_id
    machine = {True: " GPU found: bigger models are quick too.", False: " No GPU here.", None: ""}
    lines = [
        f"{head(project)}train v{number}? {count(summary['boxes'], 'box', 'boxes')}, "
        f"{count(summary['images'], 'picture')}.{machine[gpu]}",
        _parts(summary),
        f"📌 data v{dataset.number}, restored for this training." if restored else "",
        *(f"ℹ️ {esc(note)}" for note in summary["notes"]),
        # Versions of earlier releases do not tell.
        f"📄 {esc(summary['licence'])}" if summary.get("licence") else "",
    ]
    if not any(times.values()):
        lines.append("Measuring how fast this machine is…")
    keyboard: Keyboard = []
    for name, choice in choices.items():
        time = f" {times[name]}" if times.get(name) else ""
        label, data = name.capitalize(), [name]
        if name == "on":
            label, data = f"Go on from {choice.start}", ["on", choice.start.removeprefix("v")]
        keyboard.append([button(f"{ICONS[name]} {label}{time}", at(project, "go"), *data)])
        lines.append(f"{ICONS[name]} {label.lower()}: {_choice(choice)} – {GOOD_FOR[name]}")
    lines.append("Other models and settings: /train help")
    if restored:
        keyboard.append([button("↺ Use everything", at(project, "all"))])
    return text("\n".join(line for line in lines if line), keyboard)


def _parts(summary: dict[str, object]) -> str:
    parts: dict[str, dict[str, int]] = summary["parts"]  # type: ignore[assignment]  # JSON
    return (
        f"{parts['train']['images']} to learn from, {parts['val']['images']} to choose by, "
        f"{parts['test']['images']} kept aside."
    )


def _choice(choice: Choice) -> str:
    return f"{choice.architecture}, {count(choice.epochs, 'epoch')} at {choice.imgsz} px"


def _asked(choice: Choice) -> str:
    """`, from v3, lr0=0.005`: what was asked otherwise than usual."""
    start = {"coco": "", "none": ", from nothing"}.get(choice.start, f", from {choice.start}")
    return start + (f", {esc(tuning.in_words(choice.args))}" if choice.args else "")


def queued(project: Project, job: Job, choice: Choice, position: int, time: str | None) -> Wish:
    """In the queue."""
    place = "starting…" if position <= 1 else f"{position - 1} before it in the queue"
    expected = f" · {time}" if time else ""
    return text(
        f"{head(project)}training {_choice(choice)}{_asked(choice)}{expected}\n⏳ {place}",
        _stop(job),
    )


def by_itself(project: Project, job: Job, pictures: int, time: str | None) -> Wish:
    """The first training began without anybody asking; how to stop that, now and for good."""
    expected = f" ({time})" if time else ""
    return text(
        f"{head(project)}🤖 {count(pictures, 'picture')} labelled: I train a quick first model by "
        f"myself{expected}, then its guesses are yours to check.\n"
        "<code>/settings autotrain=off</code> stops that for good.",
        [[button("✖ Stop", "x", job.id), button("✏️ Draw on", at(project, "draw"))]],
    )


def group_trains(project: Project) -> Wish:
    """The same, for a private chat of a group's project."""
    return text(
        f"{head(project)}well drawn 🎉 I train a quick first model now; your group hears of it.",
        [[button("✏️ Draw on", at(project, "draw"))]],
    )


def _stop(job: Job) -> Keyboard:
    return [[button("✖ Stop", "x", job.id)]]


def packing(project: Project, number: int, stage: str = "") -> Wish:
    """The package is being made."""
    words = {
        "load": "loading",
        "convert": "converting",
        "check": "checking that its boxes equal PyTorch's",
        "prove": "trying it on labelled pictures in a browser",
    }.get(stage, "in a moment")
    return text(f"{head(project)}packing v{number} for the browser: {words}…")


def packed(project: Project, number: int) -> Wish:
    """The package is made."""
    return text(f"{head(project)}v{number} is packed for the browser ✔")


def failed(
    project: Project,
    job: Job,
    starter: str,
    number: int | None = None,
    kept: Model | None = None,
) -> Wish:
    """A job ended by a fault, told with its cause, naming who asked for it.

    `number`: the model's, of a packaging. `kept`: what a training has so far.
    """
    best = f" The {_so_far(kept)}." if kept else ""
    return text(
        f"{head(project)}⚠️ {KINDS[job.kind]} stopped (asked by {esc(starter)}): "
        f"{esc(job.error or 'the cause is unknown')}{best}",
        _pack(project, kept) + _again(project, job, number, "🔁 Train again"),
        loud=True,
    )


def broken_off(project: Project, job: Job) -> Wish:
    """The card of a job that failed: over, nothing to stop; the cause is a message of its own."""
    return text(f"{head(project)}{KINDS[job.kind]} ⚠️ stopped{_where(job)}")


def _again(project: Project, job: Job, number: int | None, train: str) -> Keyboard:
    if job.kind == "train":
        return [[button(train, at(project, "train"))]]
    # A model that no browser runs yet will not be packed the next time either.
    if number is not None and job.error != NotPackable().user_message:
        return [[button("📦 Try again", at(project, "e"), number)]]
    return []


def _where(job: Job) -> str:
    epoch = job.progress.get("figures", {}).get("epoch") or job.checkpoint.get("epoch")
    return f" at epoch {int(epoch)} of {job.request['epochs']}" if epoch else ""


def retrying(project: Project, job: Job) -> Wish:
    """An attempt died; the next starts at `job.retry_at`."""
    wait = (job.retry_at - now()).total_seconds() if job.retry_at else 0
    when = f" in {round(wait / 60)} min" if wait >= LONG_WAIT_S else ""
    return text(
        f"{head(project)}{KINDS[job.kind]}: {esc(job.error or '')} I start it again{when}.",
        _stop(job),
    )


def cancelled(
    project: Project, job: Job, number: int | None = None, kept: Model | None = None
) -> Wish:
    """Stopped by a person. `number`: the model's, of a packaging. `kept`: a training's so far."""
    best = f"; the {_so_far(kept)}" if kept else ""
    return text(
        f"{head(project)}{KINDS[job.kind]} ✖ stopped{_where(job)}{best}",
        _pack(project, kept) + _again(project, job, number, "🏋 Train"),
    )


def _so_far(kept: Model) -> str:
    val = kept.metrics.get("val")
    how = f" (mAP50 {val['map50']:.2f})" if val else ""
    return f"best so far is v{kept.number}{how}"


def _pack(project: Project, kept: Model | None) -> Keyboard:
    return [[button(f"📦 Pack v{kept.number}", at(project, "e"), kept.number)]] if kept else []


def minutes(seconds: float | None) -> str | None:
    """`~12 min`, or None where nothing was measured yet."""
    return estimate.in_words(seconds) if seconds is not None else None
