"""The models of a project, and which is in use."""

from telegram import Update

from bot import access, charts
from bot.messages import models as model_words
from bot.turn import Context, Turn, act
from bot.versions import model_of
from pipeline.kinds import propose
from storage import datasets, registry


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
    rows = registry.of_project(project.id, session=turn.session)
    current = registry.current(project.id, session=turn.session)
    versions = datasets.of_project(project.id, session=turn.session)
    by_id = {version.id: version for version in versions if version.id is not None}
    turn.say(model_words.history(project, rows, current, by_id))
    if len(charts.points(project.id, session=turn.session)) > 1:
        charts.ask(project.id, turn.chat.id, turn.key, session=turn.session)


def tap_use(turn: Turn, args: list[str]) -> str:
    """★: work with this version from now on."""
    project = turn.project
    access.check_may_train(turn, project)
    model, before = model_of(turn, int(args[0])), model_of(turn, None)
    if model.number == before.number:
        return f"v{model.number} is in use already"
    registry.use(model, session=turn.session)
    turn.say(model_words.in_use(project, model, before))
    propose.queue_anew(
        project,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        after=f"use:{turn.key}",
        session=turn.session,
    )
    return f"★ v{model.number}"
