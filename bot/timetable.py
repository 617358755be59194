"""Looks twice a minute for trainings that are due, and tells what came of each."""

import logging
from functools import partial

from sqlmodel import Session

from bot.desk import card_key
from bot.messages import schedule as words
from bot.services import Services
from bot.training import expected
from pipeline.kinds import scheduled
from pipeline.kinds.scheduled import Cannot, Missed, Outcome, Queued
from storage import jobs, outbox, projects, settings
from storage.files import FileStore
from storage.models import now

log = logging.getLogger(__name__)


class Timetable:
    """Queues what is due; the table says what and when."""

    def __init__(self, services: Services) -> None:
        self._services = services

    async def tick(self) -> None:
        """One look."""
        services = self._services
        for schedule_id in await services.db.read(lambda s: scheduled.due(now(), session=s)):
            try:
                await services.write(partial(_run, schedule_id, services.places.files))
            except Exception:
                # One that fails must not hold back those behind it.
                log.exception("schedule %s can't be looked at", schedule_id)


def _run(schedule_id: int, files: FileStore, session: Session) -> None:
    outcome = scheduled.run(schedule_id, now(), files=files, session=session)
    if outcome is not None:
        tell(outcome, session=session)


def tell(outcome: Outcome, *, session: Session) -> None:
    """Put what came of a schedule into the outbox, in the transaction that made it so."""
    schedule = outcome.schedule
    project = projects.get(schedule.project_id, session=session)
    zone = settings.of(project).zone
    match outcome:
        case Queued(job=job):
            time = expected(outcome.dataset, outcome.choice, session=session)
            position = jobs.position(job, session=session)
            wish = words.card(project, outcome, position, time, zone=zone)
            key = card_key(job)
        case Cannot():
            wish, key = words.cannot(project, outcome), f"schedule:{schedule.id}:cannot"
        case Missed():
            wish = words.missed(project, outcome, zone=zone)
            key = f"schedule:{schedule.id}:missed:{outcome.due:%Y%m%d}"
    outbox.put(key, schedule.chat_id, wish, priority=outbox.RESULT, fresh=True, session=session)
