"""Calls side by side over few connections, each used again."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from telegram.error import NetworkError

from bot.lines import Lines

ANSWER = b'HTTP/1.1 200 OK\r\nContent-Length: 11\r\n\r\n{"ok":true}'


class Server:
    """Answers each request after a moment; counts connections and requests under way."""

    def __init__(self) -> None:
        self.opened = self.open = self.under_way = self.most = self.requests = 0
        self.hang_up = False

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        self.opened += 1
        self.open += 1
        try:
            while await reader.readuntil(b"\r\n\r\n"):
                self.requests += 1
                self.under_way += 1
                self.most = max(self.most, self.under_way)
                await asyncio.sleep(0.01)
                self.under_way -= 1
                if self.hang_up:
                    break
                writer.write(ANSWER)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionResetError):
            pass
        finally:
            self.open -= 1
            writer.close()


@asynccontextmanager
async def running() -> AsyncIterator[tuple[Server, str]]:
    """A server on a free loopback port, and its address."""
    server = Server()
    listening = await asyncio.start_server(server.serve, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    async with listening:
        yield server, f"http://127.0.0.1:{port}/"


async def test_many_calls_share_few_connections() -> None:
    """No more go at once than allowed, each is answered, and connections are used again."""
    async with running() as (server, address):
        lines = Lines(4, read_timeout=5)
        for _ in range(2):
            calls = [lines.do_request(address, "GET") for _ in range(20)]
            assert await asyncio.gather(*calls) == [(200, b'{"ok":true}')] * 20
        assert (server.requests, server.opened, server.most) == (40, 4, 4)
        await lines.shutdown()
        await asyncio.sleep(0.01)
        assert server.open == 0


async def test_one_call_after_another_needs_one_connection() -> None:
    """Connections are opened only when they are needed."""
    async with running() as (server, address):
        lines = Lines(4, read_timeout=5)
        for _ in range(5):
            await lines.do_request(address, "GET")
        assert (server.requests, server.opened) == (5, 1)
        await lines.shutdown()


async def test_a_call_that_fails_gives_its_line_back() -> None:
    """After a connection broke off, others are answered."""
    async with running() as (server, address):
        lines = Lines(1, read_timeout=5)
        server.hang_up = True
        with pytest.raises(NetworkError):
            await lines.do_request(address, "GET")
        server.hang_up = False
        assert await lines.do_request(address, "GET") == (200, b'{"ok":true}')
        await lines.shutdown()
