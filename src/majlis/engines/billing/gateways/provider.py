"""What every provider reached over HTTPS has in common: its keys, its address, and one careful way of asking.

A question is asked once, with a time limit, at an address that the settings name and that must be public (on a
playground it may also be this machine). No key ever stands in an address, an error or a log line.
"""

import base64
import hashlib
import json
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from majlis.engines.billing.gateways.base import BadSignature, GatewayUnreachable, KeysRefused
from majlis.engines.billing.types import Mode
from majlis.kit import db
from majlis.kit.money import Money, exponent
from majlis.kit.outbound import PUBLIC, OutboundRefused, Policy, fetch

log = logging.getLogger(__name__)

OWN_MACHINE = Policy(allow=("127.0.0.0/8", "::1/128"), seconds=20)
EXACT = secrets.token_hex(8)
"""Marks a decimal on its way into JSON; nobody outside can guess it."""
LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})


@dataclass(frozen=True, slots=True)
class Answer:
    """What a provider said: nothing worse than a 4xx that is about the question, not about us."""

    status: int
    data: Any
    """The JSON, or None where it was none."""
    text: str

    @property
    def good(self) -> bool:
        return 200 <= self.status < 300


class Provider:
    """A payment provider with keys in `settings.PAYMENTS[provider]`."""

    provider: str
    needs: tuple[str, ...]
    """The settings without which it cannot work."""
    live_url: str
    test_url: str = ""
    refunds = True
    first_look = timedelta(minutes=2)
    patience = timedelta()

    @property
    def keys(self) -> tuple[str, ...]:
        return tuple(f"MAJLIS_{self.provider}_{name}".upper() for name in self.needs)

    def setting(self, name: str) -> str:
        return str(settings.PAYMENTS.get(self.provider, {}).get(name, ""))

    def ready(self) -> bool:
        return all(self.setting(name) for name in self.needs)

    def mode(self) -> Mode:
        if not self.ready():
            return Mode.NONE
        return Mode.LIVE if self.is_live() else Mode.TEST

    def is_live(self) -> bool:
        """Whether its keys move real money; where the keys do not tell, `MAJLIS_…_MODE=live` does."""
        return self.setting("mode") == "live"

    def url(self) -> str:
        own = self.setting("url").rstrip("/")
        return own or (self.live_url if self.is_live() or not self.test_url else self.test_url)

    def headers(self) -> dict[str, str]:
        """What proves to the provider that we are we."""
        return {}

    def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        query: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
        base: str = "",
    ) -> Answer:
        """One question. Raises `GatewayUnreachable` when there is no answer we understand, `KeysRefused` on 401."""
        db.refuse_transaction()
        address = (base or self.url()) + path + (f"?{urlencode(query)}" if query else "")
        sent = {"Accept": "application/json", **self.headers(), **(headers or {})}
        content = None
        if body is not None:
            sent.setdefault("Content-Type", "application/json")
            content = body if isinstance(body, bytes) else written(body)
        try:
            answer = fetch(address, policy=policy_for(address), method=method, headers=sent, content=content)
        except OutboundRefused as fault:
            log.warning("%s does not answer: %s.", self.provider, fault.code)
            raise GatewayUnreachable() from None
        if answer.status == 401:
            raise KeysRefused()
        if answer.status >= 500 or answer.status == 429:
            log.warning("%s answers %s.", self.provider, answer.status)
            raise GatewayUnreachable()
        said = answer.content.decode(errors="replace")
        try:
            data = json.loads(said)
        except ValueError:
            data = None
        return Answer(answer.status, data, said)

    def expect(self, answer: Answer, *names: str) -> dict[str, Any]:
        """The answer's object, which must be good and have these fields; else `GatewayUnreachable`."""
        if not answer.good or not isinstance(answer.data, dict) or any(name not in answer.data for name in names):
            log.warning("%s answers %s without what we asked for.", self.provider, answer.status)
            raise GatewayUnreachable()
        return answer.data

    def stop(self, ref: str) -> None:
        """Nothing to stop where the provider ends an attempt only by its own clock."""
        db.refuse_transaction()


def policy_for(address: str) -> Policy:
    """Where a provider may be: in public; on a playground also on this machine (a test's double)."""
    return OWN_MACHINE if settings.SANDBOX and urlsplit(address).hostname in LOOPBACK else PUBLIC


def basic(user: str, password: str = "") -> str:
    """The value of an `Authorization` header."""
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def absolute(path: str) -> str:
    """A page of ours as strangers see it."""
    return path if path.startswith(("http://", "https://")) else f"{settings.PUBLIC_URL}{path}"


def webhook_url(provider: str) -> str:
    """Where `provider` may tell us what happened."""
    return f"{settings.PUBLIC_URL}/api/v1/webhooks/{provider}"


def plain(money: Money) -> str:
    """`150.00`, as most providers write amounts."""
    return str(money.decimal)


def whole_units(money: Money) -> int:
    """In units without decimals, a part of one counted as one: the rest of it stays in the payer's wallet."""
    return -(-money.amount // 10 ** exponent(money.unit))


def written(body: Any) -> bytes:
    """The JSON of `body`, its Decimals as exact numbers."""
    text = json.dumps(body, ensure_ascii=False, default=lambda value: f"{EXACT}{value}")
    return re.sub(rf'"{EXACT}([0-9.]+)"', r"\1", text).encode()


def is_whole(money: Money) -> bool:
    """Whether it has no parts of a unit."""
    return money.amount % 10 ** exponent(money.unit) == 0


def money_of(amount: Any, unit: Any) -> Money:
    """What a provider wrote as `150`, `150.5` or `"150.50"`. Raises `GatewayUnreachable` for anything else."""
    try:
        minor = Decimal(str(amount)).scaleb(exponent(str(unit).upper()))
        if minor != minor.to_integral_value():
            raise ValueError
        return Money(int(minor), str(unit).upper())
    except (ArithmeticError, ValueError):
        raise GatewayUnreachable() from None


def moment(text: Any, zone: Any = UTC) -> datetime | None:
    """A provider's ISO time; one without zone is of `zone`. None if it is none."""
    try:
        found = datetime.fromisoformat(str(text).replace("Z", "+00:00"))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=zone)


def bounds(day: date) -> tuple[datetime, datetime]:
    """The day in UTC, half open."""
    begins = datetime.combine(day, time(), UTC)
    return begins, begins + timedelta(days=1)


def digest(body: bytes) -> str:
    """The name of a message that has none of its own: the same bytes are the same message."""
    return hashlib.sha256(body).hexdigest()


def message(body: bytes) -> dict[str, Any]:
    """The JSON object of a message; one that is none proves nothing."""
    try:
        found = json.loads(body)
    except ValueError:
        raise BadSignature() from None
    if not isinstance(found, dict):
        raise BadSignature()
    return found
