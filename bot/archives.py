"""What the news of a labels job means for its chat: archives, or why there are none."""

from bot.desk import Desk
from bot.messages import export as words
from bot.wishes import Wish
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_export import LabelsResult
from storage import chats
from storage.models import Job


def made(job: Job, result: LabelsResult, desk: Desk) -> None:
    """The archives, after a word on what is in them."""
    project = desk.project(job)
    desk.tell(job, words.packed(project, result))
    for number, archive in enumerate(result.archives, start=1):
        wish = words.archive(project, archive, tasks=result.tasks)
        desk.tell(job, wish, key=f"labels:{job.id}:{number}")


def progress(job: Job, news: Progress, desk: Desk) -> Wish:
    """Its card with the bar."""
    return words.packing(desk.project(job), job, news)


def failed(job: Job, desk: Desk) -> None:
    """The cause in words, naming who asked."""
    starter = chats.name_of(job.member_id, session=desk.session)
    desk.tell(job, words.failed(desk.project(job), job, starter), fresh=True)


def cancelled(job: Job, desk: Desk) -> None:
    """Stopped by a person."""
    desk.tell(job, words.cancelled(desk.project(job), job))
