"""A model's files on their way to a chat: sent at once where they exist, else made by a job."""

from bot import access
from bot.desk import Desk, card_key, page_addresses
from bot.messages import packages as words
from bot.messages import train as train_words
from bot.turn import Turn
from bot.versions import model_of
from bot.wishes import Wish
from pipeline.errors import UserError
from pipeline.jobs.events import Progress
from pipeline.kinds import exports, forms, package, parcels
from pipeline.kinds.forms import Asked, Wanted
from storage import chats
from storage.models import Job, Model

MOST_AT_ONCE = 3
"""Files of a project that are made or wait to be."""


def menu(turn: Turn, number: int | None) -> None:
    """Show in which forms a model can be had."""
    turn.say(words.menu(turn.project, model_of(turn, number)))


def send(turn: Turn, asked: Asked) -> None:
    """Send what is asked for, or begin to make it.

    Raises:
        UserError: there is no such model, or it cannot be had like that.
    """
    model = model_of(turn, asked.number)
    wanted = forms.settle(asked, model)
    if wanted.form == "html":
        _single(turn, model)
    elif wanted.form == "pt":
        try:
            size = turn.services.places.files.size(model.weights_key)
        except FileNotFoundError as error:
            raise UserError(f"The weights of v{model.number} are lost: train anew.") from error
        _say(turn, words.weights(turn.project, model, size))
    elif wanted == forms.usual(model):
        _usual(turn, model)
    elif made := exports.kept(model, wanted):
        _say(turn, words.made_file(turn.project, model, wanted, made))
    else:
        _make(turn, model, wanted)


def _say(turn: Turn, wishes: list[Wish]) -> None:
    for wish in wishes:
        turn.say(wish)


def _single(turn: Turn, model: Model) -> None:
    made = model.details.get("package", {})
    if "single_key" in made:
        turn.say(words.single(turn.project, model))
    elif made.get("single_bytes", 0) > parcels.LIMIT:
        raise UserError(
            f"As one file v{model.number} is over the 50 MB that Telegram takes: "
            f"/export {model.number} tfjs sends the zip."
        )
    else:
        # Packages of earlier releases have none.
        _pack(turn, model)


def _usual(turn: Turn, model: Model) -> None:
    if not model.package_key:
        _pack(turn, model)
        return
    services = turn.services
    public, local = page_addresses(
        model, public_url=services.settings.public_url, web_url=services.web_url
    )
    _say(turn, words.package(turn.project, model, page=public or local))


def _pack(turn: Turn, model: Model) -> None:
    access.check_may_label(turn, turn.project)
    job = package.queue(
        model,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        idempotency_key=f"package:{turn.key}",
        session=turn.session,
    )
    wish = train_words.packing(turn.project, model.number)
    turn.say(wish, key=card_key(job), fresh=True)


def _make(turn: Turn, model: Model, wanted: Wanted) -> None:
    access.check_may_label(turn, turn.project)
    job = exports.queue(
        model,
        wanted,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        idempotency_key=f"export:{turn.key}",
        session=turn.session,
    )
    # Each goes before trainings, and each is kept.
    if exports.count_open(model.project_id, session=turn.session) > MOST_AT_ONCE:
        raise UserError(
            f"{MOST_AT_ONCE} files are being made already: wait for one, or stop it with /cancel."
        )
    wish = words.making(turn.project, job, model.number, wanted)
    turn.say(wish, key=card_key(job), fresh=True)


def progress(job: Job, news: Progress, desk: Desk) -> Wish:
    """Its card."""
    number = package.model_of(job, session=desk.session).number
    return words.making(desk.project(job), job, number, exports.wanted_by(job), news)


def made(job: Job, desk: Desk) -> None:
    """The file, after a word on what it is."""
    project, wanted = desk.project(job), exports.wanted_by(job)
    model = package.model_of(job, session=desk.session)
    desk.tell(job, words.ready(project, model.number, wanted))
    found = exports.kept(model, wanted)
    assert found is not None  # it was kept before the job's end
    for number, wish in enumerate(words.made_file(project, model, wanted, found), start=1):
        desk.tell(job, wish, key=f"export:{job.id}:{number}")


def failed(job: Job, desk: Desk) -> None:
    """The cause in words, naming who asked."""
    _over(job, desk, chats.name_of(job.member_id, session=desk.session))


def cancelled(job: Job, desk: Desk) -> None:
    """Stopped by a person."""
    _over(job, desk, "")


def _over(job: Job, desk: Desk, starter: str) -> None:
    model = package.model_of(job, session=desk.session)
    wanted = exports.wanted_by(job)
    wish = words.not_made(desk.project(job), job, model.number, wanted, starter)
    desk.tell(job, wish, fresh=bool(starter))
