"""Money out of the wallet."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import Field

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import Waits, WithdrawalStatus
from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotent, key_of
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.kit.translated import in_language

PREFIX = "/withdrawals"
router = Router(tags=["withdrawals"])


class FieldOut(Schema):
    """One thing a method asks for. `pattern` is a regular expression of the whole value."""

    name: str
    label: str
    hint: str
    pattern: str
    choices: list[str]


class MethodOut(Schema):
    """A way to be paid out."""

    id: UUID
    code: str
    name: str
    help: str
    minimum: MoneyOut
    maximum: MoneyOut
    fee: MoneyOut
    fee_percent: float
    fields: list[FieldOut]

    @classmethod
    def of(cls, method: Any) -> "MethodOut":
        return cls(
            id=method.id,
            code=method.code,
            name=in_language(method.name),
            help=in_language(method.help),
            minimum=MoneyOut.of(method.minimum),
            maximum=MoneyOut.of(method.maximum),
            fee=MoneyOut.of(method.fee_of(Money(0, method.unit))),
            fee_percent=method.fee_basis_points / 100,
            fields=[
                FieldOut(
                    name=field["name"],
                    label=in_language(field["label"]),
                    hint=in_language(field.get("hint")),
                    pattern=field.get("pattern", ""),
                    choices=field.get("choices", []),
                )
                for field in method.fields
            ],
        )


class WithdrawalOut(Schema):
    """A withdrawal: `amount` leaves the wallet, `payout` arrives."""

    id: UUID
    number: str
    status: WithdrawalStatus
    method: str
    destination: dict[str, str]
    amount: MoneyOut
    fee: MoneyOut
    payout: MoneyOut
    note: str
    transfer_ref: str
    created_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, withdrawal: Any) -> "WithdrawalOut":
        return cls(
            id=withdrawal.id,
            number=withdrawal.number,
            status=withdrawal.status,
            method=withdrawal.method.code,
            destination=withdrawal.destination,
            amount=MoneyOut.of(withdrawal.money),
            fee=MoneyOut.of(withdrawal.fee),
            payout=MoneyOut.of(withdrawal.payout),
            note=withdrawal.note,
            transfer_ref=withdrawal.transfer_ref,
            created_at=withdrawal.created_at,
            ended_at=withdrawal.ended_at,
        )


class WithdrawalsOut(Schema):
    """A page of withdrawals, newest first."""

    items: list[WithdrawalOut]
    next: str | None


class HeldOut(Schema):
    """Money that still waits in escrow, and until when and why."""

    line_id: UUID
    title: str
    amount: MoneyOut
    releases_at: datetime | None
    because: str
    waits: Waits

    @classmethod
    def of(cls, line: Any) -> "HeldOut":
        return cls(
            line_id=line.line_id,
            title=line.title,
            amount=MoneyOut.of(line.amount),
            releases_at=line.releases_at,
            because=line.because,
            waits=line.waits,
        )


class PayoutDayOut(Schema):
    """A day of the payout calendar, in your zone. `on` null: not known yet. `so_far`: withdrawable by then in all."""

    on: date | None
    amount: MoneyOut
    so_far: MoneyOut
    line_ids: list[UUID]


class WithdrawableOut(Schema):
    """What you can take out now, and what comes later. `owed` was taken back from earnings that were already gone; it
    is settled by what you earn next, and `now` is without it."""

    now: MoneyOut
    owed: MoneyOut
    held_total: MoneyOut
    on_its_way: MoneyOut
    held: list[HeldOut]
    calendar: list[PayoutDayOut]


class DestinationIn(Schema):
    """Where to: what the method's fields ask for."""

    method_id: UUID
    destination: dict[str, str]


class WithdrawalIn(DestinationIn):
    """How much (minor units) and where to."""

    amount: int = Field(gt=0, le=10**15)
    currency: str = Field(min_length=3, max_length=5)


@router.get("", response=WithdrawalsOut, auth=requires("money:read"))
def list_withdrawals(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(25, ge=1, le=100)
) -> WithdrawalsOut:
    """Your withdrawals, newest first."""
    page = queries.withdrawals_of(request.user, cursor, limit=limit)
    return WithdrawalsOut(items=[WithdrawalOut.of(each) for each in page.items], next=page.next)


@router.get("/methods", response=list[MethodOut], auth=requires("money:read"))
def list_methods(request: HttpRequest, currency: str | None = None) -> list[MethodOut]:
    """The ways you can be paid out."""
    return [MethodOut.of(method) for method in queries.withdrawal_methods(request.user, currency)]


@router.get("/withdrawable", response=WithdrawableOut, auth=requires("money:read"))
def show_withdrawable(request: HttpRequest, currency: str) -> WithdrawableOut:
    """What you can take out in one currency now, and what comes later: line by line, and day by day."""
    least, _most = queries.top_up_range(currency)
    told = queries.withdrawable(request.user, least.unit)
    person: Any = request.user
    return WithdrawableOut(
        now=MoneyOut.of(told.now),
        owed=MoneyOut.of(told.owed),
        held_total=MoneyOut.of(told.held_total),
        on_its_way=MoneyOut.of(told.on_its_way),
        held=[HeldOut.of(line) for line in told.held],
        calendar=[
            PayoutDayOut(
                on=day.on,
                amount=MoneyOut.of(day.amount),
                so_far=MoneyOut.of(day.so_far),
                line_ids=[line.line_id for line in day.held],
            )
            for day in told.days(person.zone)
        ],
    )


@router.post("", response={201: WithdrawalOut}, auth=requires("money:write"))
@decorate_view(idempotent)
def request_withdrawal(request: HttpRequest, wish: WithdrawalIn) -> Status:
    """Ask for money out of your wallet. It is set aside at once."""
    asked = services.request_withdrawal(
        person=request.user,
        amount=Money(wish.amount, wish.currency),
        method_id=wish.method_id,
        destination=wish.destination,
        key=key_of(request) or str(new_id()),
        actor=request.user,
    )
    return Status(201, WithdrawalOut.of(asked))


@router.get("/{uuid:withdrawal_id}", response=WithdrawalOut, auth=requires("money:read"))
def show_withdrawal(request: HttpRequest, withdrawal_id: UUID) -> WithdrawalOut:
    """One of your withdrawals."""
    return WithdrawalOut.of(queries.withdrawal(withdrawal_id, request.user))


@router.post("/{uuid:withdrawal_id}/cancel", response=WithdrawalOut, auth=requires("money:write"))
@decorate_view(idempotent)
def cancel_withdrawal(request: HttpRequest, withdrawal_id: UUID) -> WithdrawalOut:
    """Take it back: at once while it waits, by asking finance once it is approved."""
    return WithdrawalOut.of(services.cancel_withdrawal(withdrawal_id=withdrawal_id, actor=request.user))


@router.post("/{uuid:withdrawal_id}/change", response=WithdrawalOut, auth=requires("money:write"))
@decorate_view(idempotent)
def change_withdrawal(request: HttpRequest, withdrawal_id: UUID, wish: DestinationIn) -> WithdrawalOut:
    """Have it paid elsewhere: at once while it waits, by asking finance once it is approved."""
    changed = services.change_withdrawal(
        withdrawal_id=withdrawal_id, method_id=wish.method_id, destination=wish.destination, actor=request.user
    )
    return WithdrawalOut.of(changed)
