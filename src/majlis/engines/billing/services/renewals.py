"""What the worker does with subscriptions whose time has come: periods end, renewals are ordered and paid."""

import logging
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext, gettext_noop
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import OrderLine, PlanPrice, Subscription, SubscriptionPeriod
from majlis.engines.billing.plan_types import PERIOD_MOVES, PeriodKind, PeriodStatus, SubscriptionStatus
from majlis.engines.billing.plan_words import title_of
from majlis.engines.billing.registry import Fulfiller
from majlis.engines.billing.services.changing import apply_change
from majlis.engines.billing.services.dunning import dun, try_wallet
from majlis.engines.billing.services.ending import end_subscription, resume
from majlis.engines.billing.services.mirror_invoices import begin_mirrored
from majlis.engines.billing.services.renewals_together import DUE, last_day, next_period, renew_together
from majlis.engines.billing.services.subscriptions import (
    begin_period,
    finish_periods,
    line_of,
    locked_subscription,
    open_period,
    order_period,
    put,
    terms_in_words,
)
from majlis.engines.billing.steps import move
from majlis.engines.billing.types import LineDraft, OrderStatus
from majlis.kit import clock, db
from majlis.kit.errors import Refusal
from majlis.kit.hands import side_by_side

log = logging.getLogger(__name__)
S = SubscriptionStatus
BATCH = 250


def renew_subscriptions(*, now: datetime | None = None, limit: int = 100_000, hands: int = 1) -> int:
    """Do what is due with every subscription whose time has come: renew it, end it, resume it, or go on with its
    dunning. How many were taken up. Several workers share the work; speaks to gateways for those with a saved way to
    pay, so it must not run inside a transaction.

    `hands`: how many of those that no wallet pays are done at a time. Each is a renewal by itself, with transactions
    and a connection of its own, and waits for its provider longer than for anything else.
    """
    db.refuse_transaction()
    now = now or clock.now()
    done = 0
    while done < limit:
        together, others = _take_batch(now, min(BATCH, limit - done))
        done += together + sum(side_by_side(partial(_take_one, now=now), others, hands=hands))
        if not together and not others:
            return done
    return done


def _due(now: datetime) -> Any:
    rows = Subscription.objects.select_for_update(skip_locked=True, of=("self",)).filter(act_at__lte=now)
    return rows.select_related("person", "plan", "price__plan", "next_price__plan").order_by("act_at", "id")


@transaction.atomic
def _take_batch(now: datetime, size: int) -> tuple[int, list[UUID]]:
    """Of up to `size` due subscriptions nobody else has in hand, renew those whose wallets pay for it together; how
    many, and the ids of the others, untouched."""
    taken = _with_prices(list(_due(now).select_related(None).select_related("person")[:size]))
    others = renew_together(taken, now)
    return len(taken) - len(others), [each.id for each in others]


def _with_prices(taken: list[Subscription]) -> list[Subscription]:
    """With their plans and prices, each read once however many share it."""
    wanted = {each.price_id for each in taken} | {each.next_price_id for each in taken if each.next_price_id}
    prices = PlanPrice.objects.select_related("plan").in_bulk(wanted)
    for each in taken:
        each.price = prices[each.price_id]
        each.next_price = prices[each.next_price_id] if each.next_price_id else None
        if each.plan_id == each.price.plan_id:
            each.plan = each.price.plan
    return taken


def _take_one(subscription_id: UUID, now: datetime) -> bool:
    """Do what is due with one subscription by itself; whether it still was due and nobody else had it in hand."""
    try:
        with transaction.atomic():
            subscription = _due(now).filter(id=subscription_id).first()
            if subscription is None:
                return False
            late = _act(subscription, now)
    except Exception:
        # One fault must not keep the others; it is tried again in an hour.
        log.exception("Subscription %s could not be renewed.", subscription_id)
        Subscription.objects.filter(id=subscription_id, act_at__lte=now).update(act_at=now + timedelta(hours=1))
        return True
    if late:
        _alone(subscription_id, now)
    return True


def _act(subscription: Subscription, now: datetime) -> bool:
    """What is due, as far as it needs no lock but the subscription's and speaks to nobody. Whether more is to do."""
    if subscription.status in (S.TRIALING, S.ACTIVE):
        return not _renew(subscription, now)
    if subscription.status == S.CANCELED:
        end_subscription(subscription, reason=_("Its time was over."), now=now)
        return False
    if subscription.status == S.PAUSED:
        resume(subscription, now=now)
        return False
    # Dunning locks the order first, so it is done one by one, outside; nobody else takes it up meanwhile.
    Subscription.objects.filter(id=subscription.id).update(act_at=now + timedelta(minutes=15))
    return True


def _renew(subscription: Subscription, now: datetime) -> bool:
    """Order the next period and pay it from the wallet if that is enough; whether it is paid."""
    price, kind, starts, ends = next_period(subscription, now)
    period = open_period(subscription, kind, price, price.price, starts, ends, now=now)
    finish_periods(subscription, before=period.number, now=now)
    put(
        subscription,
        S.PAST_DUE,
        reason=DUE,
        past_due_since=starts,
        dunned_day=-1,
        act_at=now + timedelta(minutes=15),
    )
    try:
        order = order_period(
            subscription,
            period,
            period.cost,
            expires_at=last_day(subscription, starts, now),
            actor=None,
            now=now,
            more=_owed(subscription, period),
        )
    except Refusal as refusal:  # a minor whose guardian took their word back, for one
        end_subscription(subscription, reason=refusal.words, now=now)
        return True
    return order.status == OrderStatus.PAID or try_wallet(order.id, subscription.person, now)


def _owed(subscription: Subscription, period: SubscriptionPeriod) -> list[LineDraft]:
    """What changes of plan left for the next invoice."""
    if not subscription.owed_amount:
        return []
    line = line_of(subscription, period, subscription.owed)
    return [
        replace(
            line, kind=DIFFERENCE, title=gettext(DIFFERENCE_TITLE), held=False, subject_id=subscription.id, policy={}
        )
    ]


def _alone(subscription_id: UUID, now: datetime) -> None:
    try:
        dun(subscription_id, now=now)
    except Exception:
        log.exception("The dunning of subscription %s failed; it is tried again.", subscription_id)


DIFFERENCE = "plan_difference"
DIFFERENCE_TITLE = gettext_noop("Difference from your change of plan")


class PeriodFulfiller(Fulfiller):
    """How billing delivers its own: a paid period begins."""

    def fulfil(self, line: OrderLine, now: datetime) -> None:
        """The period is paid. A line that pays for one that runs already (what was credited to it) changes nothing."""
        owner = SubscriptionPeriod.objects.values_list("subscription_id", flat=True).get(id=line.subject_id)
        subscription = locked_subscription(owner)
        period = _period(line.subject_id)
        if period.status == PeriodStatus.PAID:
            return
        if period.kind == PeriodKind.CHANGE and period.number > subscription.number:
            apply_change(period, now)
        elif subscription.billed_by:
            begin_mirrored(subscription, period, now)
        else:
            begin_period(period, now)

    def terms(self, line: OrderLine) -> list[str]:
        """What was said of renewing and cancelling."""
        return terms_in_words(_period(line.subject_id).price)

    def lapse(self, line: OrderLine, now: datetime) -> None:
        """Not paid. A change does not take place; a first period or a renewal that is given up ends the
        subscription, unless a provider's clock runs it."""
        period = _period(line.subject_id)
        subscription = locked_subscription(period.subscription_id)
        if period.status == PeriodStatus.OPEN:
            move(period, PeriodStatus.VOID, PERIOD_MOVES)
        waits = subscription.status in (S.INCOMPLETE, S.PAST_DUE, S.UNPAID) and not subscription.billed_by
        if period.kind != PeriodKind.CHANGE and waits:
            end_subscription(subscription, reason=_("Not paid."), now=now)

    def titles(self, lines: list[OrderLine]) -> dict[UUID, str]:
        """The plan and its cycle."""
        of = SubscriptionPeriod.objects.select_related("plan", "price").in_bulk([line.subject_id for line in lines])
        return {line.id: title_of(of[line.subject_id]) for line in lines if line.subject_id in of}

    def describe(self, line: OrderLine) -> str:
        """Until when it is paid for."""
        from django.utils import formats

        period = _period(line.subject_id)
        return gettext("From %(start)s until %(end)s") % {
            "start": formats.date_format(period.starts_at, "DATE_FORMAT"),
            "end": formats.date_format(period.ends_at, "DATE_FORMAT"),
        }

    def landing(self, line: OrderLine) -> str:
        """The member's own page."""
        return "/membership/"


class DifferenceFulfiller(Fulfiller):
    """What a change of plan left for the next invoice."""

    def fulfil(self, line: OrderLine, now: datetime) -> None:
        """It is paid: nothing is owed any more."""
        subscription = locked_subscription(line.subject_id)
        left = max(0, subscription.owed_amount - line.price_amount)
        Subscription.objects.filter(id=subscription.id).update(owed_amount=left)

    def lapse(self, line: OrderLine, now: datetime) -> None:
        """The period it came with was not paid; the subscription ended with it."""

    def titles(self, lines: list[OrderLine]) -> dict[UUID, str]:
        """Always the same."""
        return {line.id: gettext(DIFFERENCE_TITLE) for line in lines}

    def describe(self, line: OrderLine) -> str:
        """Nothing more than its title."""
        return line.name


def _period(period_id: UUID) -> SubscriptionPeriod:
    rows = SubscriptionPeriod.objects.select_related("plan", "price__plan", "subscription__person")
    return rows.get(id=period_id)


def due_order(order_id: UUID) -> Any:
    """The period an order pays for, with its subscription, or None if it pays for something else."""
    return SubscriptionPeriod.objects.filter(order_id=order_id).select_related("subscription").first()
