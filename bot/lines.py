"""Calls to Telegram that are cheap when many are made at once.

One pool of connections looks through all of them several times a call: answering fifty taps at once
over 32 connections, that was most of the work. Here each connection is a pool of its own, and a
call takes the one that was used last.
"""

import asyncio
import sys
from importlib.util import find_spec
from typing import Any

import httpx
from telegram.request import BaseRequest, HTTPXRequest


class Lines(BaseRequest):
    """Makes up to `at_once` calls side by side; further ones wait for their turn.

    Args:
        at_once: connections at most; they are opened when they are needed.
        read_timeout: seconds.
    """

    def __init__(self, at_once: int, *, read_timeout: float) -> None:
        _never_look_for_sniffio()
        self._read_timeout = read_timeout
        self._turn = asyncio.Semaphore(at_once)
        self._free: list[HTTPXRequest] = []
        self._all: list[HTTPXRequest] = []
        # Reading the certificates takes longer than opening a connection.
        self._tls = httpx.create_ssl_context()

    @property
    def read_timeout(self) -> float | None:
        """Seconds that a call may take unless it says otherwise."""
        return self._read_timeout

    async def initialize(self) -> None:
        """Nothing to prepare: lines are opened by those who call."""

    async def shutdown(self) -> None:
        """Close all lines."""
        self._free.clear()
        while self._all:
            await self._all.pop().shutdown()

    async def do_request(self, *args: Any, **kwargs: Any) -> tuple[int, bytes]:
        """See telegram.request.BaseRequest."""
        async with self._turn:
            line = self._free.pop() if self._free else self._open()
            try:
                return await line.do_request(*args, **kwargs)
            finally:
                self._free.append(line)

    def _open(self) -> HTTPXRequest:
        line = HTTPXRequest(
            connection_pool_size=1,
            read_timeout=self._read_timeout,
            httpx_kwargs={"verify": self._tls},
        )
        self._all.append(line)
        return line


def _never_look_for_sniffio() -> None:
    """Without this module installed, httpcore searches every folder for it some times a call."""
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # Python's own sign of "not there"
