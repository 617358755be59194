"""What a member may ask of one job: to be told in private, its log, its curve."""

from telegram import Update

from bot import access, job_access, logs
from bot.messages import news as news_words
from bot.messages import notices as words
from bot.turn import Context, Turn, act
from pipeline.errors import UserError
from pipeline.jobs import milestones
from storage import curves, jobs, notices, projects
from storage.models import Job


class OnlyTrainings(UserError):
    """Only trainings can be watched. /queue lists them."""


class NoCurve(UserError):
    """There is no curve yet: it begins with the first epoch. Please tap again then."""


class NoLog(UserError):
    """That job has printed nothing, or its log is swept away: they are kept for a week."""


async def watch(update: Update, context: Context) -> None:
    """`/watch [JOB]`; alone it means the chat's newest training."""
    said = list(context.args or [])

    def begin(turn: Turn) -> None:
        job = _meant(turn, job_access.number_of(said, "watch"), ("train",))
        _check_watchable(turn, job)
        if turn.member.id == job.chat_id:
            turn.say(words.hears_here(job))
        elif not notices.open_in_private(turn.member.id, session=turn.session):
            turn.say(words.open_me(turn.member.name, turn.services.username))
        else:
            notices.watch(job.id or 0, turn.member.id, session=turn.session)
            turn.say(words.watching(turn.member.name, job))

    await act(update, context, begin)


async def unwatch(update: Update, context: Context) -> None:
    """`/unwatch [JOB]`; alone it ends all watching."""
    said = list(context.args or [])

    def end(turn: Turn) -> None:
        number = job_access.number_of(said, "unwatch")
        watched = notices.watched_by(turn.member.id, session=turn.session)
        ended = [
            one
            for one in (watched if number is None else [number])
            if notices.unwatch(one, turn.member.id, session=turn.session)
        ]
        turn.say(words.not_watching(turn.member.name, ended))

    await act(update, context, end)


def tap_watch(turn: Turn, args: list[str]) -> str:
    """🔔 Tell me: on and, tapped again, off."""
    job = job_access.find(turn, int(args[0]))
    _check_watchable(turn, job)
    if notices.unwatch(job.id or 0, turn.member.id, session=turn.session):
        return words.OFF
    if not notices.open_in_private(turn.member.id, session=turn.session):
        raise UserError(words.OPEN_FIRST)
    notices.watch(job.id or 0, turn.member.id, session=turn.session)
    return words.ON


def tap_unwatch(turn: Turn, args: list[str]) -> str:
    """🔕 under a private message."""
    if notices.unwatch(int(args[0]), turn.member.id, session=turn.session):
        return words.OFF
    raise UserError(words.ASKED_FOR)


async def logs_(update: Update, context: Context) -> None:
    """`/logs [JOB]`; alone it means the chat's newest job."""
    said = list(context.args or [])

    def send(turn: Turn) -> None:
        _send_log(turn, _meant(turn, job_access.number_of(said, "logs"), ()))

    await act(update, context, send)


def tap_log(turn: Turn, args: list[str]) -> str:
    """📜 Log."""
    _send_log(turn, job_access.find(turn, int(args[0])))
    return ""


def tap_curve(turn: Turn, args: list[str]) -> str:
    """📈 Curve: drawn in a moment."""
    job = job_access.find(turn, int(args[0]))
    if not milestones.read(job.told).curve:
        raise NoCurve
    curves.want(job.id or 0, turn.chat.id, session=turn.session)
    return "Drawing…"


def _check_watchable(turn: Turn, job: Job) -> None:
    """Only a training that is not over can be watched, by those who may look at its project."""
    if job.kind != "train":
        raise OnlyTrainings
    if jobs.terminal(job):
        raise jobs.JobOver(job)
    if job.chat_id == turn.chat.id and job.project_id is not None:
        # Whoever looks at a public group from outside sees its buttons.
        access.check_member(turn, projects.get(job.project_id, session=turn.session))


def _send_log(turn: Turn, job: Job) -> None:
    job_access.check_may_steer(turn, job)
    kept = logs.keep(job, turn.services.places, session=turn.session)
    if kept is None:
        raise NoLog
    project = projects.get(job.project_id, session=turn.session) if job.project_id else None
    turn.say(news_words.log(project, job, *kept))


def _meant(turn: Turn, number: int | None, kinds: tuple[str, ...]) -> Job:
    """The job with that number, else the chat's newest of these kinds (of any, where none)."""
    if number is not None:
        return job_access.find(turn, number)
    newest = jobs.newest(turn.chat.id, kinds, session=turn.session)
    if newest is None:
        raise UserError("Nothing was started here yet. /train does.")
    return newest
