"""Projects and classes."""

from telegram import Update

from bot import access
from bot.messages import project as words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from storage import projects
from storage.models import Project
from storage.progress import boxes_by_class

HOW = "Send it so: /new pets cat, dog"
MAX_CLASS = 40


class NameMissing(UserError):
    """Give the project a name. Send it so: /new pets cat, dog."""


def parse(said: str) -> tuple[str, list[str]]:
    """`NAME class, class…`, `name: class, class` or `class, class` -> name and classes.

    A name alone is also the class to look for.

    Raises:
        UserError: no name, a name or class that is too long, or too many classes.
    """
    said = " ".join(said.split())
    if ":" in said:
        name, _, rest = said.partition(":")
    else:
        name, _, rest = said.partition(" ")
        if name.endswith(","):
            name, rest = name.rstrip(","), said
        elif "," in name:
            name, rest = name.split(",")[0], said
    name = name.strip(" ,")
    if not name:
        raise NameMissing
    if "://" in said:
        raise UserError(f"A link is no name. {HOW}")
    if len(name) > projects.MAX_NAME:
        raise UserError(f"That name is too long: {projects.MAX_NAME} letters at most. {HOW}")
    return name, parse_classes(rest) or [name]


def parse_classes(said: str) -> list[str]:
    """`a, b` -> names without doubles, in order.

    Raises:
        UserError: one is too long, or there are too many.
    """
    names: dict[str, str] = {}
    for part in said.split(","):
        name = " ".join(part.split())
        if len(name) > MAX_CLASS:
            raise UserError(f"A class name has {MAX_CLASS} letters at most.")
        if name:
            names.setdefault(name.lower(), name)
    if len(names) > projects.MAX_CLASSES:
        raise UserError(f"That's too many: {projects.MAX_CLASSES} classes at most.")
    return list(names.values())


def parse_answer(said: str) -> tuple[str, list[str]]:
    """What answers “what should I find?”: class names, or `name: class, class`.

    Raises:
        UserError: it is no list of names, or one is too long.
    """
    said = " ".join(said.split())
    if "://" in said or "?" in said or said.startswith("/"):
        raise UserError("Answer with what to find, for example: cat, dog")
    if ":" in said:
        return parse(said)
    classes = parse_classes(said)
    if not classes:
        raise NameMissing
    return classes[0], classes


def create(turn: Turn, name: str, classes: list[str]) -> None:
    """Make a project, and say what comes next."""
    _check_may_choose(turn)
    project = projects.create(
        chat_id=turn.chat.id,
        name=name,
        classes=classes,
        created_by=turn.member.id,
        session=turn.session,
    )
    turn.say(words.created(project, private=turn.private, username=turn.services.username))


def _check_may_choose(turn: Turn) -> None:
    """Whoever only looks at a group's project does not turn the group to another one."""
    if not turn.private and turn.maybe_project is not None:
        access.check_may_label(turn, turn.maybe_project)


def ask(turn: Turn) -> None:
    """Ask what to find; the answer is a reply to this message."""
    question = words.ask_new(reply_to=turn.message_id, who=turn.member, private=turn.private)
    turn.say(question, key=f"{words.ASK_NEW}:{turn.key}")


async def new(update: Update, context: Context) -> None:
    """`/new NAME class, class…`; alone it asks."""
    said = " ".join(context.args or [])
    await act(update, context, lambda turn: create(turn, *parse(said)) if said else ask(turn))


async def list_(update: Update, context: Context) -> None:
    """`/projects`."""

    def show(turn: Turn) -> None:
        rows = projects.of_chat(turn.chat.id, session=turn.session)
        turn.say(words.project_list(rows, turn.chat.project_id))

    await act(update, context, show)


async def classes(update: Update, context: Context) -> None:
    """`/classes a, b`; alone it tells them."""
    said = " ".join(context.args or [])

    def change(turn: Turn) -> None:
        project = turn.project
        if not said:
            turn.say(words.classes(project))
            return
        names = parse_classes(said)
        if not names:
            raise UserError("Name at least one class, for example: /classes cat, dog")
        _change(turn, project, names)

    await act(update, context, change)


def _change(turn: Turn, project: Project, names: list[str]) -> None:
    access.check_may_label(turn, project)
    # The old spelling stays: boxes know their class by it.
    old = {name.lower(): name for name in project.classes}
    names = [old.get(name.lower(), name) for name in names]
    counts = boxes_by_class(project.id or 0, session=turn.session)
    # Boxes of names that never were classes are not lost by this.
    lost = {name: counts[name] for name in project.classes if name in counts and name not in names}
    if lost:
        access.check_may_delete(turn, project)
        projects.keep_wanted_classes(project, names, session=turn.session)
        turn.say(words.classes_would_lose(project, names, lost))
        return
    project.classes = names
    turn.session.add(project)
    turn.say(words.classes(project))


def tap_classes(turn: Turn, args: list[str]) -> str:
    """Do it: classes go although they have boxes."""
    project = turn.project
    access.check_may_delete(turn, project)
    names = projects.wanted_classes(project, session=turn.session)
    if names is None:
        raise UserError("That is settled already. /classes shows what I look for.")
    project.classes = names
    turn.session.add(project)
    turn.say(words.classes(project))
    return "Changed"


def tap_new(turn: Turn, args: list[str]) -> str:
    """🆕."""
    ask(turn)
    return ""


def tap_select(turn: Turn, args: list[str]) -> str:
    """A project in the picker."""
    project = of_this_chat(turn, int(args[0]))
    _check_may_choose(turn)
    projects.select_for(turn.chat.id, project, session=turn.session)
    turn.say(words.selected(project))
    return project.name[:60]


def of_this_chat(turn: Turn, project_id: int) -> Project:
    """The project, if this chat may work on it.

    Raises:
        UserError: it is another chat's, or gone.
    """
    try:
        project = projects.get(project_id, session=turn.session)
    except LookupError:
        raise UserError("That project is gone.") from None
    turn.check_own(project)
    return project
