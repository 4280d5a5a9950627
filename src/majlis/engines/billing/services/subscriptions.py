"""Subscriptions: taken, begun, and what each period gives."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.events import SubscriptionChanged
from majlis.engines.billing.models import (
    Order,
    OrderLine,
    Plan,
    PlanPrice,
    Subscription,
    SubscriptionPeriod,
)
from majlis.engines.billing.periods import end_of_period
from majlis.engines.billing.plan_types import (
    MIRROR_MOVES,
    PERIOD_MOVES,
    SUBSCRIPTION_MOVES,
    Entitlement,
    PeriodKind,
    PeriodStatus,
    SubscriptionStatus,
)
from majlis.engines.billing.plan_words import title_of
from majlis.engines.billing.services.benefits import SECOND, give_benefits, remind_of_end
from majlis.engines.billing.services.orders import place_order, void_order
from majlis.engines.billing.services.settlement import release_line
from majlis.engines.billing.services.trials import claim_trial, had_trial
from majlis.engines.billing.steps import move, remember
from majlis.engines.billing.subscription_policies import subscription_policies
from majlis.engines.billing.types import LineDraft, LineStatus, OrderStatus
from majlis.kernel.accounts import queries as accounts
from majlis.kit import clock, db, events
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.money import Money

KIND = "subscription"
"""What billing's own lines of periods are called."""

S = SubscriptionStatus


class AlreadySubscribed(Refusal):
    """One subscription of a family at a time."""

    code = "already_subscribed"
    sentence = _("You have a subscription of this kind already. You can change its plan instead.")


class SubscriptionOver(Refusal):
    """It ended meanwhile."""

    code = "subscription_over"
    sentence = _("This subscription has ended meanwhile. What you paid is in your wallet.")


@transaction.atomic
def subscribe(
    *, person: Any, price_id: UUID, key: str, actor: Any, trial: bool = True, now: datetime | None = None
) -> Subscription:
    """Take a plan at one of its prices. With a trial left (and `trial`) it runs at once, `trialing`, and the first
    payment is due when the trial ends. Otherwise it is `incomplete` until its order is paid: `open_order(it)`.

    The same `key`, or asking again before paying, gives the same subscription. Refuses `AlreadySubscribed`, NotFound
    for a plan that is not sold (to this person), `GuardianNeeded`.
    """
    now = now or clock.now()
    subscription, new = take_plan(person=person, price_id=price_id, key=key, actor=actor, now=now)
    if not new:
        return subscription
    price = subscription.price
    if trial and price.plan.trial_days and not had_trial(person, price.plan.family):
        claim_trial(person, price.plan.family, now)
        begin_trial(subscription, now, now + timedelta(days=price.plan.trial_days), now=now)
    else:
        cost = first_price(subscription)
        period = open_period(subscription, PeriodKind.FIRST, price, cost, now, _first_end(subscription, now), now=now)
        ends = now + timedelta(minutes=subscription_policies().checkout_minutes)
        order_period(subscription, period, cost, expires_at=ends, actor=actor, now=now)
    subscription.refresh_from_db()
    return subscription


def take_plan(
    *, person: Any, price_id: UUID, key: str, actor: Any, now: datetime, billed_by: str = ""
) -> tuple[Subscription, bool]:
    """A new `incomplete` subscription, and True; or the one that this key, or the same wish not paid yet, made before.
    One that waits for its first payment under other terms gives way. Refuses as `subscribe`."""
    db.lock("billing.subscribe", person.id)
    known = Subscription.objects.filter(person=person, key=key).first()
    if known is not None:
        return known, False
    price = price_for_sale(price_id, person)
    accounts.may_buy(person)
    live = Subscription.objects.exclude(status=S.ENDED).filter(person=person, family=price.plan.family).first()
    if live is not None and live.status != S.INCOMPLETE:
        raise AlreadySubscribed()
    if live is not None:
        waiting = open_order(live)
        same = (live.price_id, live.billed_by) == (price.id, billed_by)
        if same and (waiting is not None or billed_by):
            return live, False
        if waiting is not None:
            void_order(order_id=waiting.id, reason=_("Another plan was chosen."), actor=actor, now=now)
        if live.billed_by:
            from majlis.engines.billing.services.ending import end_subscription

            end_subscription(locked_subscription(live.id), reason=_("Another plan was chosen."), actor=actor, now=now)
    subscription = Subscription.objects.create(
        person=person,
        plan=price.plan,
        price=price,
        family=price.plan.family,
        key=key,
        zone=edition().zone,
        returned_from=None if billed_by else offer_to_return(person, price.plan.family, now),
        billed_by=billed_by,
        look_at=now if billed_by else None,
        created_at=now,
    )
    remember(subscription, "", S.INCOMPLETE, actor=actor)
    return subscription, True


def price_for_sale(price_id: UUID, person: Any) -> PlanPrice:
    """A price of a plan that is sold to this person now. NotFound."""
    price = PlanPrice.objects.select_related("plan").filter(id=price_id, ended_at__isnull=True).first()
    if price is None or not Plan.objects.visible_to(person).filter(id=price.plan_id).exists():
        raise NotFound()
    return price


def offer_to_return(person: Any, family: str, now: datetime) -> Subscription | None:
    """The person's last ended subscription of the family, if its offer to come back still holds and was not taken."""
    last = Subscription.objects.filter(person=person, family=family, status=S.ENDED).order_by("-id").first()
    if last is None or last.return_until is None or last.return_until <= now:
        return None
    return None if Subscription.objects.filter(returned_from=last).exists() else last


def first_price(subscription: Subscription) -> Money:
    """What the first period costs: less for who comes back in time."""
    price = subscription.price.price
    off = subscription_policies().return_percent if subscription.returned_from_id else 0
    return price - price.share(off * 100)


def _first_end(subscription: Subscription, at: datetime) -> datetime:
    price = subscription.price
    return end_of_period(at, price.cycle, price.days, 1, subscription.zone)


def begin_trial(subscription: Subscription, starts_at: datetime, ends_at: datetime, *, now: datetime) -> None:
    """The trial runs: free, and giving its share of what a whole period gives."""
    nothing = Money(0, subscription.price.unit)
    period = open_period(subscription, PeriodKind.TRIAL, subscription.price, nothing, starts_at, ends_at, now=now)
    move(period, PeriodStatus.PAID, PERIOD_MOVES)
    whole = _first_end(subscription, starts_at) - starts_at
    put(
        subscription,
        S.TRIALING,
        reason=_("Trial."),
        number=period.number,
        starts_at=starts_at,
        ends_at=ends_at,
        anchor_at=ends_at,
        cycles=0,
        act_at=subscription.alarm(ends_at),
        entitlement=Entitlement.FULL,
    )
    part = min(Fraction(1), Fraction((ends_at - starts_at) // SECOND, whole // SECOND))
    give_benefits(subscription, period, part, now=now)
    remind_of_end(subscription)


def open_period(
    subscription: Subscription,
    kind: PeriodKind,
    price: PlanPrice,
    cost: Money,
    starts_at: datetime,
    ends_at: datetime,
    *,
    now: datetime,
    terms: dict[str, Any] | None = None,
    provider_ref: str = "",
) -> SubscriptionPeriod:
    """The next period, not paid yet. Of two who open it at once the database lets one."""
    last = SubscriptionPeriod.objects.filter(subscription=subscription).aggregate(last=Max("number"))["last"] or 0
    return SubscriptionPeriod.objects.create(
        subscription=subscription,
        number=last + 1,
        kind=kind,
        plan=price.plan,
        price=price,
        unit=cost.unit,
        amount=cost.amount,
        starts_at=starts_at,
        ends_at=ends_at,
        terms=terms or {},
        provider_ref=provider_ref,
        created_at=now,
    )


def order_period(
    subscription: Subscription,
    period: SubscriptionPeriod,
    cost: Money,
    *,
    expires_at: datetime,
    actor: Any,
    now: datetime,
    more: Sequence[LineDraft] = (),
    suffix: str = "",
) -> Order:
    """The order that pays for a period, once: `subscription:<id>:<number>`. One that costs nothing is paid at once."""
    order = place_order(
        buyer=subscription.person,
        lines=[line_of(subscription, period, cost), *more],
        key=f"{key_of_order(subscription, period)}{suffix}",
        expires_at=expires_at,
        actor=actor,
        now=now,
    )
    if not suffix:
        SubscriptionPeriod.objects.filter(id=period.id).update(order=order)
    return order


def key_of_order(subscription: Subscription, period: SubscriptionPeriod) -> str:
    """What makes the order of a period be placed once."""
    return f"subscription:{subscription.id}:{period.number}"


def terms_in_words(price: PlanPrice) -> list[str]:
    """What somebody who pays a period should know, in the active language."""
    words = [gettext("Renews by itself for %(price)s; cancel at any time.") % {"price": price.price.display()}]
    if subscription_policies().refund_on_cancel:
        words.append(gettext("If you cancel at once, what you did not use goes back to your wallet."))
    return words


def line_of(subscription: Subscription, period: SubscriptionPeriod, cost: Money) -> LineDraft:
    """The line of a period. Its policy tells whoever reads orders (coupons, for one) what is bought."""
    plan, price = period.plan, period.price
    with translation.override(subscription.person.language):
        title, words = title_of(period), terms_in_words(price)
    return LineDraft(
        kind=KIND,
        subject_id=period.id,
        title=title,
        amount=cost,
        seller_id=None,
        policy={
            "words": words,
            "renews": True,
            "plan": plan.slug,
            "family": plan.family,
            "cycle": price.cycle,
            "period": period.kind,
        },
        releases_at=period.ends_at,
        traits={"cycle": price.cycle, "family": plan.family or plan.slug},
    )


def open_order(subscription: Subscription) -> Order | None:
    """The order the member has to pay now, if any: of the first period, a renewal or a change."""
    rows = SubscriptionPeriod.objects.filter(subscription=subscription, status=PeriodStatus.OPEN)
    period = rows.filter(order__status=OrderStatus.OPEN).select_related("order").order_by("-number").first()
    return period.order if period is not None else None


def locked_subscription(subscription_id: UUID) -> Subscription:
    """The subscription, its row locked to the end of the transaction; orders are locked before subscriptions.
    NotFound."""
    rows = Subscription.objects.select_for_update(of=("self",)).select_related("person", "plan", "price__plan")
    found = rows.select_related("next_price__plan").filter(id=subscription_id).first()
    if found is None:
        raise NotFound()
    return found


def own_subscription(subscription_id: UUID, person: Any) -> Subscription:
    """As `locked_subscription`, of this person (None: of anybody)."""
    found = locked_subscription(subscription_id)
    if person is not None and found.person_id != person.id:
        raise NotFound()
    return found


def put(
    subscription: Subscription, status: SubscriptionStatus, *, actor: Any = None, reason: Any = "", **columns: Any
) -> None:
    """The one way a subscription changes: along its table (of one that runs by a provider's clock: as the provider
    says), or within its state; remembered and announced."""
    if subscription.status == status:
        Subscription.objects.filter(id=subscription.id).update(**columns)
        for name, value in columns.items():
            setattr(subscription, name, value)
        remember(subscription, status, status, actor=actor, reason=reason)
    else:
        table = MIRROR_MOVES if subscription.billed_by else SUBSCRIPTION_MOVES
        move(subscription, status, table, actor=actor, reason=reason, **columns)
    events.publish(changed(subscription))


def changed(subscription: Subscription) -> SubscriptionChanged:
    """How its change is announced."""
    return SubscriptionChanged(
        subscription.id,
        subscription.person_id,
        subscription.family,
        str(subscription.status),
        str(subscription.entitlement),
    )


def begin_period(period: SubscriptionPeriod, now: datetime) -> None:
    """A paid first period or renewal begins. Refuses `SubscriptionOver`, which sends the money to the wallet."""
    subscription = locked_subscription(period.subscription_id)
    if period.status != PeriodStatus.OPEN or subscription.status in (S.ENDED, S.CANCELED, S.PAUSED):
        raise SubscriptionOver()
    columns = {"anchor_at": now, "cycles": 1}
    if period.kind == PeriodKind.FIRST and subscription.status == S.INCOMPLETE:
        _begin_now(period, now, subscription)
    elif subscription.status == S.UNPAID:
        # Nothing was given since it was suspended: the paid time begins when it is paid.
        _begin_now(period, now, subscription)
    else:
        columns = months_counted(subscription, period)
    move(period, PeriodStatus.PAID, PERIOD_MOVES, starts_at=period.starts_at, ends_at=period.ends_at)
    finish_periods(subscription, before=period.number, now=now)
    subscription.plan, subscription.price, subscription.next_price = period.plan, period.price, None
    put(subscription, S.ACTIVE, reason=PeriodKind(period.kind).label, **columns, **columns_of_paid(period))
    give_benefits(subscription, period, now=now)
    remind_of_end(subscription)


def months_counted(subscription: Subscription, period: SubscriptionPeriod) -> dict[str, Any]:
    """From where a subscription's months are counted, in a period that follows the one before: another price begins to
    count anew."""
    if subscription.price_id != period.price_id:
        return {"anchor_at": period.starts_at, "cycles": 1}
    return {"anchor_at": subscription.anchor_at, "cycles": subscription.cycles + 1}


def columns_of_paid(period: SubscriptionPeriod) -> dict[str, Any]:
    """What a subscription says (beside how its months are counted) when a period of it was paid."""
    return {
        "number": period.number,
        "starts_at": period.starts_at,
        "ends_at": period.ends_at,
        "plan": period.plan,
        "price": period.price,
        "next_price": None,
        "act_at": period.ends_at,
        "entitlement": Entitlement.FULL,
        "past_due_since": None,
        "dunned_day": -1,
    }


def _begin_now(period: SubscriptionPeriod, now: datetime, subscription: Subscription) -> None:
    period.starts_at = now
    period.ends_at = end_of_period(now, period.price.cycle, period.price.days, 1, subscription.zone)


def finish_periods(subscription: Subscription, *, before: int, now: datetime) -> None:
    """What was paid for periods before this number is earned: their held lines leave escrow for the house."""
    done = SubscriptionPeriod.objects.filter(subscription=subscription, number__lt=before, status=PeriodStatus.PAID)
    for period in done.order_by("number"):
        for line in held_lines(period):
            release_line(line_id=line.id, key=f"period:{period.id}:over", now=now)
        move(period, PeriodStatus.OVER, PERIOD_MOVES)


def held_lines(period: SubscriptionPeriod) -> list[OrderLine]:
    """What was paid for a period and is not earned yet, oldest first."""
    rows = OrderLine.objects.filter(subject_id=period.id, kind=KIND, status=LineStatus.HELD)
    return list(rows.select_related("order").order_by("id"))
