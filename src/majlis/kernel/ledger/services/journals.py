"""Moving money."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from django.db import DEFAULT_DB_ALIAS, IntegrityError, transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.ledger.models import Account, Journal
from majlis.kernel.ledger.types import DEEPEST_DEBT, AccountName, JournalKind, Line, Purpose
from majlis.kit import clock
from majlis.kit.db import array, prepared, require_transaction
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.memo import Known

POST = """SELECT journal, outcome
FROM ledger_post(%s, %s, %s, %s, %s, %s, %s, %s::uuid[], %s::bigint[], 0, %s::boolean[])"""
JOURNAL = [field.attname for field in Journal._meta.concrete_fields]
OPEN = Known(most=100_000)
"""Accounts that are open and months that are made, as far as this process has seen. They stay so."""


class InsufficientFunds(Refusal):
    """The account would go below its floor, counting what is held on it."""

    code = "insufficient_funds"
    sentence = _("The balance is not enough for this.")


class Unbalanced(Refusal):
    """The lines do not sum to zero in each unit: a mistake of the program, refused before and by the database."""

    code = "unbalanced"
    sentence = _("The amounts of this booking do not add up.")
    status = 422


class KeyReused(Refusal):
    """This key was used for something else."""

    code = "key_reused"
    sentence = _("This was already done under the same key, but with other particulars.")
    status = 422


@transaction.atomic(savepoint=False)
def post(
    *,
    key: str,
    kind: str,
    lines: Sequence[Line],
    subject: str = "",
    memo: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> Journal:
    """Book a journal in the caller's transaction, in one round trip, and return it.

    The same `key` with the same kind and lines returns the first journal and moves nothing. Accounts named for the
    first time are opened. `subject` is what it is about (`billing.order:<uuid>`), `memo` a sentence for people.

    Refuses with `InsufficientFunds`, `Unbalanced` (also when there are no two lines, or one of them is of nothing) and
    `KeyReused`. A refusal by the database leaves the transaction unusable, as every database error does: to go on
    after it, call inside a `transaction.atomic()` of your own.
    """
    require_transaction()
    return book(new_id(), key=key, kind=kind, lines=lines, subject=subject, memo=memo, actor=actor, now=now)


def book(
    journal_id: UUID,
    *,
    key: str,
    kind: str,
    lines: Sequence[Line],
    subject: str,
    memo: str,
    actor: Any,
    now: datetime | None,
) -> Journal:
    """`post`, under an id known beforehand."""
    check_balanced(lines)
    kind = JournalKind(kind).value
    moment = now or clock.now()
    who = actor.pk if actor else None
    accounts = [line.account.id for line in lines]
    there = [f"{moment.astimezone(UTC):%Y-%m}", *accounts]
    known = all(one in OPEN for one in there)
    arguments = [
        journal_id,
        key,
        kind,
        subject,
        memo,
        who,
        moment,
        array(accounts),
        array([line.amount.amount for line in lines]),
        # Whose they are. Without it the server sees first whether everything is there.
        array(["f" if line.account.person_id is None else "t" for line in lines]) if known else None,
    ]
    with law():
        ((found, outcome),) = prepared(POST, arguments)
        if outcome == "unopened":
            open_accounts([line.account for line in lines])
            ((found, outcome),) = prepared(POST, arguments)
    if not known:
        transaction.on_commit(lambda: OPEN.learn(there))
    if outcome == "repeated":
        return _same(Journal.objects.get(id=found), kind, lines)
    values = {
        "id": found,
        "created_at": moment,
        "key": key,
        "kind": kind,
        "subject": subject,
        "memo": memo,
        "actor_id": who,
        "at": moment,
        "lines": len(lines),
    }
    return Journal.from_db(DEFAULT_DB_ALIAS, JOURNAL, [values[name] for name in JOURNAL])


def check_balanced(lines: Sequence[Line]) -> None:
    """The courtesy before the law: a clear refusal without troubling the database."""
    totals: dict[str, int] = defaultdict(int)
    for line in lines:
        totals[line.account.unit] += line.amount.amount
    if len(lines) < 2 or any(totals.values()) or not all(line.amount for line in lines):
        raise Unbalanced


def open_accounts(names: Sequence[AccountName]) -> None:
    """Make the accounts that are not there yet, empty; in the order of their ids, like everything here."""
    rows = [
        Account(
            id=name.id,
            person_id=name.person_id,
            purpose=name.purpose,
            unit=name.unit,
            name=name.name,
            floor=_floor(name),
        )
        for name in sorted(set(names), key=lambda name: name.id)
    ]
    Account.objects.bulk_create(rows, ignore_conflicts=True)


def _floor(name: AccountName) -> int | None:
    if name.person_id is None:
        return None
    return DEEPEST_DEBT if name.purpose == Purpose.DEBT else 0


def _same(journal: Journal, kind: str, lines: Sequence[Line]) -> Journal:
    """The journal already booked under this key, if it is the one that was asked for."""
    booked = sorted((entry.account_id, entry.amount) for entry in journal.entries.filter(at=journal.at))
    if journal.kind != kind or booked != sorted((line.account.id, line.amount.amount) for line in lines):
        raise KeyReused
    return journal


LAWS: dict[str, type[Refusal]] = {
    "account_stays_above_its_floor": InsufficientFunds,
    "journal_sums_to_zero": Unbalanced,
    "one_journal_per_key": KeyReused,
}


@contextmanager
def law() -> Iterator[None]:
    """Says in our words what the database refused; what we have no words for is a bug and flies on."""
    try:
        yield
    except IntegrityError as wrong:
        diagnosis = getattr(wrong.__cause__, "diag", None)
        broken = getattr(diagnosis, "constraint_name", "") or ""
        if broken == "entry_names_an_account":
            OPEN.forget()
        refusal = LAWS.get(broken)
        if refusal is None:
            raise
        raise refusal from wrong
