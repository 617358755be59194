"""Runs attempts as jobs of a Ray cluster, and tells which of them live.

What an attempt says comes by another way (reception.py) into its folder on this machine, so that
everything above reads it as if it had been worked on here. An attempt lives while Ray says so and
its worker is heard of; neither alone is enough, for a machine that lost its cluster works on.
"""

import logging
import shlex
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic_core import from_json

from pipeline.jobs import bringing, elsewhere
from pipeline.jobs.elsewhere import Remote
from pipeline.jobs.ray_api import OVER, Ask, RayApi, RayUnreachable, Room, Status
from pipeline.jobs.reception import Reception
from storage.files import FileStore
from storage.shared import NotThere, SharedStore, SharedStoreError

log = logging.getLogger(__name__)

KINDS = frozenset({"train", "propose", "package", "measure"})
"""What may run elsewhere; the others need files, keys or a person that are on this machine."""

LOST_S = 60.0
"""Without a sign of life; a worker that cannot give one has ended itself before (post.py)."""

SEND_S = 600.0
"""Handing in what is no training takes no longer; the attempt counts as lost then."""

ASK_S = 1.0
AGAIN_S = 5.0
TRAIN_CPUS = 4.0
PID = 0
"""Of a worker elsewhere: its own number means nothing here."""


@dataclass(frozen=True)
class Site:
    """How a worker is started on the cluster's machines.

    `python` is its interpreter there, `events_url` where it reports, `cache` its folder for what it
    fetched (none: its home), `worker` another program to do the work.
    """

    events_url: str
    python: str
    cache: str = ""
    worker: Sequence[str] = ()

    def entrypoint(self, name: str, store: str) -> str:
        """The command, as the shell there reads it."""
        words = [self.python, "-P", "-m", "pipeline.worker.remote"]
        if self.cache:
            words += ["--cache", self.cache]
        words += [self.events_url, name, store]
        if self.worker:
            words += ["--", *self.worker]
        return shlex.join(words)


class RayExecutor:
    """See Executor. `files` is the bot's own store, `shared` the one that all machines reach."""

    def __init__(
        self,
        api: RayApi,
        site: Site,
        reception: Reception,
        *,
        files: FileStore,
        shared: SharedStore,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._site = site
        self._reception = reception
        self._files = files
        self._shared = shared
        self._clock = clock
        # Of the attempts under way; whatever is forgotten is asked for again.
        self._asked: dict[str, tuple[float, Status]] = {}
        self._tried: dict[str, float] = {}
        self._begun: dict[str, float] = {}
        self._sending: set[str] = set()
        self._lock = threading.Lock()
        self._room: tuple[float, Room | None] = (float("-inf"), None)
        self._away_until = float("-inf")
        self._told_away = False

    def start(self, folder: Path) -> int:
        """See Executor; the attempt is handed in beside the caller, for its data go first."""
        folder = folder.absolute()
        remote = elsewhere.load(folder) or elsewhere.create(folder)
        self._hand_in(folder, remote)
        return PID

    def pid(self, folder: Path) -> int | None:
        """See Executor."""
        return None if elsewhere.load(folder.absolute()) is None else PID

    def alive(self, folder: Path) -> bool:
        """See Executor."""
        folder = folder.absolute()
        remote = elsewhere.load(folder)
        if remote is None or remote.ended:
            return False
        if not remote.sent:
            if self._waited(folder, remote):
                return self._end(folder)
            self._hand_in(folder, remote)
            return True
        status = self._status(remote.id)
        if status is not None and status.state in OVER:
            return self._end(folder, status.exit_code)
        if remote.token is not None:
            # Its worker has not begun, or could not say so.
            if status is not None and status.state is None:
                log.warning("%s: the cluster has forgotten it", remote.id)
                return self._end(folder)
            if not remote.called_off and (status is None or status.state == "PENDING"):
                self._reception.waits(remote.id)
        silent = self._reception.silence(remote.id)
        if silent > LOST_S:
            log.warning("%s: nothing heard for %.0f s, so it is given up", remote.id, silent)
            self._stop(remote.id)
            # It has lost the way to us and would say so itself soon; or the cluster has too.
            at_work = status is None or status.state == "RUNNING"
            return self._end(folder, elsewhere.GIVEN_UP if at_work else None)
        return True

    def terminate(self, folder: Path) -> None:
        """See Executor: Ray asks the worker's group to end, and after 3 s does not ask."""
        folder = folder.absolute()
        with self._reception.lock(folder):
            remote = elsewhere.change(folder, called_off=True)
        if remote is None or remote.ended:
            return
        if remote.sent:
            self._stop(remote.id)
        else:
            self._end(folder)

    def kill(self, folder: Path) -> None:
        """See Executor; it is over when Ray says so, or when nothing more is heard."""
        self.terminate(folder)

    def exit_code(self, folder: Path) -> int | None:
        """See Executor."""
        remote = elsewhere.load(folder.absolute())
        code = None if remote is None else remote.exit_code
        return 128 - code if code is not None and code > 128 else code

    def full(self) -> frozenset[str]:
        """See Executor: all kinds while nobody answers, else those with no machine free."""
        now = self._clock()
        if self._sending:
            # The cluster does not count yet what it has not got.
            return KINDS
        if now - self._room[0] >= ASK_S:
            try:
                self._call_off(now)
                self._room = (now, self._api.room())
                self._back()
            except RayUnreachable as error:
                self._gone(error)
                return KINDS
        room = self._room[1]
        if room is None:
            return frozenset()
        return frozenset(kind for kind in KINDS if not room.fits(_ask(kind, room)))

    def _call_off(self, now: float) -> None:
        if now < self._away_until:
            raise RayUnreachable("it did not answer a moment ago")

    def _gone(self, error: RayUnreachable) -> None:
        now = self._clock()
        if now >= self._away_until:
            self._away_until = now + AGAIN_S
        if not self._told_away:
            self._told_away = True
            log.warning("the Ray cluster can't be reached, its jobs wait: %s", error)

    def _back(self) -> None:
        if self._told_away:
            self._told_away = False
            log.info("the Ray cluster is back")

    def _status(self, name: str) -> Status | None:
        """What Ray says, a moment old at most; None while nobody answers."""
        now = self._clock()
        asked, status = self._asked.get(name, (float("-inf"), Status(None)))
        if now - asked < ASK_S or status.state in OVER:
            return status
        try:
            self._call_off(now)
            status = self._api.status(name)
            self._back()
        except RayUnreachable as error:
            self._gone(error)
            return None
        self._asked[name] = (now, status)
        return status

    def _stop(self, name: str) -> None:
        self._asked.pop(name, None)
        try:
            self._call_off(self._clock())
            self._api.stop(name)
        except RayUnreachable as error:
            # Its next sign of life is answered with the same wish.
            self._gone(error)

    def _end(self, folder: Path, exit_code: int | None = None) -> bool:
        """From now on whatever the worker says is refused; returns that it does not live."""
        with self._reception.lock(folder):
            elsewhere.change(folder, ended=True, exit_code=exit_code)
        return False

    def _waited(self, folder: Path, remote: Remote) -> bool:
        """Whether somebody waits for what could not be handed in for too long; a training can."""
        since = self._begun.setdefault(remote.id, self._clock())
        if self._clock() - since < SEND_S:
            return False
        self._begun[remote.id] = self._clock()
        if _kind(folder) == "train":
            return False
        log.warning("%s could not be handed in for %.0f s", remote.id, SEND_S)
        return True

    def _hand_in(self, folder: Path, remote: Remote) -> None:
        with self._lock:
            since = self._clock() - self._tried.get(remote.id, float("-inf"))
            if remote.id in self._sending or since < AGAIN_S:
                return
            self._sending.add(remote.id)
        threading.Thread(target=self._send, args=(folder, remote), daemon=True).start()

    def _send(self, folder: Path, remote: Remote) -> None:
        try:
            kind = bringing.bring(folder, self._files, self._shared)
            assert remote.token is not None, "its hash alone is kept only after it was sent"
            self._api.submit(
                remote.id,
                self._site.entrypoint(remote.id, self._shared.root),
                ask=_ask(kind, self._api.room() or Room()),
                environment={"TAPTRAIN_ATTEMPT_TOKEN": remote.token},
            )
        except RayUnreachable as error:
            self._gone(error)
        except NotThere as error:
            log.error("%s can't be done: %s", remote.id, error)
            self._end(folder)
        except SharedStoreError:
            log.exception("%s: its data can't be brought to %s", remote.id, self._shared.root)
        except Exception:
            # Whatever it is, it ends this attempt, which else would be handed in for ever.
            log.exception("%s could not be handed in", remote.id)
            self._end(folder)
        else:
            self._sent(folder, remote)
        finally:
            with self._lock:
                self._tried[remote.id] = self._clock()
                self._sending.discard(remote.id)
                self._room = (float("-inf"), None)

    def _sent(self, folder: Path, remote: Remote) -> None:
        with self._reception.lock(folder):
            now = elsewhere.change(folder, sent=True)
        if now is None or now.called_off:
            # It was called off while its data were on the way.
            self._stop(remote.id)


def _kind(folder: Path) -> str:
    return str(from_json((folder / "spec.json").read_bytes())["kind"])


def _ask(kind: str, room: Room) -> Ask:
    """A GPU for a training where there are any, and not more CPUs than the largest machine has."""
    if kind != "train":
        return Ask(1, 0)
    gpus = 1.0 if any(machine.gpus for machine in room.whole) else 0.0
    able = [machine.cpus for machine in room.whole if machine.gpus >= gpus]
    return Ask(max(1.0, min([TRAIN_CPUS, max(able, default=1.0)])), gpus)
