"""What a job's news means for its chat: facts kept, then the outbox row that tells them."""

from datetime import timedelta
from pathlib import Path

from sqlalchemy import func
from sqlmodel import Session, col, select

from bot import audience, corrections, receipts, training_news, visitors, wishes
from bot.desk import Desk, card_key
from bot.messages import collect as collect_words
from bot.messages import moving
from bot.messages import packages as package_words
from bot.messages import propose as propose_words
from bot.messages import result as result_words
from bot.messages import train as train_words
from bot.messages.origins import COCO
from bot.training import card_wish, unmeasured
from pipeline.errors import NotPackable
from pipeline.jobs import estimate
from pipeline.jobs.events import Progress
from pipeline.jobs.spec import MeasureResult, PredictResult, ProposeResult, TrainResult
from pipeline.jobs.spec_collect import CollectResult
from pipeline.kinds import collect, package, predict, propose, so_far, train
from pipeline.kinds.places import made
from pipeline.labelling import seconds
from storage import chats, datasets, jobs, outbox, sources
from storage.models import Job, Sheet, now

GROUP_EVERY_S, LABELLING_EVERY_S, PRIVATE_EVERY_S = 10.0, 30.0, 4.0
LABELLING_IS = timedelta(minutes=3)


def interval(job: Job, *, session: Session) -> float:
    """Least seconds between two progress edits in the job's chat."""
    if job.chat_id > 0:
        return PRIVATE_EVERY_S
    query = select(func.max(Sheet.opened_at)).where(col(Sheet.chat_id) == job.chat_id)
    last = session.exec(query).one()
    labelling = last is not None and now() - last < LABELLING_IS
    return LABELLING_EVERY_S if labelling else GROUP_EVERY_S


def started(job: Job, desk: Desk) -> None:
    """The worker lives."""
    if job.kind == "train":
        training_news.started(job, desk)


def progress(job: Job, news: Progress, desk: Desk) -> wishes.Wish | None:
    """The card with its bar, for kinds that have one."""
    match job.kind:
        case "collect" if visitors.is_one(job, desk):
            return None
        case "collect":
            source = sources.get(job.request["source_id"], session=desk.session)
            return collect_words.progress(desk.project(job), source, job, news)
        case "train":
            return training_news.progress(job, news, desk)
        case "package" if _has_card(job, desk):
            model = package.model_of(job, session=desk.session)
            return train_words.packing(desk.project(job), model.number, news.stage)
    return None


def collected(job: Job, result: CollectResult, folder: Path, desk: Desk) -> None:
    """The receipt, the trust question, and a first look by a model that may know the classes."""
    source = collect.keep(job, result, session=desk.session)
    project = desk.project(job)
    if source.state == "offered":
        told = collect_words.offered(project, source, result)
        desk.tell(job, told, priority=outbox.ANSWER)
        return
    if visitors.is_one(job, desk):
        visitors.collected(job, source, desk)
        return
    if source.kind == corrections.KIND and corrections.ask_about(source, job, session=desk.session):
        desk.tell(job, collect_words.corrected(project), priority=outbox.ANSWER)
        return
    look = None
    if source.state == "ready":
        look = propose.queue(
            project,
            chat_id=job.chat_id,
            member_id=job.member_id,
            after=f"source:{source.id}",
            session=desk.session,
        )
    receipts.tell(job, source, result, folder, desk, proposing=look is not None)
    if unmeasured(session=desk.session):
        jobs.create(
            kind="measure",
            project_id=project.id,
            chat_id=job.chat_id,
            member_id=job.member_id,
            request={},
            idempotency_key="measure:first",
            session=desk.session,
        )


def proposed(job: Job, result: ProposeResult, desk: Desk) -> None:
    """Say what there is to check, or that people have to draw first."""
    project = desk.project(job)
    if result.weights_missing:
        desk.tell(job, propose_words.cannot_guess(project))
        return
    kept = propose.keep(job, result, session=desk.session)
    if kept.more:
        model = propose.looked_by(job, session=desk.session)
        by = f"v{model.number}" if model else COCO
        pace = seconds.learned(job.project_id or 0, session=desk.session)
        told = propose_words.guesses(project, kept, by, kept.boxes * pace.tiles["box"])
        desk.tell(job, told, key=f"look:{propose.first_of(job)}")
    propose.go_on(job, kept, session=desk.session)


def trained(job: Job, result: TrainResult, folder: Path, desk: Desk) -> None:
    """The album, and the packaging queued; the result message follows the zip."""
    project = desk.project(job)
    model = train.keep(job, result, folder, desk.places, session=desk.session)
    dataset = datasets.get(model.dataset_id, session=desk.session)
    card = moving.trained(project, job, model.number, done=result.epochs, best=result.best_epoch)
    desk.tell(job, card)
    plots = result_words.plots(project, model, result, dataset)
    audience.deliver(job, plots, f"plots:{model.id}", desk)
    training_news.trained(job, model, desk)
    packing = package.queue(
        model,
        chat_id=job.chat_id,
        member_id=job.member_id,
        idempotency_key=package.first_key(model),
        session=desk.session,
    )
    if not audience.in_private(job, desk):
        desk.tell(packing, train_words.packing(project, model.number))
    if model.promoted:
        propose.queue_anew(
            project,
            chat_id=job.chat_id,
            member_id=job.member_id,
            after=f"model:{model.id}",
            session=desk.session,
        )


def packaged(job: Job, desk: Desk) -> None:
    """The zip, then the result message, which notifies."""
    project = desk.project(job)
    model = package.model_of(job, session=desk.session)
    if _has_card(job, desk):
        desk.tell(job, train_words.packed(project, model.number))
    send_package(job, desk)
    dataset = datasets.get(model.dataset_id, session=desk.session)
    public, local = desk.page(model)
    first = job.idempotency_key == package.first_key(model)
    finish = result_words.finish(project, model, dataset, page=public, local=local, compare=first)
    key = f"result:{model.id}:{job.id}"
    if first:
        audience.deliver(job, finish, key, desk)
    else:
        desk.tell(job, finish, key=key)


def _has_card(job: Job, desk: Desk) -> bool:
    """Whether its chat was shown the job; not where it follows one whose result is private."""
    return outbox.get(card_key(job), session=desk.session) is not None


def _unpacked(job: Job, desk: Desk) -> None:
    """The result of a training whose package was not made; asked for later, it tells nothing."""
    model = package.model_of(job, session=desk.session)
    if job.idempotency_key == package.first_key(model):
        dataset = datasets.get(model.dataset_id, session=desk.session)
        again = job.error != NotPackable().user_message
        finish = result_words.finish(desk.project(job), model, dataset, again=again)
        audience.deliver(job, finish, f"result:{model.id}:{job.id}", desk)


def send_package(job: Job, desk: Desk) -> None:
    """Put the files of the job's model into the outbox: the zip, and the page as one file."""
    project = desk.project(job)
    model = package.model_of(job, session=desk.session)
    public, local = desk.page(model)
    first = job.idempotency_key == package.first_key(model)
    for number, wish in enumerate(package_words.package(project, model, page=public or local)):
        key = f"zip:{model.id}:{job.id}" + (f":{number}" if number else "")
        if first:
            audience.deliver(job, wish, key, desk)
        else:
            desk.tell(job, wish, key=key)


def predicted(job: Job, result: PredictResult, folder: Path, desk: Desk) -> None:
    """The photo with its boxes, as a reply to it."""
    model = predict.model_of(job, session=desk.session)
    assert model is not None
    picture = desk.places.files.put_file(made(folder, result.picture))
    desk.tell(
        job,
        result_words.prediction(
            desk.project(job),
            model,
            picture,
            result,
            job_id=job.id or 0,
            reply_to=job.request["message_id"],
        ),
        priority=outbox.ANSWER,
    )


def measured(job: Job, result: MeasureResult, desk: Desk) -> None:
    """Minutes can be told now, also on a card that was waiting for them."""
    estimate.remember(result, session=desk.session)
    card = job.request.get("card")
    if card:
        dataset = datasets.get(job.request["dataset_id"], session=desk.session)
        wish = card_wish(desk.project(job), dataset, session=desk.session)
        desk.tell(job, wish, key=card, priority=outbox.ANSWER)


def failed(job: Job, desk: Desk) -> None:
    """The cause in words, naming who asked."""
    if job.kind == "measure":
        return  # nobody asked for it; the cause is in the log
    project = desk.project(job)
    if job.kind == "collect":
        if visitors.missed(job, desk):
            return
        source = collect.fail(job, desk.places, session=desk.session)
        desk.tell(job, collect_words.failed(project, source, job.error or ""))
        return
    starter, kept = chats.name_of(job.member_id, session=desk.session), None
    if job.kind == "propose":
        # A look nobody asked for by name: people can still draw.
        desk.tell(job, propose_words.cannot_guess(project))
        return
    if _has_card(job, desk):
        # Else its bar and its Stop button would stand there for ever.
        desk.tell(job, train_words.broken_off(project, job))
    if job.kind == "train":
        train.missed(job, session=desk.session)
        kept = so_far.keep_best(job, desk.places, session=desk.session)
    cause = train_words.failed(project, job, starter, _number(job, desk), kept)
    training_news.failed(job, cause, desk)
    if job.kind == "package":
        _unpacked(job, desk)


def cancelled(job: Job, desk: Desk) -> None:
    """Stopped by a person."""
    if job.kind == "measure":
        return
    project, kept = desk.project(job), None
    if job.kind == "collect":
        source = collect.fail(job, desk.places, session=desk.session)
        desk.tell(job, collect_words.cancelled(project, source))
        return
    if job.kind == "train":
        train.missed(job, session=desk.session)
        kept = so_far.keep_best(job, desk.places, session=desk.session)
    told = train_words.cancelled(project, job, _number(job, desk), kept)
    desk.tell(job, told)
    if audience.in_private(job, desk):
        audience.deliver(job, told, f"stopped:{job.id}", desk)
    training_news.stopped(job, desk)
    if job.kind == "package":
        _unpacked(job, desk)


def _number(job: Job, desk: Desk) -> int | None:
    """The version that a packaging is about."""
    if job.kind != "package":
        return None
    return package.model_of(job, session=desk.session).number
