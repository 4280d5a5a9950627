"""Escrow: how a paid line's money is divided once it is known who earned it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.events import LineSettled
from majlis.engines.billing.models import LinePart, OrderLine, Refund
from majlis.engines.billing.services import books, debts, invoices
from majlis.engines.billing.splitting import between, split
from majlis.engines.billing.steps import move
from majlis.engines.billing.types import LINE_MOVES, Commission, LineStatus, RefundStatus, Split
from majlis.kernel.accounts import services as accounts
from majlis.kernel.notices import services as notices
from majlis.kit import clock, events
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.kit.translated import source_text


class LineNotHeld(Refusal):
    """The line is not paid, or its money was divided already."""

    code = "line_not_held"
    sentence = _("The money of this purchase is not in escrow any more.")


class SplitTooLarge(Refusal):
    """The parts are more than the price."""

    code = "split_too_large"
    sentence = _("The parts add up to more than was paid.")
    status = 422


class RefundTooLarge(Refusal):
    """More would be given back than was paid."""

    code = "refund_too_large"
    sentence = _("At most %(most)s can be refunded.")
    status = 422


RELEASED = _("Released.")


def _locked_line(line_id: UUID) -> OrderLine:
    rows = OrderLine.objects.select_for_update(of=("self",)).select_related("order__buyer", "seller")
    line = rows.filter(id=line_id).first()
    if line is None:
        raise NotFound()
    return line


@transaction.atomic
def settle_line(
    *,
    line_id: UUID,
    buyer: Money,
    seller: Money,
    key: str,
    reason: Any,
    actor: Any = None,
    now: datetime | None = None,
) -> OrderLine:
    """Divide a held line. `buyer` and `seller` are shares of its list price (`line.amount`); what neither gets stays
    with the house.

    The buyer's share goes to their wallet with its VAT and fee, and a credit note says so. The seller's share goes to
    their wallet without VAT and less the commission agreed at purchase. The same `key` again returns the settled line.
    Refuses `LineNotHeld` (also when it was settled under another key), `SplitTooLarge`.
    """
    now = now or clock.now()
    line = _locked_line(line_id)
    if line.settle_key == key:
        return line
    return _divide(line, line.undivided, buyer, seller, key, reason, actor, now)


@transaction.atomic
def settle_part(
    *,
    line_id: UUID,
    share: Money,
    buyer: Money,
    seller: Money,
    key: str,
    reason: Any,
    actor: Any = None,
    now: datetime | None = None,
) -> OrderLine:
    """Divide a share of a held line's list price before the rest: a session of a package that took place. Of `share`
    `buyer` and `seller` get theirs as in `settle_line`; what neither gets stays with the house. The last part settles
    the line. The same `key` again divides once. Refuses as `settle_line`; `SplitTooLarge` also beyond what is left."""
    now = now or clock.now()
    line = _locked_line(line_id)
    if line.settle_key == key or LinePart.objects.filter(key=f"line:{line.id}:{key}").exists():
        return line
    return _divide(line, share, buyer, seller, key, reason, actor, now)


def _divide(
    line: OrderLine, share: Money, buyer: Money, seller: Money, key: str, reason: Any, actor: Any, now: datetime
) -> OrderLine:
    """Take the next `share` of the list price out of escrow."""
    if line.status != LineStatus.HELD:
        raise LineNotHeld()
    if {share.unit, buyer.unit, seller.unit} != {line.unit} or min(share.amount, buyer.amount, seller.amount) < 0:
        raise Invalid(errors={"amount": _("Amounts must be positive and in the currency of the order.")})
    if (buyer + seller).amount > share.amount or share.amount > line.undivided.amount:
        raise SplitTooLarge()
    parts = split_of(line, share, buyer, seller)
    owes = line.seller_id is not None and bool(parts.seller) and debts.before_earning(line.seller_id, line.unit)
    last = share == line.undivided
    part_key = "settle" if last else f"part:{new_id()}"
    books.book_settlement(line, parts, actor, now, key=part_key)
    if last:
        _end(line, parts, key, reason, actor, now)
    else:
        _write_part(line, share, parts, key, reason, now)
    invoices.issue_credit_note(line, parts.buyer, parts.buyer_tax, key=f"line:{line.id}:{part_key}", now=now)
    _tell(line, parts, reason, part_key)
    if owes and line.seller_id:
        debts.settle_debt(line.seller_id, parts.seller, key=f"line:{line.id}:{part_key}", memo=line.title, now=now)
    if parts.seller:
        debts.keep_reserve(line, parts.seller, key=part_key, now=now)
    events.publish(LineSettled(line.id, line.subject_id, line.kind))
    return line


def _end(line: OrderLine, parts: Split, key: str, reason: Any, actor: Any, now: datetime) -> None:
    status, columns = end_of_line(line, parts, key, reason, now)
    move(line, status, LINE_MOVES, actor=actor, reason=reason, **columns)


def end_of_line(
    line: OrderLine, parts: Split, key: str, reason: Any, now: datetime
) -> tuple[LineStatus, dict[str, Any]]:
    """How a line ends, and what it says, once its last share left escrow."""
    back = line.to_buyer + parts.buyer.amount
    whole = back == line.total_amount and line.price_amount > 0
    return LineStatus.REFUNDED if whole else LineStatus.SETTLED, {
        "settle_key": key,
        "settled_at": now,
        "settle_reason": source_text(reason)[:300],
        "divided_amount": line.price_amount,
        "to_buyer": back,
        "to_seller": line.to_seller + parts.seller.amount,
        "to_fees": line.to_fees + parts.fees.amount,
        "to_tax": line.to_tax + parts.tax.amount,
        "to_coupons": line.to_coupons + parts.coupons.amount,
    }


def _write_part(line: OrderLine, share: Money, parts: Split, key: str, reason: Any, now: datetime) -> None:
    went = {
        "to_buyer": parts.buyer.amount,
        "to_seller": parts.seller.amount,
        "to_fees": parts.fees.amount,
        "to_tax": parts.tax.amount,
        "to_coupons": parts.coupons.amount,
    }
    LinePart.objects.create(
        line=line,
        key=f"line:{line.id}:{key}",
        share_amount=share.amount,
        reason=source_text(reason)[:300],
        created_at=now,
        **went,
    )
    sums = {name: getattr(line, name) + amount for name, amount in went.items()}
    sums["divided_amount"] = line.divided_amount + share.amount
    OrderLine.objects.filter(id=line.id).update(**sums)
    for name, amount in sums.items():
        setattr(line, name, amount)


def release_line(*, line_id: UUID, key: str, actor: Any = None, now: datetime | None = None) -> OrderLine:
    """Everything to the seller, less the commission. Refuses as `settle_line`."""
    line = OrderLine.objects.filter(id=line_id).first()
    if line is None:
        raise NotFound()
    return settle_line(
        line_id=line_id,
        buyer=Money(0, line.unit),
        seller=line.undivided,
        key=key,
        reason=RELEASED,
        actor=actor,
        now=now,
    )


def split_of(line: OrderLine, share: Money, buyer: Money, seller: Money) -> Split:
    """How the next `share` of a line's list price is divided, where `buyer` and `seller` get theirs of it."""
    start = line.divided_amount
    net, tax, fee, subsidy, fixed = (
        between(amount, line.amount, start, start + share.amount)
        for amount in (line.net, line.tax, line.fee, line.subsidy, Money(line.commission_fixed, line.unit))
    )
    return split(
        price=share,
        net=net,
        tax=tax,
        fee=fee,
        commission=Commission(line.commission_basis_points, fixed.amount, line.commission_rule_id),
        buyer=buyer,
        seller=seller,
        house=line.seller_id is None,
        subsidy=subsidy,
    )


def _tell(line: OrderLine, parts: Split, reason: Any, part: str) -> None:
    once = f"line:{line.id}" if part == "settle" else f"line:{line.id}:{part}"
    if parts.buyer:
        notices.notify(
            person_id=line.order.buyer_id,
            kind="purchase_refunded",
            facts={
                "title": registry.name_everywhere(line),
                "amount": parts.buyer,
                "reason": reason,
            },
            link=f"/orders/{line.order_id}/",
            key=f"{once}:refunded",
        )
    if parts.seller and line.seller and line.kind not in registry.vouchers():
        notices.notify(
            person_id=line.seller.id,
            kind="money_earned",
            facts={"title": registry.name_everywhere(line), "amount": parts.seller},
            link="/wallet/",
            key=f"{once}:earned",
        )


@transaction.atomic
def expect_release(*, line_id: UUID, at: datetime | None, because: str = "") -> None:
    """Say when the money of a held line will be the seller's, and why then: an English sentence marked for translation,
    shown in the reader's language where they withdraw. Tells, moves nothing."""
    OrderLine.objects.filter(id=line_id, status__in=[LineStatus.OPEN, LineStatus.HELD]).update(
        releases_at=at, release_reason=because[:200]
    )


@transaction.atomic
def refund_line(
    *, line_id: UUID, amount: Money, key: str, reason: str, actor: Any, now: datetime | None = None
) -> OrderLine:
    """Staff gives the buyer `amount` back for a line (of what they paid for it, VAT and fee included).

    A held line is settled with it (the seller gets the rest); for a settled line the house pays, since the seller's
    money is theirs. Refuses `RefundTooLarge` and `LineNotHeld` for an unpaid one. The same `key` refunds once.
    """
    now = now or clock.now()
    line = _locked_line(line_id)
    if line.status == LineStatus.HELD:
        left = waits_in_escrow(line)
        _refuse_beyond(amount, left)
        share = line.undivided.prorate(amount.amount, left.amount)
        settled = settle_line(
            line_id=line_id, buyer=share, seller=line.undivided - share, key=key, reason=reason, actor=actor, now=now
        )
        _record(settled, amount, actor, reason)
        return settled
    if line.settle_key == key:
        return line
    if line.status not in (LineStatus.SETTLED, LineStatus.REFUNDED):
        raise LineNotHeld()
    if Refund.objects.filter(key=f"line:{line.id}:{key}").exists():
        return line
    _refuse_beyond(amount, line.total - line.refunded)
    refund = Refund.objects.create(
        line=line,
        key=f"line:{line.id}:{key}",
        unit=amount.unit,
        amount=amount.amount,
        status=RefundStatus.SENT,
        reason=reason,
        asked_by=actor,
        ended_at=now,
    )
    books.book_goodwill(line, refund, actor, now)
    OrderLine.objects.filter(id=line.id).update(goodwill_amount=F("goodwill_amount") + amount.amount)
    line.refresh_from_db()
    tax = line.tax.prorate(amount.amount, line.total_amount)
    invoices.issue_credit_note(line, amount, tax, key=refund.key, now=now)
    _record(line, amount, actor, reason)
    notices.notify(
        person_id=line.order.buyer_id,
        kind="purchase_refunded",
        facts={"title": registry.name_everywhere(line), "amount": amount, "reason": reason},
        link=f"/orders/{line.order_id}/",
        key=f"{refund.key}:told",
    )
    return line


def waits_in_escrow(line: OrderLine) -> Money:
    """What the buyer paid of a held line and nobody has got yet, VAT and fee included."""
    return between(line.total, line.amount, line.divided_amount, line.price_amount)


def _refuse_beyond(amount: Money, most: Money) -> None:
    if amount.unit != most.unit or amount.amount <= 0:
        raise Invalid(errors={"amount": _("Amounts must be positive and in the currency of the order.")})
    if amount > most:
        raise RefundTooLarge(most=most.display())


def _record(line: OrderLine, amount: Money, actor: Any, reason: str) -> None:
    accounts.record_act(
        actor=actor,
        action="billing.line_refunded",
        target=f"billing.orderline:{line.id}",
        facts={"amount": amount.amount, "unit": amount.unit},
        reason=reason,
    )
