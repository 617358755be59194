"""A training that moves: its card, its milestones, and its end for whoever is told in private."""

from dataclasses import replace

from bot import audience, logs
from bot.desk import Desk
from bot.messages import moving
from bot.messages import news as words
from bot.wishes import Wish
from pipeline.jobs import milestones
from pipeline.jobs.events import Progress
from pipeline.jobs.milestones import News, Told
from storage import chats, jobs, outbox, registry
from storage.models import Job, Model


def started(job: Job, desk: Desk) -> None:
    """An attempt has its worker: the first one, or one that goes on."""
    project, told = desk.project(job), milestones.read(job.told)
    if job.attempt > 1:
        epoch = int(job.checkpoint.get("epoch") or 0)
        _go_on(job, epoch)
        news, what = words.resumed(project, job, epoch), f"resumed:{job.attempt}"
    else:
        _keep(job, replace(told, before=_before(job, desk)))
        news, what = words.began(project, job), "began"
    audience.spread(job, news, what, desk)
    little = audience.wants_little(job, session=desk.session)
    card = moving.only_the_end(project, job) if little else moving.starting(project, job)
    desk.tell(job, card, priority=outbox.PROGRESS)


def progress(job: Job, news: Progress, desk: Desk) -> Wish | None:
    """The card as it is to be now; milestones are told on the way."""
    project = desk.project(job)
    if news.stage == "load" and (epoch := news.figures.get("resumed")) is not None:
        # The worker has looked: the newest checkpoint may be none.
        _go_on(job, int(epoch))
    found = _take_in(job, news)
    for one in found:
        wish = words.milestone(project, job, one, milestones.read(job.told))
        audience.spread(job, wish, f"{one.kind}:{one.epoch}", desk)
    if audience.wants_little(job, session=desk.session):
        return None
    return moving.progress(project, job, news)


def _go_on(job: Job, epoch: int) -> None:
    """A further attempt goes on after `epoch`; 0: it begins anew."""
    _keep(job, milestones.resumed(milestones.read(job.told), epoch))
    job.told = {**job.told, "resumed": epoch}


def _take_in(job: Job, news: Progress) -> list[News]:
    """Keep what a finished epoch brought; returns what of it is to be told."""
    point = milestones.point_of(news)
    if point is None:
        return []
    before = milestones.read(job.told)
    told, found = milestones.follow(before, point, job.request["epochs"])
    if told is not before:
        _keep(job, told)
    return found


def _keep(job: Job, told: Told) -> None:
    job.told = {**job.told, **milestones.write(told)}


def _before(job: Job, desk: Desk) -> tuple[int, float] | None:
    """The model to beat, as it was judged on the pictures to choose by."""
    model = registry.current(job.project_id or 0, session=desk.session)
    figures = (model.metrics.get("val") if model else None) or {}
    return (model.number, figures["map50"]) if model and "map50" in figures else None


def trained(job: Job, model: Model, desk: Desk) -> None:
    """It ended well: watchers hear how good it is; so does the group, if the rest is private."""
    project = desk.project(job)
    if job.progress:
        # The last epoch may come together with the end.
        _take_in(job, Progress.model_validate(job.progress))
    audience.spread(job, words.trained(project, job, model), "end", desk, end=True)
    if audience.in_private(job, desk):
        name = chats.name_of(job.member_id, session=desk.session)
        desk.tell(job, words.elsewhere(project, model, name), key=f"elsewhere:{job.id}")


def failed(job: Job, cause: Wish, desk: Desk) -> None:
    """It broke: the cause and its log's end, to its chat or in private; watchers hear the cause."""
    project = desk.project(job)
    audience.deliver(job, cause, f"failed:{job.id}", desk)
    log = logs.keep(job, desk.places, session=desk.session) if job.kind in jobs.HEAVY else None
    if log is not None:
        audience.deliver(job, words.log(project, job, *log), f"log:{job.id}", desk)
    audience.spread(job, words.broke(project, job), "end", desk, end=True)
    if audience.in_private(job, desk):
        name = chats.name_of(job.member_id, session=desk.session)
        desk.tell(job, words.failed_elsewhere(project, job, name), key=f"elsewhere:{job.id}")


def stopped(job: Job, desk: Desk) -> None:
    """A person stopped it: watchers hear so."""
    audience.spread(job, words.stopped(desk.project(job), job), "end", desk, end=True)
