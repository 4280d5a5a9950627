"""Whether the payment providers an operator filled in keys for know us."""

import logging
from dataclasses import dataclass

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import GatewayUnreachable, KeysRefused
from majlis.engines.billing.types import Mode
from majlis.kit import db

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Greeting:
    """How one provider stands. Never a key."""

    provider: str
    mode: Mode
    answer: str
    """`ok`, `refused` (the keys are), `away`; empty where nobody was asked."""
    lacks: tuple[str, ...] = ()
    """Environment variables that are missing beside others that are set."""


def greet_providers() -> list[Greeting]:
    """Ask each provider with keys whether it accepts them; those that only have some of their keys are named too. In
    the order of the house. Speaks over the network: must not run inside a transaction."""
    db.refuse_transaction()
    found: list[Greeting] = []
    for way in {each.provider: each for each in reversed(gateways.ALL)}.values():
        if way.ready() and way.keys:
            found.append(Greeting(way.provider, way.mode(), _ask(way)))
        elif lacking := gateways.lacking(way):
            found.append(Greeting(way.provider, Mode.NONE, "", lacking))
    return found[::-1]


def _ask(way: gateways.Gateway) -> str:
    try:
        way.greet()
    except KeysRefused:
        return "refused"
    except Exception as fault:
        # Whatever it is, it is about one provider: the others are asked all the same.
        if not isinstance(fault, GatewayUnreachable):
            log.warning("%s could not be greeted: %s.", way.provider, type(fault).__name__)
        return "away"
    return "ok"
