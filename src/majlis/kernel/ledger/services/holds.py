"""Setting money aside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.ledger.models import Account, Hold, Journal
from majlis.kernel.ledger.services.journals import KeyReused, Unbalanced, book, check_balanced, law, open_accounts
from majlis.kernel.ledger.types import AccountName, HoldState, JournalKind, Line
from majlis.kit import clock
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money


class HoldResolved(Refusal):
    """It was captured, released or has expired already."""

    code = "hold_resolved"
    sentence = _("The amount that was set aside has already been used or released.")


class CaptureTooLarge(Refusal):
    """More would be taken than was set aside."""

    code = "capture_too_large"
    sentence = _("More would be taken than was set aside.")


@transaction.atomic
def hold(
    *,
    account: AccountName,
    amount: Money,
    key: str,
    subject: str = "",
    expires_at: datetime | None = None,
    now: datetime | None = None,
) -> Hold:
    """Set `amount` aside on a person's account: still theirs, but not to be spent. `expires_at` None: until resolved.

    The same key with the same account and amount returns the first hold. Refuses with `InsufficientFunds`, `KeyReused`.
    """
    if amount.unit != account.unit or amount.amount <= 0 or account.person_id is None:
        raise Unbalanced
    with law(), connection.cursor() as cursor:
        open_accounts([account])
        cursor.execute(
            """INSERT INTO ledger_hold (id, created_at, account_id, amount, captured, state, key, subject, expires_at,
                                        resolution_key)
               VALUES (%s, %s, %s, %s, 0, 'open', %s, %s, %s, '') ON CONFLICT (key) DO NOTHING""",
            [new_id(), now or clock.now(), account.id, amount.amount, key, subject, expires_at],
        )
    opened = Hold.objects.select_related("account").get(key=key)
    if (opened.account_id, opened.amount) != (account.id, amount.amount):
        raise KeyReused
    return opened


@transaction.atomic
def capture(
    *,
    hold_id: UUID,
    lines: Sequence[Line],
    key: str,
    kind: str = JournalKind.WALLET_PAYMENT,
    memo: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> Journal:
    """Take what was set aside, in part or whole: books `lines`, which must take something from the held account and at
    most what was held; the rest is free again. The journal's subject is the hold's.

    The same call again returns the first journal. Refuses with `HoldResolved`, `CaptureTooLarge`, `Unbalanced`,
    `NotFound`.
    """
    check_balanced(lines)
    held = _locked(hold_id)
    moment = now or clock.now()
    if held.state == HoldState.CAPTURED and held.resolution_key == key:
        return book(new_id(), key=key, kind=kind, lines=lines, subject=held.subject, memo=memo, actor=actor, now=now)
    if held.state != HoldState.OPEN or (held.expires_at and held.expires_at <= moment):
        raise HoldResolved(state=held.state)
    taken = -sum(line.amount.amount for line in lines if line.account.id == held.account_id)
    if taken <= 0:
        raise Unbalanced
    if taken > held.amount:
        raise CaptureTooLarge
    # Freeing what was held moves its account before the entries move theirs: take them all, in the order of their ids.
    names = [line.account for line in lines]
    list(
        Account.objects.filter(id__in=[n.id for n in names if n.person_id])
        .order_by("id")
        .select_for_update(no_key=True)
    )
    journal_id = new_id()
    _resolve(held, HoldState.CAPTURED, key, moment, captured=taken, journal_id=journal_id)
    journal = book(
        journal_id, key=key, kind=kind, lines=lines, subject=held.subject, memo=memo, actor=actor, now=moment
    )
    if journal.id != journal_id:
        raise KeyReused
    return journal


@transaction.atomic
def release(*, hold_id: UUID, key: str, now: datetime | None = None) -> Hold:
    """Give back what was set aside. The same call again returns the hold. Refuses with `HoldResolved`, `NotFound`."""
    held = _locked(hold_id)
    if held.state == HoldState.RELEASED and held.resolution_key == key:
        return held
    if held.state != HoldState.OPEN:
        raise HoldResolved(state=held.state)
    _resolve(held, HoldState.RELEASED, key, now or clock.now())
    return held


@transaction.atomic
def expire_holds(*, now: datetime | None = None, limit: int = 500) -> int:
    """Give back what nobody resolved in time; the number of holds. Skips those being resolved at this moment."""
    moment = now or clock.now()
    due = Hold.objects.filter(state=HoldState.OPEN, expires_at__lte=moment).order_by("account_id", "id")
    number = 0
    for held in due.select_for_update(skip_locked=True, of=("self",))[:limit]:
        _resolve(held, HoldState.EXPIRED, "", moment)
        number += 1
    return number


def _locked(hold_id: UUID) -> Hold:
    held = Hold.objects.select_for_update(of=("self",)).select_related("account").filter(id=hold_id).first()
    if held is None:
        raise NotFound
    return held


def _resolve(
    held: Hold, state: HoldState, key: str, moment: datetime, *, captured: int = 0, journal_id: UUID | None = None
) -> None:
    """The one place where a hold ends. The trigger refuses a second end and moves the account."""
    held.state, held.resolution_key, held.resolved_at = state, key, moment
    held.captured, held.journal_id = captured, journal_id
    held.save(update_fields=["state", "resolution_key", "resolved_at", "captured", "journal"])
