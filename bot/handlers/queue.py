"""The queue: what runs and waits, in which order, holding and stopping."""

from telegram import Update

from bot import job_access
from bot.messages import queue as words
from bot.turn import Context, Turn, act
from bot.wishes import Wish
from pipeline.errors import UserError
from pipeline.jobs.forecast import Expected, Forecast
from storage import chats, fair, jobs
from storage.models import Job, Project

PAGE = 5
QUIET = "measure"
"""A kind of work that nobody asked for; it takes seconds."""

UNKNOWN = "I don't know this button. /queue shows what runs and waits."


async def queue(update: Update, context: Context) -> None:
    """`/queue`: this chat's jobs with their places; `/queue all`: every chat's, for an owner."""
    said = [word.lower() for word in context.args or []]

    def show(turn: Turn) -> None:
        if said and said != ["all"]:
            raise UserError("Send /queue alone: it shows what runs and waits here.")
        turn.say(_page(turn, 0, all_chats=bool(said)))

    await act(update, context, show)


def tap_queue(turn: Turn, args: list[str]) -> str:
    """A button of the queue: `ACTION:JOB:PAGE[:all]`; the same message shows what came of it."""
    action, number, page = args[0], int(args[1]), int(args[2])
    all_chats = args[3:] == ["all"]
    toast = "" if action == "see" else _do(turn, action, number)
    turn.rewrite(_page(turn, page, all_chats=all_chats))
    return toast


def _do(turn: Turn, action: str, number: int) -> str:
    if action == "stop":
        _cancel(turn, number)
        return "Stopping…"
    job = _find(turn, number)
    if action == "up":
        return _sooner(turn, job)
    if action not in ("hold", "go"):
        raise UserError(UNKNOWN)
    jobs.pause(number, action == "hold", session=turn.session)
    return "⏸ Held: nothing before you let it go on" if action == "hold" else "▶ Goes on"


def _sooner(turn: Turn, job: Job) -> str:
    if job.state not in jobs.WAITING:
        raise UserError(f"Job {job.id} waits no longer. /queue shows how it is.")
    if job.paused:
        raise UserError(f"Job {job.id} is held: ▶ lets it go on first.")
    if _is_owner(turn):
        moved = fair.first(job, session=turn.session)
    else:
        moved = fair.sooner(job, session=turn.session)
    if not moved:
        return "It can't go sooner: it is first of yours, or behind a package or an owner's."
    return "⬆ Before all others" if _is_owner(turn) else "⬆ One place sooner"


def _page(turn: Turn, number: int, *, all_chats: bool) -> Wish:
    """A page of the queue as it is now.

    Raises:
        UserError: somebody but an owner, or an owner among others, asks for all chats.
    """
    if all_chats and not (_is_owner(turn) and turn.private):
        raise UserError("Only who runs this bot sees all chats' jobs, in private. Send /queue.")
    chat_id = None if all_chats else turn.chat.id
    everybody = jobs.active(session=turn.session)
    busy = [job for job in everybody if chat_id in (None, job.chat_id) and job.kind != QUIET]
    forecast = Forecast(turn.session, elsewhere=turn.services.settings.executor == "ray")
    waiting = [
        one
        for lane in fair.LANES
        for one in forecast.waiting(lane, chat_id, everybody)
        if one.standing.kind != QUIET
    ]
    waiting += [Expected(one, None) for one in fair.held(session=turn.session, chat_id=chat_id)]
    total = len(busy) + len(waiting)
    pages = max(1, -(-total // PAGE))
    number = max(0, min(number, pages - 1))
    start, end = number * PAGE, (number + 1) * PAGE
    lines = [words.Line(job, 0, left=forecast.left(job)) for job in busy[start:end]]
    shown = waiting[max(0, start - len(busy)) : max(0, end - len(busy))]
    rows = fair.rows([one.standing.job_id for one in shown], session=turn.session)
    lines += [_line(rows[one.standing.job_id], one, waiting) for one in shown]
    named = [_named(turn, line) for line in lines]
    page = words.Page(named, total, number, pages, all_chats)
    return words.queue(None if all_chats else turn.maybe_project, page)


def _line(job: Job, one: Expected, waiting: list[Expected]) -> words.Line:
    standing = one.standing
    lane = fair.lane_of(job.kind)
    first = next((w.standing for w in waiting if fair.lane_of(w.standing.kind) == lane), standing)
    return words.Line(
        job,
        standing.position,
        standing.others,
        one.starts_in,
        up=standing.position > 0 and first.job_id != standing.job_id,
    )


def _named(turn: Turn, line: words.Line) -> words.Line:
    """The line with who asked, where more than one person reads, and in which project."""
    job = line.job
    who = "" if turn.private else chats.name_of(job.member_id, session=turn.session)
    here = turn.maybe_project
    elsewhere = job.project_id is not None and (here is None or here.id != job.project_id)
    project = turn.session.get(Project, job.project_id) if elsewhere else None
    return words.Line(
        job,
        line.position,
        line.others,
        line.starts_in,
        line.left,
        who=who,
        project=project.name if project else "",
        up=line.up,
    )


async def cancel(update: Update, context: Context) -> None:
    """`/cancel [JOB]`; alone it means the chat's newest one."""
    said = list(context.args or [])

    def stop(turn: Turn) -> None:
        number = job_access.number_of(said, "cancel")
        job = _cancel(turn, _newest(turn) if number is None else number)
        turn.say(words.cancelling(turn.maybe_project, job))

    await act(update, context, stop)


def tap_cancel(turn: Turn, args: list[str]) -> str:
    """✖ Stop."""
    _cancel(turn, int(args[0]))
    return "Stopping…"


def _newest(turn: Turn) -> int:
    found = jobs.newest_of_chat(turn.chat.id, but=QUIET, session=turn.session)
    if found is None:
        raise UserError("Nothing is running or waiting here.")
    return found


def _cancel(turn: Turn, number: int) -> Job:
    _find(turn, number)
    job = jobs.request_cancel(number, session=turn.session)
    if job.state == "cancelled":
        # It never had a worker, so no runner will tell.
        turn.services.listener.cancelled(job, session=turn.session)
    return job


def _find(turn: Turn, number: int) -> Job:
    """The job, if whoever speaks may decide about it; refused as job_access says."""
    job = job_access.find(turn, number)
    job_access.check_may_steer(turn, job)
    return job


def _is_owner(turn: Turn) -> bool:
    return turn.member.id in turn.services.settings.owner_ids
