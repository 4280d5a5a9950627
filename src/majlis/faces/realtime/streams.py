"""One browser's open stream."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

Send = Callable[[dict[str, Any]], Awaitable[None]]

MOST_WAITING = 500
"""Events that may wait for one slow reader; then it is let go, and asks for the rest when it is back."""


class Stream:
    """What waits to be written to one browser."""

    __slots__ = ("closed", "ended", "held", "person", "session", "skip", "slow", "waiting", "wakeup")

    def __init__(self, person: UUID, session: str) -> None:
        self.person = person
        self.session = session
        """The session's key, or empty for a program with a token."""
        self.waiting: deque[bytes] = deque()
        self.wakeup: asyncio.Event = asyncio.Event()
        self.closed = False
        self.ended = asyncio.Event()
        """Set with `closed`, for whoever waits for it while a write to a slow reader hangs."""
        self.slow = False
        self.held: list[tuple[int, bytes]] | None = []
        """What came while the replay was being read; None once the stream is live."""
        self.skip: set[int] = set()
        """Ids given in the replay, which must not come a second time."""

    def go_live(self, replay: list[bytes], ids: set[int]) -> None:
        """Begin: first what was missed, then what came meanwhile."""
        held, self.held, self.skip = self.held or [], None, ids
        self.waiting.extend(replay)
        for event, chunk in held:
            self.push(chunk, event)
        self.wakeup.set()

    def push(self, chunk: bytes, event: int = 0) -> None:
        """Queue `chunk` (of the stored event with that id) without waiting. A reader that has fallen too far behind is
        closed instead."""
        if len(self.waiting) >= MOST_WAITING or (self.held is not None and len(self.held) >= MOST_WAITING):
            self.slow = True
            self.close()
        elif self.held is not None:
            self.held.append((event, chunk))
        elif event not in self.skip:
            self.waiting.append(chunk)
            self.wakeup.set()

    def close(self) -> None:
        """End the stream after what is being written now."""
        self.closed = True
        self.ended.set()
        self.wakeup.set()

    async def pump(self, send: Send) -> None:
        """Write until closed; everything that waits goes out in one piece."""
        while not self.closed:
            if not self.waiting:
                self.wakeup.clear()
                await self.wakeup.wait()
                continue
            chunk = b"".join(self.waiting) if len(self.waiting) > 1 else self.waiting[0]
            self.waiting.clear()
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
