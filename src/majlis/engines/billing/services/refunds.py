"""Money that goes back to where it was paid from."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q, Sum
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.models import Dispute, OrderLine, Payment, Refund
from majlis.engines.billing.services import books
from majlis.engines.billing.services.orders import locked_order
from majlis.engines.billing.services.settlement import RefundTooLarge, refund_line
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import REFUND_MOVES, DisputeStatus, RefundStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money
from majlis.kit.state import promised
from majlis.kit.translated import source_text

ASKING = timedelta(minutes=2)
"""Longer than any gateway's answer takes: nobody else asks meanwhile."""
ASKED_AGAIN = timedelta(minutes=15)
"""How soon a refund that takes its time is asked about again."""


class CannotRefund(Refusal):
    """The gateway cannot send money back."""

    code = "cannot_refund"
    sentence = _("This way of paying cannot take money back. It stays in the wallet and can be withdrawn.")


@transaction.atomic
def refund_payment(
    *, payment_id: UUID, amount: Money, key: str, reason: str, actor: Any, now: datetime | None = None
) -> Refund:
    """Send `amount` from the payer's wallet back to where this payment came from. What was bought is refunded into the
    wallet first (`settle_line`, `refund_line`); this is the second step, for who wants it on their card again.

    The money leaves the wallet now; a job speaks with the gateway, and if that refuses, the money returns. The same
    `key` refunds once. Refuses `RefundTooLarge` beyond what this payment brought, `CannotRefund`, and the ledger's
    `InsufficientFunds` when it was spent.
    """
    now = now or clock.now()
    payment = Payment.objects.select_for_update(of=("self",)).select_related("payer").filter(id=payment_id).first()
    if payment is None:
        raise NotFound()
    known = Refund.objects.filter(key=key).first()
    if known:
        return known
    if amount.unit != payment.unit or amount.amount <= 0:
        raise Invalid(errors={"amount": _("Amounts must be positive and in the currency of the payment.")})
    if amount > payment.refundable:
        raise RefundTooLarge(most=payment.refundable.display())
    if not gateways.gateway(payment.gateway).refunds:
        raise CannotRefund()
    Payment.objects.filter(id=payment.id).update(refunded_amount=F("refunded_amount") + amount.amount)
    refund = Refund.objects.create(
        payment=payment,
        key=key,
        unit=amount.unit,
        amount=amount.amount,
        reason=reason,
        asked_by=actor,
        created_at=now,
    )
    remember(refund, "", RefundStatus.REQUESTED, actor=actor, reason=reason)
    books.book_refund(refund, payment, back=False, now=now)
    accounts.record_act(
        actor=actor,
        action="billing.payment_refunded",
        target=f"billing.payment:{payment.id}",
        facts={"amount": amount.amount, "unit": amount.unit},
        reason=reason,
    )
    from majlis.engines.billing.tasks import send_refund as job

    # One after the other: providers that know refunds only by their sum could not tell two at once apart.
    job.configure(lock=_lock(payment.id)).defer(refund_id=str(refund.id))
    return refund


def sources(line: OrderLine, amount: Money) -> list[tuple[Payment, Money]]:
    """From which payments of its order `amount` of a line could go back to where it was paid from, and how much to
    each: the latest first, none beyond what it brought. What the wallet paid, or a way that cannot take money back, is
    missing here, and what a bank is asked to take back: that part stays in the wallet."""
    parts, left = [], amount
    paid = Payment.objects.filter(order_id=line.order_id, unit=line.unit)
    contested = Dispute.objects.exclude(status=DisputeStatus.WON).values("payment_id")  # the bank's to give back
    for payment in paid.exclude(id__in=contested).order_by("-id"):
        part = min(payment.refundable, left)
        if part and gateways.gateway(payment.gateway).refunds:
            parts.append((payment, part))
            left -= part
    return parts


@transaction.atomic
def refund_line_to_source(
    *, line_id: UUID, amount: Money, key: str, reason: str, actor: Any, now: datetime | None = None
) -> list[Refund]:
    """Staff gives the buyer `amount` back for a line, as `refund_line`, and what of it can go back to where it was paid
    from goes there in the same step; the rest stays in the buyer's wallet. Never more than was paid for the line, nor
    to any source more than it brought.

    Returns what is on its way (perhaps nothing); a job speaks with the gateways, and what one of them refuses returns
    to the wallet. The same `key` refunds once. Refuses as `refund_line`."""
    now = now or clock.now()
    whose = f"line:{line_id}:{key}:source:"
    order_id = OrderLine.objects.filter(id=line_id).values_list("order_id", flat=True).first()
    if order_id is None:
        raise NotFound()
    locked_order(order_id)
    before = OrderLine.objects.select_for_update(of=("self",)).get(id=line_id)
    known = list(Refund.objects.filter(key__startswith=whose).order_by("id"))
    line = refund_line(line_id=line_id, amount=amount, key=key, reason=reason, actor=actor, now=now)
    return known or [
        refund_payment(
            payment_id=payment.id, amount=part, key=f"{whose}{payment.id}", reason=reason, actor=actor, now=now
        )
        for payment, part in sources(line, line.refunded - before.refunded)
    ]


def _lock(payment_id: UUID) -> str:
    return f"billing.refunds:{payment_id}"


def resend_refunds(*, payment_id: UUID | None = None, now: datetime | None = None, limit: int = 200) -> int:
    """Have refunds that no gateway has answered for good asked about again, ever more rarely; those of one payment at
    once, since its gateway sent word; and soon those whose asker died. How many."""
    from majlis.engines.billing.tasks import send_refund as job

    now = now or clock.now()
    waiting = Refund.objects.filter(status=RefundStatus.REQUESTED, payment__isnull=False)
    if payment_id is not None:
        due = list(waiting.filter(payment_id=payment_id, asked_at__isnull=False)[:limit])
    else:
        old = waiting.filter(created_at__lt=now - ASKED_AGAIN).order_by(F("asked_at").asc(nulls_first=True))
        due = [each for each in old[:limit] if _is_due(each, now)]
    for each in due:
        job.configure(lock=_lock(promised(each.payment_id))).defer(refund_id=str(each.id))
    return len(due)


def _is_due(refund: Refund, now: datetime) -> bool:
    if refund.asked_at is None:
        return True
    answered = refund.answered_at is not None
    wait = max(ASKED_AGAIN, (now - refund.created_at) / 4) if answered else ASKING
    return now - refund.asked_at > wait


def send_refund(refund_id: UUID, *, now: datetime | None = None) -> Refund:
    """Have the gateway send a refund that waits. Raises `GatewayUnreachable`, to be tried again: the gateway knows the
    refund by its key. Speaks over the network: must not run inside a transaction."""
    db.refuse_transaction()
    now = now or clock.now()
    refund = Refund.objects.select_related("payment__payer").get(id=refund_id)
    payment = refund.payment
    if refund.status != RefundStatus.REQUESTED or payment is None:
        return refund
    # One asks at a time, whoever else was sent for it: a provider without keys for refunds would send two.
    free = Q(asked_at__isnull=True) | Q(answered_at__isnull=False) | Q(asked_at__lt=now - ASKING)
    unsent = Refund.objects.filter(id=refund.id, status=RefundStatus.REQUESTED)
    if not unsent.filter(free).update(asked_at=now, answered_at=None):
        return refund
    sent = payment.refunds.filter(status=RefundStatus.SENT).aggregate(sum=Sum("amount"))["sum"] or 0
    answer = None
    try:
        answer = gateways.gateway(payment.gateway).give_back(
            payment.provider_ref or "",
            refund.money,
            str(refund.id),
            refund.reason,
            before=Money(sent, refund.unit),
            again=refund.asked_at is not None,
        )
    finally:
        if answer is None or not (answer.done or answer.problem):  # it may be asked for again at once
            unsent.filter(asked_at=now).update(answered_at=now)
    if answer.problem:
        _return_to_wallet(refund_id, answer.problem, now)
    elif answer.done:
        _mark_sent(refund_id, answer.ref, now)
    return Refund.objects.get(id=refund_id)


@transaction.atomic
def _mark_sent(refund_id: UUID, ref: str, now: datetime) -> None:
    refund = Refund.objects.select_for_update(of=("self",)).select_related("payment__payer").get(id=refund_id)
    if refund.status != RefundStatus.REQUESTED or refund.payment is None:
        return
    move(refund, RefundStatus.SENT, REFUND_MOVES, provider_ref=ref, ended_at=now)
    _tell(refund, "refund_sent")


@transaction.atomic
def _return_to_wallet(refund_id: UUID, problem: Any, now: datetime) -> None:
    refund = Refund.objects.select_for_update(of=("self",)).select_related("payment__payer").get(id=refund_id)
    if refund.status != RefundStatus.REQUESTED or refund.payment is None:
        return
    move(refund, RefundStatus.FAILED, REFUND_MOVES, reason=problem, problem=source_text(problem)[:300], ended_at=now)
    Payment.objects.filter(id=refund.payment.id).update(refunded_amount=F("refunded_amount") - refund.amount)
    books.book_refund(refund, refund.payment, back=True, now=now)
    _tell(refund, "refund_failed")


def _tell(refund: Refund, kind: str) -> None:
    payer = promised(refund.payment).payer
    notices.notify(
        person_id=payer.id,
        kind=kind,
        facts={"amount": refund.money},
        link="/wallet/",
        key=f"refund:{refund.id}:{kind}",
    )
