"""What `./majlis audit` proves of billing: that its rows and the ledger tell the same story, and that nothing was
taken, given or numbered twice."""

import hashlib
from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from django.db.models import Count, F, Max, Q, Sum

from majlis.engines.billing import allowance_audits, coin_audits, plan_audits  # noqa: F401
from majlis.engines.billing.models import (
    Charge,
    ClawBack,
    Coupon,
    CouponUse,
    Dispute,
    Invoice,
    InvoiceSeries,
    Order,
    OrderLine,
    Payment,
    PayoutBatch,
    Refund,
    Withdrawal,
)
from majlis.engines.billing.types import (
    OPEN_WITHDRAWALS,
    DisputeStatus,
    InvoiceKind,
    LineStatus,
    OrderStatus,
    RefundStatus,
    WithdrawalStatus,
)
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit


def _moved(kind: str, purpose: str) -> dict[UUID, int]:
    """What the ledger moved for each row of a kind on accounts of one purpose. Rows are of one unit each, except that a
    payment may have brought another: its units are added up, which is all a comparison with itself needs."""
    sums: dict[UUID, int] = defaultdict(int)
    for subject, _unit, _person, total in ledger.totals_about(f"billing.{kind}:", purpose):
        sums[UUID(subject.partition(":")[2])] += total
    return sums


@audit.check("billing: every paid order went into escrow once and whole, and no other did")
def orders_are_paid_once() -> Iterator[str]:
    moved = _moved("order", Purpose.ESCROW)
    rows = Order.objects.only("id", "number", "status", "total_amount")
    for order in rows.annotate(added=Sum("order_lines__subsidy_amount")).iterator():
        due = order.total_amount + (order.added or 0) if order.status == OrderStatus.PAID else 0
        if moved.pop(order.id, 0) != due:
            yield f"Order {order.number} ({order.id}) should have put {due} into escrow and did not."
    for stray in moved:
        yield f"Escrow knows an order {stray} that does not exist."


@audit.check("billing: every line left escrow once and whole, and went where it says")
def lines_went_where_they_say() -> Iterator[str]:
    escrow, fees, tax = (_moved("line", purpose) for purpose in (Purpose.ESCROW, Purpose.FEES, Purpose.TAX))
    wallets = {
        (UUID(subject.partition(":")[2]), person): total
        for subject, _unit, person, total in ledger.totals_about("billing.line:", Purpose.WALLET)
    }
    for line in OrderLine.objects.select_related("order").iterator():
        says = (
            -(line.to_buyer + line.to_seller + line.to_fees + line.to_tax + line.to_coupons),
            line.to_buyer + line.goodwill_amount,
            line.to_seller,
            line.to_fees,
            line.to_tax,
        )
        books = (
            escrow.get(line.id, 0),
            wallets.pop((line.id, line.order.buyer_id), 0),
            wallets.pop((line.id, line.seller_id), 0),
            fees.get(line.id, 0),
            tax.get(line.id, 0),
        )
        if says != books:
            yield f"Line {line.id} says {says} (escrow, buyer, seller, fees, tax) and the books say {books}."
    for (line_id, person), total in wallets.items():
        yield f"Line {line_id} moved {total} in the wallet of {person}, who neither bought nor sold it."


@audit.check("billing: escrow holds exactly what held lines are worth")
def escrow_is_what_is_held() -> Iterator[str]:
    kept: dict[str, int] = defaultdict(int)
    for _subject, unit, _person, total in ledger.totals_about("billing.", Purpose.ESCROW):
        kept[unit] += total
    out = F("to_buyer") + F("to_seller") + F("to_fees") + F("to_tax") + F("to_coupons")
    left = Sum(F("total_amount") + F("subsidy_amount") - out)
    held = OrderLine.objects.filter(status=LineStatus.HELD).values_list("unit").annotate(left=left)
    worth = dict(held)
    for unit in sorted({*kept, *worth}):
        if kept.get(unit, 0) != worth.get(unit, 0):
            yield f"Escrow holds {kept.get(unit, 0)} {unit} for lines that are worth {worth.get(unit, 0)}."


@audit.check("billing: what payments received are their charges, booked once each")
def payments_are_their_charges() -> Iterator[str]:
    clearing = _moved("payment", Purpose.CLEARING)
    charged: dict[UUID, int] = defaultdict(int)
    own: dict[UUID, int] = defaultdict(int)
    real = Charge.objects.filter(undone__isnull=True)
    for payment_id, amount, same in real.annotate(same=Q(unit=F("payment__unit"))).values_list(
        "payment_id", "amount", "same"
    ):
        charged[payment_id] += amount
        own[payment_id] += amount if same else 0
    back = dict(
        Refund.objects.filter(payment__isnull=False)
        .exclude(status=RefundStatus.FAILED)
        .values_list("payment_id")
        .annotate(Sum("amount"))
    )
    for payment in Payment.objects.only("id", "received_amount", "refunded_amount").iterator():
        if payment.received_amount != own[payment.id]:
            yield f"Payment {payment.id} received {payment.received_amount} by charges of {own[payment.id]}."
        if payment.refunded_amount != back.get(payment.id, 0):
            yield f"Payment {payment.id} gave back {payment.refunded_amount} by refunds of {back.get(payment.id, 0)}."
        if clearing.get(payment.id, 0) != back.get(payment.id, 0) - charged[payment.id]:
            yield f"The clearing account of payment {payment.id} is off."


@audit.check("billing: every lost dispute is booked once, and no other is")
def lost_disputes_are_booked() -> Iterator[str]:
    moved = _moved("dispute", Purpose.CLEARING)
    for dispute in Dispute.objects.only("id", "ref", "status", "amount").iterator():
        due = dispute.amount if dispute.status == DisputeStatus.LOST else 0
        if moved.pop(dispute.id, 0) != due:
            yield f"Dispute {dispute.ref} ({dispute.status}) of {dispute.amount} is not what the books say."
    for stray in moved:
        yield f"The books know a dispute {stray} that does not exist."


@audit.check("billing: nothing is set aside for an order that is not open")
def holds_belong_to_open_orders() -> Iterator[str]:
    ended = Order.objects.exclude(status=OrderStatus.OPEN)
    for number in ended.filter(Q(wallet_hold_id__isnull=False) | Q(payments__hold_id__isnull=False)).values_list(
        "number", flat=True
    ):
        yield f"Order {number} is not open, and money is still set aside for it."


@audit.check("billing: invoice numbers have no gaps and no twins")
def numbers_have_no_gaps() -> Iterator[str]:
    given = {
        (seller, kind, year): (count, last)
        for seller, kind, year, count, last in Invoice.objects.values_list("seller", "kind", "year").annotate(
            Count("sequence", distinct=True), Max("sequence")
        )
    }
    for series in InvoiceSeries.objects.all():
        found = given.pop((series.seller_id, series.kind, series.year), (0, 0))
        if found != (series.last, series.last):
            yield f"Series {series} of {series.seller_id or 'the house'} has {found[0]} documents up to {found[1]}."
    for stray in given:
        yield f"Invoices of {stray} belong to no series."


@audit.check("billing: every paid order has invoices of its total, and every refund its credit note")
def invoices_are_whole() -> Iterator[str]:
    invoiced = dict(
        Invoice.objects.filter(kind=InvoiceKind.INVOICE).values_list("order_id").annotate(Sum("total_amount"))
    )
    credited = dict(
        Invoice.objects.filter(kind=InvoiceKind.CREDIT_NOTE).values_list("order_id").annotate(Sum("total_amount"))
    )
    for order in Order.objects.annotate(
        back=Sum(F("order_lines__to_buyer") + F("order_lines__goodwill_amount"))
    ).iterator():
        due = order.total_amount if order.status == OrderStatus.PAID else 0
        if invoiced.get(order.id, 0) != due:
            yield f"Order {order.number} was charged {due} and invoiced {invoiced.get(order.id, 0)}."
        if credited.get(order.id, 0) != (order.back or 0):
            yield f"Order {order.number} gave back {order.back or 0} and credited {credited.get(order.id, 0)}."


@audit.check("billing: what is set aside for withdrawals is what is asked for and not answered")
def withdrawals_are_set_aside() -> Iterator[str]:
    aside, wallets = _moved("withdrawal", Purpose.WITHDRAWALS), _moved("withdrawal", Purpose.WALLET)
    for each in Withdrawal.objects.only("id", "number", "status", "amount").iterator():
        waits = each.amount if each.status in OPEN_WITHDRAWALS else 0
        gone = each.amount if waits or each.status == WithdrawalStatus.PAID else 0
        if (aside.get(each.id, 0), wallets.get(each.id, 0)) != (waits, -gone):
            yield f"Withdrawal {each.number} ({each.status}) of {each.amount} is not what the books say."


@audit.check("billing: what was taken back from sellers is in the books, and nobody's debt is above nothing")
def claw_backs_are_booked() -> Iterator[str]:
    wallets, debts = _moved("clawback", Purpose.WALLET), _moved("clawback", Purpose.DEBT)
    by_line: dict[UUID, int] = defaultdict(int)
    for each in ClawBack.objects.all():
        by_line[each.line_id] += each.taken_amount + each.owed_amount
        if (wallets.get(each.id, 0), debts.get(each.id, 0)) != (-each.taken_amount, -each.owed_amount):
            yield f"Claw-back {each.id} of {each.taken_amount} and {each.owed_amount} owed is not what the books say."
    for line in OrderLine.objects.filter(Q(clawed_amount__gt=0) | Q(id__in=by_line)).only("id", "clawed_amount"):
        if line.clawed_amount != by_line.get(line.id, 0):
            yield f"Line {line.id} gave back {line.clawed_amount} by claw-backs of {by_line.get(line.id, 0)}."
    owing: dict[tuple[UUID | None, str], int] = defaultdict(int)
    for prefix in ("billing.clawback:", "billing.debt:"):
        for _subject, unit, person, total in ledger.totals_about(prefix, Purpose.DEBT):
            owing[person, unit] += total
    for (person, unit), total in owing.items():
        if total > 0:
            yield f"{person} owes less than nothing: {total} {unit}."


@audit.check("billing: a batch is what its withdrawals are")
def batches_are_whole() -> Iterator[str]:
    for batch in PayoutBatch.objects.all():
        if hashlib.sha256(batch.content.encode()).hexdigest() != batch.checksum:
            yield f"The file of batch {batch.number} is not the one that was exported."
        unpaid = batch.withdrawals.exclude(status=WithdrawalStatus.PAID).count()
        if batch.status == "paid" and unpaid:
            yield f"Batch {batch.number} is paid, and {unpaid} of its withdrawals are not."


@audit.check("billing: coupons were used as often as they say, and parts are what their lines gave away")
def coupons_and_parts_add_up() -> Iterator[str]:
    counted = Count("taken", filter=Q(taken__returned_at__isnull=True))
    for coupon in Coupon.objects.annotate(counted=counted):
        if coupon.uses != coupon.counted:
            yield f"Coupon {coupon.code} says {coupon.uses} uses and has {coupon.counted}."
    ended = CouponUse.objects.filter(returned_at__isnull=True, order__status=OrderStatus.VOID)
    for code, number in ended.values_list("coupon__code", "order__number"):
        yield f"Order {number} ended unpaid and still holds a use of {code}."
    for line in OrderLine.objects.filter(status=LineStatus.HELD).annotate(given=Sum("parts__share_amount")):
        if line.divided_amount != (line.given or 0):
            yield f"Line {line.id} divided {line.divided_amount} in parts of {line.given or 0}."
