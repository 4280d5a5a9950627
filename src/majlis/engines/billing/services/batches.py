"""Withdrawals given to a bank together: one file, its checksum, and one word that it was paid."""

import csv
import hashlib
import io
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import PayoutBatch, Withdrawal, WithdrawalMethod
from majlis.engines.billing.services.orders import new_number
from majlis.engines.billing.services.withdrawals import pay_withdrawal
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.types import BATCH_MOVES, BatchStatus, WithdrawalStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.files import services as files
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.kit.state import IllegalTransition

TO_PAY = (WithdrawalStatus.APPROVED, WithdrawalStatus.CHANGE_REQUESTED, WithdrawalStatus.CANCEL_REQUESTED)


class NothingToExport(Refusal):
    """No approved withdrawal of this method waits for a file."""

    code = "nothing_to_export"
    sentence = _("No approved withdrawal of this method is waiting for the bank.")


@transaction.atomic
def export_batch(*, method_id: UUID, actor: Any, now: datetime | None = None) -> PayoutBatch:
    """Write every approved withdrawal of a method that is in no file yet into a new one, oldest first.

    The file is CSV (UTF-8, a head line, a row each, a last row with count and total). Each row ends with a checksum
    over itself and the row before it, so that the last one vouches for all. Of two who export at once one gets them.
    Refuses `NothingToExport`.
    """
    now = now or clock.now()
    method = WithdrawalMethod.objects.select_for_update().filter(id=method_id).first()
    if method is None:
        raise NotFound()
    waiting = Withdrawal.objects.filter(method=method, status=WithdrawalStatus.APPROVED, batch__isnull=True)
    rows = list(waiting.select_for_update(of=("self",)).select_related("person").order_by("id"))
    if not rows:
        raise NothingToExport()
    number = new_number()
    total = sum((row.payout for row in rows), Money(0, method.unit))
    content = _written(number, method, rows, total)
    batch = PayoutBatch.objects.create(
        id=new_id(),
        number=number,
        method=method,
        unit=method.unit,
        count=len(rows),
        amount=total.amount,
        content=content,
        checksum=hashlib.sha256(content.encode()).hexdigest(),
        made_by=actor,
        created_at=now,
    )
    Withdrawal.objects.filter(id__in=[row.id for row in rows]).update(batch=batch)
    remember(batch, "", BatchStatus.EXPORTED, actor=actor)
    _record(batch, "exported", actor, checksum=batch.checksum)
    return batch


def _written(number: str, method: WithdrawalMethod, rows: list[Withdrawal], total: Money) -> str:
    names = [field["name"] for field in method.fields]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(["batch", "withdrawal", "person", *names, "amount", "currency", "checksum"])
    before = number
    for row in rows:
        cells = [
            number,
            row.number,
            row.person.name,
            *(row.destination.get(name, "") for name in names),
            str(row.payout.decimal),
            row.unit,
        ]
        cells = [guarded(cell) for cell in cells]
        before = row_checksum(before, cells)
        writer.writerow([*cells, before])
    last = [number, "TOTAL", str(len(rows)), *("" for _name in names), str(total.decimal), method.unit]
    writer.writerow([*last, row_checksum(before, last)])
    return out.getvalue()


def guarded(text: str) -> str:
    """A text that a spreadsheet will not take for a formula."""
    return f"'{text}" if text[:1] in "=+-@\t\r\n" and text else text


def row_checksum(before: str, cells: list[str]) -> str:
    """The first 16 figures of the SHA-256 of the checksum before (of the first row: the batch's number) and the
    cells, joined by `|`."""
    return hashlib.sha256("|".join([before, *cells]).encode()).hexdigest()[:16]


@transaction.atomic
def mark_batch_paid(
    *, batch_id: UUID, actor: Any, transfer_ref: str, receipt_id: UUID | None = None, now: datetime | None = None
) -> PayoutBatch:
    """The bank transferred the file: each withdrawal still in it is paid, once, and its person told. `receipt_id` is
    the bank's proof, a stored file. Told twice it is done once. Refuses `IllegalTransition` for a cancelled one."""
    now = now or clock.now()
    batch = _locked(batch_id)
    if batch.status == BatchStatus.PAID:
        return batch
    if not transfer_ref.strip():
        raise Invalid(errors={"transfer_ref": _("Name the bank's reference.")})
    move(
        batch,
        BatchStatus.PAID,
        BATCH_MOVES,
        actor=actor,
        reason=transfer_ref,
        transfer_ref=transfer_ref.strip()[:100],
        receipt_id=receipt_id,
        ended_at=now,
    )
    if receipt_id is not None:
        files.claim_file(file_id=receipt_id, actor=actor, by=f"billing.payoutbatch:{batch.id}")
    rows = Withdrawal.objects.filter(batch=batch, status__in=TO_PAY).select_for_update(of=("self",))
    for row in rows.select_related("person", "method").order_by("id"):
        pay_withdrawal(row, actor=actor, transfer_ref=batch.transfer_ref, now=now)
    _record(batch, "paid", actor, transfer_ref=batch.transfer_ref)
    return batch


@transaction.atomic
def cancel_batch(*, batch_id: UUID, reason: str, actor: Any, now: datetime | None = None) -> PayoutBatch:
    """The file was never sent: its withdrawals wait for another. Refuses `IllegalTransition` once it ended."""
    now = now or clock.now()
    batch = _locked(batch_id)
    move(batch, BatchStatus.CANCELLED, BATCH_MOVES, actor=actor, reason=reason, ended_at=now)
    Withdrawal.objects.filter(batch=batch, status__in=TO_PAY).update(batch=None)
    _record(batch, "cancelled", actor, reason=reason)
    return batch


@transaction.atomic
def take_out_of_batch(*, withdrawal_id: UUID, reason: str, actor: Any) -> Withdrawal:
    """The bank does not transfer this one: it leaves the file and waits as approved, to be rejected, changed or
    exported again. Refuses `IllegalTransition` when it is in no open batch."""
    batch_id = Withdrawal.objects.filter(id=withdrawal_id).values_list("batch_id", flat=True).first()
    if batch_id is None:
        raise NotFound()
    batch = _locked(batch_id)
    withdrawal = Withdrawal.objects.select_for_update(of=("self",)).select_related("person").get(id=withdrawal_id)
    if batch.status != BatchStatus.EXPORTED or withdrawal.batch_id != batch.id or withdrawal.status not in TO_PAY:
        raise IllegalTransition(source=str(batch.status), target=str(BatchStatus.EXPORTED))
    Withdrawal.objects.filter(id=withdrawal_id).update(batch=None)
    withdrawal.batch = None
    remember(withdrawal, withdrawal.status, withdrawal.status, actor=actor, reason=reason)
    _record(batch, "withdrawal_taken_out", actor, reason=reason, withdrawal=withdrawal.number)
    return withdrawal


def _locked(batch_id: UUID) -> PayoutBatch:
    batch = PayoutBatch.objects.select_for_update().filter(id=batch_id).first()
    if batch is None:
        raise NotFound()
    return batch


def _record(batch: PayoutBatch, what: str, actor: Any, reason: str = "", **facts: Any) -> None:
    accounts.record_act(
        actor=actor,
        action=f"billing.batch_{what}",
        target=f"billing.payoutbatch:{batch.id}",
        facts={"number": batch.number, "count": batch.count, "amount": batch.amount, "unit": batch.unit, **facts},
        reason=reason,
    )
