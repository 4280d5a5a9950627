"""The event stream: a bare ASGI application beside Django.

`GET /stream` answers with server-sent events for whoever the session cookie (or a bearer token) says. A browser that
comes back names the last id it saw (`?after=` or `Last-Event-ID`) and is given what it missed; `resync` tells it that
this is more than we keep, so that it asks the pages themselves. `GET /healthz` says whether events flow.
"""

import asyncio
import os
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")
django.setup()

from django.conf import settings  # noqa: E402

from majlis.faces.realtime import doors, hub  # noqa: E402
from majlis.faces.realtime.streams import Send, Stream  # noqa: E402

WEB = "{0.scheme}://{0.netloc}".format(urlsplit(settings.PUBLIC_URL))
"""The one origin whose pages may listen."""


EVENTS = {
    "content-type": "text/event-stream; charset=utf-8",
    "cache-control": "no-store",
    "x-accel-buffering": "no",
    "x-content-type-options": "nosniff",
}


class Application:
    """One hub, and the few addresses it answers."""

    def __init__(self) -> None:
        self.hub: hub.Hub | None = None

    async def __call__(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        if scope["type"] == "lifespan":
            await self._live(receive, send)
        elif scope["type"] == "http":
            await self._answer(scope, receive, send)

    async def _live(self, receive: Any, send: Send) -> None:
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                self.hub = hub.Hub()
                await self.hub.start()
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                if self.hub is not None:
                    await self.hub.stop()
                await send({"type": "lifespan.shutdown.complete"})
                return

    async def _answer(self, scope: dict[str, Any], receive: Any, send: Send) -> None:
        house = self.hub
        assert house is not None
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        query = scope.get("query_string", b"").decode("latin-1")
        found = await decide(house, scope["method"], scope["path"], query, headers)
        if isinstance(found, Reply):
            usual = {"content-type": "text/plain; charset=utf-8", "cache-control": "no-store"}
            start = {"type": "http.response.start", "status": found.status, "headers": _encode(usual | found.headers)}
            await send(start)
            await send({"type": "http.response.body", "body": found.text.encode()})
        else:
            await self._stream(house, found, receive, send)

    async def _stream(self, house: hub.Hub, found: "Welcome", receive: Any, send: Send) -> None:
        house.end_streams_on_signals()
        stream = Stream(found.person, found.session)
        await send({"type": "http.response.start", "status": 200, "headers": _encode(found.headers)})
        await send({"type": "http.response.body", "body": b"retry: 1000\n\n", "more_body": True})
        gone = asyncio.create_task(_gone(receive))
        writing = asyncio.create_task(stream.pump(send))
        ended = asyncio.create_task(stream.ended.wait())
        try:
            await house.join(stream, found.after)
            await asyncio.wait({gone, writing, ended}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            house.part(stream)
            stream.close()
            left_by_reader = gone.done()
            for task in (gone, writing, ended):
                task.cancel()
            if not left_by_reader and not stream.slow:
                await send({"type": "http.response.body", "body": b"", "more_body": False})


@dataclass(frozen=True, slots=True)
class Reply:
    """A short answer."""

    status: int
    text: str
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Welcome:
    """Somebody may listen."""

    person: UUID
    session: str
    after: str
    headers: dict[str, str]


async def decide(house: hub.Hub, method: str, path: str, query: str, headers: dict[str, str]) -> Reply | Welcome:
    """What a request gets; `headers` by lower-case name."""
    if path == "/healthz":
        return Reply(200, "ok") if house.healthy else Reply(503, "stale")
    if path == "/metrics":
        return Reply(200, _figures(house))
    if path != "/stream":
        return Reply(404, "Not found")
    if headers.get("origin", WEB) != WEB:
        return Reply(403, "Not from here")
    if method == "OPTIONS":
        return Reply(204, "", _cors() | {"access-control-allow-headers": "authorization, last-event-id"})
    if method != "GET":
        return Reply(405, "GET", _cors() | {"allow": "GET, OPTIONS"})
    session = _cookie(headers.get("cookie", ""))
    token = headers.get("authorization", "").removeprefix("Bearer ").strip()
    if token:
        session, person = "", await house.in_thread(doors.person_of_token, token)
    else:
        person = await house.in_thread(doors.person_of_session, session) if session else None
    if person is None:
        return Reply(401, "Sign in first", _cors())
    if len(house.streams.get(person, ())) >= hub.MOST_STREAMS:
        return Reply(429, "Too many streams", _cors() | {"retry-after": "30"})
    after = parse_qs(query).get("after", [headers.get("last-event-id", "")])[0]
    return Welcome(person, session, after, _cors() | EVENTS)


async def _gone(receive: Any) -> None:
    """Ends when the browser has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _cookie(text: str) -> str:
    try:
        found = SimpleCookie(text).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return found.value if found else ""


def _cors() -> dict[str, str]:
    return {"access-control-allow-origin": WEB, "access-control-allow-credentials": "true", "vary": "Origin"}


def _encode(headers: dict[str, str]) -> list[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode()) for name, value in headers.items()]


def _figures(house: hub.Hub) -> str:
    figures = {
        "majlis_streams_open": house.count(),
        "majlis_stream_people": len(house.streams),
        "majlis_stream_events_delivered_total": house.delivered,
        "majlis_stream_slow_readers_dropped_total": house.dropped,
    }
    return "".join(f"{name} {value}\n" for name, value in figures.items())


application = Application()
