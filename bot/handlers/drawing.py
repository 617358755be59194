"""Drawings: pictures that wait for a hand, and what came back."""

from bot import access, autotrain
from bot.messages import drawing as words
from bot.messages import label as label_words
from bot.turn import Turn
from pipeline.errors import UserError
from pipeline.kinds import carry
from pipeline.labelling import drawings, outlook, twotaps, understood
from storage import outbox, projects
from storage.models import Drawing, Project


def tap_draw(turn: Turn, args: list[str]) -> str:
    """✏️ Start."""
    access.check_may_vote(turn, turn.project)
    if not ask_next(turn, turn.project):
        _won(turn, turn.project)
    return ""


def ask_next(turn: Turn, project: Project, *, besides: int | None = None) -> bool:
    """Ask for the next drawing; False when nothing needs a hand.

    Raises:
        UserError: the project has no class yet.
    """
    assert project.id is not None
    if not project.classes:
        raise UserError("First tell me what to find, for example: /classes cat, dog")
    drawing = drawings.ask(
        project_id=project.id,
        chat_id=turn.chat.id,
        # What is asked in private is one person's.
        member_id=turn.member.id if turn.private else 0,
        besides=besides,
        session=turn.session,
    )
    return drawing is not None


def open_drawing(turn: Turn, number: int) -> tuple[Drawing, Project]:
    """A drawing that is not settled yet, and its project.

    Raises:
        UserError: it is settled or another chat's, or this member only looks on.
    """
    drawing = drawings.get(number, session=turn.session)
    if drawing.chat_id != turn.chat.id:
        raise UserError("That belongs to another chat.")
    project = projects.get(drawing.project_id, session=turn.session)
    access.check_may_vote(turn, project)
    return drawing, project


def tap_drawing(turn: Turn, args: list[str]) -> str:
    """A button of a drawing request or of its answer."""
    drawing, project = open_drawing(turn, int(args[0]))
    what, rest = args[1], args[2:]
    match what:
        case "how":
            return words.HOW_TO_DRAW
        case "del":
            understood.check(drawing, int(rest[1]))
            understood.drop_box(drawing, int(rest[0]), session=turn.session)
            if drawing.boxes:
                return "Left out"
            drawings.again(drawing, session=turn.session)
            return "No box left: draw again, or tap 🚫."
        case "cls":
            understood.check_places(drawing, int(rest[1]))
            return _turn_class(turn, project, drawing, int(rest[0]))
        case "again":
            by_taps = bool(drawing.taps)
            drawings.again(drawing, session=turn.session)
            if by_taps:
                twotaps.begin(drawing, session=turn.session)
                return "Once more from the start"
            return "Draw on the same photo again and send it."
        case "ok":
            understood.check(drawing, int(rest[1]))
            said = _accept(turn, project, drawing, int(rest[0]))
        case "none":
            drawings.nothing(drawing, member_id=turn.member.id, session=turn.session)
            said = "Nothing here: kept as background"
        case "skip":
            drawings.skip(drawing, session=turn.session)
            said = "Skipped"
        case "stop":
            drawings.skip(drawing, session=turn.session)
            _won(turn, project)
            return "Stopped"
        case _:
            raise UserError("I don't know this button. /label goes on.")
    if autotrain.after(turn, project):
        return said
    enough = what != "skip" and _round_number(turn, project)
    if enough or not ask_next(turn, project, besides=drawing.image_id):
        _won(turn, project, told="well drawn 🎉" if enough else "every picture is drawn on 🎉")
    return said


def _round_number(turn: Turn, project: Project) -> bool:
    """Whether as many pictures as were asked for are drawn: time to say what was won."""
    assert project.id is not None
    return drawings.drawn_count(project.id, session=turn.session) % drawings.GOAL == 0


def _turn_class(turn: Turn, project: Project, drawing: Drawing, place: int) -> str:
    if not project.classes:
        raise understood.DrawingChanged
    label = understood.turn_class(drawing, place, project.classes, session=turn.session)
    return f"{place}: {label}"[:190]


def _accept(turn: Turn, project: Project, drawing: Drawing, index: int) -> str:
    if not 0 <= index < len(project.classes):
        raise understood.DrawingChanged
    # What has no class, or one that the project dropped, is of the class that was tapped.
    labels = [
        label if label in project.classes else project.classes[index]
        for label in understood.labels_of(drawing)
    ]
    drawings.accept(
        drawing,
        labels,
        member_id=turn.member.id,
        # Who drew several classes drew what there is; of one class there may be others beside.
        whole=len(project.classes) == 1 or len(set(labels)) > 1,
        session=turn.session,
    )
    carry.queue_for(
        [drawing.image_id],
        project_id=drawing.project_id,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        after=f"drawing:{drawing.id}",
        session=turn.session,
    )
    return f"✅ {words.counted(labels)}"[:190]


def _won(turn: Turn, project: Project, told: str = "") -> None:
    assert project.id is not None
    state = outlook.look(project, session=turn.session)
    turn.say(label_words.stopped(project, state, told), priority=outbox.ANSWER)
