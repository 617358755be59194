"""Two taps: cells of a lettered grid, tapped or written."""

from bot.drawing_painter import show_taps
from bot.handlers.drawing import open_drawing
from bot.turn import Turn
from pipeline.labelling import cells, drawings, said, twotaps, understood
from storage import images
from storage.models import Drawing, Message, Project


def tap_grid(turn: Turn, args: list[str]) -> str:
    """▦ Two taps, ➕ Another box, and the buttons of the grid."""
    drawing, project = open_drawing(turn, int(args[0]))
    if args[1] == "new":
        twotaps.begin(drawing, session=turn.session)
        return ""
    twotaps.check(drawing, int(args[1]))
    match args[2]:
        case "keep":
            twotaps.keep(drawing, session=turn.session)
            return "Kept"
        case "back":
            twotaps.back(drawing, session=turn.session)
            if drawing.state == "gridded":
                show_taps(drawing, session=turn.session)
            return ""
        case _:
            return _tap_cell(turn, project, drawing, (int(args[2]), int(args[3])))


def _tap_cell(turn: Turn, project: Project, drawing: Drawing, cell: cells.Cell) -> str:
    both = twotaps.tap(
        drawing,
        cell,
        aspect=_aspect(turn, drawing),
        member_id=turn.member.id,
        label=project.classes[0] if len(project.classes) == 1 else "",
        session=turn.session,
    )
    if both:
        return cells.name(cell)
    show_taps(drawing, session=turn.session)
    return f"{cells.name(cell)}: now the opposite corner"


def _aspect(turn: Turn, drawing: Drawing) -> float:
    image = images.get(drawing.image_id, session=turn.session)
    return image.height / image.width


def take_words(turn: Turn, words: str, asked: Message | None, *, replied: bool) -> bool:
    """Take words for an open drawing: cells such as `cat B2-D4`, or the class of all its boxes.

    Args:
        asked: the message of ours that they answer, or that stands last in a private chat.
        replied: they were sent as a reply to it.

    Returns:
        False when they mean something else.

    Raises:
        UserError: they answer a drawing, and name no cell or class that there is.
    """
    shown, number = _shown(asked)
    if not replied and said.names_cells(words):
        waiting = [row.id for row in drawings.waiting(turn.chat.id, session=turn.session)]
        number = number if number in waiting else next(iter(waiting), None)
    elif not replied:
        return False
    if number is None:
        return False
    drawing, project = open_drawing(turn, number)
    if said.has_cell(words):
        _take_cells(turn, project, drawing, words, whole=shown == "draw")
    elif drawing.state in ("understood", "read"):
        label = said.class_meant(project.classes, words)
        understood.name_all(drawing, label, session=turn.session)
    else:
        raise said.NoCells
    return True


def _shown(message: Message | None) -> tuple[str, int | None]:
    """`draw` (the request) or `drawn` (the grid, the answer), and of which drawing."""
    name, _, number = (message.key if message else "").partition(":")
    if name not in ("draw", "drawn") or not number.isdecimal():
        return "", None
    return name, int(number)


def _take_cells(turn: Turn, project: Project, drawing: Drawing, words: str, *, whole: bool) -> None:
    aspect = _aspect(turn, drawing)
    # Who answers the request itself sees no grid on it: the one over the whole picture is meant.
    closer = twotaps.is_closer(drawing) and not whole
    grid = twotaps.grid(drawing, aspect) if closer else cells.coarse(aspect)
    found = said.entries(words, project.classes, grid)
    twotaps.say(drawing, found, aspect=aspect, whole=whole, session=turn.session)
