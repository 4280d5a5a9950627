"""What coins cost: an operator's own table, or a source that is asked every few minutes. Each rate names its source."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation
from typing import Any, Protocol

import httpx
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways.base import GatewayUnreachable
from majlis.engines.billing.models import CoinRate
from majlis.engines.billing.policies import policies
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, Refusal
from majlis.kit.money import COINS, Money, exponent


class NoCoinRate(Refusal):
    """Nobody says what this coin costs just now."""

    code = "no_coin_rate"
    sentence = _("There is no current rate for this coin. Please choose another way to pay.")
    status = 503


@dataclass(frozen=True, slots=True)
class Rate:
    """What one coin costs."""

    asset: str
    unit: str
    price: Decimal
    source: str
    at: datetime

    def coins_for(self, money: Money) -> Money:
        """The coins worth `money`, rounded up to the coin's smallest unit."""
        coins = money.decimal / self.price
        return Money(int(coins.scaleb(exponent(self.asset)).to_integral_value(ROUND_CEILING)), self.asset)

    def value_of(self, coins: Money) -> Money:
        """What `coins` are worth, rounded down to the currency's smallest unit."""
        value = coins.decimal * self.price
        return Money(int(value.scaleb(exponent(self.unit)).to_integral_value(ROUND_FLOOR)), self.unit)


class RateSource(Protocol):
    """Where rates come from by themselves."""

    name: str

    def prices(self, assets: list[str]) -> dict[tuple[str, str], Decimal]:
        """Called every few minutes, outside any transaction: `(asset, currency)` → what one coin costs. Must answer
        with what it knows and raise `GatewayUnreachable` when it knows nothing; must not guess."""
        ...


class JsonSource:
    """A JSON document at a URL: `{"BTC": {"USD": "97012.5", "EUR": 89500}, "USDT": {"IRT": 1130000}}`, whatever makes
    it. Named after the host it came from."""

    def __init__(self, url: str) -> None:
        self._url = url
        self.name = httpx.URL(url).host

    def prices(self, assets: list[str]) -> dict[tuple[str, str], Decimal]:
        db.refuse_transaction()
        try:
            answer = httpx.get(self._url, timeout=10).raise_for_status()
            said = json.loads(answer.content, parse_float=Decimal, parse_int=Decimal)
            return {
                (asset.upper(), unit.upper()): Decimal(price)
                for asset, units in said.items()
                if asset.upper() in assets
                for unit, price in units.items()
            }
        except (httpx.HTTPError, ValueError, AttributeError, TypeError, InvalidOperation):
            raise GatewayUnreachable() from None


@transaction.atomic
def record_coin_rates(
    *, prices: Mapping[tuple[str, str], Decimal], source: str, actor: Any, now: datetime | None = None
) -> None:
    """From now on coins cost this: `(asset, currency)` → the price of one coin. `actor=None` is a source; a person must
    be of finance, an admin or an owner. Refuses `Invalid` for an unknown coin or a price that is not positive."""
    now = now or clock.now()
    if any(asset not in COINS or not price.is_finite() or price <= 0 for (asset, _unit), price in prices.items()):
        raise Invalid(errors={"price": _("A coin has a positive price.")})
    if actor is not None:
        people.require_role(actor, Role.FINANCE, Role.ADMIN, Role.OWNER)
        accounts.record_act(
            actor=actor,
            action="billing.coin_rates_recorded",
            facts={f"{asset}/{unit}": str(price) for (asset, unit), price in prices.items()},
        )
    CoinRate.objects.bulk_create(
        CoinRate(asset=asset, unit=unit, price=price, source=source[:100], at=now, created_at=now)
        for (asset, unit), price in prices.items()
    )


def fetch_coin_rates(*, source: RateSource | None = None, now: datetime | None = None) -> int:
    """Ask the source (`MAJLIS_COIN_RATES_URL`) and write its rates down; how many. Nothing without a source.

    Speaks over the network. Raises `GatewayUnreachable`."""
    if source is None:
        if not settings.COIN_RATES_URL:
            return 0
        source = JsonSource(settings.COIN_RATES_URL)
    prices = {pair: price for pair, price in source.prices(sorted(COINS)).items() if price > 0}
    record_coin_rates(prices=prices, source=source.name, actor=None, now=now)
    return len(prices)


def coin_rate(asset: str, unit: str, *, at: datetime | None = None) -> Rate:
    """What one `asset` cost in `unit` at that time (UTC; now by default): the newest rate written down by then. Where
    only its price in dollars is known, the catalogue's rate of the currency is used with it, and both are named.

    Refuses `NoCoinRate` when there is none or it was too old by then (`policies.billing.coin_rate_hours`).
    """
    at = at or clock.now()
    found = _newest(asset, unit, at)
    if found is not None:
        return Rate(asset, unit, found.price, found.source, found.at)
    dollars = _newest(asset, "USD", at)
    if dollars is None:
        raise NoCoinRate()
    try:
        price = dollars.price * catalogue.per_dollar(unit)
    except catalogue.NoExchangeRate:
        raise NoCoinRate() from None
    return Rate(asset, unit, price, f"{dollars.source}, USD/{unit}", dollars.at)


def _newest(asset: str, unit: str, at: datetime) -> CoinRate | None:
    oldest = at - timedelta(hours=policies().coin_rate_hours)
    rows = CoinRate.objects.filter(asset=asset, unit=unit, at__lte=at, at__gte=oldest)
    return rows.order_by("-at", "-id").first()


def has_coin_rate(asset: str, unit: str) -> bool:
    """Whether `coin_rate` would answer now."""
    try:
        coin_rate(asset, unit)
    except NoCoinRate:
        return False
    return True
