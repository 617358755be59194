"""The composition root: wires the parts, starts them in order and stops them in reverse."""

import asyncio
import logging
import os
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any

from apscheduler.schedulers.asyncio import AsyncIOScheduler
from telegram import BotCommandScopeAllGroupChats, BotCommandScopeAllPrivateChats, Update
from telegram.error import InvalidToken, NetworkError, TelegramError
from telegram.ext import Application, ApplicationBuilder

from bot import cluster, housekeeping, routes
from bot.anew import Nights
from bot.commands import COMMANDS
from bot.drop import Drop
from bot.errors import on_error
from bot.handed import Handed
from bot.intake import Intake
from bot.lines import Lines
from bot.listener import JobListener
from bot.lock import HomeLock
from bot.painter import Painter
from bot.queueing import ChatOrder, HandledFirst
from bot.refreshing import Refresher
from bot.sender import Sender
from bot.services import Services
from bot.settings import Settings, SettingsError
from bot.timetable import Timetable
from bot.together import Boards
from bot.visitors import Visitors
from bot.webapp import pages
from bot.webapp.editor_api import EditorApi
from bot.webapp.feedback import Feedback
from bot.webapp.prefix import BehindPath
from bot.webapp.server import LOOPBACK, WebServer, bind
from bot.weighing import Weigher
from pipeline import chromium
from pipeline.jobs.executor import Executor, LocalExecutor, worker_environment
from pipeline.jobs.runner import Runner
from pipeline.kinds.places import Places
from pipeline.pool import PicturePool
from storage.db import Database, DatabaseUrlError
from storage.files import FileStore
from storage.lock import DatabaseInUse, DatabaseLock
from storage.migrate import DatabaseTooNew, upgrade

log = logging.getLogger(__name__)

PTB = Application[Any, Any, Any, Any, Any, Any]
CONNECT_TRIES = 5
TICK_S = 1.0
BOARDS_S = 5.0
INBOX_S = 5.0
VISITORS_S = 3.0
WEIGH_S = 10.0
NIGHTS_S = 30.0
LINES = 32
READ_TIMEOUT_S = 30
"""A message given up on too early is sent again, and the chat has it twice."""


class TaptrainApp:
    """The whole bot. `start` returns when it listens, `stop` when everything has ended."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = HomeLock(settings.home)
        try:
            self._place = bind(settings.port, chosen=settings.port_chosen)
            self._db_lock = _database_lock(settings)
            try:
                self._db = _database(settings)
            except BaseException:
                self._db_lock.release()
                raise
        except BaseException:
            self._lock.release()
            raise
        files = FileStore(settings.home / "files")
        self._places = Places(
            home=settings.home,
            files=files,
            allow_private=settings.allow_private_hosts,
            mirrors=settings.mirrors,
            offline=settings.offline,
        )
        for folder in (self._places.jobs, self._places.inbox, self._places.weights):
            folder.mkdir(parents=True, exist_ok=True)
        model_pages = pages.ModelPages(self._db, self._places.pages)
        site = pages.build(model_pages.routes())
        self._web = WebServer(BehindPath(site, settings.public_url), self._place)
        self.web_url = f"http://{LOOPBACK}:{self._web.port}"
        listener = JobListener(self._places, self.web_url, settings.public_url)
        self.services = Services(
            settings=settings,
            db=self._db,
            places=self._places,
            listener=listener,
            web_url=self.web_url,
        )
        self._ptb: PTB = _telegram(settings)
        site.router.routes += EditorApi(self.services, self._ptb.bot).routes()
        self._pool = PicturePool()
        # What strangers send can neither hold up nor end the work of those who label.
        self._strangers = PicturePool()
        # Before the pages' own: these are no files.
        site.router.routes[:0] = Feedback(self.services, self._strangers).routes()
        self._sender = Sender(self._ptb.bot, self._db, files)
        executor: Executor = LocalExecutor(environment=_for_workers(settings))
        self._cluster: cluster.Cluster | None = None
        if settings.executor == "ray":
            self._cluster = cluster.build(settings, self._db, self._places, self.web_url)
            site.router.routes += self._cluster.routes
            executor = self._cluster.beside(executor)
        self._runner = Runner(
            self._db,
            self._places.jobs,
            executor,
            listener,
            heavy_slots=cluster.MOST_AT_ONCE if self._cluster else 1,
        )
        self._refresher = Refresher(self._db)
        self._painter = Painter(self.services, self._pool)
        self._intake = Intake(self.services, self._ptb.bot, self._pool)
        self._scheduler = AsyncIOScheduler(timezone="UTC")
        self._ptb.bot_data["services"] = self.services
        self._ptb.add_error_handler(on_error)
        routes.add_to(self._ptb)

    async def start(self) -> None:
        """Start everything, the poller last.

        Raises:
            SettingsError: Telegram cannot be reached or refuses the token.
        """
        await self._web.start()
        await self._greet_telegram()
        self.services.username = self._ptb.bot.username or ""

        if self._cluster is not None:
            self.services.spawn(self._cluster.look(self.services))
        for name, wake in (
            ("queue", self._wake_runner),
            ("outbox", self._sender.drain),
            ("pictures", self._painter.paint),
            ("intake", self._intake.run),
            ("verdicts", self._refresher.run),
        ):
            self.services.nudges.append(wake)
            self._every(TICK_S, name, wake)
        self._every(TICK_S, "handed", Handed(self.services).tick)
        if self.settings.inbox is not None:
            self._every(INBOX_S, "inbox", Drop(self.services, self.settings.inbox).tick)
        self._every(VISITORS_S, "visitors", Visitors(self.services).tick)
        self._every(BOARDS_S, "boards", Boards(self.services).tick)
        self._every(WEIGH_S, "votes", Weigher(self.services, self._pool).tick)
        self._every(NIGHTS_S, "nights", Nights(self.services).tick)
        self._every(NIGHTS_S, "timetable", Timetable(self.services).tick)
        # Soon as well: a bot that is started anew every day would never clean.
        self._every(24 * 3600, "cleaning", self._clean, first_s=60)
        await self._ptb.start()
        assert self._ptb.updater is not None
        await self._ptb.updater.start_polling(
            allowed_updates=[Update.MESSAGE, Update.CALLBACK_QUERY, Update.MY_CHAT_MEMBER],
            bootstrap_retries=CONNECT_TRIES,
            drop_pending_updates=False,
            error_callback=_poll_trouble,
        )
        self._scheduler.start()
        self.services.nudge()

    def _every(
        self,
        seconds: float,
        name: str,
        work: Callable[[], Coroutine[Any, Any, object]],
        *,
        first_s: float | None = None,
    ) -> None:
        async def tick() -> None:
            # Spawned, so that stopping the scheduler cancels nothing half-way.
            self.services.spawn(work())

        self._scheduler.add_job(
            tick,
            "interval",
            seconds=seconds,
            next_run_time=datetime.now(UTC) + timedelta(seconds=first_s or seconds),
            id=name,
            coalesce=True,
            max_instances=1,
            misfire_grace_time=None,
        )

    async def _wake_runner(self) -> None:
        self._runner.wake()

    async def _clean(self) -> None:
        gone = await asyncio.to_thread(housekeeping.sweep, self._db, self._places)
        if self._cluster is not None:
            await asyncio.to_thread(self._cluster.clean, self._db)
        log.info("swept %d old folders", gone)

    async def _greet_telegram(self) -> None:
        for attempt in range(1, CONNECT_TRIES + 1):
            try:
                await self._ptb.initialize()
                break
            except InvalidToken as error:
                raise SettingsError(
                    "TAPTRAIN_TOKEN is refused by Telegram: copy it again from @BotFather."
                ) from error
            except NetworkError as error:
                if attempt == CONNECT_TRIES:
                    raise SettingsError(
                        f"TAPTRAIN_API_URL {self.settings.api_url} can't be reached: check the "
                        "address and the network."
                    ) from error
                log.warning("the Bot API server is not there yet, trying again")
                await asyncio.sleep(attempt)
        try:
            commands = [(c.name, f"{c.words} {c.usage}".strip()) for c in COMMANDS]
            for scope in (BotCommandScopeAllPrivateChats(), BotCommandScopeAllGroupChats()):
                await self._ptb.bot.set_my_commands(commands, scope=scope)
        except TelegramError as trouble:
            log.warning("the command menu could not be set: %s", trouble.message)

    async def stop(self) -> None:
        """Stop in reverse order; workers go on and are adopted by the next start."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=False)
        if self._ptb.updater is not None and self._ptb.updater.running:
            await self._ptb.updater.stop()
        if self._ptb.running:
            await self._ptb.stop()
        await self.services.settle()
        await self._runner.close()
        if self._cluster is not None:
            self._cluster.close()
        await self._sender.close()
        await self._web.close()
        await self._strangers.close()
        await self._pool.close()
        await self._ptb.shutdown()
        self._db.close()
        self._db_lock.release()
        self._lock.release()


def _database_lock(settings: Settings) -> DatabaseLock:
    try:
        return DatabaseLock(settings.database)
    except (DatabaseUrlError, DatabaseInUse) as error:
        raise SettingsError(f"TAPTRAIN_DATABASE_URL can't be used: {error}") from error


def _database(settings: Settings) -> Database:
    try:
        db = Database(settings.database)
        upgrade(db.engine)
    except (DatabaseUrlError, DatabaseTooNew) as error:
        raise SettingsError(f"TAPTRAIN_DATABASE_URL can't be used: {error}") from error
    return db


def _for_workers(settings: Settings) -> dict[str, str]:
    """What a worker may know of the environment, and the browser that was set."""
    named = {chromium.SETTING: settings.chromium} if settings.chromium else {}
    return worker_environment(os.environ) | named


def _telegram(settings: Settings) -> PTB:
    updates: asyncio.Queue[object] = asyncio.Queue()
    return (
        ApplicationBuilder()
        .token(settings.token.get_secret_value())
        .base_url(f"{settings.api_url}/bot")
        .base_file_url(f"{settings.api_url}/file/bot")
        .concurrent_updates(ChatOrder())
        .request(Lines(LINES, read_timeout=READ_TIMEOUT_S))
        .update_queue(updates)
        .get_updates_request(HandledFirst(updates.join, read_timeout=40))
        .job_queue(None)
        .build()
    )


def _poll_trouble(trouble: TelegramError) -> None:
    # PTB goes on by itself; a traceback every few seconds would only hide other news.
    log.warning("polling: %s", trouble.message)
