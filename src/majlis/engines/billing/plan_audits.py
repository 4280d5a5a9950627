"""What `./majlis audit` proves of subscriptions."""

from collections.abc import Iterator

from django.db.models import F, OuterRef, Subquery, Sum

from majlis.engines.billing.models import OrderLine, Subscription, SubscriptionPeriod
from majlis.engines.billing.plan_types import PeriodStatus, SubscriptionStatus
from majlis.engines.billing.types import LineStatus
from majlis.kit import audit

RAN = (PeriodStatus.PAID, PeriodStatus.OVER)


@audit.check("billing: every period that ran was paid for once and whole")
def periods_are_paid_once() -> Iterator[str]:
    lines = OrderLine.objects.filter(
        kind="subscription",
        subject_id=OuterRef("id"),
        status__in=[LineStatus.HELD, LineStatus.SETTLED, LineStatus.REFUNDED],
    ).order_by()
    paid = Subquery(lines.values("subject_id").annotate(sum=Sum("price_amount")).values("sum"))
    for period in SubscriptionPeriod.objects.filter(status__in=RAN).annotate(paid=paid).iterator():
        if (period.paid or 0) != period.amount:
            where = f"Period {period.number} of subscription {period.subscription_id}"
            yield f"{where} costs {period.amount}, and {period.paid or 0} was paid."


@audit.check("billing: money in escrow for a subscription belongs to a period that runs")
def escrow_belongs_to_running_periods() -> Iterator[str]:
    held = OrderLine.objects.filter(kind="subscription", status=LineStatus.HELD).values("subject_id")
    for period in SubscriptionPeriod.objects.filter(id__in=held).exclude(status=PeriodStatus.PAID).iterator():
        yield f"Period {period.number} of subscription {period.subscription_id} does not run and has money in escrow."


@audit.check("billing: the periods of a subscription follow each other, and the last is where it stands")
def periods_follow_each_other() -> Iterator[str]:
    last: tuple[object, object] = (None, None)
    rows = SubscriptionPeriod.objects.filter(status__in=RAN).order_by("subscription_id", "number")
    for period in rows.only("subscription_id", "number", "starts_at", "ends_at").iterator():
        if last[0] == period.subscription_id and period.starts_at < last[1]:  # type: ignore[operator]
            yield f"Period {period.number} of subscription {period.subscription_id} begins before the one before ends."
        last = (period.subscription_id, period.ends_at)
    current = SubscriptionPeriod.objects.filter(subscription=OuterRef("id"), number=OuterRef("number"))
    live = Subscription.objects.exclude(status__in=[SubscriptionStatus.INCOMPLETE, SubscriptionStatus.ENDED])
    live = live.annotate(
        begins=Subquery(current.values("starts_at")[:1]), until=Subquery(current.values("ends_at")[:1])
    ).exclude(begins=F("starts_at"), until=F("ends_at"))
    for subscription_id in live.values_list("id", flat=True).iterator():
        yield f"Subscription {subscription_id} does not stand where its current period does."
