"""What goes out as files: a model in several forms, labels for other tools."""

from telegram import Update

from bot import exporting
from bot.desk import card_key
from bot.messages import export as export_words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.jobs.spec_export import Form
from pipeline.kinds import forms, labels
from storage import datasets
from storage.models import DatasetVersion

FORMS: dict[str, Form] = {
    **{form: form for form in export_words.NAMES},
    "pascal": "voc",
    "pascalvoc": "voc",
    "xml": "voc",
    "apple": "createml",
    "ls": "labelstudio",
}
"""What people call them."""


async def export(update: Update, context: Context) -> None:
    """`/export [N] [FORM …]`: a model; `/export labels …`, `/export dataset N …`: files."""
    said = list(context.args or [])

    def send(turn: Turn) -> None:
        if said and said[0].lower() in ("labels", "label"):
            _export_labels(turn, [word.lower() for word in said[1:]])
            return
        if said and said[0].lower() in ("dataset", "data"):
            _export_version(turn, [word.lower() for word in said[1:]])
            return
        asked = forms.read(said)
        exporting.send(turn, asked)
        if asked.plain:
            exporting.menu(turn, asked.number)

    await act(update, context, send)


def tap_export(turn: Turn, args: list[str]) -> str:
    """📦: the usual package."""
    exporting.send(turn, forms.Asked(number=int(args[0])))
    return "📦"


def tap_form(turn: Turn, args: list[str]) -> str:
    """📤: the menu of forms, or `N:FORM[:PRECISION[:IMGSZ]]` of it."""
    number, *words = args
    if not words:
        exporting.menu(turn, int(number))
        return ""
    form, *more = words
    said = [number, form, *more[:1], *(f"imgsz={size}" for size in more[1:])]
    exporting.send(turn, forms.read(said))
    return "📤"


def _export_labels(turn: Turn, said: list[str]) -> None:
    """`/export labels [FORMAT] [tasks]`; without a form the forms are shown."""
    tasks = "tasks" in said or "task" in said
    named = [word for word in said if word not in ("tasks", "task", "as")]
    if not named:
        _choose_form(turn, tasks=tasks)
        return
    _queue_labels(turn, _form(named), tasks=tasks)


def _form(said: list[str]) -> Form:
    form = FORMS.get("".join(c for word in said for c in word if c.isalnum()))
    if form is None:
        raise UserError(export_words.UNKNOWN)
    return form


def _export_version(turn: Turn, said: list[str]) -> None:
    """`/export dataset N [FORMAT]`; without a form the forms are shown."""
    if not said:
        raise UserError("Which version? /datasets lists them; send /export dataset 2 voc.")
    version = _version(turn, said[0])
    if len(said) == 1:
        turn.say(export_words.choose_for(turn.project, version))
    else:
        _queue_labels(turn, _form(said[1:]), tasks=False, version=version)


def _version(turn: Turn, said: str) -> DatasetVersion:
    number = said.removeprefix("v")
    project = turn.project
    assert project.id is not None
    if number.isdecimal() and len(number) < 7:
        version = datasets.numbered(project.id, int(number), session=turn.session)
        if version is not None:
            return version
    raise UserError(f"There is no data version “{said[:20]}”. /datasets lists what there is.")


def tap_labels(turn: Turn, args: list[str]) -> str:
    """🏷: the forms, of what is labelled or (`tasks`) of what needs hands."""
    _choose_form(turn, tasks="tasks" in args)
    return ""


def tap_labels_form(turn: Turn, args: list[str]) -> str:
    """One of the forms."""
    form = FORMS.get(args[0])
    if form is None:
        raise ValueError(args)
    if args[1] in ("all", "tasks"):
        _queue_labels(turn, form, tasks=args[1] == "tasks")
    else:
        _queue_labels(turn, form, tasks=False, version=_version(turn, args[1]))
    return "📤"


def _choose_form(turn: Turn, *, tasks: bool) -> None:
    there = labels.amounts(turn.project, session=turn.session)
    if not there.ready and not there.tasks:
        raise labels.NothingLabelled
    tasks = bool(there.tasks) and (tasks or not there.ready)
    turn.say(export_words.choose(turn.project, there, tasks=tasks))


def _queue_labels(
    turn: Turn, form: Form, *, tasks: bool, version: DatasetVersion | None = None
) -> None:
    job = labels.queue(
        turn.project,
        form,
        tasks=tasks,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        idempotency_key=f"labels:{turn.key}",
        version=version,
        session=turn.session,
    )
    turn.say(export_words.packing(turn.project, job), key=card_key(job))
