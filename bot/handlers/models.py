"""Models, their packages, and where a project stands."""

from telegram import Update

from bot.messages import project as project_words
from bot.messages import result as words
from bot.messages import train as train_words
from bot.notices import card_key, page_addresses
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import package
from pipeline.labelling.deal import askable
from storage import registry
from storage.models import Model


async def stats(update: Update, context: Context) -> None:
    """`/stats`."""
    await act(update, context, _stats)


def tap_stats(turn: Turn, args: list[str]) -> str:
    """📊."""
    _stats(turn)
    return ""


def _stats(turn: Turn) -> None:
    project = turn.project
    assert project.id is not None
    turn.say(project_words.stats(project, askable(project.id, session=turn.session)))


async def models(update: Update, context: Context) -> None:
    """`/models`."""
    await act(update, context, _models)


def tap_models(turn: Turn, args: list[str]) -> str:
    """🏅."""
    _models(turn)
    return ""


def _models(turn: Turn) -> None:
    project = turn.project
    assert project.id is not None
    turn.say(words.models(project, registry.of_project(project.id, session=turn.session)))


async def export(update: Update, context: Context) -> None:
    """`/export [N]`: the package of version N, or of the newest."""
    said = list(context.args or [])

    def send(turn: Turn) -> None:
        if said and not said[0].lower().removeprefix("v").isdecimal():
            raise UserError("Which version? /models lists them; send /export and its number.")
        _export(turn, int(said[0].lower().removeprefix("v")[:9]) if said else None)

    await act(update, context, send)


def tap_export(turn: Turn, args: list[str]) -> str:
    """📦."""
    _export(turn, int(args[0]))
    return "📦"


def _export(turn: Turn, number: int | None) -> None:
    model = _model(turn, number)
    if model.package_key:
        name = package.file_name(turn.project, model)
        size = model.details["package"]["size_bytes"]
        services = turn.services
        public, local = page_addresses(
            model, public_url=services.settings.public_url, web_url=services.web_url
        )
        turn.say(words.package(turn.project, model, name, size, page=public or local))
        return
    job = package.queue(
        model,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        idempotency_key=f"package:{turn.key}",
        session=turn.session,
    )
    turn.say(train_words.packing(turn.project, model.number), key=card_key(job))


def _model(turn: Turn, number: int | None) -> Model:
    project = turn.project
    assert project.id is not None
    if number is None:
        model = registry.latest(project.id, session=turn.session)
    else:
        model = registry.numbered(project.id, number, session=turn.session)
    if model is None:
        raise UserError(
            "There is no model yet. /train makes the first one."
            if number is None
            else f"There is no v{number}. /models lists what there is."
        )
    return model
