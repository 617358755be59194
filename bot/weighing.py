"""How members answer is learned while they answer: off the bot's process, every few seconds.

Only projects that want more than one vote need it. What is learned weighs the votes that come, and
decides tiles that wait (see pipeline/labelling/consensus.py).
"""

import asyncio
import logging
from functools import partial

from sqlmodel import Session

from bot.services import Services
from pipeline.errors import LostWorker
from pipeline.kinds import consensus
from pipeline.labelling import decide, weigh
from pipeline.labelling.refresh import AT_ONCE
from pipeline.pool import PicturePool
from storage import projects

log = logging.getLogger(__name__)


class Weigher:
    """Looks for projects with new votes, and weighs those anew."""

    def __init__(self, services: Services, pool: PicturePool) -> None:
        self._services = services
        self._pool = pool
        self._lock = asyncio.Lock()
        self._weighed: dict[int, int] = {}

    async def tick(self) -> None:
        """One look; a call while one goes on returns at once."""
        if self._lock.locked():
            return
        async with self._lock:
            db = self._services.db
            for project_id, last in (await db.read(weigh.newest_votes)).items():
                if self._weighed.get(project_id) == last:
                    continue
                await self._weigh(project_id)
                self._weighed[project_id] = last

    async def _weigh(self, project_id: int) -> None:
        db = self._services.db
        evidence = await db.read(lambda s: weigh.gather(project_id, session=s))
        try:
            found = await self._pool.run("pipeline.labelling.weigh:learn", evidence)
        except LostWorker:
            log.exception("the votes of project %s are not weighed", project_id)
            return

        def keep(session: Session) -> list[int]:
            weigh.keep(project_id, found, evidence, session=session)
            consensus.queue(projects.get(project_id, session=session), session=session)
            return weigh.waiting(project_id, session=session)

        waiting = await self._services.write(keep)
        # A portion at a time: no tap has to wait behind all tiles that are open.
        for at in range(0, len(waiting), AT_ONCE):
            await self._services.write(partial(_decide, project_id, waiting[at : at + AT_ONCE]))


def _decide(project_id: int, box_ids: list[int], session: Session) -> None:
    decide.refresh_boxes(box_ids, project_id=project_id, session=session)
