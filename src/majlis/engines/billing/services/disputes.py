"""Payments that buyers contest with their banks: noted, told to finance, and booked when they are lost.

The provider's page is where evidence is sent; here stands what it is about and until when.
"""

from datetime import datetime

from majlis.engines.billing.gateways.base import DisputeSeen
from majlis.engines.billing.models import Dispute, Payment
from majlis.engines.billing.services import books
from majlis.engines.billing.steps import move, remember, steps_of
from majlis.engines.billing.types import DISPUTE_MOVES, DisputeStatus
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts.types import Role
from majlis.kernel.notices import services as notices


def note_dispute(payment: Payment, seen: DisputeSeen, now: datetime) -> Dispute:
    """Write down what a gateway says about a dispute of `payment`, which the caller has locked. A lost one takes the
    money from the house (the buyer has both it and what they bought); one won after all brings it back."""
    dispute, new = Dispute.objects.get_or_create(
        gateway=payment.gateway,
        ref=seen.ref,
        defaults={
            "payment": payment,
            "unit": seen.money.unit,
            "amount": seen.money.amount,
            "reason": seen.reason[:200],
            "answer_by": seen.answer_by,
            "created_at": now,
        },
    )
    if new:
        remember(dispute, "", DisputeStatus.OPEN, reason=seen.reason)
    if dispute.status != seen.status and DISPUTE_MOVES.allows(dispute.status, seen.status):
        was_lost = dispute.status == DisputeStatus.LOST
        ended = None if seen.status == DisputeStatus.OPEN else now
        move(dispute, seen.status, DISPUTE_MOVES, reason=seen.reason, ended_at=ended)
        if was_lost or seen.status == DisputeStatus.LOST:
            books.book_dispute(dispute, back=was_lost, step=len(steps_of(dispute)), now=now)
    elif not new:
        return dispute
    _tell(dispute)
    return dispute


def _tell(dispute: Dispute) -> None:
    for person in people.people_with_role(Role.FINANCE):
        notices.notify(
            person_id=person.id,
            kind="payment_disputed",
            facts={
                "amount": dispute.money,
                "gateway": dispute.gateway,
                "status": DisputeStatus(dispute.status).label,
            },
            link=f"/office/billing/dispute/{dispute.id}/change/",
            key=f"dispute:{dispute.id}:{dispute.status}",
        )
