"""Training: the card, the queue, cancelling."""

import difflib
import re

from telegram import Update

from bot import access
from bot.desk import card_key
from bot.messages import choices
from bot.messages import train as words
from bot.training import card_wish, expected, unmeasured
from bot.turn import Context, Turn, act
from pipeline import dataset as datasets_made
from pipeline import tuning, versions
from pipeline.errors import SpecError, UserError
from pipeline.kinds import starts, train
from storage import jobs, projects
from storage.models import DatasetVersion, Job

HOW = "/train quick starts at once, /train help tells all that can be said."
NUMBERS = {"epochs": 25, "imgsz": 320}
HELP = ("help", "?", "models")


def parse(said: list[str]) -> train.Choice | None:
    """`[quick|balanced|best] [epochs=N] [imgsz=N] [model=NAME] [start=WHAT] [lr0=X …]`.

    None when nothing was said; `model=` may be left out before a name.

    Raises:
        SpecError: a word, a number or a model makes no sense.
    """
    preset = "quick"
    numbers: dict[str, int] = {}
    words: dict[str, str] = {}
    tuned: dict[str, str] = {}
    # Some write `lr0 = 0.01`.
    for word in re.sub(r"\s*=\s*", "=", " ".join(said)).split():
        name, sign, value = word.partition("=")
        name = name.lower().lstrip("-–—")
        if not sign and name in train.PRESETS:
            preset = name
        elif not sign and name.startswith(("yolo", "rtdetr", "rt-detr")):
            words["model"] = name
        elif not sign:
            raise SpecError(_unknown(word))
        elif name in NUMBERS:
            numbers[name] = _whole(name, value)
        elif name in ("model", "start"):
            words[name] = value.lower()
        else:
            tuned[name] = value
    if not said:
        return None
    return train.choose(
        preset,
        epochs=numbers.get("epochs"),
        imgsz=numbers.get("imgsz"),
        architecture=words.get("model"),
        start=words.get("start"),
        args=tuning.read(tuned, others=[*NUMBERS, "model", "start"]),
    )


def _whole(name: str, said: str) -> int:
    if not re.fullmatch(r"-?\d{1,18}", said):
        raise SpecError(f"{name}= wants a whole number, for example {name}={NUMBERS[name]}.")
    return int(said)


def _unknown(word: str) -> str:
    if word.lower() in (*tuning.ARGS, *NUMBERS, "model", "start"):
        return f"What shall {word.lower()} be? Write {word.lower()}= and its value; {HOW}"
    near = difflib.get_close_matches(word.lower(), train.PRESETS, n=1)
    hint = f"do you mean {near[0]}?" if near else HOW
    return f"I don't understand “{word[:40]}”; {hint}"


async def train_(update: Update, context: Context) -> None:
    """`/train`: with words it is queued, alone it shows the card; `/train help` tells the words."""
    said = list(context.args or [])

    def take(turn: Turn) -> None:
        if said and said[0].lower() in HELP:
            turn.say(choices.possible(turn.maybe_project))
            return
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
    """A preset on the card, or going on from the model that it names."""
    access.check_may_train(turn, turn.project)
    if args[0] in train.PRESETS:
        _queue(turn, train.choose(args[0]))
    elif len(args) == 2 and args[0] == "on":
        first = starts.model(turn.project, f"v{int(args[1])}", "", session=turn.session)
        _queue(turn, train.go_on(first))
    else:
        raise UserError("I don't know this button. /train shows the choices.")
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
    choice = train.settle(choice, turn.project, session=turn.session)
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
    known = jobs.get(number, session=turn.session)
    owner = turn.member.id in turn.services.settings.owner_ids
    if known is None or (known.chat_id != turn.chat.id and not owner):
        # Another chat's job is as good as none: its existence is nobody's business here.
        raise jobs.JobUnknown(number)
    _check_may_stop(turn, known)
    job = jobs.request_cancel(number, session=turn.session)
    if job.state == "cancelled":
        # It never had a worker, so no runner will tell.
        turn.services.listener.cancelled(job, session=turn.session)
    return job


def _check_may_stop(turn: Turn, job: Job) -> None:
    """One's own job may always be stopped; another's by whoever may start such a one."""
    if job.project_id is None or turn.member.id == job.member_id:
        return
    project = projects.get(job.project_id, session=turn.session)
    if job.kind == "train":
        access.check_may_train(turn, project)
    else:
        access.check_may_label(turn, project)
