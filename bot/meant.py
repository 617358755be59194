"""Which model somebody means by a number, or by none."""

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


def model(turn: Turn, number: int | None) -> Model:
    """The project's model with this number; the one in use where none is said.

    Raises:
        UserError: there is none.
    """
    project = turn.project
    assert project.id is not None
    if number is None:
        found = registry.current(project.id, session=turn.session)
    else:
        found = registry.numbered(project.id, number, session=turn.session)
    if found is None:
        raise UserError(
            "There is no model yet. /train makes the first one."
            if number is None
            else f"There is no v{number}. /models lists what there is."
        )
    return found
