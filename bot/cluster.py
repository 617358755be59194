"""Other machines: wired where TAPTRAIN_EXECUTOR is ray, and looked at once at the start."""

import asyncio
import functools
import logging
import sys
from dataclasses import dataclass
from urllib.parse import urlsplit

from sqlmodel import Session, col, select
from starlette.routing import Route

from bot.messages import cluster as words
from bot.services import Services
from bot.settings import Settings, SettingsError
from bot.webapp.attempts import Attempts, counts
from bot.wishes import Wish
from pipeline.jobs.by_kind import ByKind
from pipeline.jobs.elsewhere import ID
from pipeline.jobs.executor import Executor
from pipeline.jobs.ray_api import RayApi, RayUnreachable
from pipeline.jobs.ray_executor import KINDS, RayExecutor, Site
from pipeline.jobs.reception import Reception
from pipeline.kinds.places import Places
from storage import jobs, outbox
from storage.db import Database
from storage.models import Job
from storage.shared import SharedStore, SharedStoreError

log = logging.getLogger(__name__)

LOOPBACKS = frozenset({"127.0.0.1", "localhost", "::1"})
MOST_AT_ONCE = 16
"""Trainings under way; a cluster without room for one more says so before."""


@dataclass
class Cluster:
    """What is wired. `routes`: where its workers report."""

    settings: Settings
    api: RayApi
    shared: SharedStore
    executor: RayExecutor
    routes: list[Route]

    def beside(self, here: Executor) -> Executor:
        """One executor for both places."""
        return ByKind(here, self.executor, KINDS)

    async def look(self, services: Services) -> None:
        """Tell the owners what cannot be reached just now; nothing is lost by it."""
        for name, trouble in await asyncio.to_thread(self._troubles):
            await services.write(functools.partial(self._tell, name, trouble))

    def _troubles(self) -> list[tuple[str, Wish]]:
        found = []
        try:
            log.info("the cluster at %s runs Ray %s", self.settings.ray_address, self.api.version())
        except RayUnreachable as error:
            log.warning("the cluster at %s can't be reached: %s", self.settings.ray_address, error)
            found.append(("ray", words.away(self.settings.ray_address)))
        try:
            self.shared.check()
        except SharedStoreError as error:
            log.warning("TAPTRAIN_STORE can't be written: %s", error)
            found.append(("store", words.store_away(self.settings.store)))
        return found

    def close(self) -> None:
        """Let go of the connections; what runs on the cluster goes on."""
        self.api.close()

    def _tell(self, name: str, wish: Wish, session: Session) -> None:
        for owner in self.settings.owner_ids:
            outbox.put(f"cluster:{name}:{owner}", owner, wish, fresh=True, session=session)

    def clean(self, db: Database) -> None:
        """Remove the checkpoints of jobs that are over, and results that nobody fetched."""
        try:
            places = {f"checkpoints/{name}": name for name in self.shared.names("checkpoints")}
            for name in self.shared.names("results"):
                if match := ID.fullmatch(name):
                    places[f"results/{name}"] = match[1]
            over = db.read_now(lambda session: _over(set(places.values()), session))
            for place, number in places.items():
                if number in over:
                    self.shared.remove(place)
        except SharedStoreError as error:
            log.warning("what jobs left in the shared store stays for now: %s", error)


def build(settings: Settings, db: Database, places: Places, web_url: str) -> Cluster:
    """Wire everything; nothing is asked of the cluster yet.

    Raises:
        SettingsError: a setting that it needs is missing or cannot be used.
    """
    if not settings.store:
        raise SettingsError(
            "TAPTRAIN_STORE is missing: with TAPTRAIN_EXECUTOR=ray name a place that all machines "
            "reach, such as s3://bucket/taptrain or file:///mnt/shared."
        )
    try:
        shared = SharedStore(settings.store)
    except SharedStoreError as error:
        raise SettingsError(f"TAPTRAIN_STORE can't be used: {error}.") from error
    api = RayApi(settings.ray_address)
    reception = Reception(places.jobs, files=places.files, shared=shared)
    site = Site(
        events_url=_events_url(settings, web_url), python=settings.ray_python or sys.executable
    )
    executor = RayExecutor(api, site, reception, files=places.files, shared=shared)
    return Cluster(settings, api, shared, executor, Attempts(reception, counts(db)).routes())


def _events_url(settings: Settings, web_url: str) -> str:
    """Where workers report: as set, or in public, or on the one machine that both are on."""
    if settings.events_url or settings.public_url:
        return settings.events_url or settings.public_url
    if urlsplit(settings.ray_address).hostname in LOOPBACKS:
        return web_url
    raise SettingsError(
        "TAPTRAIN_EVENTS_URL is missing: give the address under which the cluster's machines reach "
        "this bot's pages, such as https://cats.example.org."
    )


def _over(names: set[str], session: Session) -> set[str]:
    numbers = [int(name) for name in names if name.isdigit()]
    found = session.exec(
        select(Job.id).where(col(Job.id).in_(numbers), col(Job.state).in_(jobs.TERMINAL))
    )
    return {str(number) for number in found}
