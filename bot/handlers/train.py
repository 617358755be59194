"""Training: the card, the queue, cancelling."""

from telegram import Update

from bot import access, job_access
from bot.desk import card_key
from bot.messages import train as words
from bot.training import card_wish, expected, unmeasured
from bot.turn import Context, Turn, act
from pipeline import dataset as datasets_made
from pipeline import versions
from pipeline.errors import SpecError, UserError
from pipeline.kinds import train
from storage import jobs
from storage.models import DatasetVersion, Job

HOW = "Send it so: /train quick, or /train epochs=25 imgsz=320 model=yolov8n"
NUMBERS = ("epochs", "imgsz")


def parse(said: list[str]) -> train.Choice | None:
    """`[quick|balanced|best] [epochs=N] [imgsz=N] [model=NAME]`; None when nothing was said.

    Raises:
        SpecError: a word, a number or a model makes no sense.
    """
    preset, numbers, model = "quick", {}, None
    for word in said:
        name, sign, value = word.lower().partition("=")
        if not sign and name in train.PRESETS:
            preset = name
        elif sign and name in NUMBERS:
            if not value.isdecimal() or len(value) > 6:
                raise SpecError(f"{name}= wants a whole number. {HOW}")
            numbers[name] = int(value)
        elif sign and name == "model":
            model = value.removesuffix(".pt").removesuffix(".yaml")
        else:
            raise SpecError(f"I don't understand “{word[:40]}”. {HOW}")
    if not said:
        return None
    return train.choose(
        preset,
        epochs=numbers.get("epochs"),
        imgsz=numbers.get("imgsz"),
        architecture=model,
    )


async def train_(update: Update, context: Context) -> None:
    """`/train`: with words it is queued, alone it shows the card."""
    said = list(context.args or [])

    def take(turn: Turn) -> None:
        choice = parse(said)
        access.check_may_train(turn, turn.project)
        if choice is None:
            _card(turn)
        else:
            _queue(turn, choice)

    await act(update, context, take)


def tap_train(turn: Turn, args: list[str]) -> str:
    """🏋 Train: the card."""
    access.check_may_train(turn, turn.project)
    _card(turn)
    return ""


def tap_go(turn: Turn, args: list[str]) -> str:
    """A preset on the card."""
    if args[0] not in train.PRESETS:
        raise UserError("I don't know this button. /train shows the choices.")
    access.check_may_train(turn, turn.project)
    _queue(turn, train.choose(args[0]))
    return "Queued"


def _dataset(turn: Turn) -> DatasetVersion:
    places = turn.services.places
    return datasets_made.next_for(turn.project, files=places.files, session=turn.session)


def _card(turn: Turn) -> None:
    dataset = _dataset(turn)
    key = f"card:{turn.key}"
    turn.say(card_wish(turn.project, dataset, session=turn.session), key=key)
    if unmeasured(session=turn.session):
        jobs.create(
            kind="measure",
            project_id=turn.project.id,
            chat_id=turn.chat.id,
            member_id=turn.member.id,
            request={"card": key, "dataset_id": dataset.id},
            session=turn.session,
        )


def _queue(turn: Turn, choice: train.Choice) -> None:
    dataset = _dataset(turn)
    job = train.queue(
        turn.project,
        dataset,
        choice,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        idempotency_key=f"train:{turn.key}",
        restored=turn.project.restored_id == dataset.id,
        session=turn.session,
    )
    # A restored version is for one training: forgotten, it must not hold back what comes after.
    versions.release(turn.project, session=turn.session)
    time = expected(dataset, choice, session=turn.session)
    position = jobs.position(job, session=turn.session)
    turn.say(words.queued(turn.project, job, choice, position, time), key=card_key(job))


async def queue(update: Update, context: Context) -> None:
    """`/queue`: this chat's jobs with their places."""

    def show(turn: Turn) -> None:
        places = [
            place
            for place in jobs.queue(session=turn.session)
            if place.job.chat_id == turn.chat.id and place.job.kind != "measure"
        ]
        turn.say(words.queue(turn.maybe_project, places))

    await act(update, context, show)


async def cancel(update: Update, context: Context) -> None:
    """`/cancel [JOB]`; alone it means the chat's newest one."""
    said = list(context.args or [])

    def stop(turn: Turn) -> None:
        if said and not said[0].lstrip("#").isdecimal():
            raise UserError("Which one? /queue lists them; send /cancel and its number.")
        number = int(said[0].lstrip("#")[:12]) if said else _newest(turn)
        turn.say(words.cancelling(turn.maybe_project, _cancel(turn, number)))

    await act(update, context, stop)


def tap_cancel(turn: Turn, args: list[str]) -> str:
    """✖ Stop."""
    _cancel(turn, int(args[0]))
    return "Stopping…"


def _newest(turn: Turn) -> int:
    mine = [
        place.job
        for place in jobs.queue(session=turn.session)
        if place.job.chat_id == turn.chat.id and place.job.kind != "measure"
    ]
    trainings = [job for job in mine if job.kind == "train"]
    if not mine:
        raise UserError("Nothing is running or waiting here.")
    return max(job.id or 0 for job in trainings or mine)


def _cancel(turn: Turn, number: int) -> Job:
    job_access.check_may_steer(turn, job_access.find(turn, number))
    job = jobs.request_cancel(number, session=turn.session)
    if job.state == "cancelled":
        # It never had a worker, so no runner will tell.
        turn.services.listener.cancelled(job, session=turn.session)
    return job
