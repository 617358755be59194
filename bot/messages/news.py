"""News of a job for those who want them in private, and what its group reads instead."""

from bot.messages import result as result_words
from bot.messages.common import head
from bot.wishes import Keyboard, Wish, button, document, esc, text
from pipeline.jobs.milestones import News, Told
from storage.models import Job, Model, Project


def _keyboard(job: Job, *, over: bool = False) -> Keyboard:
    if over:
        return [[button("📈 Curve", "curve", job.id)]]
    return [
        [button("✖ Stop", "x", job.id), button("📈 Curve", "curve", job.id)],
        [button("🔕 No more of it", "unwatch", job.id)],
    ]


def began(project: Project, job: Job) -> Wish:
    """The training has a worker."""
    return text(
        f"{head(project)}training {job.id} began: {job.request['epochs']} epochs.", _keyboard(job)
    )


def resumed(project: Project, job: Job, epoch: int) -> Wish:
    """A further attempt goes on, `epoch` epochs being done."""
    where = f"resumed at epoch {epoch} of {job.request['epochs']}" if epoch else "started anew"
    return text(f"{head(project)}training {job.id} ↻ {where}.", _keyboard(job))


def milestone(project: Project, job: Job, news: News, told: Told) -> Wish:
    """Half-way, a new best, better than the model before, no better for long."""
    epochs, best = job.request["epochs"], f"{news.map50:.2f} at epoch {news.epoch}"
    match news.kind:
        case "half":
            words = f"half-way, {told.curve[-1].epoch} of {epochs} epochs; 🏅 best so far {best}."
        case "previous":
            number, before = told.before or (0, 0.0)
            words = f"🏅 better than v{number} ({before:.2f}): mAP50 {best} of {epochs}."
        case "stalled":
            words = (
                f"💤 no better since epoch {news.epoch} (mAP50 {news.map50:.2f}); it is at epoch "
                f"{told.curve[-1].epoch} of {epochs}. ✖ Stop keeps the best."
            )
        case _:
            words = f"🏅 new best, mAP50 {best} of {epochs}."
    loud = news.kind == "stalled"
    return text(f"{head(project)}{words}", _keyboard(job), loud=loud)


def trained(project: Project, job: Job, model: Model) -> Wish:
    """A watched training is over."""
    return text(
        f"🎉 {head(project)}v{model.number} is trained: {_brought(project, model)}.",
        _keyboard(job, over=True),
        loud=True,
    )


def broke(project: Project, job: Job) -> Wish:
    """A watched job failed."""
    return text(
        f"⚠️ {head(project)}job {job.id} stopped: {esc(job.error or 'the cause is unknown')}",
        _keyboard(job, over=True),
        loud=True,
    )


def stopped(project: Project, job: Job) -> Wish:
    """Somebody stopped a watched job."""
    return text(f"{head(project)}job {job.id} was stopped.", _keyboard(job, over=True), loud=True)


def elsewhere(project: Project, model: Model, name: str) -> Wish:
    """What a group reads of a result that went to a member's private chat."""
    return text(
        f"{head(project)}v{model.number} is trained: {_brought(project, model)}. "
        f"{esc(name)} has the rest in private; /models shows it here."
    )


def failed_elsewhere(project: Project, job: Job, name: str) -> Wish:
    """What a group reads of a failure whose cause went to a member's private chat."""
    return text(f"{head(project)}⚠️ job {job.id} stopped; {esc(name)} knows why.")


def _brought(project: Project, model: Model) -> str:
    figures = result_words.judged(model.metrics)
    if figures is None:
        return "there was nothing to judge it by"
    classes = model.details.get("classes", project.classes)
    label = classes[0] if len(classes) == 1 else "object"
    return f"{esc(result_words.in_words(label, figures))}; mAP50 {figures.map50:.2f}"


def closed(name: str) -> Wish:
    """A member wants it in private, where the bot may not write."""
    return text(
        f"{esc(name)}, I can't write to you in private: open my chat and press Start, then I "
        "will. Until then I tell it here."
    )


def closed_to_watcher(name: str) -> Wish:
    """A watcher can't be told any more."""
    return text(
        f"{esc(name)}, I can't write to you in private, so I stopped. "
        "Open my chat and press Start, then /watch again."
    )


def here_after_all(line: str) -> str:
    """What a group reads of a job instead, once it is told the rest itself."""
    return line.partition("; ")[0].partition(". ")[0].rstrip(".") + "; the rest is here."


def log(project: Project | None, job: Job, file: str, lines: int) -> Wish:
    """The end of a job's log, as a file."""
    return document(
        file, f"job-{job.id}-log.txt", f"{head(project)}job {job.id}: its log's last {lines} lines."
    )
