"""Models, their packages, and where a project stands."""

from telegram import Update

from bot import access, charts
from bot.desk import card_key, page_addresses
from bot.messages import export as export_words
from bot.messages import models as model_words
from bot.messages import result as words
from bot.messages import train as train_words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.jobs.spec_export import Form
from pipeline.kinds import labels, package, propose
from storage import datasets, registry
from storage.models import DatasetVersion, Model

FORMS: dict[str, Form] = {
    **{form: form for form in export_words.NAMES},
    "pascal": "voc",
    "pascalvoc": "voc",
    "xml": "voc",
    "apple": "createml",
    "ls": "labelstudio",
}
"""What people call them."""


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
    model, before = _model(turn, int(args[0])), _model(turn, None)
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


async def export(update: Update, context: Context) -> None:
    """`/export [N]`: a model's package; `/export labels …`, `/export dataset N …`: files."""
    said = list(context.args or [])

    def send(turn: Turn) -> None:
        if said and said[0].lower() in ("labels", "label"):
            _export_labels(turn, [word.lower() for word in said[1:]])
            return
        if said and said[0].lower() in ("dataset", "data"):
            _export_version(turn, [word.lower() for word in said[1:]])
            return
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


def _export_labels(turn: Turn, said: list[str]) -> None:
    """`/export labels [FORMAT] [tasks]`; without a form the forms are shown."""
    tasks = "tasks" in said or "task" in said
    forms = [word for word in said if word not in ("tasks", "task", "as")]
    if not forms:
        _choose_form(turn, tasks=tasks)
        return
    _queue_labels(turn, _form(forms), tasks=tasks)


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


def _model(turn: Turn, number: int | None) -> Model:
    project = turn.project
    assert project.id is not None
    if number is None:
        model = registry.current(project.id, session=turn.session)
    else:
        model = registry.numbered(project.id, number, session=turn.session)
    if model is None:
        raise UserError(
            "There is no model yet. /train makes the first one."
            if number is None
            else f"There is no v{number}. /models lists what there is."
        )
    return model
