"""Which jobs a chat may know of, and who may have a say in one."""

from bot import access
from bot.turn import Turn
from pipeline.errors import UserError
from storage import jobs, notices, projects
from storage.models import Job

WHICH = "Which one? /queue lists them; send /{command} and its number."


def number_of(said: list[str], command: str) -> int | None:
    """The job's number in the words after a command; None when nothing was said.

    Raises:
        UserError: it is no number.
    """
    if not said:
        return None
    if not said[0].lstrip("#").isdecimal():
        raise UserError(WHICH.format(command=command))
    return int(said[0].lstrip("#")[:12])


def find(turn: Turn, number: int) -> Job:
    """The job, if it is this chat's; in private also one of a group that concerns the member.

    Raises:
        JobUnknown: there is none, or it is another chat's: its existence is nobody's business.
    """
    job = jobs.get(number, session=turn.session)
    if job is None or not _may_know(turn, job):
        raise jobs.JobUnknown(number)
    return job


def _may_know(turn: Turn, job: Job) -> bool:
    if job.chat_id == turn.chat.id or turn.member.id in turn.services.settings.owner_ids:
        return True
    if not turn.private or job.chat_id > 0:
        return False
    theirs = job.member_id == turn.member.id or notices.watches(
        job.id or 0, turn.member.id, session=turn.session
    )
    return (theirs or _joined(turn, job)) and turn.in_group(job.chat_id) is not False


def _joined(turn: Turn, job: Job) -> bool:
    if job.project_id is None:
        return False
    project = projects.get(job.project_id, session=turn.session)
    return projects.is_joined(turn.chat.id, project, session=turn.session)


def check_may_steer(turn: Turn, job: Job) -> None:
    """One's own job may always be stopped; another's by whoever may start such a one.

    Raises:
        UserError: they may not.
    """
    if job.project_id is None or turn.member.id == job.member_id:
        return
    project = projects.get(job.project_id, session=turn.session)
    if job.kind == "train":
        access.check_may_train(turn, project)
    else:
        access.check_may_label(turn, project)
