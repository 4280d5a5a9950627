"""A person's own money."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema

from majlis.faces.api.auth import requires
from majlis.faces.api.shapes import MoneyOut
from majlis.kernel.ledger import queries
from majlis.kernel.ledger.types import JournalKind, StatementLine
from majlis.kit.errors import NotFound

PREFIX = "/wallet"
router = Router(tags=["wallet"])


class BalanceOut(Schema):
    """What a person has in one unit."""

    unit: str
    balance: MoneyOut
    available: MoneyOut
    """What can be spent or withdrawn: the balance minus what is set aside."""
    held: MoneyOut


class EntryOut(Schema):
    """One line of a statement."""

    journal_id: UUID
    sequence: int
    kind: JournalKind
    amount: MoneyOut
    balance_after: MoneyOut
    subject: str
    memo: str
    at: datetime

    @classmethod
    def of(cls, line: StatementLine) -> "EntryOut":
        return cls(
            journal_id=line.journal_id,
            sequence=line.sequence or 0,
            kind=JournalKind(line.kind),
            amount=MoneyOut.of(line.amount),
            balance_after=MoneyOut.of(line.balance_after or line.amount * 0),
            subject=line.subject,
            memo=line.memo,
            at=line.at,
        )


class EntriesOut(Schema):
    """A page of a statement, the latest first; `next` is the cursor of the page after it."""

    items: list[EntryOut]
    next: str | None


class HoldOut(Schema):
    """An amount set aside."""

    id: UUID
    amount: MoneyOut
    subject: str
    expires_at: datetime | None


@router.get("", response=list[BalanceOut], auth=requires("money:read"))
def list_balances(request: HttpRequest) -> list[BalanceOut]:
    """Your balance in every unit you ever had one in."""
    person: Any = request.user
    found = []
    for balance in queries.balances(person.id):
        available = queries.available(person.id, balance.unit)
        found.append(
            BalanceOut(
                unit=balance.unit,
                balance=MoneyOut.of(balance),
                available=MoneyOut.of(available),
                held=MoneyOut.of(balance - available),
            )
        )
    return found


@router.get("/holds", response=list[HoldOut], auth=requires("money:read"))
def list_holds(request: HttpRequest) -> list[HoldOut]:
    """What is set aside on your accounts at this moment, the latest first."""
    person: Any = request.user
    return [
        HoldOut(id=held.id, amount=MoneyOut.of(held.money), subject=held.subject, expires_at=held.expires_at)
        for held in queries.open_holds(person.id)
    ]


@router.get("/{unit}/entries", response=EntriesOut, auth=requires("money:read"))
def list_entries(
    request: HttpRequest,
    unit: str,
    cursor: str | None = None,
    kind: list[JournalKind] = Query(default_factory=list),  # noqa: B008 - how ninja reads a repeated parameter
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = Query(25, ge=1, le=100),
) -> EntriesOut:
    """Your statement in one unit (`EGP`, `USD`…), the latest first; `since` inclusive, `until` exclusive."""
    person: Any = request.user
    if unit not in {money.unit for money in queries.balances(person.id)}:
        raise NotFound
    page = queries.statement(person.id, unit, cursor, kinds=kind, since=since, until=until, limit=limit)
    return EntriesOut(items=[EntryOut.of(line) for line in page.items], next=page.next)
