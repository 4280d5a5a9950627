"""Bank transfer: the buyer pays from their bank and shows a receipt; staff finds the money in the account.

The provider here is our own staff: what they confirmed is what `read` answers.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from django.utils.translation import gettext as now_
from django.utils.translation import gettext_lazy as _

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
from majlis.engines.billing.models import Payment, Transfer
from majlis.engines.billing.policies import policies
from majlis.engines.billing.types import Mode, MovementKind, PaymentStatus, TransferStatus
from majlis.kit import db
from majlis.kit.money import Money

LABELS = {"Bank": _("Bank"), "Account": _("Account holder"), "IBAN": _("IBAN"), "Number": _("Account number")}
"""What editions call the parts of a bank account, in the buyer's words."""


class ManualTransfer:
    """Bank transfer with a receipt."""

    code = provider = "manual"
    keys: tuple[str, ...] = ()
    name = _("Bank transfer")
    summary = _("Transfer the amount and send us the receipt. We check it by hand, usually within one working day.")
    first_look = timedelta(days=1)
    patience = timedelta()
    refunds = False
    """Money is sent back by a withdrawal, which knows the person's bank account."""

    def ready(self) -> bool:
        return bool(policies().bank)

    def mode(self) -> Mode:
        return Mode.LIVE if self.ready() else Mode.NONE

    def greet(self) -> None:
        """Nobody answers at a bank counter."""

    def takes(self, money: Money, country: str) -> bool:
        return money.unit in policies().bank

    def begin(self, bill: Bill) -> Began:
        db.refuse_transaction()
        bank = policies().bank[bill.amount.unit]
        instructions = {str(LABELS.get(label, label)): value for label, value in bank.items()}
        instructions[now_("Amount")] = bill.amount.display()
        instructions[now_("Reference")] = bill.reference
        return Began(f"bank_{bill.payment_id}", instructions=instructions)

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        db.refuse_transaction()
        payment = Payment.objects.filter(gateway=self.code, provider_ref=ref).first()
        if payment is None:
            return Reading(PaymentStatus.PENDING)
        found = Transfer.objects.filter(payment=payment, status=TransferStatus.CONFIRMED).order_by("id")
        charges = tuple(
            ChargeSeen(f"transfer:{transfer.id}", Money(transfer.found_amount or 0, payment.unit)) for transfer in found
        )
        return Reading(PaymentStatus.SUCCEEDED if charges else PaymentStatus.PENDING, charges)

    def open_envelope(self, delivery: Delivery) -> Notification:
        raise BadSignature()  # a bank sends us nothing, so whoever claims to be it is not

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        return GivenBack(ref, done=False, problem=_("A bank transfer is paid back by a withdrawal."))

    def stop(self, ref: str) -> None:
        """Nothing to stop: a transfer that comes all the same is confirmed by staff and goes to the wallet."""

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        """What staff found in the account that day; what lies there unseen only the bank's statement knows."""
        db.refuse_transaction()
        begins = datetime.combine(day, time(), UTC)
        found = Transfer.objects.filter(
            status=TransferStatus.CONFIRMED, decided_at__gte=begins, decided_at__lt=begins + timedelta(days=1)
        ).select_related("payment")
        return DayReport(
            tuple(
                Movement(
                    MovementKind.CHARGE,
                    f"transfer:{each.id}",
                    Money(each.found_amount or 0, each.payment.unit),
                    each.payment.provider_ref or "",
                    each.decided_at,
                )
                for each in found.order_by("id")
            ),
            complete=False,
        )
