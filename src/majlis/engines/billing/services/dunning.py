"""Dunning: what is done, day by day, after a renewal was not paid."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import Order, Plan, Subscription
from majlis.engines.billing.plan_types import DunningStep, Entitlement, SubscriptionStatus
from majlis.engines.billing.services.ending import end_subscription
from majlis.engines.billing.services.orders import locked_order, remaining, void_order
from majlis.engines.billing.services.payments import pay_from_wallet
from majlis.engines.billing.services.saved_methods import charge_saved, saved_method
from majlis.engines.billing.services.subscriptions import locked_subscription, open_order, put
from majlis.engines.billing.subscription_policies import DunningPolicy, subscription_policies
from majlis.engines.billing.types import OrderStatus
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.errors import Refusal
from majlis.kit.state import promised

S = SubscriptionStatus


def policy_of(subscription: Subscription) -> DunningPolicy:
    """What is done when its renewal is not paid."""
    return policy_of_plan(subscription.plan)


def policy_of_plan(plan: Plan) -> DunningPolicy:
    """The plan's own policy, else the edition's."""
    return DunningPolicy.from_facts(plan.dunning) if plan.dunning else subscription_policies().dunning


def try_wallet(order_id: UUID, person: Any, now: datetime) -> bool:
    """Pay an open order from its buyer's wallet if that is enough; whether it is paid. Takes nothing otherwise."""
    order = Order.objects.get(id=order_id)
    missing = remaining(order)
    if ledger.available(person.id, order.unit) + order.wallet_part < missing + order.wallet_part:
        return False
    try:
        with transaction.atomic():
            return pay_from_wallet(order_id=order_id, actor=person, now=now).status == OrderStatus.PAID
    except (InsufficientFunds, Refusal):
        return False


def dun(subscription_id: UUID, *, now: datetime | None = None) -> bool:
    """Go on with the dunning of one subscription: try the payment where the policy says so, then carry out whatever is
    due up to today, each step once. Whether it is paid now.

    Speaks to the gateway of a saved way to pay: must not run inside a transaction.
    """
    db.refuse_transaction()
    now = now or clock.now()
    subscription = Subscription.objects.select_related("plan", "person").filter(id=subscription_id).first()
    if subscription is None or subscription.billed_by or subscription.status not in (S.PAST_DUE, S.UNPAID):
        return False
    order = open_order(subscription)
    steps = _due(subscription, now)
    first = subscription.dunned_day < 0
    if order is not None and (first or any(step == DunningStep.RETRY for _day, step in steps)):
        method = saved_method(subscription.person_id)
        if try_wallet(order.id, subscription.person, now):
            return True
        if method is not None and charge_saved(order_id=order.id, method=method, now=now):
            return True
    _carry_out(subscription, order.id if order is not None else None, now)
    return False


def _due(subscription: Subscription, now: datetime) -> list[tuple[int, DunningStep]]:
    today = (now - promised(subscription.past_due_since)).days
    return [step for step in policy_of(subscription).steps() if subscription.dunned_day < step[0] <= today]


@transaction.atomic
def _carry_out(seen: Subscription, order_id: UUID | None, now: datetime) -> None:
    """Whatever the policy says up to today. The order is locked first, as when it is paid: of a payment and an end at
    the same moment one comes first, and the other sees it."""
    order = locked_order(order_id) if order_id else None
    subscription = locked_subscription(seen.id)
    if subscription.dunned_day != seen.dunned_day or subscription.status not in (S.PAST_DUE, S.UNPAID):
        return  # somebody was faster
    due = _due(subscription, now)
    steps = {step for _day, step in due}
    if order is None:
        end_subscription(subscription, reason=_("Not paid in time."), now=now)
        return
    if DunningStep.END in steps:
        void_order(order_id=order.id, reason=_("Not paid in time."), now=now)  # its lapse ends the subscription
        return
    policy, since = policy_of(subscription), promised(subscription.past_due_since)
    day = max([day for day, _step in due], default=max(subscription.dunned_day, 0))
    columns: dict[str, Any] = {"dunned_day": day, "act_at": since + timedelta(days=_next_day(policy, day))}
    if DunningStep.SUSPEND in steps and subscription.status == S.PAST_DUE:
        put(subscription, S.UNPAID, reason=_("Not paid."), entitlement=Entitlement.NONE, **columns)
        _tell(subscription, "subscription_suspended", order, since + timedelta(days=policy.end))
        return
    if DunningStep.REDUCE in steps and subscription.entitlement == Entitlement.FULL:
        put(subscription, S.PAST_DUE, reason=_("Not paid."), entitlement=Entitlement.REDUCED, **columns)
    else:
        Subscription.objects.filter(id=subscription.id).update(**columns)
    if DunningStep.WARN in steps:
        stops = policy.end if subscription.status == S.UNPAID or not policy.suspend else policy.suspend
        _tell(subscription, "renewal_failed", order, since + timedelta(days=stops), day)


def _next_day(policy: DunningPolicy, day: int) -> int:
    return min((each for each, _step in policy.steps() if each > day), default=policy.end)


def _tell(subscription: Subscription, kind: str, order: Order, until: datetime, day: int = 0) -> None:
    notices.notify(
        person_id=subscription.person_id,
        kind=kind,
        facts={"plan": subscription.plan.name, "amount": remaining(order), "at": until},
        link=f"/checkout/{order.id}/",
        key=f"subscription:{subscription.id}:{order.id}:{kind}:{day}",
    )
