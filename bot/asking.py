"""A round of sheets: how it begins, what comes after each, and how it ends."""

from sqlmodel import col, select

from bot import access, autotrain, together
from bot.handlers.drawing import ask_next
from bot.looking import look
from bot.messages import bulk as bulk_words
from bot.messages import label as words
from bot.messages import together as together_words
from bot.painter import show_sheet, show_way_back
from bot.turn import Turn
from pipeline.kinds import carry
from pipeline.labelling import bulk, deal, outlook, samples, sheets
from pipeline.labelling.deal import Hand
from storage import jobs, projects, registry, settings
from storage import sheets as sheet_rows
from storage.models import Job, Project, Sheet


def begin(turn: Turn, *, goal: int | None = None) -> str:
    """Start a round of sheets; where there is nothing to ask, ask for drawings; else say so.

    A chat has one sheet at a time: while one lies open, it is shown again instead. Where votes have
    to be independent a group gets its board instead, and everybody sheets of their own in private.
    """
    project = turn.project
    assert project.id is not None
    access.check_may_vote(turn, project)
    if together.apart(turn, project):
        together.show_board(turn, project)
        return ""
    sheet = sheet_rows.in_front(project.id, turn.chat.id, session=turn.session)
    if sheet is not None:
        if goal is not None:
            sheet.goal = goal + sheet_rows.closed_in_round(sheet.key, session=turn.session)
        if sheet.state == "open":
            show_sheet(sheet, services=turn.services, session=turn.session)
        return "The sheet lies open."
    _tell_samples(turn, project)
    _tell_judged(turn, project)
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
    state = outlook.look(project, session=turn.session)
    turn.say(words.nothing_to_ask(project, state, preparing=busy))
    return ""


def _is_looking(turn: Turn, project: Project) -> bool:
    """Whether a model looks for something to ask, or pictures still come; starts a look if not."""
    assert project.id is not None
    if {"propose", "collect"} & jobs.kinds_under_way(project.id, session=turn.session):
        return True
    model = registry.current(project.id, session=turn.session)
    looks = select(Job).where(Job.project_id == project.id, Job.kind == "propose")
    last = turn.session.exec(looks.order_by(col(Job.id).desc()).limit(1)).first()
    in_vain = last is not None and (
        last.state != "succeeded" or bool(last.result.get("weights_missing"))
    )
    if in_vain and last is not None and (model is None or model.created_at < last.created_at):
        # The same look would end the same way; people can draw.
        return False
    return look(turn, project, turn.key) is not None


def after(turn: Turn, sheet: Sheet, *, stop: bool) -> None:
    """The next sheet, or what was won."""
    project = projects.get(sheet.project_id, session=turn.session)
    assert project.id is not None
    carry.queue_after(sheet, member_id=turn.member.id, session=turn.session)
    _tell_samples(turn, project)
    if sheet.kind == "image":
        # With several classes a drawing teaches once its picture is called complete.
        autotrain.after(turn, project)
    judged = _tell_judged(turn, project)
    if not stop and not sheet.member_id and together.apart(turn, project):
        # The group grew, or wants more votes by now: nobody's answers are before the others.
        sheets.drop_ahead(sheet.key, session=turn.session)
        show_way_back(sheet, session=turn.session)
        together.show_board(turn, project)
        return
    waits = not stop and _waits(turn, project, sheet)
    if stop or waits:
        sheets.drop_ahead(sheet.key, session=turn.session)
    else:
        following = sheets.next_after(sheet, session=turn.session)
        if following is not None:
            if following.state == "open":
                show_sheet(following, services=turn.services, session=turn.session)
            return
    show_way_back(sheet, session=turn.session)
    if judged or waits:
        return
    done = sheet_rows.closed_in_round(sheet.key, session=turn.session)
    state = outlook.look(project, session=turn.session)
    turn.say(words.round_over(project, sheet, state, done=done, broken_off=stop))


def _tell_samples(turn: Turn, project: Project) -> None:
    assert project.id is not None
    told = samples.settle(project.id, member_id=turn.member.id, session=turn.session)
    if told:
        turn.say(words.samples_settled(project, told))


def _tell_judged(turn: Turn, project: Project) -> bool:
    """If the sample of a bulk decision is checked by now, say what it tells of the rest."""
    assert project.id is not None
    judged = bulk.judge(project.id, session=turn.session)
    if judged is not None:
        turn.say(bulk_words.judged(project, judged), key=f"bulk:{judged.id}")
    return judged is not None


def offer_key(turn: Turn, project: Project) -> str:
    """The one offer of a bulk decision in a chat: each member's own stays where it is."""
    return f"bulk:offer:{project.id}:{turn.chat.id}"


def _offer_bulk(turn: Turn, project: Project) -> bool:
    """Where a model is sure of many boxes, ask first whether a sample will do."""
    if settings.of(project).many_votes:
        return False
    scope = deal.scope_of(project, session=turn.session)
    offer = bulk.possible(project, scope, session=turn.session)
    if offer is not None:
        turn.say(bulk_words.offer(project, offer), key=offer_key(turn, project), fresh=True)
    return offer is not None


def _waits(turn: Turn, project: Project, sheet: Sheet) -> bool:
    """Whether the group's round keeps the next sheet back; then that is said."""
    if not turn.private or project.chat_id == turn.chat.id:
        return False
    if together.halted(project, session=turn.session):
        turn.say(together_words.halted(project), key=f"halted:{sheet.key}", fresh=True)
        return True
    if together.ended_since(project, sheet.opened_at, session=turn.session):
        done = sheet_rows.closed_in_round(sheet.key, session=turn.session)
        turn.say(together_words.time_is_up(project, done))
        return True
    return False
