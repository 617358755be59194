"""What visitors of a model's page sent comes into its project, a burst at a time."""

import logging
from datetime import timedelta

from sqlmodel import Session

from bot.desk import Desk
from bot.messages import share as words
from bot.services import Services
from pipeline.kinds import collect, visitors
from storage import hard_examples, outbox, sources
from storage.models import HardExample, Job, Model, Source, now

log = logging.getLogger(__name__)

QUIET = timedelta(seconds=4)
"""A burst is over when nothing came for so long."""

REST = timedelta(minutes=5)
"""Between two bursts of one page: a visitor sends one picture after the other, the chat hears of
them together."""


class Visitors:
    """Takes bursts; `tick` is cheap when there are none."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self) -> None:
        """Queue what came since the last look, where that burst is over."""
        waiting = await self._services.db.read(lambda s: hard_examples.waiting(session=s))
        for model_id, rows in waiting.items():
            if rows[-1].created_at + QUIET <= now():
                try:
                    await self._services.write(lambda s: self._take(model_id, s))  # noqa: B023  # awaited within the loop
                except Exception:  # those of other pages come in all the same
                    log.exception("what visitors of model %s sent waits", model_id)

    def _take(self, model_id: int, session: Session) -> None:
        name = visitors.name_of(model_id)
        last = hard_examples.last_taken(visitors.KIND, name, session=session)
        if last is not None and last + REST > now():
            return
        model = session.get(Model, model_id)
        # Read anew: what counts is what is there in this transaction.
        rows: list[HardExample] = hard_examples.waiting(session=session).get(model_id, [])
        if model is not None and rows:
            visitors.queue(model, rows, self._services.places, session=session)


def is_one(job: Job, desk: Desk) -> bool:
    """Whether a collect job is about pictures of visitors: nobody waits for it."""
    source = sources.get(job.request["source_id"], session=desk.session)
    return source.kind == visitors.KIND


def missed(job: Job, desk: Desk) -> bool:
    """A job of theirs came to nothing; True where it was one. It is tried again by itself."""
    if not is_one(job, desk):
        return False
    source = collect.fail(job, desk.places, session=desk.session)
    hard_examples.release(source.id or 0, session=desk.session)
    sources.remove(source, session=desk.session)
    log.warning("job %s: visitors' pictures wait for another try: %s", job.id, job.error)
    return True


def collected(job: Job, source: Source, desk: Desk) -> None:
    """They are here: one quiet message, or none where the project knew them all."""
    pictures = visitors.mark(source, session=desk.session)
    if not pictures:
        sources.remove(source, session=desk.session)
        return
    model = visitors.model_of(source, session=desk.session)
    told = words.came_back(desk.project(job), model, source, pictures)
    desk.tell(job, told, priority=outbox.RESULT)
