"""Coins: an address per payment, watched by ourselves. No company stands between; what came is read from the chain.

The provider here is our own watcher (`services/chain_watch.py`): what it found final is what `read` answers.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.coin_types import CoinInvoiceStatus, CoinPaymentStatus
from majlis.engines.billing.gateways import chains
from majlis.engines.billing.gateways.base import (
    BadSignature,
    Began,
    Bill,
    ChargeSeen,
    DayReport,
    Delivery,
    GivenBack,
    Movement,
    Notification,
    Reading,
)
from majlis.engines.billing.gateways.chains.networks import Network
from majlis.engines.billing.models import CoinInvoice, CoinPayment
from majlis.engines.billing.types import Mode, MovementKind, PaymentStatus
from majlis.kit import db
from majlis.kit.money import COINS, Money


class CoinGateway:
    """One network's coins."""

    first_look = timedelta(hours=1)
    """The watcher brings word by itself; this is the net under it."""
    patience = timedelta()
    refunds = False
    """A transaction cannot be turned back: the money is in the wallet, and leaves it by a withdrawal."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.code = self.provider = network.code
        self.name, self.summary = network.name, network.summary
        self.keys = network.keys

    def ready(self) -> bool:
        return self.network in chains.configured()

    def mode(self) -> Mode:
        if not self.ready():
            return Mode.NONE
        return Mode.LIVE if self.network.is_main else Mode.TEST

    def greet(self) -> None:
        self.network.address(0)
        chains.chain(self.network).tip()

    def takes(self, money: Money, country: str) -> bool:
        from majlis.engines.billing.services.coin_rates import has_coin_rate

        return money.unit not in COINS and self.ready() and has_coin_rate(self.network.asset, money.unit)

    def begin(self, bill: Bill) -> Began:
        from majlis.engines.billing.services.coins import issue_coin_invoice

        db.refuse_transaction()
        invoice = issue_coin_invoice(bill, self.network)
        return Began(
            ref_of(bill.payment_id),
            instructions={
                now_("Network"): self.network.title,
                now_("Amount"): invoice.due.display(),
                now_("Address"): invoice.address,
            },
        )

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        db.refuse_transaction()
        invoice = CoinInvoice.objects.filter(payment__gateway=self.code, payment__provider_ref=ref).first()
        if invoice is None:
            return Reading(PaymentStatus.PENDING)
        final = invoice.coin_payments.filter(status=CoinPaymentStatus.SETTLED, value__gt=0).order_by("settled_at", "id")
        charges = tuple(ChargeSeen(coins.ref, Money(coins.value or 0, invoice.unit)) for coins in final)
        ended = invoice.status in (CoinInvoiceStatus.EXPIRED, CoinInvoiceStatus.CANCELED)
        waiting = PaymentStatus.EXPIRED if ended else PaymentStatus.PENDING
        return Reading(PaymentStatus.SUCCEEDED if charges else waiting, charges)

    def open_envelope(self, delivery: Delivery) -> Notification:
        raise BadSignature()  # a chain sends us nothing, so whoever claims to be it is not

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        return GivenBack(ref, done=False, problem=_("Coins are paid back by a withdrawal."))

    def stop(self, ref: str) -> None:
        from majlis.engines.billing.services.coins import cancel_coin_invoice

        cancel_coin_invoice(ref)

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        """What became final that day. The chain itself is the list, and the cursor leaves nothing of it out."""
        db.refuse_transaction()
        begins = datetime.combine(day, time(), UTC)
        final = CoinPayment.objects.filter(
            network=self.code,
            status=CoinPaymentStatus.SETTLED,
            value__gt=0,
            settled_at__gte=begins,
            settled_at__lt=begins + timedelta(days=1),
        ).select_related("invoice__payment")
        return DayReport(
            tuple(
                Movement(
                    MovementKind.CHARGE,
                    coins.ref,
                    Money(coins.value or 0, coins.invoice.unit),
                    coins.invoice.payment.provider_ref or "",
                    coins.settled_at,
                )
                for coins in final.order_by("id")
            )
        )


def ref_of(payment_id: object) -> str:
    """The name of a payment's address among the gateway's attempts."""
    return f"coin_{payment_id}"
