"""What the house pays a seller for what a buyer covered with an allowance."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.billing.services.commissions import commission_for
from majlis.kernel.ledger import services as ledger
from majlis.kernel.ledger.types import JournalKind, Line, Purpose, of_house, of_person
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.money import Money


@transaction.atomic
def pay_earning(
    *,
    seller_id: UUID,
    gross: Money,
    kind: str,
    subject: str,
    key: str,
    memo: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> Money:
    """Pay a seller out of the house's fees (where the plan's price went) what `gross` leaves them after the commission
    that a sale of this kind would carry now; what they got. The same `key` pays once."""
    now = now or clock.now()
    earned = gross - commission_for(kind=kind, seller_id=seller_id, unit=gross.unit, now=now).of(gross)
    if earned.amount <= 0:
        return Money(0, gross.unit)
    ledger.post(
        key=key,
        kind=JournalKind.ESCROW_RELEASE,
        lines=[
            Line(of_house(Purpose.FEES, gross.unit), -earned),
            Line(of_person(seller_id, Purpose.WALLET, gross.unit), earned),
        ],
        subject=subject,
        memo=memo[:300],
        actor=actor,
        now=now,
    )
    notices.notify(
        person_id=seller_id,
        kind="money_earned",
        facts={"title": memo, "amount": earned},
        link="/wallet/",
        key=f"{key}:told",
    )
    return earned
