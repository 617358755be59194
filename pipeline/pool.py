"""One warm process for work on pictures, so that the bot's own stays small and never waits.

Work is named as `"module:function"` and looked up over there: the caller needs neither numpy nor
Pillow nor OpenCV. Arguments and results are pickled, so keep them plain (bytes, paths, dataclasses
of modules that are light to import).
"""

import asyncio
import importlib
import logging
import multiprocessing
import os
import signal
import threading
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import wait
from typing import Any

from pipeline.errors import LostWorker

log = logging.getLogger(__name__)


class PicturePool:
    """Runs functions in a process of its own, started on first use.

    Args:
        workers: how many processes; one keeps up with a chat (a sheet takes about 0.1 s).
    """

    def __init__(self, workers: int = 1) -> None:
        self._workers = workers
        self._executor: ProcessPoolExecutor | None = None
        self._closed = False

    async def run(self, function: str, *args: Any, **kwargs: Any) -> Any:
        """Call `function`, such as `"pipeline.labelling.tiles:render_sheet"`, over there.

        The functions only turn bytes into bytes, so a call that dies with its process is simply
        made once more.

        Raises:
            LostWorker: the process died twice.
            RuntimeError: the pool is closed.
            Exception: whatever the function raised.
        """
        for last in (False, True):
            executor = self._ready()
            try:
                future = executor.submit(_call, function, args, kwargs)
                return await asyncio.wrap_future(future)
            except BrokenProcessPool as error:
                self._forget(executor)
                log.warning("the picture process died during %s", function)
                if last:
                    raise LostWorker(
                        "I couldn't work on this picture. Please try another one."
                    ) from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Finish what runs, drop what waits, end the process. Safe to call twice."""
        self._closed = True
        executor, self._executor = self._executor, None
        if executor is not None:
            await asyncio.to_thread(executor.shutdown, wait=True, cancel_futures=True)

    def _ready(self) -> ProcessPoolExecutor:
        if self._closed:
            raise RuntimeError("the picture pool is closed")
        if self._executor is None:
            self._executor = ProcessPoolExecutor(
                self._workers,
                # A fork of a process with threads (the web server's, SQLite's) can deadlock.
                mp_context=multiprocessing.get_context("spawn"),
                initializer=_begin,
            )
        return self._executor

    def _forget(self, broken: ProcessPoolExecutor) -> None:
        # Several calls may see the same crash; only the first may throw the pool away.
        if self._executor is broken:
            self._executor = None
        broken.shutdown(wait=False)


def _begin() -> None:
    # Ctrl-C reaches the whole terminal group; the bot ends us in its own order.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed bot closes nothing: without this the process would wait for work for ever.
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _call(function: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    module, _, name = function.partition(":")
    return getattr(importlib.import_module(module), name)(*args, **kwargs)
