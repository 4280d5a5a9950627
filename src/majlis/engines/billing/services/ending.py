"""Subscriptions that end, pause and go on: what comes back is shown first, by the function that gives it back."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, Sum
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import AllowanceGrant, Subscription, SubscriptionPeriod
from majlis.engines.billing.plan_types import CancelPreview, Entitlement, PeriodStatus, SubscriptionStatus
from majlis.engines.billing.proration import allowance_left, shares, time_left, worth
from majlis.engines.billing.services.allowances import LEFT, grant_allowance, withdraw_allowances
from majlis.engines.billing.services.benefits import remind_of_end
from majlis.engines.billing.services.orders import locked_order, void_order
from majlis.engines.billing.services.settlement import settle_line
from majlis.engines.billing.services.subscriptions import (
    finish_periods,
    held_lines,
    locked_subscription,
    open_order,
    own_subscription,
    put,
)
from majlis.engines.billing.services.trials import free_trial
from majlis.engines.billing.subscription_policies import subscription_policies
from majlis.engines.billing.types import OrderStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, Refusal
from majlis.kit.money import Money
from majlis.kit.state import IllegalTransition, promised

S = SubscriptionStatus


class LessComesBack(Refusal):
    """Between the preview and the click something was used: less would come back than was shown."""

    code = "less_comes_back"
    sentence = _("The amounts have changed since you opened this page. Please look at them again.")


def current_period(subscription: Subscription) -> SubscriptionPeriod | None:
    """The period that runs, if one does."""
    rows = SubscriptionPeriod.objects.filter(subscription=subscription, number=subscription.number)
    return rows.filter(status=PeriodStatus.PAID).select_related("price", "plan").first()


def paid_for(period: SubscriptionPeriod) -> Money:
    """What was paid for a period and is not earned yet, as list price."""
    return sum((line.amount for line in held_lines(period)), Money(0, period.unit))


def allowances_of_period(subscription: Subscription, period: SubscriptionPeriod) -> list[tuple[int, int]]:
    """What is left and what was given of each unit and scope of a period; what was rolled into it does not count."""
    rows = AllowanceGrant.objects.filter(subject=subscription.subject, key__startswith=f"period:{period.id}:")
    # What was left in a pause is granted again: the first grant says how much there was, the later one what is left.
    whole = Sum("amount", filter=~Q(key__contains=":resumed:"))
    sums = rows.exclude(key__endswith=":carried").values("unit", "scope").annotate(rest=Sum(LEFT), whole=whole)
    kept: dict[tuple[str, str], int] = {}
    for each in subscription.paused_allowances:
        if each["key"].startswith(f"period:{period.id}:") and not each["key"].endswith(":carried"):
            kept[each["unit"], each["scope"]] = kept.get((each["unit"], each["scope"]), 0) + each["amount"]
    return [(row["rest"] + kept.get((row["unit"], row["scope"]), 0), row["whole"] or 0) for row in sums]


def unused_worth(subscription: Subscription, period: SubscriptionPeriod, at: datetime) -> Money:
    """What a running period is still worth: of what was paid the smallest of the time and the allowances left. In a
    pause it is worth what it was when the pause began."""
    left = allowance_left(allowances_of_period(subscription, period))
    at = subscription.paused_at or at
    return worth(paid_for(period), time_left(period.starts_at, period.ends_at, at), left)


def preview_cancel(subscription: Subscription, *, at_once: bool, now: datetime | None = None) -> CancelPreview:
    """What cancelling does: at the period's end, or at once with what comes back."""
    now = now or clock.now()
    period = current_period(subscription)
    runs_on = (S.TRIALING, S.ACTIVE) if subscription.billed_by else (S.TRIALING, S.ACTIVE, S.PAUSED)
    keeps = subscription.status in runs_on and not at_once
    nothing = Money(0, subscription.price.unit)
    if keeps or period is None:
        pause = now - subscription.paused_at if subscription.paused_at else timedelta()
        return CancelPreview(ends_at=promised(subscription.ends_at) + pause if keeps else now, back=nothing, lost=())
    back = unused_worth(subscription, period, now) if subscription_policies().refund_on_cancel else nothing
    left = AllowanceGrant.objects.filter(subject=subscription.subject).values("unit").annotate(rest=Sum(LEFT))
    lost = tuple(Money(row["rest"], row["unit"]) for row in left.order_by("unit") if row["rest"])
    return CancelPreview(ends_at=now, back=back, lost=lost)


@transaction.atomic
def cancel_subscription(
    *,
    subscription_id: UUID,
    actor: Any,
    at_once: bool = False,
    reason: str = "",
    shown_back: Money | None = None,
    by_staff: bool = False,
    now: datetime | None = None,
) -> Subscription:
    """Do not renew. What was paid runs until its period ends, or ends at once (always so while a payment is due, and in
    a pause), what was not used going to the wallet. Cancelling twice is cancelling once.

    `shown_back` is what the member was shown; if less would come back now, `LessComesBack`. NotFound for another's;
    refuses `IllegalTransition` for one that ended.
    """
    now = now or clock.now()
    _void_what_waits(subscription_id, actor, now)
    subscription = own_subscription(subscription_id, None if by_staff else actor)
    if by_staff:
        accounts.record_act(
            actor=actor,
            action="billing.subscription_cancelled",
            target=f"billing.subscription:{subscription_id}",
            facts={"at_once": at_once},
            reason=reason,
        )
    if subscription.status == S.ENDED:
        if subscription.canceled_at is None:
            raise IllegalTransition(source=S.ENDED, target=S.CANCELED)
        return subscription
    if subscription.status == S.PAUSED and not subscription.billed_by:
        resume(subscription, actor=actor, now=now)
    columns = {"canceled_at": now, "cancel_reason": reason[:300]}
    if not at_once and subscription.status in (S.TRIALING, S.ACTIVE):
        put(subscription, S.CANCELED, actor=actor, reason=reason, next_price=None, **columns)
        notices.forget_reminders(subject=f"subscription:{subscription.id}")
        return subscription
    if not at_once and subscription.status == S.CANCELED:
        return subscription
    back = what_comes_back(subscription, shown_back, now)
    period = current_period(subscription)
    if period is not None and back:
        give_back(period, back, reason=_("Subscription cancelled."), key="cancelled", actor=actor, now=now)
    Subscription.objects.filter(id=subscription.id).update(**columns)
    end_subscription(subscription, reason=reason or _("Cancelled."), actor=actor, now=now)
    subscription.refresh_from_db()
    return subscription


def what_comes_back(subscription: Subscription, shown: Money | None, now: datetime) -> Money:
    """What cancelling at once gives back. Refuses `LessComesBack` where the member was shown more."""
    back = preview_cancel(subscription, at_once=True, now=now).back
    if shown is not None and back < shown and _by_more_than_a_moment(back, shown):
        raise LessComesBack()
    return back


def _by_more_than_a_moment(now: Money, shown: Money) -> bool:
    """A period loses its worth by the second: what a reader's minute costs is no change of terms."""
    return shown.amount - now.amount > max(1, shown.amount // 200)


def _void_what_waits(subscription_id: UUID, actor: Any, now: datetime) -> None:
    """End the open order of a subscription of `actor` that is being cancelled: orders are locked before
    subscriptions."""
    subscription = Subscription.objects.filter(id=subscription_id).first()
    order = open_order(subscription) if subscription is not None else None
    if order is None or (actor is not None and not actor.is_staff and order.buyer_id != actor.id):
        return
    if locked_order(order.id).status == OrderStatus.OPEN:
        Subscription.objects.filter(id=subscription_id, canceled_at__isnull=True).update(canceled_at=now)
        void_order(order_id=order.id, reason=_("Subscription cancelled."), actor=actor, now=now)


def give_back(period: SubscriptionPeriod, back: Money, *, reason: Any, key: str, actor: Any, now: datetime) -> None:
    """End the escrow of a period: `back` of what was paid goes to the member's wallet, the rest is earned. Never more
    than was paid: each line is settled once, and gives at most what it has."""
    lines = held_lines(period)
    for line, part in zip(lines, shares(back, [line.amount for line in lines]), strict=True):
        settle_line(
            line_id=line.id,
            buyer=part,
            seller=line.amount - part,
            key=f"period:{period.id}:{key}",
            reason=reason,
            actor=actor,
            now=now,
        )


def end_subscription(subscription: Subscription, *, reason: Any, actor: Any = None, now: datetime) -> None:
    """It is over: what is held of it is earned, what is left of its allowances is taken back, and who leaves may come
    back at a discount for a while. The caller holds its lock."""
    finish_periods(subscription, before=subscription.number + 1, now=now)
    withdraw_allowances(subject=subscription.subject, actor=actor, now=now)
    begun = subscription.starts_at is not None
    rules = subscription_policies()
    # Our discount for coming back is not for who is charged by a provider.
    offered = begun and rules.return_percent and not subscription.billed_by
    until = now + timedelta(days=rules.return_days) if offered else None
    put(
        subscription,
        S.ENDED,
        actor=actor,
        reason=reason,
        ended_at=now,
        act_at=None,
        look_at=None,
        past_due_since=None,
        entitlement=Entitlement.NONE,
        return_until=until,
        ends_at=_cut(subscription, now),
    )
    notices.forget_reminders(subject=f"subscription:{subscription.id}")
    if subscription.billed_by:
        free_trial(subscription.id)
        from majlis.engines.billing.tasks import end_at_provider

        end_at_provider.defer(subscription_id=str(subscription.id))
    if begun:
        notices.notify(
            person_id=subscription.person_id,
            kind="come_back" if until else "subscription_ended",
            facts={"plan": subscription.plan.name, "percent": rules.return_percent, "at": until or now},
            link="/plans/",
            key=f"subscription:{subscription.id}:ended",
        )


def _cut(subscription: Subscription, now: datetime) -> datetime | None:
    """The end of the last period: now, if it would have gone on, but never before it began."""
    if subscription.ends_at is None or subscription.ends_at <= now:
        return subscription.ends_at
    return max(now, promised(subscription.starts_at) + timedelta(microseconds=1))


@transaction.atomic
def keep_subscription(*, subscription_id: UUID, actor: Any, now: datetime | None = None) -> Subscription:
    """Take a cancellation back before it takes effect. NotFound for another's; refuses `IllegalTransition`."""
    subscription = own_subscription(subscription_id, actor)
    if subscription.status != S.CANCELED:
        raise IllegalTransition(source=str(subscription.status), target=S.ACTIVE)
    period = current_period(subscription)
    trial = period is not None and period.kind == "trial"
    put(subscription, S.TRIALING if trial else S.ACTIVE, actor=actor, canceled_at=None, cancel_reason="")
    remind_of_end(subscription)
    return subscription


@transaction.atomic
def pause_subscription(
    *, subscription_id: UUID, actor: Any, until: datetime, now: datetime | None = None
) -> Subscription:
    """Stop until then: nothing is given and nothing is charged; what is left of the period and of its allowances waits.
    NotFound for another's; refuses `IllegalTransition`, and `Invalid` for too long a pause."""
    now = now or clock.now()
    subscription = own_subscription(subscription_id, actor)
    longest = now + timedelta(days=subscription_policies().pause_days)
    if not now < until <= longest:
        raise Invalid(
            errors={
                "until": _("Choose a day within the next %(days)s days.") % {"days": subscription_policies().pause_days}
            }
        )
    left = AllowanceGrant.objects.filter(subject=subscription.subject).exclude(valid_until__lte=now)
    kept = [
        {
            "unit": grant.unit,
            "amount": grant.left,
            "scope": grant.scope,
            "memo": grant.memo,
            "key": grant.key,
            "carry": grant.carry_limit,
            "from": grant.valid_from.isoformat(),
            "until": promised(grant.valid_until).isoformat(),
        }
        for grant in left.alias(rest=LEFT).filter(Q(rest__gt=0)).order_by("id")
    ]
    put(
        subscription,
        S.PAUSED,
        actor=actor,
        entitlement=Entitlement.NONE,
        paused_at=now,
        paused_allowances=kept,
        act_at=until,
    )
    withdraw_allowances(subject=subscription.subject, actor=actor, now=now)
    notices.forget_reminders(subject=f"subscription:{subscription.id}")
    return subscription


@transaction.atomic
def resume_subscription(*, subscription_id: UUID, actor: Any, now: datetime | None = None) -> Subscription:
    """Go on before the pause is over. NotFound for another's; refuses `IllegalTransition`."""
    subscription = own_subscription(subscription_id, actor)
    if subscription.status != S.PAUSED:
        raise IllegalTransition(source=str(subscription.status), target=S.ACTIVE)
    resume(subscription, actor=actor, now=now or clock.now())
    return subscription


def resume(subscription: Subscription, *, actor: Any = None, now: datetime) -> None:
    """The period goes on where it stopped, later by the length of the pause; so do its allowances. The caller holds
    the lock."""
    began = promised(subscription.paused_at)
    pause = now - began
    ends = promised(subscription.ends_at) + pause
    kept, again = subscription.paused_allowances, f"resumed:{now:%Y%m%d%H%M%S}"
    period = current_period(subscription)
    if period is not None:
        # Its beginning moves too: the period is as long as it was.
        SubscriptionPeriod.objects.filter(id=period.id).update(starts_at=period.starts_at + pause, ends_at=ends)
    put(
        subscription,
        S.ACTIVE,
        actor=actor,
        entitlement=Entitlement.FULL,
        paused_at=None,
        paused_allowances=[],
        starts_at=promised(subscription.starts_at) + pause,
        ends_at=ends,
        anchor_at=ends,
        cycles=0,
        act_at=ends,
    )
    for each in kept:
        begins, until = datetime.fromisoformat(each["from"]), datetime.fromisoformat(each["until"])
        grant_allowance(
            person_id=subscription.person_id,
            unit=each["unit"],
            amount=each["amount"],
            key=f"{each['key']}:{again}"[:200],
            subject=subscription.subject,
            scope=each["scope"],
            memo=each["memo"],
            carry_limit=min(each["carry"], each["amount"]),
            valid_from=max(begins + pause, now) if begins > began else now,
            valid_until=until + pause,
            kept_until=until + pause + timedelta(days=subscription_policies().carry_days) if each["carry"] else None,
            now=now,
        )
    remind_of_end(subscription)


@transaction.atomic
def end_all_of(person_id: UUID, *, now: datetime | None = None) -> int:
    """End every subscription of somebody whose account is deleted: nothing renews; how many."""
    now = now or clock.now()
    live = Subscription.objects.filter(person_id=person_id).exclude(status=S.ENDED)
    ids = list(live.values_list("id", flat=True))
    for subscription_id in ids:
        _void_what_waits(subscription_id, None, now)
        subscription = locked_subscription(subscription_id)
        if subscription.status != S.ENDED:
            end_subscription(subscription, reason=_("The account was deleted."), now=now)
    return len(ids)
