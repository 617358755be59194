"""`/datasets`: versions of the data, compared and restored."""

from collections import defaultdict

from telegram import Update

from bot import access
from bot.messages import datasets as words
from bot.messages import export as export_words
from bot.training import card_wish
from bot.turn import Context, Turn, act
from bot.wishes import Wish
from pipeline import dataset as datasets_made
from pipeline import versions
from pipeline.errors import UserError
from storage import datasets, registry
from storage.models import DatasetVersion, Model

HOW = "Which version? Send /datasets alone for the list, /datasets 2, or /datasets 1 3 to compare."


async def datasets_(update: Update, context: Context) -> None:
    """`/datasets`, `/datasets 2`, `/datasets 1 3`."""
    said = [word.lower().removeprefix("v") for word in context.args or []]

    def show(turn: Turn) -> None:
        if len(said) > 2 or not all(word.isdecimal() and len(word) < 7 for word in said):
            raise UserError(HOW)
        match [int(word) for word in said]:
            case [old, new]:
                turn.say(_comparison(turn, old, new))
            case [number]:
                turn.say(_page(turn, _version(turn, number)))
            case _:
                turn.say(_list(turn, 0))

    await act(update, context, show)


def tap_list(turn: Turn, args: list[str]) -> str:
    """A page of the list, in place."""
    turn.rewrite(_list(turn, int(args[0])))
    return ""


def tap_dataset(turn: Turn, args: list[str]) -> str:
    """A version's page, or one of its buttons."""
    version = _version(turn, int(args[0]))
    match args[1:]:
        case []:
            turn.rewrite(_page(turn, version))
            return ""
        case ["with", other]:
            turn.rewrite(_comparison(turn, version.number, int(other)))
            return ""
        case ["files"]:
            turn.rewrite(export_words.choose_for(turn.project, version))
            return ""
        case ["restore"]:
            return _restore(turn, version)
        case ["release"]:
            access.check_may_train(turn, turn.project)
            versions.release(turn.project, session=turn.session)
            turn.rewrite(_page(turn, version))
            return "↺ All data again"
    raise UserError("I don't know this button. /datasets shows the choices.")


def tap_everything(turn: Turn, args: list[str]) -> str:
    """↺ on the training card: train on what is there now after all."""
    project, places = turn.project, turn.services.places
    access.check_may_train(turn, project)
    versions.release(project, session=turn.session)
    dataset = datasets_made.next_for(project, files=places.files, session=turn.session)
    turn.rewrite(card_wish(project, dataset, session=turn.session))
    return "↺ All data again"


def _restore(turn: Turn, version: DatasetVersion) -> str:
    access.check_may_train(turn, turn.project)
    files = turn.services.places.files
    gone = versions.restore(turn.project, version, files=files, session=turn.session)
    turn.rewrite(_page(turn, version, words.left_since(gone)))
    return f"📌 v{version.number} it is, for the next training"


def _list(turn: Turn, page: int) -> Wish:
    return words.listing(turn.project, _versions(turn), _models(turn), page)


def _page(turn: Turn, version: DatasetVersion, note: str = "") -> Wish:
    others = [one.number for one in _versions(turn) if one.number != version.number]
    others.sort(key=lambda number: (abs(number - version.number), -number))
    return words.page(turn.project, version, _models(turn), others, note=note)


def _comparison(turn: Turn, one: int, other: int) -> Wish:
    """The older version stands first, in whichever order they were named."""
    if one == other:
        raise UserError("That is one version. Send two numbers: /datasets 1 3.")
    old, new = (_version(turn, number) for number in sorted((one, other)))
    files = turn.services.places.files
    found = versions.compare(datasets.read(old, files=files), datasets.read(new, files=files))
    return words.comparison(turn.project, old.number, new.number, found)


def _versions(turn: Turn) -> list[DatasetVersion]:
    assert turn.project.id is not None
    return datasets.of_project(turn.project.id, session=turn.session)


def _version(turn: Turn, number: int) -> DatasetVersion:
    assert turn.project.id is not None
    version = datasets.numbered(turn.project.id, number, session=turn.session)
    if version is None:
        raise UserError(f"There is no data v{number}. /datasets lists what there is.")
    return version


def _models(turn: Turn) -> dict[int, list[Model]]:
    assert turn.project.id is not None
    found: dict[int, list[Model]] = defaultdict(list)
    for model in reversed(registry.of_project(turn.project.id, session=turn.session)):
        found[model.dataset_id].append(model)
    return found
