"""The one message that a training moves: where it is, how good it is, what happened on the way."""

from collections.abc import Sequence

from bot.messages.common import bar, count, duration, head
from bot.wishes import Keyboard, Wish, button, photo, text
from pipeline.jobs import milestones
from pipeline.jobs.events import Progress
from pipeline.jobs.milestones import Point, Told
from storage import jobs
from storage.models import Job, Project

BLOCKS = "▁▂▃▄▅▆▇█"
WIDTH = 20
"""Blocks of a small plot: a line of a phone, with its name and its newest figure."""
LOSSES = {"box_loss": "box", "cls_loss": "class", "giou_loss": "box", "l1_loss": "corners"}


def keyboard(job: Job) -> Keyboard:
    """What can be done about a training that runs; in a group members can be told in private."""
    rows = [
        [button("✖ Stop", "x", job.id), button("📈 Curve", "curve", job.id)],
        [button("📜 Log", "log", job.id)],
    ]
    if job.chat_id < 0:
        rows[1].append(button("🔔 Tell me", "watch", job.id))
    return rows


def starting(project: Project, job: Job) -> Wish:
    """The worker lives, the first epoch is yet to come."""
    lines = [f"{head(project)}training", f"{bar(0)} loading…"]
    return text("\n".join(lines + _gone_on(job)), keyboard(job))


def only_the_end(project: Project, job: Job) -> Wish:
    """The card of a training whose asker wants to hear no more than how it ends."""
    words = f"{head(project)}training {job.id}; only its end is told (/notices)."
    return text(words, keyboard(job))


def progress(project: Project, job: Job, now: Progress) -> Wish:
    """Bar, epoch, losses and figures so far with their small plots, time left, milestones."""
    figures = now.figures
    if now.stage == "load":
        return starting(project, job)
    if now.stage == "plots":
        return text(f"{head(project)}training\n{bar(1)} drawing the plots…", keyboard(job))
    share = now.done / now.total if now.total else 0.0
    left = f" · {duration(now.seconds_left)} left" if now.seconds_left else ""
    epochs = f"{int(figures.get('epoch', now.done))}/{job.request['epochs']}"
    told = milestones.read(job.told)
    lines = [f"{head(project)}training", f"{bar(share)} epoch {epochs}{left}"]
    losses = [f"{name} {figures[key]:.2f}" for key, name in LOSSES.items() if key in figures]
    if losses:
        lines.append("loss: " + " · ".join(losses))
    if "map50" in figures:
        lines.append(f"mAP50 {figures['map50']:.3f} · mAP50-95 {figures['map50_95']:.3f}")
    lines += _plots(told)
    lines += _machine(figures)
    lines += _gone_on(job) + best_line(told)
    return text("\n".join(lines), keyboard(job))


def _plots(told: Told) -> list[str]:
    if len(told.curve) < 2:
        return []
    losses = [point._replace(map50=point.loss) for point in told.curve if point.loss is not None]
    lines = [f"<code>mAP50 {spark(told.curve, from_zero=True)}</code>"]
    if len(losses) > 1:
        lines.append(f"<code>loss  {spark(losses)}</code>")
    return lines


def spark(curve: Sequence[Point], *, from_zero: bool = False) -> str:
    """The `map50` of the points as at most `WIDTH` blocks; the last one is the newest.

    Args:
        from_zero: the lowest block is zero, not the lowest value.
    """
    size = min(WIDTH, len(curve))
    first, last = curve[0].epoch, curve[-1].epoch
    values = []
    for column in range(size):
        # The points need not be evenly apart: the nearest one to where the column stands.
        at = first + (last - first) * column / max(size - 1, 1)
        values.append(min(curve, key=lambda point: (abs(point.epoch - at), -point.epoch)).map50)
    low = 0.0 if from_zero else min(values)
    span = max(values) - low
    top = len(BLOCKS) - 1
    return "".join(BLOCKS[round((value - low) / span * top) if span else 0] for value in values)


def _machine(figures: dict[str, float]) -> list[str]:
    parts = []
    if "images_per_s" in figures:
        parts.append(f"{figures['images_per_s']:.0f} pictures a second")
    if figures.get("gpu_mem"):
        parts.append(f"GPU {figures['gpu_mem']:.1f} GB")
    if "ram" in figures:
        parts.append(f"memory {figures['ram']:.1f} GB")
    return [" · ".join(parts)] if parts else []


def _gone_on(job: Job) -> list[str]:
    """Where a further attempt went on."""
    if job.attempt < 2:
        return []
    epoch = job.told.get("resumed")
    return [f"↻ resumed at epoch {epoch}" if epoch else "↻ started anew"]


def best_line(told: Told) -> list[str]:
    """How good it is so far, how that compares, and whether it still gets better."""
    best = told.best
    if best is None or not best.map50:
        return []
    than = ""
    if told.before is not None and best.map50 > told.before[1]:
        than = f", better than v{told.before[0]} ({told.before[1]:.2f})"
    lines = [f"🏅 best so far {best.map50:.2f} at epoch {best.epoch}{than}"]
    if told.stalled:
        lines.append(f"💤 no better since epoch {best.epoch}; ✖ Stop keeps the best")
    return lines


def trained(project: Project, job: Job, number: int, *, done: int, best: int) -> Wish:
    """The card of a training that is over; the result is a message of its own.

    Args:
        done: how many epochs it took.
        best: the one that was kept.
    """
    epochs = f"{count(done, 'epoch')} ✔"
    if done < job.request["epochs"]:
        epochs = (
            f"stopped early after {done} of {count(job.request['epochs'], 'epoch')} ✔: "
            f"no better since epoch {best}"
        )
    return text(f"{head(project)}v{number} trained\n{bar(1)} {epochs}")


def curve(project: Project, job: Job, picture: str) -> Wish:
    """The curves as a picture; asked for again, it shows what came since."""
    told = milestones.read(job.told)
    at = f"epoch {told.curve[-1].epoch} of {job.request['epochs']}" if told.curve else ""
    lines = [f"{head(project)}training {job.id}, {at}", *best_line(told)]
    again = [] if jobs.terminal(job) else [[button("🔄 Newer", "curve", job.id)]]
    return photo(picture, "\n".join(lines), again)


def no_curve(job_id: int) -> Wish:
    """The picture failed."""
    return text("I couldn't draw that curve.", [[button("📈 Try again", "curve", job_id)]])
