"""The ways money comes in. Which are offered is the edition's word (`policies.billing.gateways`)."""

from majlis.engines.billing.gateways.base import Gateway
from majlis.engines.billing.gateways.manual import ManualTransfer
from majlis.engines.billing.gateways.sandbox import Sandbox
from majlis.engines.billing.policies import policies
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

KNOWN: dict[str, Gateway] = {gateway.code: gateway for gateway in (Sandbox(), ManualTransfer())}


def gateway(code: str) -> Gateway:
    """The gateway of this code, offered or not (money of one switched off is still taken). NotFound if unknown."""
    if code not in KNOWN:
        raise NotFound()
    return KNOWN[code]


def offered(money: Money, country: str) -> list[Gateway]:
    """The gateways a buyer in `country` may choose from to pay `money`, in the edition's order."""
    return [KNOWN[code] for code in policies().gateways if code in KNOWN and KNOWN[code].takes(money, country)]
