"""Pictures of trainings' curves, for chats that asked for one."""

from sqlmodel import Session

from bot.messages import moving as words
from bot.placing import scrolled_away
from bot.services import Services
from pipeline.jobs import milestones
from pipeline.pool import PicturePool
from storage import curves, jobs, outbox, projects


class CurvePainter:
    """Draws what was asked for as it is at that moment."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool

    async def paint(self, job_id: int, chat_id: int) -> None:
        """Make the picture of the job's curve, and wish it into the chat."""
        job = await self._services.db.read(lambda s: jobs.get(job_id, session=s))
        picture = ""
        if job is not None:
            told = milestones.read(job.told)
            data = await self._pool.run(
                "pipeline.curvepicture:render", told.curve, job.request["epochs"], told.before
            )
            picture = self._services.places.files.put_bytes(data, suffix=".png")
        await self._services.write(lambda s: _show(job_id, chat_id, picture, s))


def lose_curve(job_id: int, chat_id: int, session: Session) -> None:
    """It cannot be drawn: say so, and stop trying."""
    curves.drawn(job_id, chat_id, session=session)
    key = f"curve:{job_id}:{chat_id}:lost"
    outbox.put(key, chat_id, words.no_curve(job_id), fresh=True, session=session)


def _show(job_id: int, chat_id: int, picture: str, session: Session) -> None:
    curves.drawn(job_id, chat_id, session=session)
    job = jobs.get(job_id, session=session)
    if job is None or job.project_id is None or not picture:
        return
    key = f"curve:{job_id}:{chat_id}"
    wish = words.curve(projects.get(job.project_id, session=session), job, picture)
    fresh = scrolled_away(key, chat_id, session=session)
    outbox.put(key, chat_id, wish, fresh=fresh, session=session)
