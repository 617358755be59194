"""Small calls go side by side over few connections, each used again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram.error import NetworkError, TimedOut
from telegram.request import RequestData
from telegram.request._requestparameter import RequestParameter

from bot import lines as module
from bot.lines import Lines

OK = b'{"ok":true}'
WHOLE = b"HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n" + OK
CHUNKS = (
    b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    b'4;x=y\r\n{"ok\r\n7\r\n":true}\r\n0\r\nTrailer: 1\r\n\r\n'
)
LAST = b"HTTP/1.1 429 Too Many\r\nConnection: close\r\nContent-Length: 2\r\n\r\n{}"
UNTIL_END = b"HTTP/1.0 200 OK\r\n\r\n" + OK
FORM = RequestData([RequestParameter("text", "für & wider", None)])


class Server:
    """Answers each request after a moment; counts connections and requests under way."""

    def __init__(self) -> None:
        self.opened = self.open = self.under_way = self.most = 0
        self.bodies: list[bytes] = []
        self.answer = WHOLE
        self.after_s = 0.01
        self.hang_up = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.opened += 1
        self.open += 1
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                self.bodies.append(await reader.readexactly(size))
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                await asyncio.sleep(self.after_s)
                self.under_way -= 1
                writer.write(self.answer)
                await writer.drain()
                if self.hang_up:
                    break
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def running(at_once: int) -> AsyncIterator[tuple[Server, str, Lines]]:
    """A server on a free loopback port, its address, and lines to it."""
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    lines = Lines(at_once, read_timeout=5)
    async with listening:
        try:
            yield server, f"http://127.0.0.1:{port}/bot/method", lines
        finally:
            await lines.shutdown()
            await asyncio.sleep(0.02)
            assert server.open == 0


async def test_many_calls_share_few_connections() -> None:
    """No more go at once than allowed, each is answered, and connections are used again."""
    async with running(4) as (server, url, lines):
        for _ in range(2):
            calls = [lines.do_request(url, "POST", FORM) for _ in range(20)]
            assert await asyncio.gather(*calls) == [(200, OK)] * 20
        assert (len(server.bodies), server.opened, server.most) == (40, 4, 4)
        assert set(server.bodies) == {b"text=f%C3%BCr+%26+wider"}


async def test_one_call_after_another_needs_one_connection() -> None:
    """Connections are opened only when they are needed."""
    async with running(4) as (server, url, lines):
        for _ in range(5):
            await lines.do_request(url, "POST", FORM)
        assert server.opened == 1


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [(WHOLE, 200, OK), (CHUNKS, 200, OK), (LAST, 429, b"{}"), (UNTIL_END, 200, OK)],
)
async def test_every_way_to_end_an_answer_is_understood(
    answer: bytes, status: int, body: bytes
) -> None:
    """By its length, in chunks or with the connection: the body is whole, and so is the next."""
    async with running(1) as (server, url, lines):
        server.answer, server.hang_up = answer, answer in (LAST, UNTIL_END)
        for _ in range(2):
            assert await lines.do_request(url, "POST", FORM) == (status, body)


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{", b"hm\r\n\r\n"]
)
async def test_a_call_that_breaks_off_is_an_error_of_the_network(answer: bytes) -> None:
    """Half an answer, none, or nonsense: others are answered over a new connection."""
    async with running(1) as (server, url, lines):
        server.answer, server.hang_up = answer, True
        with pytest.raises(NetworkError):
            await lines.do_request(url, "POST", FORM)
        server.answer, server.hang_up = WHOLE, False
        assert await lines.do_request(url, "POST", FORM) == (200, OK)


async def test_a_connection_that_the_server_closed_is_not_used_again() -> None:
    """What was hung up while nobody called costs no call."""
    async with running(1) as (server, url, lines):
        server.hang_up = True
        for _ in range(2):
            assert await lines.do_request(url, "POST", FORM) == (200, OK)
            await asyncio.sleep(0.02)
        assert server.opened == 2


async def test_an_old_connection_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    """After a while without a call a new connection is opened."""
    monkeypatch.setattr(module, "KEEP_S", 0.0)
    async with running(1) as (server, url, lines):
        for _ in range(2):
            await lines.do_request(url, "POST", FORM)
        assert server.opened == 2


async def test_a_call_that_takes_too_long_is_given_up() -> None:
    """Its late answer is nobody else's: the next call has a connection of its own."""
    async with running(1) as (server, url, lines):
        server.after_s = 0.2
        with pytest.raises(TimedOut):
            await lines.do_request(url, "POST", FORM, read_timeout=0.05)
        server.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]"
        assert await lines.do_request(url, "POST", FORM) == (200, b"[]")


async def test_nobody_there_is_an_error_of_the_network() -> None:
    """A refused connection is told as the library tells it."""
    lines = Lines(1, read_timeout=5)
    with pytest.raises(NetworkError):
        await lines.do_request("http://127.0.0.1:9/bot/method", "POST", FORM)
    await lines.shutdown()


async def test_a_proxy_is_left_to_the_library(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the environment names a proxy, calls go to it."""
    async with running(1) as (server, url, _):
        monkeypatch.setenv("http_proxy", url.removesuffix("/bot/method"))
        proxied = Lines(1, read_timeout=5)
        answer = await proxied.do_request("http://nowhere.invalid/bot/method", "POST", FORM)
        assert answer == (200, OK)
        assert len(server.bodies) == 1
        await proxied.shutdown()
