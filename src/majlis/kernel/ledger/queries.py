"""What the ledger knows."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F, QuerySet

from majlis.kernel.ledger.models import Account, Entry, Hold
from majlis.kernel.ledger.types import AccountName, HoldState, Purpose, StatementLine, of_house, of_person
from majlis.kit.money import Money
from majlis.kit.pages import Page, paginate


def balance(person_id: UUID, unit: str, purpose: str = Purpose.WALLET) -> Money:
    """What the person has, held or not. Zero when there is no account yet."""
    found = Account.objects.filter(id=of_person(person_id, purpose, unit).id).values_list("balance", flat=True).first()
    return Money(found or 0, unit)


def available(person_id: UUID, unit: str, purpose: str = Purpose.WALLET) -> Money:
    """What the person can spend: the balance minus what is held."""
    account = Account.objects.filter(id=of_person(person_id, purpose, unit).id)
    found = account.values_list(F("balance") - F("held"), flat=True).first()
    return Money(found or 0, unit)


def available_to(people: Sequence[UUID], unit: str, purpose: str = Purpose.WALLET) -> dict[UUID, Money]:
    """`available` of many people by one statement, by person; who has no account yet is left out."""
    accounts = Account.objects.filter(id__in=[of_person(person_id, purpose, unit).id for person_id in people])
    rows = accounts.values_list("person_id", F("balance") - F("held"))
    return {person_id: Money(found, unit) for person_id, found in rows if person_id is not None}


def balances(person_id: UUID, purpose: str = Purpose.WALLET) -> list[Money]:
    """The person's balance in every unit they ever had one in, by unit."""
    rows = Account.objects.filter(person_id=person_id, purpose=purpose).order_by("unit")
    return [Money(row.balance, row.unit) for row in rows]


def house_balance(purpose: str, unit: str, name: str = "") -> Money:
    """The balance of a house account: its roll-up and what was booked since, both of one instant."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_house_balance(%s)", [of_house(purpose, unit, name).id])
        return Money(int(cursor.fetchone()[0]), unit)


def statement(
    person_id: UUID,
    unit: str,
    cursor: str | None = None,
    *,
    purpose: str = Purpose.WALLET,
    kinds: Sequence[str] = (),
    since: datetime | None = None,
    until: datetime | None = None,
    limit: int = 25,
) -> Page[StatementLine]:
    """The person's entries in one unit, the latest first; of certain kinds, from `since` to before `until`."""
    rows = _entries().filter(account_id=of_person(person_id, purpose, unit).id)
    if kinds:
        rows = rows.filter(journal__kind__in=kinds)
    if since:
        rows = rows.filter(at__gte=since)
    if until:
        rows = rows.filter(at__lt=until)
    page = paginate(rows, cursor, limit, by="-sequence")
    return Page([_line(entry) for entry in page.items], page.next)


def entries_about(subject: str) -> list[StatementLine]:
    """Every entry of every journal about `subject` (`billing.order:<uuid>`), in the order they were booked."""
    rows = _entries().filter(journal__subject=subject, at=F("journal__at")).order_by("id")
    return [_line(entry) for entry in rows]


def totals_about(prefix: str, purpose: str) -> Iterator[tuple[str, str, UUID | None, int]]:
    """What journals moved on accounts of one purpose, summed by subject, unit and owner, for every subject that
    begins with `prefix` (`billing.line:`): (subject, unit, person or None for the house, minor units). For proofs over
    many rows at once."""
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT j.subject, a.unit, a.person_id, sum(e.amount) FROM ledger_journal j
               JOIN ledger_entry e ON e.journal_id = j.id AND e.at = j.at JOIN ledger_account a ON a.id = e.account_id
               WHERE starts_with(j.subject, %s) AND a.purpose = %s GROUP BY 1, 2, 3""",
            [prefix, str(purpose)],
        )
        yield from ((subject, unit, person, int(total)) for subject, unit, person, total in cursor.fetchall())


def open_holds(person_id: UUID) -> list[Hold]:
    """What is set aside on the person's accounts, the latest first; each with its `account`."""
    rows = Hold.objects.filter(account__person_id=person_id, state=HoldState.OPEN)
    return list(rows.select_related("account").order_by("-id"))


def _entries() -> QuerySet[Entry]:
    return Entry.objects.select_related("journal", "account")


def _line(entry: Entry) -> StatementLine:
    account: AccountName = entry.account.named
    return StatementLine(
        journal_id=entry.journal_id,
        kind=entry.journal.kind,
        subject=entry.journal.subject,
        memo=entry.journal.memo,
        amount=Money(entry.amount, account.unit),
        balance_after=None if entry.balance_after is None else Money(entry.balance_after, account.unit),
        sequence=entry.sequence,
        at=entry.at,
        account=account,
    )
