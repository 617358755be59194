"""Sheets: every tap is a vote before it is answered."""

from sqlmodel import col, select
from telegram import Update

from bot.handlers.drawing import ask_next
from bot.messages import label as words
from bot.painter import show_marks, show_sheet, show_way_back
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import propose
from pipeline.labelling import sheets
from storage import jobs, projects, registry
from storage import sheets as sheet_rows
from storage.models import Job, Project, Sheet, now


async def label(update: Update, context: Context) -> None:
    """`/label`."""
    await act(update, context, begin)


def tap_label(turn: Turn, args: list[str]) -> str:
    """▶ Check."""
    return begin(turn)


def begin(turn: Turn) -> str:
    """Start a round of sheets; where there is nothing to ask, ask for drawings; else say so.

    A chat has one sheet at a time: while one lies open, it is shown again instead.
    """
    project = turn.project
    assert project.id is not None
    for sheet in sheet_rows.on_table(project.id, session=turn.session):
        if sheet.chat_id != turn.chat.id:
            continue
        if sheet.state == "open":
            show_sheet(sheet, session=turn.session)
        return "The sheet lies open."
    told = sheets.settle_samples(project.id, member_id=turn.member.id, session=turn.session)
    if told:
        turn.say(words.samples_settled(project, told))
    if _deal(turn, project, key=f"label:{turn.key}", previous_id=None):
        return ""
    busy = _is_looking(turn, project)
    if not busy and ask_next(turn, project):
        return ""
    state = sheets.askable(project.id, session=turn.session)
    turn.say(words.nothing_to_ask(project, state, preparing=busy))
    return ""


def _is_looking(turn: Turn, project: Project) -> bool:
    """Whether a model looks for something to ask, or pictures still come; starts a look if not."""
    assert project.id is not None
    under_way = [
        place.job.kind
        for place in jobs.queue(session=turn.session)
        if place.job.project_id == project.id
    ]
    if {"propose", "collect"} & set(under_way):
        return True
    model = registry.latest(project.id, session=turn.session)
    looks = select(Job).where(Job.project_id == project.id, Job.kind == "propose")
    last = turn.session.exec(looks.order_by(col(Job.id).desc()).limit(1)).first()
    in_vain = last is not None and (
        last.state != "succeeded" or bool(last.result.get("weights_missing"))
    )
    if in_vain and last is not None and (model is None or model.created_at < last.created_at):
        # The same look would end the same way; people can draw.
        return False
    look = propose.queue(
        project,
        chat_id=turn.chat.id,
        member_id=turn.member.id,
        after=turn.key,
        session=turn.session,
    )
    return look is not None


def _deal(turn: Turn, project: Project, *, key: str, previous_id: int | None) -> bool:
    assert project.id is not None
    sheet = sheets.deal(
        project_id=project.id,
        chat_id=turn.chat.id,
        member_id=0,
        key=key,
        previous_id=previous_id,
        session=turn.session,
    )
    return sheet is not None


def tap_sheet(turn: Turn, args: list[str]) -> str:
    """A button of a sheet: a tile's number, ok, none, skip, back or stop."""
    number, what = int(args[0]), args[1]
    shown = sheet_rows.get(number, session=turn.session)
    if shown is not None and shown.chat_id != turn.chat.id:
        raise UserError("That belongs to another chat.")
    if what == "back":
        sheets.back(number, session=turn.session)
        return "Back"
    sheet = sheets.open_sheet(number, session=turn.session)
    if what.isdecimal():
        marked = sheets.tap(sheet, int(what), member_id=turn.member.id, session=turn.session)
        show_marks(sheet, session=turn.session)
        meaning = "wrong" if sheet.kind == "box" else "something is missing"
        return f"{what}: {meaning if marked else 'taken back'}"
    said = _answer_whole(turn, sheet, what)
    _after(turn, sheet, stop=what == "stop")
    return said


def _answer_whole(turn: Turn, sheet: Sheet, what: str) -> str:
    member = turn.member.id
    match what:
        case "ok":
            right = sheets.confirm(sheet, member_id=member, at=now(), session=turn.session)
            return f"✅ {right} right" if sheet.kind == "box" else f"✅ {right} complete"
        case "none":
            sheets.reject(sheet, member_id=member, at=now(), session=turn.session)
            return "❌ none"
        case "skip":
            sheet_rows.close(sheet, "skipped", session=turn.session)
            return "Skipped"
        case "stop":
            sheet_rows.close(sheet, "stopped", session=turn.session)
            return "Stopped"
        case _:
            raise UserError("I don't know this button. /label shows a new sheet.")


def _after(turn: Turn, sheet: Sheet, *, stop: bool) -> None:
    """The next sheet, or what was won."""
    project = projects.get(sheet.project_id, session=turn.session)
    assert project.id is not None
    told = sheets.settle_samples(project.id, member_id=turn.member.id, session=turn.session)
    if told:
        turn.say(words.samples_settled(project, told))
    if not stop and _deal(turn, project, key=sheet.key, previous_id=sheet.id):
        return
    show_way_back(sheet, session=turn.session)
    state = sheets.askable(project.id, session=turn.session)
    over = not (state.check or state.confirm)
    turn.say(words.stopped(project, state, told="all is checked 🎉" if over else ""))
