"""The training card, its progress, the queue."""

from bot.messages.common import at, bar, count, head
from bot.wishes import Keyboard, Wish, button, esc, text
from pipeline.jobs import estimate
from pipeline.kinds.train import PRESETS, Choice
from storage.jobs import Place
from storage.models import DatasetVersion, Job, Project

ICONS = {"quick": "⚡", "balanced": "⚖", "best": "🏁"}
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
}


def card(
    project: Project,
    number: int,
    dataset: DatasetVersion,
    times: dict[str, str | None],
    *,
    gpu: bool | None,
) -> Wish:
    """What would be trained and how long it takes, before anyone commits."""
    summary = dataset.summary
    restored = dataset.id is not None and dataset.id == project.restored_id
    machine = {True: " GPU found.", False: " No GPU here.", None: ""}[gpu]
    lines = [
        f"{head(project)}train v{number}? {count(summary['boxes'], 'box', 'boxes')}, "
        f"{count(summary['images'], 'picture')}.{machine}",
        _parts(summary),
        f"📌 data v{dataset.number}, restored for this training." if restored else "",
        *(f"ℹ️ {esc(note)}" for note in summary["notes"]),
        # Versions of earlier releases do not tell.
        f"📄 {esc(summary['licence'])}" if summary.get("licence") else "",
    ]
    if not any(times.values()):
        lines.append("Measuring how fast this machine is…")
    keyboard: Keyboard = []
    for name, choice in PRESETS.items():
        time = f" {times[name]}" if times.get(name) else ""
        keyboard.append(
            [button(f"{ICONS[name]} {name.capitalize()}{time}", at(project, "go"), name)]
        )
        lines.append(f"{ICONS[name]} {name}: {_choice(choice)}")
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


def queued(project: Project, job: Job, choice: Choice, position: int, time: str | None) -> Wish:
    """In the queue."""
    place = "starting…" if position <= 1 else f"{position - 1} before it in the queue"
    expected = f" · {time}" if time else ""
    return text(f"{head(project)}training {_choice(choice)}{expected}\n⏳ {place}", _stop(job))


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
        "check": "checking that the browser's boxes equal PyTorch's",
    }.get(stage, "in a moment")
    return text(f"{head(project)}packing v{number} for the browser: {words}…")


def packed(project: Project, number: int) -> Wish:
    """The package is made."""
    return text(f"{head(project)}v{number} is packed for the browser ✔")


def failed(project: Project, job: Job, starter: str, number: int | None = None) -> Wish:
    """A job ended by a fault, told with its cause, naming who asked for it.

    `number`: the model's, of a packaging.
    """
    return text(
        f"{head(project)}⚠️ {KINDS[job.kind]} stopped (asked by {esc(starter)}): "
        f"{esc(job.error or 'the cause is unknown')}",
        _again(project, job, number, "🔁 Train again"),
        loud=True,
    )


def broken_off(project: Project, job: Job) -> Wish:
    """The card of a job that failed: over, nothing to stop; the cause is a message of its own."""
    return text(f"{head(project)}{KINDS[job.kind]} ⚠️ stopped{_where(job)}")


def _again(project: Project, job: Job, number: int | None, train: str) -> Keyboard:
    if job.kind == "train":
        return [[button(train, at(project, "train"))]]
    if number is not None:
        return [[button("📦 Try again", at(project, "e"), number)]]
    return []


def _where(job: Job) -> str:
    epoch = job.progress.get("figures", {}).get("epoch")
    return f" at epoch {int(epoch)} of {job.request['epochs']}" if epoch else ""


def retrying(project: Project, job: Job) -> Wish:
    """An attempt died; the next is about to start."""
    return text(
        f"{head(project)}{KINDS[job.kind]}: {esc(job.error or '')} I start it again.", _stop(job)
    )


def cancelled(project: Project, job: Job, number: int | None = None) -> Wish:
    """Stopped by a person. `number`: the model's, of a packaging."""
    return text(
        f"{head(project)}{KINDS[job.kind]} ✖ stopped{_where(job)}",
        _again(project, job, number, "🏋 Train"),
    )


def queue(project: Project | None, places: list[Place]) -> Wish:
    """What is running and waiting in this chat, and how much of others is before it."""
    if not places:
        return text(
            f"{head(project)}nothing is running or waiting.", [[button("🏋 Train", "train")]]
        )
    lines = [f"{head(project)}queue"]
    for place in places:
        job = place.job
        state = (
            ("stopping" if job.state == "cancelling" else "running")
            if place.position == 0
            else f"waiting, number {place.position}"
        )
        lines.append(f"{job.id}. {KINDS[job.kind]} – {state}{_how_far(job)}")
    return text(
        "\n".join(lines),
        [[button(f"✖ Stop {place.job.id}", "x", place.job.id)] for place in places[:10]],
    )


def _how_far(job: Job) -> str:
    done, total = job.progress.get("done"), job.progress.get("total")
    return f" {bar(done / total)}" if done is not None and total else ""


def minutes(seconds: float | None) -> str | None:
    """`~12 min`, or None where nothing was measured yet."""
    return estimate.in_words(seconds) if seconds is not None else None


def cancelling(project: Project | None, job: Job) -> Wish:
    """A stop was asked for."""
    words = "stopped" if job.state == "cancelled" else "stopping…"
    return text(f"{head(project)}job {job.id} ({KINDS[job.kind]}) is {words}")
