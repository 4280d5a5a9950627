"""The ways money comes in. Which are offered is the edition's word (`policies.billing.gateways`)."""

from django.conf import settings

from majlis.engines.billing.gateways.base import Gateway
from majlis.engines.billing.gateways.chains.networks import NETWORKS
from majlis.engines.billing.gateways.coins import CoinGateway
from majlis.engines.billing.gateways.fawry import FAWRY
from majlis.engines.billing.gateways.manual import ManualTransfer
from majlis.engines.billing.gateways.midtrans import Midtrans
from majlis.engines.billing.gateways.paymob import Paymob
from majlis.engines.billing.gateways.paypal import PayPal
from majlis.engines.billing.gateways.sandbox import Sandbox
from majlis.engines.billing.gateways.stripe_billing import StripeBilling
from majlis.engines.billing.gateways.subscribing import Biller
from majlis.engines.billing.gateways.xendit import Xendit
from majlis.engines.billing.policies import policies
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

ALL: tuple[Gateway, ...] = (
    *(StripeBilling(), PayPal(), Paymob(), *FAWRY, Midtrans(), Xendit()),
    *map(CoinGateway, NETWORKS.values()),
    *(ManualTransfer(), Sandbox()),
)
KNOWN: dict[str, Gateway] = {gateway.code: gateway for gateway in ALL}


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


def biller(code: str) -> Biller:
    """The gateway of this code that runs subscriptions. NotFound if it does not."""
    found = KNOWN.get(code)
    if not isinstance(found, Biller):
        raise NotFound()
    return found


def billers() -> list[Biller]:
    """Those that can run subscriptions and whose keys are set."""
    return [each for each in KNOWN.values() if isinstance(each, Biller) and each.ready()]


def configured() -> list[Gateway]:
    """One gateway of each provider whose keys are set, whether offered or not."""
    return list({each.provider: each for each in reversed(KNOWN.values()) if each.ready()}.values())[::-1]


def lacking(way: Gateway) -> tuple[str, ...]:
    """The variables a provider still lacks where some of them are set; empty where all or none are."""
    given = settings.PAYMENTS.get(way.provider, {})
    start = f"MAJLIS_{way.provider}_".upper()
    missing = tuple(key for key in way.keys if not given.get(key.removeprefix(start).lower()))
    return missing if given and len(missing) < len(way.keys) else ()


def is_offered(code: str, money: Money, country: str) -> bool:
    """Whether a buyer in `country` may pay `money` this way. NotFound for a code nobody has."""
    way = gateway(code)
    return code in policies().gateways and way.ready() and way.takes(money, country)


def offered(money: Money, country: str) -> list[Gateway]:
    """The gateways a buyer in `country` may choose from to pay `money`, in the edition's order."""
    return [KNOWN[code] for code in policies().gateways if code in KNOWN and is_offered(code, money, country)]
