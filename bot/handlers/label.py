"""Sheets and drawings: every tap is a vote before it is answered."""

from telegram import Update

from bot.messages import label as words
from bot.painter import show_sheet
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import propose
from pipeline.labelling import drawings, sheets
from storage import jobs, outbox, projects
from storage import sheets as sheet_rows
from storage.models import Drawing, Project, Sheet, now


async def label(update: Update, context: Context) -> None:
    """`/label`."""
    await act(update, context, begin)


def tap_label(turn: Turn, args: list[str]) -> str:
    """▶ Check."""
    begin(turn)
    return ""


def begin(turn: Turn) -> None:
    """Start a round of sheets; where there is nothing to ask, ask for drawings; else say so."""
    project = turn.project
    assert project.id is not None
    _set_aside(turn, project)
    if _deal(turn, project, key=f"label:{turn.key}", previous_id=None):
        return
    looking = propose.queue(
        project,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        after=turn.key,
        session=turn.session,
    )
    state = sheets.askable(project.id, session=turn.session)
    busy = looking is not None or any(
        place.job.kind in ("propose", "collect") and place.job.project_id == project.id
        for place in jobs.queue(session=turn.session)
    )
    if not busy and _draw_next(turn, project):
        return
    turn.say(words.nothing_to_ask(project, state, preparing=busy))


def _set_aside(turn: Turn, project: Project) -> None:
    # One sheet a chat: an older one would hold its tiles back and lie far up the chat.
    assert project.id is not None
    for sheet in sheet_rows.on_table(project.id, session=turn.session):
        if sheet.chat_id == turn.chat.id:
            sheet_rows.close(sheet, "aside", session=turn.session)


def _deal(turn: Turn, project: Project, *, key: str, previous_id: int | None) -> bool:
    assert project.id is not None
    return (
        sheets.deal(
            project_id=project.id,
            chat_id=turn.chat.id,
            member_id=0,
            key=key,
            previous_id=previous_id,
            session=turn.session,
        )
        is not None
    )


def _draw_next(turn: Turn, project: Project) -> bool:
    assert project.id is not None
    if not project.classes:
        raise UserError("First tell me what to find, for example: /classes cat, dog")
    return (
        drawings.ask(project_id=project.id, chat_id=turn.chat.id, session=turn.session) is not None
    )


def tap_sheet(turn: Turn, args: list[str]) -> str:
    """A button of a sheet: a tile's number, ok, none, skip, back or stop."""
    sheet = sheets.open_sheet(int(args[0]), session=turn.session)
    if sheet.chat_id != turn.chat.id:
        raise UserError("That belongs to another chat.")
    what = args[1]
    if what.isdecimal():
        return _tap_tile(turn, sheet, int(what))
    member = turn.member.id
    if what == "back":
        sheets.back(sheet, session=turn.session)
        return "Back"
    said = "Skipped"
    if what == "ok":
        right = sheets.confirm(sheet, member_id=member, at=now(), session=turn.session)
        said = f"✅ {right} right"
    elif what == "none":
        sheets.reject(sheet, member_id=member, at=now(), session=turn.session)
        said = "❌ none"
    elif what in ("skip", "stop"):
        sheet_rows.close(sheet, "skipped" if what == "skip" else "stopped", session=turn.session)
    else:
        raise UserError("I don't know this button. /label shows a new sheet.")
    _after(turn, sheet, stop=what == "stop")
    return "Stopped" if what == "stop" else said


def _tap_tile(turn: Turn, sheet: Sheet, place: int) -> str:
    marked = sheets.tap(sheet, place, member_id=turn.member.id, session=turn.session)
    show_sheet(sheet, session=turn.session)
    if sheet.kind == "image":
        return f"{place}: something is missing" if marked else f"{place}: taken back"
    return f"{place}: wrong" if marked else f"{place}: taken back"


def _after(turn: Turn, sheet: Sheet, *, stop: bool) -> None:
    """The next sheet, or what was won."""
    project = projects.get(sheet.project_id, session=turn.session)
    assert project.id is not None
    told = sheets.settle_samples(project.id, member_id=turn.member.id, session=turn.session)
    if told:
        turn.say(words.samples_settled(project, told))
    if not stop and _deal(turn, project, key=sheet.key, previous_id=sheet.id):
        return
    state = sheets.askable(project.id, session=turn.session)
    turn.say(words.stopped(project, state, told="" if stop else "all is checked 🎉"))


def tap_drawing(turn: Turn, args: list[str]) -> str:
    """A button of a drawing request or of its answer."""
    drawing = drawings.get(int(args[0]), session=turn.session)
    if drawing.chat_id != turn.chat.id:
        raise UserError("That belongs to another chat.")
    project = projects.get(drawing.project_id, session=turn.session)
    what, rest = args[1], args[2:]
    match what:
        case "how":
            return words.HOW_TO_DRAW
        case "del":
            drawings.drop_box(drawing, int(rest[0]), session=turn.session)
            if drawing.boxes:
                return "Left out"
            drawings.again(drawing, session=turn.session)
            return "No box left: draw again, or tap 🚫."
        case "again":
            drawings.again(drawing, session=turn.session)
            return "Draw on the same photo again and send it."
        case "ok":
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
    if not _draw_next(turn, project):
        _won(turn, project)
    return said


def _accept(turn: Turn, project: Project, drawing: Drawing, index: int) -> str:
    if drawing.state != "read" or not 0 <= index < len(project.classes):
        raise UserError("That drawing changed meanwhile. Look at the newest picture.")
    drawings.accept(
        drawing,
        project.classes[index],
        member_id=turn.member.id,
        whole=len(project.classes) == 1,
        session=turn.session,
    )
    return f"✅ {len(drawing.boxes)} × {project.classes[index]}"[:190]


def _won(turn: Turn, project: Project) -> None:
    assert project.id is not None
    state = sheets.askable(project.id, session=turn.session)
    turn.say(words.stopped(project, state), priority=outbox.ANSWER)
