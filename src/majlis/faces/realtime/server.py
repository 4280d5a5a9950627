"""The stream server: the application's answers on bare asyncio transports.

Under a general server every delivery is a task switch and an awaited call (80–100 µs). Here the hub writes straight
into the socket's buffer; a reader whose buffer grows past a bound is let go and resumes by its last id. Run by
`python -m majlis.faces.realtime.server --host 127.0.0.1 --port 8001`.
"""

import argparse
import asyncio
import gc
import signal
import sys
from http import HTTPStatus
from typing import Any

from majlis.faces.realtime.app import Reply, Welcome, decide
from majlis.faces.realtime.hub import Hub
from majlis.faces.realtime.streams import Stream

LONGEST_HEAD = 32 * 1024
HEAD_SECONDS = 15
MOST_BUFFERED = 512 * 1024
"""Bytes that may wait in the buffer of one reader."""


class DirectStream(Stream):
    """A stream whose events go straight into its socket's buffer."""

    __slots__ = ("transport",)

    def __init__(self, transport: Any, welcome: Welcome) -> None:
        super().__init__(welcome.person, welcome.session)
        self.transport = transport

    def go_live(self, replay: list[bytes], ids: set[int]) -> None:
        super().go_live(replay, ids)
        self.transport.write(b"".join(self.waiting))
        self.waiting.clear()

    def push(self, chunk: bytes, event: int = 0) -> None:
        if self.held is not None:
            super().push(chunk, event)
        elif event not in self.skip and not self.closed:
            self.transport.write(chunk)
            if self.transport.get_write_buffer_size() > MOST_BUFFERED:
                self.slow = True
                self.close()
                self.transport.abort()

    def close(self) -> None:
        super().close()
        if not self.slow:
            self.transport.close()


class Door(asyncio.Protocol):
    """One connection: one request, one answer, then closed (a stream is closed when it ends)."""

    def __init__(self, house: Hub) -> None:
        self.house = house
        self.head = b""
        self.stream: DirectStream | None = None
        self.work: asyncio.Task[None] | None = None

    def connection_made(self, transport: Any) -> None:  # uvloop's own, which is no asyncio.Transport
        self.transport = transport
        self.patience = asyncio.get_running_loop().call_later(HEAD_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        if self.work is not None:
            return
        self.head += data
        if b"\r\n\r\n" in self.head:
            self.patience.cancel()
            self.work = asyncio.create_task(self._answer())
        elif len(self.head) > LONGEST_HEAD:
            self.transport.abort()

    def connection_lost(self, wrong: Exception | None) -> None:
        self.patience.cancel()
        if self.work is not None:
            self.work.cancel()
        if self.stream is not None:
            self.stream.closed = True
            self.house.part(self.stream)

    async def _answer(self) -> None:
        try:
            line, *rows = self.head.partition(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
            method, target, _version = line.split(" ")
        except ValueError:
            self._say(Reply(400, "Bad request"))
            return
        headers = {name.strip().lower(): value.strip() for name, _, value in (row.partition(":") for row in rows)}
        path, _, query = target.partition("?")
        found = await decide(self.house, method, path, query, headers)
        if isinstance(found, Reply):
            self._say(found)
            return
        self.transport.write(_start(200, found.headers) + b"retry: 1000\n\n")
        self.stream = DirectStream(self.transport, found)
        await self.house.join(self.stream, found.after)

    def _say(self, reply: Reply) -> None:
        body = reply.text.encode()
        usual = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
        self.transport.write(_start(reply.status, usual | reply.headers | {"content-length": str(len(body))}) + body)
        self.transport.close()


def _start(status: int, headers: dict[str, str]) -> bytes:
    rows = "".join(f"{name}: {value}\r\n" for name, value in (headers | {"connection": "close"}).items())
    return f"HTTP/1.1 {status} {HTTPStatus(status).phrase}\r\n{rows}\r\n".encode("latin-1")


async def serve(host: str, port: int) -> None:
    """Serve until told to stop; then every stream is ended, and the others are told who left."""
    house, stopped = Hub(), asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stopped.set)
    await house.start()
    # What is loaded by now stays for good. Walking through it, the collector would hold every stream up for 50 ms.
    gc.collect()
    gc.freeze()
    server = await loop.create_server(lambda: Door(house), host, port, backlog=4096)
    async with server:
        await stopped.wait()
        server.close()
    await house.stop()


def main() -> None:
    """Read the command line and serve."""
    import uvloop

    asked = argparse.ArgumentParser(description="The event stream of Majlis.")
    asked.add_argument("--host", default="127.0.0.1")
    asked.add_argument("--port", type=int, default=8001)
    given = asked.parse_args()
    # About as long the loop waits at most for a thread that asks Django who somebody is. With Python's own 5 ms, events
    # came that late while people were arriving; asking costs the same.
    sys.setswitchinterval(0.001)
    uvloop.run(serve(given.host, given.port))


if __name__ == "__main__":
    main()
