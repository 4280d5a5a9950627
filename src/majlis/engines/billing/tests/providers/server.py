"""A small web server that a provider's double answers through."""

import base64
import json
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from majlis.engines.billing.gateways.base import Delivery
from majlis.kit.money import Money


class Asked:
    """One question to the provider."""

    def __init__(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        self.method, self.path = handler.command, parts.path
        self.query = dict(parse_qsl(parts.query))
        self.headers = {name.lower(): value for name, value in handler.headers.items()}
        self.body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))

    @property
    def json(self) -> Any:
        return json.loads(self.body or b"{}")

    @property
    def form(self) -> dict[str, str]:
        return dict(parse_qsl(self.body.decode()))

    @property
    def basic(self) -> str:
        """`user:password` of the Authorization header."""
        kind, _space, given = self.headers.get("authorization", "").partition(" ")
        return base64.b64decode(given).decode() if kind == "Basic" else ""


class Double:
    """A provider. Subclasses say what they answer, and how they sign."""

    provider: str
    codes: tuple[str, ...]
    unit: str
    refund_waits = False
    """Whether it says "pending" to refunds."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []
        self.away = False
        double = self

        class Handler(BaseHTTPRequestHandler):
            def handle_any(self) -> None:
                asked = Asked(self)
                double.asked.append((asked.method, asked.path))
                status, said = (503, {}) if double.away else double.answer(asked)
                plain = isinstance(said, str)
                written = said.encode() if plain else json.dumps(said).encode()
                self.send_response(status)
                self.send_header("Content-Type", "text/html; charset=utf-8" if plain else "application/json")
                self.send_header("Content-Length", str(len(written)))
                self.end_headers()
                self.wfile.write(written)

            do_GET = do_POST = do_DELETE = handle_any

            def log_message(self, format: str, *args: Any) -> None:
                """The test's output stays readable."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self.server.shutdown()
        self.server.server_close()

    def answer(self, asked: Asked) -> tuple[int, Any]:
        """What the provider says. A `page` is what a buyer's browser sees."""
        if asked.path.startswith("/page/"):
            link = asked.query.get("back", "/")
            return 200, f'<!doctype html><title>Provider</title><h1>Provider</h1><a id="back" href="{link}">Back</a>'
        method: Callable[[Asked], tuple[int, Any]] = getattr(self, f"on_{asked.method.lower()}", self.nothing)
        return method(asked)

    def nothing(self, asked: Asked) -> tuple[int, Any]:
        return 404, {"message": f"{asked.method} {asked.path} is not here"}

    def money(self, amount: int) -> Money:
        return Money(amount, self.unit)

    # What a test says.

    def settings(self) -> dict[str, str]:
        """What the operator fills in."""
        raise NotImplementedError

    def pay(self, ref: str, money: Money | None = None) -> None:
        """The buyer pays: what was asked, or something else."""
        raise NotImplementedError

    def fail(self, ref: str) -> None:
        """The buyer's card is declined for good."""
        raise NotImplementedError

    def event(self, ref: str) -> Delivery:
        """What the provider sends about how `ref` stands now."""
        raise NotImplementedError

    def event_of_stranger(self) -> Delivery:
        """A true message about an order that is not ours."""
        raise NotImplementedError

    def tampered(self, delivery: Delivery) -> Delivery:
        """The same message with another amount, its signature kept."""
        raise NotImplementedError

    def given_back(self) -> list[Money]:
        """What it sent back to buyers."""
        raise NotImplementedError

    def settle_refunds(self) -> None:
        """Refunds that waited are done now."""
        self.refund_waits = False


def stamp() -> float:
    """The real time: providers do not know our clock."""
    return datetime.now(UTC).timestamp()
