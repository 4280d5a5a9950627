"""Subscriptions that run by a provider's clock: read there, and brought here to what the provider says.

A webhook only says that something happened; what holds is read. So it does not matter in which order they come, how
often, or whether they come at all: what nobody told is found by looking (ADR 0015).
"""

import logging
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _now
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import GatewayUnreachable, KeysRefused
from majlis.engines.billing.gateways.subscribing import Biller, InvoiceSeen, SubscriptionSeen, UnknownThere
from majlis.engines.billing.models import Charge, PlanPrice, Subscription, SubscriptionPeriod
from majlis.engines.billing.plan_types import Entitlement, PeriodKind, PeriodStatus, SubscriptionStatus
from majlis.engines.billing.services.customers import know_customer
from majlis.engines.billing.services.ending import current_period, end_subscription
from majlis.engines.billing.services.mirror_invoices import change_without_invoice, take_invoice
from majlis.engines.billing.services.subscriptions import begin_trial, finish_periods, locked_subscription, put
from majlis.engines.billing.services.trials import ProveYourself, TrialUsed, claim_trial
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.errors import NotFound

log = logging.getLogger(__name__)
S = SubscriptionStatus
DONE = (PeriodStatus.PAID, PeriodStatus.OVER, PeriodStatus.VOID)
GIVES = (S.TRIALING, S.ACTIVE, S.CANCELED, S.PAST_DUE)
FIRST_LOOK, OFTEN, DAILY = timedelta(minutes=2), timedelta(hours=6), timedelta(days=1)
PAGE_LIVES = timedelta(days=2)
"""How long a page on which a subscription is begun is waited for; the provider closes it before."""


def mirror_subscription(
    subscription_id: UUID, *, since: datetime | None = None, now: datetime | None = None
) -> Subscription:
    """Read a subscription at the provider whose clock it runs by, and bring ours to that: paid invoices become periods,
    orders and charges; then its state. `since`: invoices for a time before that are not ours (it was brought over).

    Speaks over the network: must not run inside a transaction. Raises `GatewayUnreachable`; nothing is lost then.
    """
    db.refuse_transaction()
    now = now or clock.now()
    subscription = Subscription.objects.get(id=subscription_id)
    way = gateways.biller(subscription.billed_by)
    ref = subscription.provider_ref
    if not ref or way.is_page(ref):
        ref = _begun(subscription, way, now)
    if not ref:
        return Subscription.objects.get(id=subscription_id)
    seen = way.read_subscription(ref)
    _begin_trial(subscription_id, seen, now)
    for invoice in _invoices(subscription, way, seen, since):
        charges = way.charges_of(invoice.ref) if invoice.state == "paid" and invoice.paid else []
        take_invoice(subscription_id, invoice, charges, now=now)
    stand_as(subscription_id, seen, now=now)
    return Subscription.objects.get(id=subscription_id)


def _begun(subscription: Subscription, way: Biller, now: datetime) -> str:
    """What was begun on the page; empty while nothing is. A page that is over ends the subscription."""
    page = way.read_page(subscription.provider_ref) if subscription.provider_ref else None
    if page is not None and page.subscription_ref:
        call_it(subscription.id, page.subscription_ref)
        return page.subscription_ref
    with transaction.atomic():
        fresh = locked_subscription(subscription.id)
        if fresh.provider_ref != subscription.provider_ref or fresh.status != S.INCOMPLETE:
            return ""
        if (page is not None and not page.url) or now - fresh.created_at > PAGE_LIVES:
            end_subscription(fresh, reason=_("Not paid."), now=now)
        else:
            Subscription.objects.filter(id=fresh.id).update(look_at=_next_look(fresh, now))
    return ""


@transaction.atomic
def call_it(subscription_id: UUID, ref: str) -> None:
    """Write down what the provider calls it, once it has a name."""
    subscription = locked_subscription(subscription_id)
    if not subscription.provider_ref or gateways.biller(subscription.billed_by).is_page(subscription.provider_ref):
        Subscription.objects.filter(id=subscription_id).update(provider_ref=ref)


def _invoices(
    subscription: Subscription, way: Biller, seen: SubscriptionSeen, since: datetime | None
) -> list[InvoiceSeen]:
    """What is to be taken: not what is done, nor the trial's, nor what was before ours began."""
    periods = SubscriptionPeriod.objects.filter(subscription=subscription)
    done = periods.filter(status__in=DONE).exclude(provider_ref="").values_list("provider_ref", flat=True)
    first = periods.order_by("number").values_list("starts_at", flat=True).first()
    begins = first if first is not None else since
    found = []
    for invoice in way.read_invoices(seen.ref, set(done)):
        of_trial = seen.trial is not None and not invoice.paid and invoice.ends_at <= seen.trial[1]
        if not of_trial and (begins is None or invoice.ends_at > begins):
            found.append(invoice)
    return found


@transaction.atomic
def _begin_trial(subscription_id: UUID, seen: SubscriptionSeen, now: datetime) -> None:
    """The provider gave a trial: it is the person's one, whatever we would have said."""
    if seen.trial is None or seen.status not in (S.TRIALING, S.CANCELED) or seen.trial[1] <= now:
        return
    subscription = locked_subscription(subscription_id)
    if subscription.status != S.INCOMPLETE or subscription.periods.exists():
        return
    starts, ends = seen.trial
    try:
        claim_trial(subscription.person, subscription.family, now)
    except (TrialUsed, ProveYourself):
        log.info("Subscription %s has a trial at its provider that we would not have given.", subscription_id)
    begin_trial(subscription, starts, ends, now=now)


@transaction.atomic
def stand_as(subscription_id: UUID, seen: SubscriptionSeen, *, now: datetime) -> None:
    """Bring the state to what was seen at `now`; an answer older than what stands here changes nothing."""
    subscription = locked_subscription(subscription_id)
    if subscription.seen_at is not None and now < subscription.seen_at:
        return
    know_customer(subscription.person_id, subscription.billed_by, seen.customer_ref, now)
    if subscription.status == S.ENDED:
        if seen.status != S.ENDED:
            from majlis.engines.billing.tasks import end_at_provider

            end_at_provider.defer(subscription_id=str(subscription_id))
        return
    Subscription.objects.filter(id=subscription_id).update(seen_at=now)
    if seen.status == S.ENDED:
        end_subscription(subscription, reason=_("It ended at the payment service."), now=now)
        return
    _follow_price(subscription, seen, now)
    _follow_trial(subscription, seen)
    if subscription.ends_at is not None and subscription.ends_at <= now:
        finish_periods(subscription, before=subscription.number + 1, now=now)
    _follow_state(subscription, seen, now)


def _follow_price(subscription: Subscription, seen: SubscriptionSeen, now: datetime) -> None:
    if seen.price_ref == subscription.price.provider_ref or subscription.periods.filter(status="open").exists():
        return
    known = PlanPrice.objects.filter(provider=subscription.billed_by, provider_ref=seen.price_ref)
    price = known.select_related("plan").filter(unit=subscription.price.unit).first()
    if price is None:
        log.warning("Subscription %s has a price at its provider that no plan has.", subscription.id)
    elif seen.ends_at is not None:
        change_without_invoice(subscription, price, seen.ends_at, now=now)
        subscription.refresh_from_db()


def _follow_trial(subscription: Subscription, seen: SubscriptionSeen) -> None:
    """The provider made a trial longer or shorter."""
    period = current_period(subscription)
    if seen.trial is None or period is None or period.kind != PeriodKind.TRIAL or period.ends_at == seen.trial[1]:
        return
    if seen.trial[1] > period.starts_at:
        SubscriptionPeriod.objects.filter(id=period.id).update(ends_at=seen.trial[1])
        Subscription.objects.filter(id=subscription.id).update(ends_at=seen.trial[1])
        subscription.ends_at = seen.trial[1]


def _follow_state(subscription: Subscription, seen: SubscriptionSeen, now: datetime) -> None:
    target = seen.status
    if seen.pauses and target in (S.TRIALING, S.ACTIVE) and subscription.ends_at and subscription.ends_at <= now:
        target = S.PAUSED  # what was paid is over, and nothing is being taken
    if subscription.starts_at is None:
        target = S.INCOMPLETE  # nothing is paid here yet, whatever holds there
    late = target in (S.PAST_DUE, S.UNPAID)
    columns: dict[str, Any] = {
        "entitlement": Entitlement.FULL if target in GIVES else Entitlement.NONE,
        "past_due_since": (subscription.past_due_since or min(now, subscription.ends_at or now)) if late else None,
        "canceled_at": (subscription.canceled_at or now) if target == S.CANCELED else None,
        "resumes_at": seen.resumes_at if seen.pauses else None,
    }
    moved = target != subscription.status
    if moved or any(getattr(subscription, name) != value for name, value in columns.items()):
        put(subscription, target, reason=_("So it stands at the payment service."), **columns)
    Subscription.objects.filter(id=subscription.id).update(look_at=_next_look(subscription, now))
    if moved and target in (S.PAST_DUE, S.UNPAID):
        _tell(subscription, target)


def _tell(subscription: Subscription, status: SubscriptionStatus) -> None:
    notices.notify(
        person_id=subscription.person_id,
        kind="provider_payment_failed" if status == S.PAST_DUE else "provider_suspended",
        facts={"plan": subscription.plan.name, "amount": subscription.renewal},
        link="/membership/",
        key=f"subscription:{subscription.id}:{subscription.number}:{status}",
    )


def _next_look(subscription: Subscription, now: datetime) -> datetime:
    """More often while something is expected, at least daily."""
    if subscription.status == S.INCOMPLETE:
        return now + min(max(now - subscription.created_at, FIRST_LOOK), OFTEN)
    soon = (subscription.ends_at or now) + timedelta(hours=1)
    return min(soon, now + DAILY) if soon > now else now + OFTEN


def subscription_named(provider: str, ref: str) -> Subscription | None:
    """Ours that a provider's name stands for, as far as we have written it down."""
    rows = Subscription.objects.filter(billed_by=provider, provider_ref=ref)
    return rows.first() if ref else None


def follow(provider: str, ref: str, *, now: datetime) -> Subscription | None:
    """Mirror the subscription a message is about, if it is one of ours; None if not. One that we do not know yet by
    this name is asked which of ours it is. Speaks over the network."""
    found = subscription_named(provider, ref)
    if found is None:
        try:
            way = gateways.biller(provider)
            ours = way.read_subscription(ref).ours if way.names_subscription(ref) else ""
            known = Subscription.objects.filter(id=UUID(ours), billed_by=provider).first() if ours else None
        except (NotFound, UnknownThere, ValueError):
            known = None
        if known is None:
            return None
        call_it(known.id, ref)
        found = subscription_named(provider, ref)
    return mirror_subscription(found.id, now=now) if found is not None else None


def strange_money(subscription: Subscription) -> str:
    """What staff reads on a message where the newest invoice took another amount than our plan costs; else nothing."""
    period = subscription.periods.exclude(provider_ref="").order_by("-number").first()
    if period is None or period.order is None:
        return ""
    charges = Charge.objects.filter(payment__order=period.order).order_by("id")
    arrived = [charge.money for charge in charges]
    if not arrived:
        return "" if period.order.status != "open" else _now("Marked as paid there, and no money came through it.")
    if sum(money.amount for money in arrived if money.unit == period.order.unit) == period.order.total_amount:
        return ""
    return _now("Asked for %(asked)s, arrived %(arrived)s.") % {
        "asked": period.order.total.display(),
        "arrived": " + ".join(money.display() for money in arrived),
    }


def look_at_subscriptions(*, now: datetime | None = None, limit: int = 200) -> int:
    """Look at every mirrored subscription that is due to be looked at; how many."""
    db.refuse_transaction()
    given, now = now, now or clock.now()
    due = Subscription.objects.filter(look_at__lte=now).order_by("look_at").values_list("id", flat=True)[:limit]
    done = 0
    for subscription_id in list(due):
        try:
            mirror_subscription(subscription_id, now=given)  # without one, by the moment at which each is asked
        except Exception as fault:
            if isinstance(fault, GatewayUnreachable | KeysRefused | UnknownThere):
                log.warning("Subscription %s could not be read at its provider: %s.", subscription_id, fault.code)
            else:
                log.exception("Subscription %s could not be mirrored.", subscription_id)
            Subscription.objects.filter(id=subscription_id).update(look_at=now + timedelta(minutes=10))
        done += 1
    return done


def end_at_provider(subscription_id: UUID) -> None:
    """Have a subscription that is over here be over at the provider too: nothing is charged there any more. Money that
    came meanwhile goes to the wallet."""
    db.refuse_transaction()
    subscription = Subscription.objects.get(id=subscription_id)
    if subscription.status != S.ENDED or not subscription.provider_ref:
        return
    way = gateways.biller(subscription.billed_by)
    ref = subscription.provider_ref
    if way.is_page(ref) and (begun := way.read_page(ref).subscription_ref):
        call_it(subscription_id, begun)
        ref = begun
    if not way.is_page(ref) and way.read_subscription(ref).status == S.ENDED:
        return
    way.cancel(ref, at_once=True)
