"""Changes of plan: shown first, and carried out by the same arithmetic."""

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import PlanPrice, Subscription, SubscriptionPeriod
from majlis.engines.billing.periods import end_of_period
from majlis.engines.billing.plan_types import (
    PERIOD_MOVES,
    RUNNING,
    BenefitKind,
    ChangePreview,
    Entitlement,
    PeriodKind,
    PeriodStatus,
    Proration,
    SubscriptionStatus,
)
from majlis.engines.billing.proration import difference, time_left, worth
from majlis.engines.billing.services.allowances import withdraw_allowances
from majlis.engines.billing.services.benefits import give_benefits, remind_of_end
from majlis.engines.billing.services.ending import current_period, give_back, paid_for, unused_worth
from majlis.engines.billing.services.orders import locked_order, void_order
from majlis.engines.billing.services.payments import pay_from_wallet
from majlis.engines.billing.services.pricing import quote
from majlis.engines.billing.services.subscriptions import (
    line_of,
    locked_subscription,
    open_order,
    open_period,
    order_period,
    own_subscription,
    price_for_sale,
    put,
)
from majlis.engines.billing.steps import move
from majlis.engines.billing.subscription_policies import subscription_policies
from majlis.engines.billing.types import OrderStatus
from majlis.kernel.ledger import queries as ledger
from majlis.kit import clock
from majlis.kit.errors import Refusal
from majlis.kit.money import Money
from majlis.kit.state import IllegalTransition, promised

P = Proration
S = SubscriptionStatus


class SamePlan(Refusal):
    """It is the plan and cycle they have."""

    code = "same_plan"
    sentence = _("This is the plan you have.")


class OtherKindOfPlan(Refusal):
    """Of another family, or in another currency."""

    code = "other_kind_of_plan"
    sentence = _("You cannot change to this plan. You can subscribe to it when your current one ends.")


class ChangeTermsChanged(Refusal):
    """Between the preview and the payment something was used or began: it would cost more than was shown."""

    code = "change_terms_changed"
    sentence = _("The amounts have changed since you opened this page. Please look at them again.")


def default_mode(subscription: Subscription) -> Proration:
    """How a change of this subscription is paid unless somebody says otherwise: the edition's word, else by what was
    used where the plan gives an allowance (time alone can be gamed: use everything up, then change for cents), else
    the difference now. A trial changes with its end."""
    if subscription.status == S.TRIALING:
        return P.NEXT_PERIOD
    if subscription_policies().proration:
        return P(subscription_policies().proration)
    allowance = subscription.plan.benefits.filter(kind=BenefitKind.ALLOWANCE).exists()
    return P.CONSUMPTION if allowance else P.INVOICE


def preview_change(
    *, subscription: Subscription, price_id: UUID, mode: str = "", now: datetime | None = None
) -> ChangePreview:
    """What changing to a price (of another plan, or another cycle) does: the object `change_plan` acts on. Refuses
    `SamePlan`, `OtherKindOfPlan`, `IllegalTransition` unless it is active (or in its trial: then for its end)."""
    now = now or clock.now()
    price = price_for_sale(price_id, subscription.person)
    if price.id == subscription.price_id and subscription.next_price_id is None:
        raise SamePlan()
    if price.plan.family != subscription.family or price.unit != subscription.price.unit:
        raise OtherKindOfPlan()
    chosen = P(mode) if mode else default_mode(subscription)
    allowed = (S.ACTIVE, S.TRIALING) if chosen == P.NEXT_PERIOD else (S.ACTIVE,)
    period = current_period(subscription)
    if subscription.status not in allowed or period is None:
        raise IllegalTransition(source=str(subscription.status), target=str(subscription.status))
    return _compute(subscription, period, price, chosen, now)


def _compute(
    subscription: Subscription, period: SubscriptionPeriod, price: PlanPrice, mode: Proration, at: datetime
) -> ChangePreview:
    nothing = Money(0, price.unit)
    same_cycle = (price.cycle, price.days) == (subscription.price.cycle, subscription.price.days)
    fresh_end = end_of_period(at, price.cycle, price.days, 1, subscription.zone)
    left = time_left(period.starts_at, period.ends_at, at)
    if mode == P.NEXT_PERIOD:
        begins = promised(subscription.ends_at)
        ends = end_of_period(begins, price.cycle, price.days, 1, subscription.zone)
        return ChangePreview(
            mode, begins, nothing, nothing, nothing, nothing, nothing, begins, ends, renewal=price.price
        )
    keeps_period = mode in (P.INVOICE, P.PRORATE) and same_cycle
    charge = worth(price.price, _of_cycle(subscription, at)) if keeps_period else price.price
    if mode == P.RESET:
        credit = nothing
    elif mode == P.CONSUMPTION:
        credit = unused_worth(subscription, period, at)
    else:
        credit = worth(paid_for(period), left)
    sums = difference(charge, credit)
    later = mode == P.PRORATE and keeps_period
    return ChangePreview(
        mode=mode,
        at=at,
        credit=credit,
        charge=charge,
        due_now=nothing if later else sums.due,
        to_wallet=sums.to_wallet,
        next_invoice=sums.due if later else nothing,
        starts_at=at,
        ends_at=period.ends_at if keeps_period else fresh_end,
        renewal=price.price,
    )


def _of_cycle(subscription: Subscription, at: datetime) -> Fraction:
    """The part of the whole cycle that lies behind `at`: a period that a change began is shorter than its cycle."""
    price, ends = subscription.price, promised(subscription.ends_at)
    anchor = promised(subscription.anchor_at)
    began = end_of_period(anchor, price.cycle, price.days, subscription.cycles - 1, subscription.zone)
    return time_left(began, ends, at)


def check_shown(shown: Money | None, due: Money) -> None:
    """Refuses `ChangeTermsChanged` where more is due than was shown, by more than a reader's minute costs."""
    if shown is not None and shown < due and due.amount - shown.amount > max(1, due.amount // 200):
        raise ChangeTermsChanged()


@transaction.atomic
def change_plan(
    *,
    subscription_id: UUID,
    price_id: UUID,
    actor: Any,
    mode: str = "",
    shown_due: Money | None = None,
    now: datetime | None = None,
) -> Subscription:
    """Change to another plan or cycle. What costs nothing now takes effect at once (or with the next period); what does
    takes effect when its order is paid (`open_order`), on the terms shown, as long as nothing was used meanwhile.

    `shown_due` is what the member was shown; if it would be more now, `ChangeTermsChanged`. Asking again replaces what
    was asked and not paid. NotFound for another's; refuses as `preview_change`.
    """
    now = now or clock.now()
    _void_unpaid_change(subscription_id, actor, now)
    subscription = own_subscription(subscription_id, actor)
    price = price_for_sale(price_id, subscription.person)
    if price.id == subscription.price_id and subscription.next_price_id is not None:
        put(subscription, S(subscription.status), actor=actor, reason=_("The change was taken back."), next_price=None)
        remind_of_end(subscription)
        return subscription
    preview = preview_change(subscription=subscription, price_id=price_id, mode=mode, now=now)
    check_shown(shown_due, preview.due_now)
    if preview.mode == P.NEXT_PERIOD:
        put(subscription, S(subscription.status), actor=actor, reason=_("Change of plan."), next_price=price)
        remind_of_end(subscription)
        return subscription
    period = open_period(
        subscription,
        PeriodKind.CHANGE,
        price,
        preview.charge if not preview.next_invoice else preview.charge - preview.next_invoice,
        preview.starts_at,
        preview.ends_at,
        now=now,
        terms={
            "mode": preview.mode,
            "from": subscription.number,
            "at": preview.at.isoformat(),
            "credit": preview.credit.amount,
            "owed": preview.next_invoice.amount,
            "fresh": preview.ends_at != promised(subscription.ends_at),
        },
    )
    if preview.due_now:
        minutes = subscription_policies().checkout_minutes
        ends = min(now + timedelta(minutes=minutes), max(promised(subscription.ends_at), now + timedelta(minutes=5)))
        order_period(subscription, period, preview.due_now, expires_at=ends, actor=actor, now=now)
    else:
        apply_change(period, now, actor=actor)
    subscription.refresh_from_db()
    return subscription


def _void_unpaid_change(subscription_id: UUID, actor: Any, now: datetime) -> None:
    subscription = Subscription.objects.filter(id=subscription_id, person=actor, status=S.ACTIVE).first()
    order = open_order(subscription) if subscription is not None else None
    if order is not None and locked_order(order.id).status == OrderStatus.OPEN:
        void_order(order_id=order.id, reason=_("Another plan was chosen."), actor=actor, now=now)


def apply_change(period: SubscriptionPeriod, now: datetime, *, actor: Any = None) -> None:
    """A change that is paid (or costs nothing now) takes effect: the old period is settled with its credit, which pays
    its part of the new one; what it does not need stays in the wallet. Refuses `ChangeTermsChanged`, which sends what
    was paid to the wallet, when the credit is not there any more."""
    subscription = locked_subscription(period.subscription_id)
    terms = period.terms
    old = current_period(subscription)
    at, mode = datetime.fromisoformat(terms["at"]), P(terms["mode"])
    runs = RUNNING if subscription.billed_by else (S.ACTIVE,)
    if subscription.status not in runs or old is None or old.number != terms["from"] or period.status != "open":
        raise ChangeTermsChanged()
    credit = Money(terms["credit"], period.unit)
    if mode == P.CONSUMPTION and unused_worth(subscription, old, at) < credit:
        raise ChangeTermsChanged()
    move(period, PeriodStatus.PAID, PERIOD_MOVES, actor=actor)
    give_back(old, credit, reason=_("Change of plan."), key="changed", actor=actor, now=now)
    SubscriptionPeriod.objects.filter(id=old.id).update(ends_at=max(at, old.starts_at + timedelta(microseconds=1)))
    move(old, PeriodStatus.OVER, PERIOD_MOVES, actor=actor)
    withdraw_allowances(subject=subscription.subject, actor=actor, now=now)
    _pay_with_credit(subscription, period, credit, now)
    fresh = terms["fresh"]
    again = {"anchor_at": period.starts_at, "cycles": 1} if fresh else {}
    subscription.plan, subscription.price, subscription.next_price = period.plan, period.price, None
    put(
        subscription,
        S.ACTIVE,
        actor=actor,
        reason=_("Change of plan."),
        number=period.number,
        starts_at=period.starts_at,
        ends_at=period.ends_at,
        plan=period.plan,
        price=period.price,
        next_price=None,
        act_at=subscription.alarm(period.ends_at),
        entitlement=Entitlement.FULL,
        past_due_since=None,
        owed_amount=subscription.owed_amount + terms["owed"],
        **again,
    )
    give_benefits(subscription, period, Fraction(1) if fresh else _of_cycle(subscription, period.starts_at), now=now)
    remind_of_end(subscription)


def _pay_with_credit(subscription: Subscription, period: SubscriptionPeriod, credit: Money, now: datetime) -> None:
    """What the credit pays of the new period is bought like anything else, from the wallet where it has just arrived:
    so the new period's escrow holds all that was paid for it, and no later change or refund can give back more."""
    used = Money(min(credit.amount, period.amount), period.unit)
    if not used:
        return
    # Where VAT comes on top, giving back and charging again may round a cent apart.
    short = quote(buyer=subscription.person, lines=[line_of(subscription, period, used)], now=now).total - (
        ledger.available(subscription.person_id, period.unit)
    )
    if short.amount > 0:
        used = used - short
    order = order_period(
        subscription,
        period,
        used,
        expires_at=now + timedelta(minutes=5),
        actor=None,
        now=now,
        suffix=":credit",
    )
    if order.status != OrderStatus.PAID:
        pay_from_wallet(order_id=order.id, actor=subscription.person, now=now)
