"""Your subscriptions and allowances."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import AwareDatetime, Field

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import Entitlement, Proration, SubscriptionStatus
from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotent, key_of
from majlis.faces.api.plans import PriceOut
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.ids import new_id
from majlis.kit.money import COUNTED, Money

PREFIX = "/subscriptions"
router = Router(tags=["subscriptions"])


class SubscriptionOut(Schema):
    """A subscription. `order_id` is what waits to be paid: the first period, a renewal or a change. `billed_by` is the
    provider whose clock it runs by (`stripe`; empty: ours); until `resumes_at` it takes no payments."""

    id: UUID
    plan: str
    family: str
    status: SubscriptionStatus
    entitlement: Entitlement
    price: PriceOut
    next_price: PriceOut | None
    starts_at: datetime | None
    ends_at: datetime | None
    due: MoneyOut
    order_id: UUID | None
    canceled_at: datetime | None
    ended_at: datetime | None
    billed_by: str
    resumes_at: datetime | None
    redirect_url: str | None = None
    """Of one just taken: the provider's page on which it is paid."""

    @classmethod
    def of(cls, it: Any, redirect_url: str = "") -> "SubscriptionOut":
        order = queries.open_order_of(it)
        return cls(
            id=it.id,
            plan=it.plan.slug,
            family=it.family,
            status=it.status,
            entitlement=it.entitlement,
            price=PriceOut.of(it.price),
            next_price=PriceOut.of(it.next_price) if it.next_price else None,
            starts_at=it.starts_at,
            ends_at=it.ends_at,
            due=MoneyOut.of(queries.money_due(it)),
            order_id=order.id if order else None,
            canceled_at=it.canceled_at,
            ended_at=it.ended_at,
            billed_by=it.billed_by,
            resumes_at=it.resumes_at,
            redirect_url=redirect_url or None,
        )


class SubscribeIn(Schema):
    """A price of a plan; `trial` false pays at once although a trial is left."""

    price_id: UUID
    trial: bool = True


class ChangeIn(Schema):
    """Another price; how it is paid (`mode` null: as the plan says)."""

    price_id: UUID
    mode: Proration | None = None


class ChangeOut(Schema):
    """What the change does, to the last minor unit."""

    mode: Proration
    at: datetime
    credit: MoneyOut
    charge: MoneyOut
    due_now: MoneyOut
    to_wallet: MoneyOut
    next_invoice: MoneyOut
    starts_at: datetime
    ends_at: datetime
    renewal: MoneyOut


class CancelIn(Schema):
    """At once, or when the period ends."""

    at_once: bool = False
    reason: str = Field("", max_length=300)


class CancelOut(Schema):
    """What cancelling does: until when you keep what you have, and what comes back."""

    ends_at: datetime
    back: MoneyOut


class PauseIn(Schema):
    """Until when, with its offset."""

    until: AwareDatetime


class PeriodOut(Schema):
    """A paid period. `order_id` is its order, with its invoice."""

    number: int
    plan: str
    price: MoneyOut
    starts_at: datetime
    ends_at: datetime
    order_id: UUID | None

    @classmethod
    def of(cls, period: Any) -> "PeriodOut":
        return cls(
            number=period.number,
            plan=period.plan.slug,
            price=MoneyOut.of(Money(period.amount, period.unit)),
            starts_at=period.starts_at,
            ends_at=period.ends_at,
            order_id=period.order_id,
        )


class MemberPageOut(Schema):
    """Where to go."""

    url: str


class AllowanceOut(Schema):
    """What is left of one unit: `now`, of what was `granted`, until `until`; `later` for coming weeks."""

    unit: str
    scope: str
    now: int
    granted: int
    later: int
    until: datetime | None


class AllowanceLineOut(Schema):
    """One line of an allowance; `amount` is signed."""

    kind: str
    memo: str
    amount: int
    balance_after: int
    at: datetime


class AllowanceLinesOut(Schema):
    """A page of lines, newest first."""

    items: list[AllowanceLineOut]
    next: str | None


@router.get("", response=list[SubscriptionOut], auth=requires("money:read"))
def list_subscriptions(request: HttpRequest) -> list[SubscriptionOut]:
    """Your subscriptions, newest first, also those that ended."""
    return [SubscriptionOut.of(each) for each in queries.subscriptions_of(request.user)]


@router.post("", response={201: SubscriptionOut}, auth=requires("money:write"))
@decorate_view(idempotent)
def subscribe(request: HttpRequest, wish: SubscribeIn) -> Status:
    """Take a plan: in its trial, with an order to pay, or on the provider's page at `redirect_url`."""
    taken = services.start_subscription(
        person=request.user,
        price_id=wish.price_id,
        key=key_of(request) or str(new_id()),
        actor=request.user,
        trial=wish.trial,
    )
    it = queries.subscription(taken.subscription_id, request.user)
    return Status(201, SubscriptionOut.of(it, taken.redirect_url))


@router.post("/member-page", response=MemberPageOut, auth=requires("money:write"))
def open_member_page(request: HttpRequest) -> MemberPageOut:
    """The provider's page on which you manage your card, receipts and what it charges: an address for you alone, good
    for some minutes."""
    return MemberPageOut(url=services.open_member_page(person=request.user, actor=request.user))


@router.get("/allowances", response=list[AllowanceOut], auth=requires("money:read"))
def list_allowances(request: HttpRequest) -> list[AllowanceOut]:
    """What is left of what your plans and packages give you."""
    return [
        AllowanceOut(
            unit=each.unit,
            scope=each.scope,
            now=each.now.amount,
            granted=each.granted.amount,
            later=each.later.amount,
            until=each.until,
        )
        for each in queries.allowances_of(request.user)
    ]


@router.get("/allowances/{unit}/lines", response=AllowanceLinesOut, auth=requires("money:read"))
def list_allowance_lines(
    request: HttpRequest, unit: str, cursor: str | None = None, limit: int = Query(25, ge=1, le=100)
) -> AllowanceLinesOut:
    """Every line of one allowance: granted, used, given back, rolled over, written off."""
    known = unit if unit in COUNTED else "minute"
    page = queries.allowance_statement(request.user, known, cursor, limit=limit)
    items = [
        AllowanceLineOut(
            kind=line.kind,
            memo=line.memo,
            amount=line.amount.amount,
            balance_after=line.balance_after.amount if line.balance_after else 0,
            at=line.at,
        )
        for line in page.items
    ]
    return AllowanceLinesOut(items=items, next=page.next)


@router.get("/{subscription_id}", response=SubscriptionOut, auth=requires("money:read"))
def show_subscription(request: HttpRequest, subscription_id: UUID) -> SubscriptionOut:
    """One of yours."""
    return SubscriptionOut.of(queries.subscription(subscription_id, request.user))


@router.get("/{subscription_id}/periods", response=list[PeriodOut], auth=requires("money:read"))
def list_periods(request: HttpRequest, subscription_id: UUID) -> list[PeriodOut]:
    """What you paid for so far, the latest first."""
    return [PeriodOut.of(each) for each in queries.periods_of(queries.subscription(subscription_id, request.user))]


@router.post("/{subscription_id}/change/preview", response=ChangeOut, auth=requires("money:read"))
def preview_change(request: HttpRequest, subscription_id: UUID, wish: ChangeIn) -> ChangeOut:
    """What a change of plan would do. Changes nothing."""
    it = queries.subscription(subscription_id, request.user)
    seen = services.preview_change(subscription=it, price_id=wish.price_id, mode=str(wish.mode or ""))
    money = ("credit", "charge", "due_now", "to_wallet", "next_invoice", "renewal")
    amounts = {name: MoneyOut.of(getattr(seen, name)) for name in money}
    return ChangeOut(mode=seen.mode, at=seen.at, starts_at=seen.starts_at, ends_at=seen.ends_at, **amounts)


@router.post("/{subscription_id}/change", response=SubscriptionOut, auth=requires("money:write"))
@decorate_view(idempotent)
def change_plan(request: HttpRequest, subscription_id: UUID, wish: ChangeIn) -> SubscriptionOut:
    """Change the plan; what costs something now takes effect when `order_id` is paid."""
    services.change_plan(
        subscription_id=subscription_id, price_id=wish.price_id, actor=request.user, mode=str(wish.mode or "")
    )
    return SubscriptionOut.of(queries.subscription(subscription_id, request.user))


@router.get("/{subscription_id}/cancel/preview", response=CancelOut, auth=requires("money:read"))
def preview_cancel(request: HttpRequest, subscription_id: UUID, at_once: bool = False) -> CancelOut:
    """What cancelling would do. Changes nothing."""
    it = queries.subscription(subscription_id, request.user)
    seen = services.preview_cancel(it, at_once=at_once)
    return CancelOut(ends_at=seen.ends_at, back=MoneyOut.of(seen.back))


@router.post("/{subscription_id}/cancel", response=SubscriptionOut, auth=requires("money:write"))
@decorate_view(idempotent)
def cancel_subscription(request: HttpRequest, subscription_id: UUID, wish: CancelIn) -> SubscriptionOut:
    """Do not renew, or end at once with what was not used coming back."""
    services.cancel_subscription(
        subscription_id=subscription_id, actor=request.user, at_once=wish.at_once, reason=wish.reason
    )
    return SubscriptionOut.of(queries.subscription(subscription_id, request.user))


@router.post("/{subscription_id}/keep", response=SubscriptionOut, auth=requires("money:write"))
@decorate_view(idempotent)
def keep_subscription(request: HttpRequest, subscription_id: UUID) -> SubscriptionOut:
    """Take a cancellation back before the period ends."""
    services.keep_subscription(subscription_id=subscription_id, actor=request.user)
    return SubscriptionOut.of(queries.subscription(subscription_id, request.user))


@router.post("/{subscription_id}/pause", response=SubscriptionOut, auth=requires("money:write"))
@decorate_view(idempotent)
def pause_subscription(request: HttpRequest, subscription_id: UUID, wish: PauseIn) -> SubscriptionOut:
    """Stop until then; what is left waits."""
    services.pause_subscription(subscription_id=subscription_id, actor=request.user, until=wish.until)
    return SubscriptionOut.of(queries.subscription(subscription_id, request.user))


@router.post("/{subscription_id}/resume", response=SubscriptionOut, auth=requires("money:write"))
@decorate_view(idempotent)
def resume_subscription(request: HttpRequest, subscription_id: UUID) -> SubscriptionOut:
    """Go on before the pause is over."""
    services.resume_subscription(subscription_id=subscription_id, actor=request.user)
    return SubscriptionOut.of(queries.subscription(subscription_id, request.user))
