"""Training: the card, and putting one into the queue."""

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
from storage import jobs
from storage.models import DatasetVersion

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
    goes_on = len(args) == 2 and args[0] == "on"
    if args[0] not in train.PRESETS and not goes_on:
        raise UserError("I don't know this button. /train shows the choices.")
    access.check_may_train(turn, turn.project)
    if goes_on:
        first = starts.model(turn.project, f"v{int(args[1])}", "", session=turn.session)
        _queue(turn, train.go_on(first))
    else:
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
    if turn.member.id in turn.services.settings.owner_ids:
        job.priority = jobs.OWNER
    # A restored version is for one training: forgotten, it must not hold back what comes after.
    versions.release(turn.project, session=turn.session)
    time = expected(dataset, choice, session=turn.session)
    position = jobs.position(job, session=turn.session)
    turn.say(words.queued(turn.project, job, choice, position, time), key=card_key(job))
