"""What a source's class names mean, by buttons."""

from bot import access
from bot.looking import look
from bot.messages import mapping as words
from bot.turn import Turn
from pipeline.errors import UserError
from pipeline.labelling import mapping
from storage import projects, sheets, sources


class NamesChanged(UserError):
    """That is answered already, or the classes changed. Look at the newest question."""


def tap_map(turn: Turn, args: list[str]) -> str:
    """A class, ⏭, ➕ or ↩ under the name of a source's class."""
    try:
        source = sources.get(int(args[0]), session=turn.session)
    except LookupError:
        raise UserError("That source is gone. /sources shows what is there.") from None
    project = projects.get(source.project_id, session=turn.session)
    turn.check_own(project)
    access.check_may_label(turn, project)
    names = mapping.of(source)
    if names is None or source.state not in ("asking", "ready"):
        raise UserError("That source is out already. /sources shows what is there.")
    place, what = int(args[1]), args[2]
    if what == "back":
        if place != words.place_of(names):
            raise NamesChanged
        names = mapping.take_back(source, session=turn.session)
        sheets.lay_aside(source.project_id, session=turn.session)
    elif what == "rest":
        names = mapping.skip_rest(source, session=turn.session)
    else:
        name = next((one for at, one in enumerate(names.boxes) if at == place), "")
        meant = {"skip": mapping.SKIP, "new": name}.get(what)
        if meant is None:
            meant = next((one for one in project.classes if words.mark(one) == what), None)
        if meant is None or name not in names.waiting:
            raise NamesChanged
        names = mapping.say(source, name, meant, session=turn.session)
    mapping.settle(source, member_id=turn.member.id, session=turn.session)
    turn.rewrite(words.question(project, source, names))
    if not names.waiting and source.state == "ready":
        look(turn, project, f"source:{source.id}")
    return "↩" if what == "back" else "👍"
