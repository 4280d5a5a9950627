"""What a seller can take out, what comes later, and why then."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Sum
from django.utils.translation import gettext

from majlis.engines.billing import registry
from majlis.engines.billing.models import OrderLine, PayoutBatch, Withdrawal
from majlis.engines.billing.services.debts import owed, reserves_of
from majlis.engines.billing.services.settlement import split_of
from majlis.engines.billing.types import OPEN_WITHDRAWALS, HeldLine, LineStatus, Split, Waits, Withdrawable
from majlis.kernel.ledger import queries as ledger
from majlis.kit.errors import NotFound
from majlis.kit.money import Money
from majlis.kit.state import promised


def seller_receives(held: OrderLine) -> Money:
    """What the seller gets if what is left of the line is released whole (or got, when it is settled)."""
    if held.settled_at is not None:
        return Money(held.to_seller, held.unit)
    return split_of(held, held.undivided, Money(0, held.unit), held.undivided).seller


def preview_part(line_id: UUID, share: Money, buyer: Money, seller: Money) -> Split:
    """Where the next `share` of a held line's list price would go if `settle_part` divided it like this. NotFound."""
    line = OrderLine.objects.filter(id=line_id).first()
    if line is None:
        raise NotFound()
    return split_of(line, share, buyer, seller)


def withdrawable(person: Any, unit: str) -> Withdrawable:
    """What the person can take out now (less what they owe); the money that still waits in escrow or as a reserve, the
    soonest first, each with when it comes and why then; and what is on its way to their bank."""
    held = [*_in_escrow(person, unit), *_in_reserve(person, unit)]
    held.sort(key=lambda line: (line.releases_at is None, line.releases_at or 0, line.line_id))
    way = Withdrawal.objects.filter(person=person, unit=unit, status__in=OPEN_WITHDRAWALS)
    free, debt = ledger.available(person.id, unit), owed(person.id, unit)
    return Withdrawable(
        now=Money(max(0, free.amount - debt.amount), unit),
        held=tuple(held),
        held_total=sum((each.amount for each in held), Money(0, unit)),
        on_its_way=Money(way.aggregate(sum=Sum("amount"))["sum"] or 0, unit),
        owed=debt,
    )


def earned_since(person: Any, unit: str, since: datetime) -> list[tuple[datetime, int]]:
    """What the person earned in one currency since then: when each line was settled, and their part in minor units."""
    rows = OrderLine.objects.filter(seller=person, unit=unit, settled_at__gte=since, to_seller__gt=0)
    return [(promised(each.settled_at), each.to_seller) for each in rows.only("settled_at", "to_seller")]


def _in_escrow(person: Any, unit: str) -> list[HeldLine]:
    rows = OrderLine.objects.filter(seller=person, unit=unit, status=LineStatus.HELD).order_by("releases_at", "id")
    return [
        HeldLine(
            each.id,
            each.name,
            seller_receives(each),
            each.releases_at,
            gettext(each.release_reason) if each.release_reason else "",
        )
        for each in registry.entitle(rows)
    ]


def _in_reserve(person: Any, unit: str) -> list[HeldLine]:
    kept = [held for held in reserves_of(person.id) if held.account.unit == unit]
    about = {held.id: UUID(held.subject.partition(":")[2]) for held in kept}
    titles = {line.id: line.name for line in registry.entitle(OrderLine.objects.filter(id__in=about.values()))}
    return [
        HeldLine(
            about[held.id],
            titles.get(about[held.id], ""),
            held.money,
            held.expires_at,
            str(Waits.RESERVE.label),
            Waits.RESERVE,
        )
        for held in kept
    ]


def batch(id: UUID | str) -> PayoutBatch:
    """A file for the bank, with its `content`. For staff. NotFound."""
    try:
        found = PayoutBatch.objects.select_related("method").filter(id=UUID(str(id))).first()
    except ValueError:
        found = None
    if found is None:
        raise NotFound()
    return found
