"""Bank transfers: the buyer sends a receipt, staff looks into the bank account."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways.base import ChargeSeen, Reading
from majlis.engines.billing.models import Payment, Transfer
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services.orders import locked_order, pay_if_covered, wait_for_money
from majlis.engines.billing.services.taking import take_reading
from majlis.engines.billing.types import OrderStatus, PaymentStatus, TransferStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.files import services as files
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money


class TransferDecided(Refusal):
    """Somebody decided about this transfer already."""

    code = "transfer_decided"
    sentence = _("This transfer has been decided already.")


class ReceiptWaits(Refusal):
    """A receipt for this payment waits already."""

    code = "receipt_waits"
    sentence = _("We have your receipt already and are checking it.")


class BankReferenceUsed(Refusal):
    """This incoming money was confirmed for another payment."""

    code = "bank_reference_used"
    sentence = _("This bank reference was confirmed for another payment already.")


@transaction.atomic
def send_receipt(
    *, payment_id: UUID, file_id: UUID | None, note: str = "", actor: Any, now: datetime | None = None
) -> Transfer:
    """The payer says they made the transfer and shows the receipt (a stored file of purpose `receipt`). The order, and
    what its products can keep for it, waits for the check.

    Refuses NotFound for another's payment, `ReceiptWaits`, and `Invalid` for a payment that is no bank transfer.
    """
    now = now or clock.now()
    order_id = Payment.objects.visible_to(actor).filter(id=payment_id).values_list("order_id", flat=True).first()
    order = locked_order(order_id) if order_id else None
    payment = Payment.objects.visible_to(actor).select_for_update().filter(id=payment_id).first()
    if payment is None:
        raise NotFound()
    if payment.gateway != "manual":
        raise Invalid(errors={"payment_id": _("This payment is not a bank transfer.")})
    if payment.transfers.filter(status=TransferStatus.SUBMITTED).exists():
        raise ReceiptWaits()
    transfer = Transfer.objects.create(
        payment=payment, file_id=file_id, note=note.replace("\0", "")[:300], created_at=now
    )
    if file_id is not None:
        files.claim_file(file_id=file_id, actor=actor, by=f"billing.transfer:{transfer.id}")
    if order is not None and order.status == OrderStatus.OPEN:
        wait_for_money(order, now + timedelta(days=policies().transfer_days), now)
    return transfer


@transaction.atomic
def confirm_transfer(
    *, transfer_id: UUID, found: Money, bank_ref: str, actor: Any, now: datetime | None = None
) -> Transfer:
    """Staff found `found` in the account under the bank's reference: it is taken like any other charge (an order that
    ended meanwhile leaves it in the wallet). Refuses `TransferDecided`, `BankReferenceUsed`, `Invalid`."""
    now = now or clock.now()
    bank_ref = bank_ref.strip()
    if found.amount <= 0 or not bank_ref:
        raise Invalid(errors={"bank_ref": _("Name the amount found and the bank's reference.")})
    transfer, payment = _locked(transfer_id)
    try:
        with transaction.atomic():
            Transfer.objects.filter(id=transfer_id).update(
                status=TransferStatus.CONFIRMED,
                found_amount=found.amount,
                bank_ref=bank_ref[:100],
                decided_by=actor,
                decided_at=now,
            )
    except IntegrityError:
        raise BankReferenceUsed() from None
    _record(transfer, "billing.transfer_confirmed", actor, {"found": found.amount, "unit": found.unit}, "")
    reading = Reading(PaymentStatus.SUCCEEDED, (ChargeSeen(f"transfer:{transfer_id}", found),))
    order_id = take_reading(payment.id, reading, now=now)
    if order_id is not None:
        pay_if_covered(order_id, now=now)
    transfer.refresh_from_db()
    return transfer


@transaction.atomic
def reject_transfer(*, transfer_id: UUID, reason: str, actor: Any, now: datetime | None = None) -> Transfer:
    """Staff did not find the money; the buyer is told why and may send another receipt. Refuses `TransferDecided`."""
    now = now or clock.now()
    transfer, payment = _locked(transfer_id)
    Transfer.objects.filter(id=transfer_id).update(
        status=TransferStatus.REJECTED, answer=reason[:300], decided_by=actor, decided_at=now
    )
    _record(transfer, "billing.transfer_rejected", actor, {}, reason)
    notices.notify(
        person_id=payment.payer_id,
        kind="transfer_rejected",
        facts={"amount": payment.money, "reason": reason},
        link=f"/checkout/{payment.order_id}/" if payment.order_id else "/wallet/",
        key=f"transfer:{transfer_id}:rejected",
    )
    transfer.refresh_from_db()
    return transfer


def _locked(transfer_id: UUID) -> tuple[Transfer, Payment]:
    """The transfer and its payment, locked in the house's order: order, payment, transfer."""
    known = Transfer.objects.select_related("payment").filter(id=transfer_id).first()
    if known is None:
        raise NotFound()
    if known.payment.order_id:
        locked_order(known.payment.order_id)
    payment = Payment.objects.select_for_update().get(id=known.payment_id)
    transfer = Transfer.objects.select_for_update().get(id=transfer_id)
    if transfer.status != TransferStatus.SUBMITTED:
        raise TransferDecided()
    return transfer, payment


def _record(transfer: Transfer, action: str, actor: Any, facts: dict[str, Any], reason: str) -> None:
    accounts.record_act(
        actor=actor, action=action, target=f"billing.transfer:{transfer.id}", facts=facts, reason=reason
    )
