"""Earnings taken back after they were paid out, and what a seller then owes.

A wallet never goes below zero. What it cannot give back stands on the person's debt account, below zero, and the next
earnings go there first, each by a journal of its own.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import registry
from majlis.engines.billing.models import ClawBack, OrderLine
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services import books
from majlis.engines.billing.types import LineStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.services import HoldResolved, InsufficientFunds
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money


class ClawBackTooLarge(Refusal):
    """More would be taken back than was earned."""

    code = "claw_back_too_large"
    sentence = _("At most %(most)s can be taken back: that is what was earned with it.")
    status = 422


def owed(person_id: UUID, unit: str) -> Money:
    """What a person owes the house in one currency; never less than nothing."""
    return -ledger.balance(person_id, unit, Purpose.DEBT)


def _lock(person_id: UUID, unit: str) -> None:
    db.lock("billing.debt", f"{person_id}:{unit}")


@transaction.atomic
def claw_back(
    *, line_id: UUID, amount: Money, key: str, reason: str, actor: Any, now: datetime | None = None
) -> ClawBack:
    """Take `amount` of what a settled line brought its seller back into the house, which gave the buyer their money
    (by `refund_line`, or because a bank took it). The reserve of the line goes first, then the wallet; the rest is owed
    and comes off what the seller earns next. The same `key` takes once.

    Refuses `ClawBackTooLarge` beyond what was earned with the line, and `Invalid`.
    """
    now = now or clock.now()
    line = OrderLine.objects.select_for_update(of=("self",)).select_related("seller").filter(id=line_id).first()
    if line is None or line.seller is None:
        raise NotFound()
    known = ClawBack.objects.filter(key=key).first()
    if known:
        return known
    if amount.unit != line.unit or amount.amount <= 0:
        raise Invalid(errors={"amount": _("Amounts must be positive and in the currency of the order.")})
    if line.status not in (LineStatus.SETTLED, LineStatus.REFUNDED) or amount.amount > line.earned_still.amount:
        raise ClawBackTooLarge(most=line.earned_still.display())
    _lock(line.seller.id, line.unit)
    _free_reserve(line)
    taken = _take(line, amount, key, reason, actor, now)
    OrderLine.objects.filter(id=line.id).update(clawed_amount=F("clawed_amount") + amount.amount)
    accounts.record_act(
        actor=actor,
        action="billing.earning_clawed_back",
        target=f"billing.orderline:{line.id}",
        facts={"amount": amount.amount, "unit": amount.unit, "owed": taken.owed_amount},
        reason=reason,
    )
    notices.notify(
        person_id=line.seller.id,
        kind="earning_owed" if taken.owed_amount else "earning_taken_back",
        facts={"title": registry.name_everywhere(line), "amount": amount, "owed": taken.owed, "reason": reason},
        link="/wallet/withdrawals/",
        key=f"clawback:{taken.id}",
    )
    return taken


def _take(line: OrderLine, amount: Money, key: str, reason: str, actor: Any, now: datetime) -> ClawBack:
    """Out of the wallet what it has. It may be spent at this very moment: then what is left of it, then nothing."""
    seller_id: Any = line.seller_id
    for last in (False, False, True):
        free = 0 if last else max(0, ledger.available(seller_id, line.unit).amount)
        part = min(free, amount.amount)
        try:
            with transaction.atomic():
                taken = ClawBack.objects.create(
                    line=line,
                    key=key,
                    unit=line.unit,
                    taken_amount=part,
                    owed_amount=amount.amount - part,
                    reason=reason[:300],
                    asked_by=actor,
                    created_at=now,
                )
                books.book_claw_back(taken, seller_id, actor, now)
                return taken
        except InsufficientFunds:
            continue
    raise InsufficientFunds()


def _free_reserve(line: OrderLine) -> None:
    for held in reserves_of(line.seller_id):
        if held.subject == f"billing.line:{line.id}":
            try:
                with transaction.atomic():
                    books.let_go(held.id)
            except HoldResolved:
                continue  # its time was over


def reserves_of(person_id: UUID | None) -> list[Any]:
    """The open holds that keep a seller's reserves, each with its `subject` (`billing.line:<id>`)."""
    if person_id is None:
        return []
    return [held for held in ledger.open_holds(person_id) if held.subject.startswith("billing.line:")]


def before_earning(person_id: UUID, unit: str) -> bool:
    """Called before money is booked to a seller, so that locks are taken in one order: whether they owe something."""
    if not owed(person_id, unit):
        return False
    _lock(person_id, unit)
    return True


def settle_debt(person_id: UUID, most: Money, *, key: str, memo: str, now: datetime) -> Money:
    """Put up to `most` of the person's wallet into what they owe, in the caller's transaction; what went. Once per
    `key`."""
    debt = owed(person_id, most.unit)
    if not debt:
        return debt
    _lock(person_id, most.unit)
    debt, free = owed(person_id, most.unit), ledger.available(person_id, most.unit)
    part = Money(max(0, min(debt.amount, free.amount, most.amount)), most.unit)
    if part:
        books.book_debt(person_id, part, key=key, memo=memo, now=now)
        notices.notify(
            person_id=person_id,
            kind="debt_settled",
            facts={"amount": part, "left": debt - part},
            link="/wallet/",
            key=f"debt:{key}",
        )
    return part


def keep_reserve(line: OrderLine, earned: Money, *, key: str, now: datetime) -> None:
    """Keep the edition's reserve of what a line just brought its seller."""
    rules = policies()
    wanted = earned.share(rules.reserve_basis_points)
    if not rules.reserve_days or line.seller_id is None:
        return
    part = min(wanted.amount, ledger.available(line.seller_id, line.unit).amount)
    if part <= 0:
        return
    books.keep(
        line.seller_id,
        Money(part, line.unit),
        key=f"line:{line.id}:reserve:{key}",
        subject=f"billing.line:{line.id}",
        expires_at=now + timedelta(days=rules.reserve_days),
    )
