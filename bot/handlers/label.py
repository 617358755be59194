"""Sheets: every tap is a vote before it is answered."""

from telegram import Update

from bot import access, together
from bot.asking import after, begin, offer_key
from bot.messages import bulk as bulk_words
from bot.messages import label as words
from bot.painter import show_marks
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.labelling import bulk, deal, fixes, sheets
from pipeline.labelling import rounds as rules
from storage import images, outbox, projects, questions, rounds
from storage import sheets as sheet_rows
from storage.models import Project, Sheet, now

MOST_SHEETS = 500


async def label(update: Update, context: Context) -> None:
    """`/label`, or `/label 20` for as many sheets."""
    said = list(context.args or [])
    await together.look(update, context)

    def work(turn: Turn) -> str:
        return begin(turn, goal=goal_in(said))

    await act(update, context, work)


def goal_in(said: list[str]) -> int | None:
    """How many sheets somebody wants to do.

    Raises:
        UserError: that is no such number.
    """
    if not said:
        return None
    if len(said) > 1 or not said[0].isdecimal() or not 1 <= int(said[0][:9]) <= MOST_SHEETS:
        raise UserError("How many sheets? Send it so: /label 20")
    return int(said[0])


def tap_label(turn: Turn, args: list[str]) -> str:
    """▶ Check; a number is the goal."""
    return begin(turn, goal=int(args[0]) if args else None)


def tap_sheet(turn: Turn, args: list[str]) -> str:
    """A button of a sheet: a tile's number, an answer to all, or what a box is instead."""
    number, what = int(args[0]), args[1]
    shown = sheet_rows.get(number, session=turn.session)
    if shown is not None:
        if shown.chat_id != turn.chat.id:
            raise UserError("That belongs to another chat.")
        sheets.check_owner(shown, turn.member.id)
        project = projects.get(shown.project_id, session=turn.session)
        access.check_may_vote(turn, project)
    if what == "back":
        sheets.back(number, session=turn.session)
        return "Back"
    sheet = sheets.open_sheet(number, session=turn.session)
    if what.isdecimal():
        marked, marks = sheets.tap(sheet, int(what), member_id=turn.member.id, session=turn.session)
        show_marks(sheet, marks, session=turn.session)
        return f"{what}: {words.MARKED[sheet.kind] if marked else 'taken back'}"
    said = _answer_whole(turn, sheet, what)
    after(turn, sheet, stop=what == "stop")
    return said


def _answer_whole(turn: Turn, sheet: Sheet, what: str) -> str:
    member = turn.member.id
    match what:
        case "ok":
            right = sheets.confirm(sheet, member_id=member, at=now(), session=turn.session)
            return f"✅ {right} {words.CONFIRMED[sheet.kind]}"
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
            return _answer_fix(turn, sheet, what)


def _answer_fix(turn: Turn, sheet: Sheet, what: str) -> str:
    project = projects.get(sheet.project_id, session=turn.session)
    if sheet.kind != "fix":
        raise UserError("I don't know this button. /label shows a new sheet.")
    if what == "empty":
        return f"🚫 Nothing in {_nothing_in_all(turn, sheet, project)}"
    said = what
    if what.startswith("c") and what[1:].isdecimal():
        index = int(what[1:])
        if index >= len(project.classes):
            raise UserError("The classes changed meanwhile. /label shows a new sheet.")
        said = f"{fixes.CLASS}{project.classes[index]}"
    elif what not in (fixes.OFF, fixes.NOTHING):
        raise UserError("I don't know this button. /label shows a new sheet.")
    kept = fixes.answer(sheet, project, said, member_id=turn.member.id, session=turn.session)
    return words.fixed(said)[:190] if kept else words.FIXED_BEFORE


def _nothing_in_all(turn: Turn, sheet: Sheet, project: Project) -> int:
    """All wrong boxes that wait, this one included, hold nothing."""
    scope = deal.scope_of(project, session=turn.session)
    waiting = questions.to_fix(scope, limit=MOST_SHEETS, session=turn.session)
    rows = images.boxes([box.id for box in waiting], session=turn.session)
    fixes.nothing_in(list(rows.values()), member_id=turn.member.id, session=turn.session)
    sheet_rows.close(sheet, "closed", session=turn.session)
    return len(rows)


def tap_round(turn: Turn, args: list[str]) -> str:
    """A button of a group's board: start, pause or end."""
    project, what = turn.project, args[0]
    access.check_may_vote(turn, project)
    assert project.id is not None
    row = rounds.live(project.id, session=turn.session)
    if row is None:
        raise rules.RoundOver
    if what != "start" or row.state == "paused":
        together.check_may_steer(turn, project, row)
    match what:
        case "start":
            rules.start(row, member_id=turn.member.id, session=turn.session)
            said = "The clock runs"
        case "pause":
            rules.pause(row, session=turn.session)
            said = "Paused"
        case "end":
            together.finish(project, row, turn.services.username, session=turn.session)
            return "Over"
        case _:
            raise rules.RoundOver
    together.refresh_board(project, row, turn.services.username, at_once=True, session=turn.session)
    return said


def tap_bulk(turn: Turn, args: list[str]) -> str:
    """A button of a bulk decision: check, each, or yes, no and undo of the decision's number."""
    project, what = turn.project, args[0]
    access.check_may_vote(turn, project)
    if what in ("check", "each"):
        scope = deal.scope_of(project, session=turn.session)
        row = bulk.begin(
            project,
            scope,
            chat_id=turn.chat.id,
            member_id=turn.member.id,
            session=turn.session,
        )
        if what == "each":
            bulk.refuse(row, session=turn.session)
        outbox.strip(offer_key(turn, project), session=turn.session)
        return begin(turn)
    row = bulk.of(int(args[1]), project, session=turn.session)
    match what:
        case "yes":
            count = bulk.accept(row, session=turn.session)
            said = f"{count} accepted"
        case "no":
            bulk.refuse(row, session=turn.session)
            said = "I'll ask about each"
        case "undo":
            count = bulk.undo(row, session=turn.session)
            said = f"{count} are open again"
        case _:
            raise bulk.BulkOver
    turn.say(bulk_words.judged(project, row), key=f"bulk:{row.id}")
    return said
