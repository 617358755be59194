"""The model that a person means by a number, or by none."""

from bot.turn import Turn
from pipeline.errors import UserError
from storage import registry
from storage.models import Model


def number_in(said: list[str]) -> int | None:
    """The number of `/command 2` or `/command v2`; None where nothing is said.

    Raises:
        UserError: it is no number.
    """
    if not said:
        return None
    word = said[0].lower().removeprefix("v")
    if not word.isdecimal():
        raise UserError("Which version? /models lists them; send the command and its number.")
    return int(word[:9])


def model_of(turn: Turn, number: int | None) -> Model:
    """Version `number` of the project, or the one in use.

    Raises:
        UserError: there is no such version, or none at all.
    """
    project = turn.project
    assert project.id is not None
    if number is None:
        model = registry.current(project.id, session=turn.session)
    else:
        model = registry.numbered(project.id, number, session=turn.session)
    if model is None:
        raise UserError(
            "There is no model yet. /train makes the first one."
            if number is None or registry.latest(project.id, session=turn.session) is None
            else f"There is no v{number}. /models lists what there is."
        )
    return model
