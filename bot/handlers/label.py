"""Sheets: every tap is a vote before it is answered."""

from sqlmodel import col, select
from telegram import Update

from bot import together
from bot.handlers.drawing import ask_next
from bot.messages import bulk as bulk_words
from bot.messages import label as words
from bot.painter import show_marks, show_sheet, show_way_back
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.kinds import propose
from pipeline.labelling import bulk, deal, fixes, sheets
from pipeline.labelling.deal import Hand
from storage import images, jobs, outbox, projects, questions, registry, settings
from storage import sheets as sheet_rows
from storage.models import Job, Project, Sheet, now

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


def begin(turn: Turn, *, goal: int | None = None) -> str:
    """Start a round of sheets; where there is nothing to ask, ask for drawings; else say so.

    A chat has one sheet at a time: while one lies open, it is shown again instead. Where votes have
    to be independent a group gets its board instead, and everybody sheets of their own in private.
    """
    project = turn.project
    assert project.id is not None
    if together.apart(turn, project):
        together.show_board(turn, project)
        return ""
    sheet = sheet_rows.in_front(project.id, turn.chat.id, session=turn.session)
    if sheet is not None:
        if goal is not None:
            sheet.goal = goal + sheet_rows.closed_in_round(sheet.key, session=turn.session)
        if sheet.state == "open":
            show_sheet(sheet, session=turn.session)
        return "The sheet lies open."
    _tell_samples(turn, project)
    if _offer_bulk(turn, project):
        return ""
    return go_on(turn, project, goal=goal)


def go_on(turn: Turn, project: Project, *, goal: int | None = None) -> str:
    """Deal the first sheet of a round, or say what there is to do instead."""
    assert project.id is not None
    own = turn.member.id if turn.private else 0
    hand = Hand(project, turn.chat.id, own, key=f"label:{turn.key}", goal=goal)
    if deal.deal(hand, session=turn.session) is not None:
        return ""
    busy = _is_looking(turn, project)
    if not busy and ask_next(turn, project):
        return ""
    state = deal.askable(project.id, session=turn.session)
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


def tap_sheet(turn: Turn, args: list[str]) -> str:
    """A button of a sheet: a tile's number, an answer to all, or what a box is instead."""
    number, what = int(args[0]), args[1]
    shown = sheet_rows.get(number, session=turn.session)
    if shown is not None:
        if shown.chat_id != turn.chat.id:
            raise UserError("That belongs to another chat.")
        sheets.check_owner(shown, turn.member.id)
    if what == "back":
        sheets.back(number, session=turn.session)
        return "Back"
    sheet = sheets.open_sheet(number, session=turn.session)
    if what.isdecimal():
        marked = sheets.tap(sheet, int(what), member_id=turn.member.id, session=turn.session)
        show_marks(sheet, session=turn.session)
        return f"{what}: {words.MARKED[sheet.kind] if marked else 'taken back'}"
    said = _answer_whole(turn, sheet, what)
    _after(turn, sheet, stop=what == "stop")
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
    fixes.answer(sheet, project, said, member_id=turn.member.id, session=turn.session)
    return words.fixed(said)[:190]


def _nothing_in_all(turn: Turn, sheet: Sheet, project: Project) -> int:
    """All wrong boxes that wait, this one included, hold nothing."""
    scope = deal.scope_of(project, session=turn.session)
    waiting = questions.to_fix(scope, limit=MOST_SHEETS, session=turn.session)
    rows = images.boxes([box.id for box in waiting], session=turn.session)
    fixes.nothing_in(list(rows.values()), member_id=turn.member.id, session=turn.session)
    sheet_rows.close(sheet, "closed", session=turn.session)
    return len(rows)


def _after(turn: Turn, sheet: Sheet, *, stop: bool) -> None:
    """The next sheet, or what was won."""
    project = projects.get(sheet.project_id, session=turn.session)
    assert project.id is not None
    _tell_samples(turn, project)
    judged = bulk.judge(project.id, session=turn.session)
    if judged is not None:
        turn.say(bulk_words.judged(project, judged), key=f"bulk:{judged.id}")
    if stop:
        sheets.drop_ahead(sheet.key, session=turn.session)
    else:
        following = sheets.next_after(sheet, session=turn.session)
        if following is not None:
            if following.state == "open":
                show_sheet(following, session=turn.session)
            return
    show_way_back(sheet, session=turn.session)
    if judged is not None:
        return
    done = sheet_rows.closed_in_round(sheet.key, session=turn.session)
    state = deal.askable(project.id, session=turn.session)
    turn.say(words.round_over(project, sheet, state, done=done, broken_off=stop))


def _tell_samples(turn: Turn, project: Project) -> None:
    assert project.id is not None
    told = sheets.settle_samples(project.id, member_id=turn.member.id, session=turn.session)
    if told:
        turn.say(words.samples_settled(project, told))


def _offer_bulk(turn: Turn, project: Project) -> bool:
    """Where a model is sure of many boxes, ask first whether a sample will do."""
    if settings.of(project).many_votes:
        return False
    scope = deal.scope_of(project, session=turn.session)
    offer = bulk.possible(project, scope, session=turn.session)
    if offer is not None:
        turn.say(bulk_words.offer(project, offer), key=f"bulk:offer:{project.id}", fresh=True)
    return offer is not None


def tap_bulk(turn: Turn, args: list[str]) -> str:
    """A button of a bulk decision: check, each, or yes, no and undo of the decision's number."""
    project, what = turn.project, args[0]
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
        outbox.strip(f"bulk:offer:{project.id}", session=turn.session)
        return go_on(turn, project)
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
