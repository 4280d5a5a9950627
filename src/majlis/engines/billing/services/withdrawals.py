"""Withdrawals: money set aside when asked for, transferred by staff, or given back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.events import WithdrawalPaid
from majlis.engines.billing.models import Withdrawal, WithdrawalMethod
from majlis.engines.billing.services import books
from majlis.engines.billing.services.debts import settle_debt
from majlis.engines.billing.services.methods import read_destination
from majlis.engines.billing.services.orders import new_number
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import WITHDRAWAL_MOVES, BatchStatus, WithdrawalStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.files import services as files
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db, events
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money
from majlis.kit.state import IllegalTransition

S = WithdrawalStatus


class MethodNotOffered(Refusal):
    """This way to be paid out is switched off or not for this currency."""

    code = "method_not_offered"
    sentence = _("This way to be paid out is not available.")
    status = 422


class InBatch(Refusal):
    """The bank has it already."""

    code = "withdrawal_in_batch"
    sentence = _("This withdrawal is in a file given to the bank. Take it out of the batch first.")


class AmountOutOfRange(Refusal):
    """Less or more than the method allows."""

    code = "amount_out_of_range"
    sentence = _("Choose an amount between %(least)s and %(most)s.")
    status = 422


@transaction.atomic
def request_withdrawal(
    *,
    person: Any,
    amount: Money,
    method_id: UUID,
    destination: dict[str, str],
    key: str,
    actor: Any,
    now: datetime | None = None,
) -> Withdrawal:
    """Set `amount` of the person's wallet aside to be transferred by the method, less its fee. The same `key` asks
    once.

    What the person owes is settled first. Refuses `MethodNotOffered`, `AmountOutOfRange`, `Invalid` (a field of the
    destination), and the ledger's `InsufficientFunds`.
    """
    now = now or clock.now()
    db.lock("billing.withdrawal", f"{person.id}:{key}")
    known = Withdrawal.objects.filter(person=person, key=key).first()
    if known:
        return known
    method = WithdrawalMethod.objects.filter(id=method_id).first()
    if method is None or not method.enabled or method.unit != amount.unit:
        raise MethodNotOffered()
    if not method.minimum <= amount <= method.maximum:
        raise AmountOutOfRange(least=method.minimum.display(), most=method.maximum.display())
    free = ledger.available(person.id, amount.unit)
    settle_debt(person.id, free, key=f"withdrawal:{person.id}:{key}"[:190], memo="", now=now)
    withdrawal = Withdrawal.objects.create(
        number=new_number(),
        person=person,
        key=key,
        method=method,
        destination=read_destination(method, destination),
        unit=amount.unit,
        amount=amount.amount,
        fee_amount=method.fee_of(amount).amount,
        created_at=now,
    )
    remember(withdrawal, "", S.PENDING, actor=actor)
    books.book_withdrawal(withdrawal, back=False, actor=actor, now=now)
    return withdrawal


@transaction.atomic
def cancel_withdrawal(*, withdrawal_id: UUID, actor: Any, now: datetime | None = None) -> Withdrawal:
    """The person takes it back: at once while it waits; once approved, staff is asked (the transfer may be under way).
    Refuses NotFound for another's and `IllegalTransition`."""
    now = now or clock.now()
    withdrawal = _own(withdrawal_id, actor)
    if withdrawal.status == S.PENDING:
        _give_back(withdrawal, S.CANCELLED, actor, now)
    else:
        move(withdrawal, S.CANCEL_REQUESTED, WITHDRAWAL_MOVES, actor=actor)
    return withdrawal


@transaction.atomic
def change_withdrawal(
    *,
    withdrawal_id: UUID,
    method_id: UUID,
    destination: dict[str, str],
    actor: Any,
    now: datetime | None = None,
) -> Withdrawal:
    """The person wants it paid elsewhere: at once while it waits; once approved, staff is asked. The amount stays.
    Refuses as `request_withdrawal`."""
    now = now or clock.now()
    withdrawal = _own(withdrawal_id, actor)
    method = WithdrawalMethod.objects.filter(id=method_id).first()
    if method is None or not method.enabled or method.unit != withdrawal.unit:
        raise MethodNotOffered()
    if not method.minimum <= withdrawal.money <= method.maximum:
        raise AmountOutOfRange(least=method.minimum.display(), most=method.maximum.display())
    details = read_destination(method, destination)
    if withdrawal.status == S.PENDING:
        _apply(withdrawal, method, details)
        remember(withdrawal, S.PENDING, S.PENDING, actor=actor, reason=_("Details changed."))
    else:
        change = {"method_id": str(method.id), "destination": details}
        move(withdrawal, S.CHANGE_REQUESTED, WITHDRAWAL_MOVES, actor=actor, change=change)
    return withdrawal


@transaction.atomic
def approve_withdrawal(*, withdrawal_id: UUID, actor: Any, note: str = "", now: datetime | None = None) -> Withdrawal:
    """Staff agrees to pay it. Refuses `IllegalTransition`."""
    withdrawal = _locked(withdrawal_id)
    if withdrawal.status != S.PENDING:
        raise IllegalTransition(source=str(withdrawal.status), target=str(S.APPROVED))
    move(withdrawal, S.APPROVED, WITHDRAWAL_MOVES, actor=actor, reason=note, note=note[:300], decided_by=actor)
    _record(withdrawal, "approved", actor, note)
    _tell(withdrawal, "withdrawal_approved")
    return withdrawal


@transaction.atomic
def answer_withdrawal_request(
    *, withdrawal_id: UUID, agree: bool, actor: Any, note: str = "", now: datetime | None = None
) -> Withdrawal:
    """Staff answers what the person asked about an approved withdrawal: a change (agreed: it waits with the new
    details) or a cancellation (agreed: the money is back). Otherwise it stays approved. Refuses `IllegalTransition`."""
    now = now or clock.now()
    withdrawal = _locked(withdrawal_id)
    if agree:
        _refuse_in_batch(withdrawal)
    if withdrawal.status == S.CHANGE_REQUESTED:
        change = withdrawal.change or {}
        if agree:
            method = WithdrawalMethod.objects.get(id=change["method_id"])
            move(withdrawal, S.PENDING, WITHDRAWAL_MOVES, actor=actor, reason=note, change=None, note=note[:300])
            _apply(withdrawal, method, change["destination"])
        else:
            move(withdrawal, S.APPROVED, WITHDRAWAL_MOVES, actor=actor, reason=note, change=None, note=note[:300])
    elif withdrawal.status != S.CANCEL_REQUESTED:
        raise IllegalTransition(source=str(withdrawal.status), target=str(S.APPROVED))
    elif agree:
        _give_back(withdrawal, S.CANCELLED, actor, now, note=note[:300])
    else:
        move(withdrawal, S.APPROVED, WITHDRAWAL_MOVES, actor=actor, reason=note, note=note[:300])
    _record(withdrawal, "request_answered", actor, note, agree=agree)
    _tell(withdrawal, "withdrawal_answered")
    return withdrawal


@transaction.atomic
def mark_withdrawal_paid(
    *,
    withdrawal_id: UUID,
    actor: Any,
    transfer_ref: str,
    receipt_id: UUID | None = None,
    note: str = "",
    now: datetime | None = None,
) -> Withdrawal:
    """Staff made the transfer; `receipt_id` is the proof, a stored file. Refuses `IllegalTransition` unless it was
    approved."""
    now = now or clock.now()
    withdrawal = _locked(withdrawal_id)
    if receipt_id is not None:
        files.claim_file(file_id=receipt_id, actor=actor, by=f"billing.withdrawal:{withdrawal.id}")
    pay_withdrawal(withdrawal, actor=actor, transfer_ref=transfer_ref, receipt_id=receipt_id, note=note, now=now)
    return withdrawal


def pay_withdrawal(
    withdrawal: Withdrawal,
    *,
    actor: Any,
    transfer_ref: str,
    now: datetime,
    receipt_id: UUID | None = None,
    note: str = "",
) -> None:
    """A locked withdrawal was transferred: its state, its journal, its trail, and the person is told."""
    move(
        withdrawal,
        S.PAID,
        WITHDRAWAL_MOVES,
        actor=actor,
        reason=note,
        note=note[:300] or withdrawal.note,
        transfer_ref=transfer_ref[:100],
        receipt_id=receipt_id,
        change=None,
        decided_by=actor,
        ended_at=now,
    )
    books.book_payout(withdrawal, actor, now)
    _record(withdrawal, "paid", actor, note, transfer_ref=transfer_ref)
    _tell(withdrawal, "withdrawal_paid")
    events.publish(WithdrawalPaid(withdrawal.id, withdrawal.person_id))


@transaction.atomic
def reject_withdrawal(*, withdrawal_id: UUID, reason: str, actor: Any, now: datetime | None = None) -> Withdrawal:
    """Staff refuses it; the money is back in the wallet and the person is told why. Refuses `IllegalTransition`."""
    now = now or clock.now()
    if not reason.strip():
        raise Invalid(errors={"reason": _("Say why, the person will read it.")})
    withdrawal = _locked(withdrawal_id)
    _give_back(withdrawal, S.REJECTED, actor, now, note=reason[:300], decided_by=actor)
    _record(withdrawal, "rejected", actor, reason)
    _tell(withdrawal, "withdrawal_rejected")
    return withdrawal


def _refuse_in_batch(withdrawal: Withdrawal) -> None:
    """What the bank may be sending at this moment is neither given back nor sent elsewhere."""
    if withdrawal.batch is not None and withdrawal.batch.status == BatchStatus.EXPORTED:
        raise InBatch()


def _give_back(withdrawal: Withdrawal, target: WithdrawalStatus, actor: Any, now: datetime, **columns: Any) -> None:
    _refuse_in_batch(withdrawal)
    move(withdrawal, target, WITHDRAWAL_MOVES, actor=actor, ended_at=now, **columns)
    books.book_withdrawal(withdrawal, back=True, actor=actor, now=now)


def _apply(withdrawal: Withdrawal, method: WithdrawalMethod, details: dict[str, str]) -> None:
    withdrawal.method, withdrawal.destination = method, details
    withdrawal.fee_amount = method.fee_of(withdrawal.money).amount
    Withdrawal.objects.filter(id=withdrawal.id).update(
        method=method, destination=details, fee_amount=withdrawal.fee_amount
    )


def _locked(withdrawal_id: UUID) -> Withdrawal:
    rows = Withdrawal.objects.select_for_update(of=("self",)).select_related("person", "method", "batch")
    withdrawal = rows.filter(id=withdrawal_id).first()
    if withdrawal is None:
        raise NotFound()
    return withdrawal


def _own(withdrawal_id: UUID, person: Any) -> Withdrawal:
    withdrawal = _locked(withdrawal_id)
    if withdrawal.person_id != person.id:
        raise NotFound()
    return withdrawal


def _record(withdrawal: Withdrawal, what: str, actor: Any, reason: str, **facts: Any) -> None:
    accounts.record_act(
        actor=actor,
        action=f"withdrawal.{what}",
        target=f"billing.withdrawal:{withdrawal.id}",
        facts={"amount": withdrawal.amount, "unit": withdrawal.unit, **facts},
        reason=reason,
    )


def _tell(withdrawal: Withdrawal, kind: str) -> None:
    notices.notify(
        person_id=withdrawal.person_id,
        kind=kind,
        facts={
            "number": withdrawal.number,
            "amount": withdrawal.money,
            "payout": withdrawal.payout,
            "status": str(WithdrawalStatus(withdrawal.status).label),
            "note": withdrawal.note,
        },
        link=f"/wallet/withdrawals/{withdrawal.id}/",
    )
