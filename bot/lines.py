"""Small calls to Telegram, made cheaply: answers to taps above all.

The library's HTTP client does everything that HTTP can, at 1 to 2 ms of work a call: most of what
fifty taps at once cost. A call without files is one line of headers and a short body each way, so
it goes over a connection of our own, which is kept and used again. Files, and everything where a
proxy is set, go through the library's client.
"""

import asyncio
import ssl
import sys
import time
from collections import defaultdict
from importlib.util import find_spec
from typing import Any
from urllib.parse import SplitResult, urlsplit
from urllib.request import getproxies

import httpx
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest, RequestData

KEEP_S = 15.0
"""A connection unused for longer may be gone without a word."""
FORM = "application/x-www-form-urlencoded"


class Lines(HTTPXRequest):
    """Makes up to `at_once` small calls side by side; further ones wait for their turn.

    Args:
        at_once: connections at most; they are opened when they are needed.
        read_timeout: seconds that a call may take unless it says otherwise.
    """

    def __init__(self, at_once: int, *, read_timeout: float) -> None:
        _never_look_for_sniffio()
        self._tls = httpx.create_ssl_context()
        super().__init__(
            connection_pool_size=at_once,
            read_timeout=read_timeout,
            httpx_kwargs={"verify": self._tls},
        )
        self._proxied = not {"http", "https", "all"}.isdisjoint(getproxies())
        self._turn = asyncio.Semaphore(at_once)
        self._free: defaultdict[str, list[_Line]] = defaultdict(list)

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = HTTPXRequest.DEFAULT_NONE,
        *others: Any,
        **timeouts: Any,
    ) -> tuple[int, bytes]:
        """See telegram.request.BaseRequest."""
        small = method == "POST" and request_data is not None and not request_data.contains_files
        if self._proxied or not small or request_data is None:
            return await super().do_request(
                url, method, request_data, read_timeout, *others, **timeouts
            )
        given = isinstance(read_timeout, int | float)
        body = request_data.url_encoded_parameters().encode()
        async with self._turn:
            try:
                async with asyncio.timeout(read_timeout if given else self.read_timeout):
                    return await self._call(urlsplit(url), body)
            except TimeoutError as error:
                raise TimedOut from error
            except (OSError, EOFError, ValueError, asyncio.LimitOverrunError) as error:
                raise NetworkError(f"{type(error).__name__}: {error}") from error

    async def shutdown(self) -> None:
        """Close all connections."""
        for lines in self._free.values():
            while lines:
                lines.pop().close()
        await super().shutdown()

    async def _call(self, url: SplitResult, body: bytes) -> tuple[int, bytes]:
        free = self._free[f"{url.scheme}://{url.netloc}"]
        line = None
        while free and line is None:
            # The one used last: the others grow old and are closed here one day.
            line = free.pop()
            if not line.usable:
                line.close()
                line = None
        line = line or await _Line.open(url, self._tls)
        try:
            answer = await line.post(url.path, url.netloc, body)
        except BaseException:
            # Also where the caller is cancelled: half an answer may lie in it.
            line.close()
            raise
        free.append(line)
        return answer


class _Line:
    """One kept connection, for one call at a time (HTTP/1.1, RFC 9112)."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._used_at = time.monotonic()

    @classmethod
    async def open(cls, url: SplitResult, tls: ssl.SSLContext) -> "_Line":
        """Connect to the server of `url`."""
        secure = url.scheme == "https"
        port = url.port or (443 if secure else 80)
        reader, writer = await asyncio.open_connection(
            url.hostname,
            port,
            ssl=tls if secure else None,
            # Telegram has IPv6 addresses, and many a network only thinks that it has them too.
            happy_eyeballs_delay=0.25,
        )
        return cls(reader, writer)

    @property
    def usable(self) -> bool:
        """Whether the server still listens, as far as one can know."""
        fresh = time.monotonic() - self._used_at < KEEP_S
        return fresh and not self._reader.at_eof() and not self._writer.is_closing()

    def close(self) -> None:
        """Hang up."""
        self._writer.close()

    async def post(self, path: str, host: str, body: bytes) -> tuple[int, bytes]:
        """Send a form; returns the answer's status and body.

        Raises:
            EOFError: the server hung up.
            ValueError: it does not speak HTTP.
        """
        head = (
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nUser-Agent: {HTTPXRequest.USER_AGENT}\r\n"
            f"Content-Type: {FORM}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self._writer.write(head.encode("ascii") + body)
        await self._writer.drain()
        first, *rest = (await self._reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        _, status, *_ = first.split(b" ", 2)
        fields = {name.lower(): value.strip() for name, _, value in _parted(rest)}
        if b"chunked" in fields.get(b"transfer-encoding", b""):
            answer = await self._chunks()
        elif b"content-length" in fields:
            answer = await self._reader.readexactly(int(fields[b"content-length"]))
        else:
            answer = await self._reader.read()
        if fields.get(b"connection", b"").lower() == b"close":
            self.close()
        self._used_at = time.monotonic()
        return int(status), answer

    async def _chunks(self) -> bytes:
        whole = b""
        while size := int((await self._reader.readuntil(b"\r\n")).split(b";")[0], 16):
            whole += (await self._reader.readexactly(size + 2))[:-2]
        while await self._reader.readuntil(b"\r\n") != b"\r\n":
            pass
        return whole


def _parted(lines: list[bytes]) -> list[tuple[bytes, bytes, bytes]]:
    return [line.partition(b":") for line in lines]


def _never_look_for_sniffio() -> None:
    """Without this module installed, httpcore searches every folder for it some times a call."""
    if "sniffio" not in sys.modules and find_spec("sniffio") is None:
        sys.modules["sniffio"] = None  # type: ignore[assignment]  # Python's own sign of "not there"
