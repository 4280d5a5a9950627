"""The ways money comes in. Which are offered is the edition's word (`policies.billing.gateways`)."""

from majlis.engines.billing.gateways.base import Gateway
from majlis.engines.billing.gateways.chains.networks import NETWORKS
from majlis.engines.billing.gateways.coins import CoinGateway
from majlis.engines.billing.gateways.manual import ManualTransfer
from majlis.engines.billing.gateways.sandbox import Sandbox
from majlis.engines.billing.policies import policies
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

_ALL: tuple[Gateway, ...] = (Sandbox(), ManualTransfer(), *map(CoinGateway, NETWORKS.values()))
KNOWN: dict[str, Gateway] = {gateway.code: gateway for gateway in _ALL}


def gateway(code: str) -> Gateway:
    """The gateway of this code, offered or not (money of one switched off is still taken). NotFound if unknown."""
    if code not in KNOWN:
        raise NotFound()
    return KNOWN[code]


def of_provider(provider: str) -> list[Gateway]:
    """The ways to pay one provider offers; any of them can read its messages. NotFound if there is none."""
    found = [each for each in KNOWN.values() if each.provider == provider]
    if not found:
        raise NotFound()
    return found


def configured() -> list[Gateway]:
    """One gateway of each provider whose keys are set, whether offered or not."""
    return list({each.provider: each for each in reversed(KNOWN.values()) if each.ready()}.values())[::-1]


def offered(money: Money, country: str) -> list[Gateway]:
    """The gateways a buyer in `country` may choose from to pay `money`, in the edition's order."""
    listed = [KNOWN[code] for code in policies().gateways if code in KNOWN]
    return [each for each in listed if each.ready() and each.takes(money, country)]
