"""Money for tests."""

from typing import Any
from uuid import uuid4

from majlis.kernel.ledger import services
from majlis.kernel.ledger.models import Journal
from majlis.kernel.ledger.types import AccountName, JournalKind, Line, Purpose, of_house, of_person
from majlis.kit import clock
from majlis.kit.money import Money


def wallet(person: Any, unit: str = "EGP") -> AccountName:
    """The person's wallet."""
    return of_person(person.id, Purpose.WALLET, unit)


def escrow(unit: str = "EGP") -> AccountName:
    """The house's escrow."""
    return of_house(Purpose.ESCROW, unit)


def give(person: Any, amount: int, *, unit: str = "EGP", key: str | None = None, subject: str = "") -> Journal:
    """A top-up of `amount` minor units through the sandbox gateway."""
    lines = [
        Line(wallet(person, unit), Money(amount, unit)),
        Line(of_house(Purpose.CLEARING, unit, "sandbox"), Money(-amount, unit)),
    ]
    return services.post(
        key=key or str(uuid4()), kind=JournalKind.TOP_UP, lines=lines, subject=subject, now=clock.now()
    )


def move(source: AccountName, target: AccountName, amount: int, *, subject: str = "") -> Journal:
    """`amount` minor units from one account to the other."""
    lines = [Line(source, Money(-amount, source.unit)), Line(target, Money(amount, target.unit))]
    return services.post(key=str(uuid4()), kind=JournalKind.WALLET_PAYMENT, lines=lines, subject=subject)
