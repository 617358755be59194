"""Sources that are fetched anew: what is told of it, and the look at what is due every night."""

from pathlib import Path

from sqlmodel import Session

from bot import receipts
from bot.desk import Desk
from bot.messages import sources as words
from bot.services import Services
from bot.wishes import Wish
from pipeline.jobs.events import Progress
from pipeline.jobs.spec_collect import CollectResult
from pipeline.kinds import collect, propose, refresh
from storage import outbox, sources
from storage.models import Job, now


class Nights:
    """Queues what is due; the table says what and when."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self) -> None:
        """One look."""
        if await self._services.db.read(lambda s: bool(sources.due(now(), session=s))):
            await self._services.write(_queue)


def _queue(session: Session) -> None:
    refresh.queue_due(now(), session=session)


def progress(job: Job, news: Progress, desk: Desk) -> Wish | None:
    """The card, where somebody waits for it."""
    if refresh.by_night(job):
        return None
    source = sources.get(job.request["source_id"], session=desk.session)
    return words.fetching(desk.project(job), source, job, news)


def collected(job: Job, result: CollectResult, folder: Path, desk: Desk) -> None:
    """The receipt of what is new. A night without news is not told."""
    source = refresh.keep(job, result, session=desk.session)
    project = desk.project(job)
    if result.choices:
        _not_fetched(job, words.SEVERAL, desk)
        return
    if not result.kept and not result.answered:
        if not refresh.by_night(job):
            desk.tell(job, words.nothing_new(project, source), priority=outbox.ANSWER)
        return
    look = propose.queue(
        project,
        chat_id=job.chat_id,
        member_id=job.member_id,
        after=f"refresh:{job.id}",
        session=desk.session,
    )
    receipts.tell(job, source, result, folder, desk, proposing=look is not None)


def failed(job: Job, desk: Desk) -> None:
    """The cause in words."""
    collect.clear(job, desk.places)
    _not_fetched(job, job.error or "", desk)


def _not_fetched(job: Job, why: str, desk: Desk) -> None:
    # The same cause night after night is told once.
    news = refresh.trouble(job, why, session=desk.session)
    if news or not refresh.by_night(job):
        source = sources.get(job.request["source_id"], session=desk.session)
        desk.tell(job, words.not_fetched(desk.project(job), source, why))


def cancelled(job: Job, desk: Desk) -> None:
    """Stopped by a person; the source stays as it is."""
    collect.clear(job, desk.places)
    source = sources.get(job.request["source_id"], session=desk.session)
    desk.tell(job, words.stopped(desk.project(job), source))
