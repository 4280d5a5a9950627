"""Renewals by the hundred: what `renewals` does with one subscription whose wallet pays, done with many by a few
statements. The rows it leaves are those that one would leave, so nobody can tell afterwards which way it went."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.events import LineSettled, OrderPaid
from majlis.engines.billing.models import (
    AllowanceGrant,
    BillingDetails,
    Order,
    OrderLine,
    PlanBenefit,
    PlanPrice,
    Subscription,
    SubscriptionPeriod,
)
from majlis.engines.billing.periods import end_of_period
from majlis.engines.billing.plan_types import (
    PERIOD_MOVES,
    BenefitKind,
    PeriodKind,
    PeriodStatus,
    SubscriptionStatus,
)
from majlis.engines.billing.services import books
from majlis.engines.billing.services.allowances import grant_posting, grants_of
from majlis.engines.billing.services.benefits import drafts_of, give_benefits, reminded, reminder_of_end
from majlis.engines.billing.services.coupons import no_discount
from majlis.engines.billing.services.dunning import policy_of
from majlis.engines.billing.services.invoices import issue_house_invoices
from majlis.engines.billing.services.orders import lines_as_quoted, order_as_quoted, word_of_payment
from majlis.engines.billing.services.pricing import country_among, quote_in, reverse_charged_among
from majlis.engines.billing.services.settlement import RELEASED, end_of_line, split_of
from majlis.engines.billing.services.subscriptions import (
    KIND,
    changed,
    columns_of_paid,
    key_of_order,
    line_of,
    months_counted,
)
from majlis.engines.billing.steps import Step, move_all, remember_all, rewrite, step_of
from majlis.engines.billing.types import LINE_MOVES, LineDraft, LineStatus, OrderStatus, Quote
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.ledger import queries as ledger_queries
from majlis.kernel.ledger import services as ledger
from majlis.kernel.ledger.types import Posting
from majlis.kernel.notices import services as notices
from majlis.kit import db, events
from majlis.kit.money import Money
from majlis.kit.translated import in_language

S = SubscriptionStatus
DUE = _("A new period is due.")


@dataclass
class _Renewal:
    """One subscription with what its renewal writes."""

    subscription: Subscription
    period: SubscriptionPeriod
    order: Order
    line: OrderLine
    was: str
    """Its state before."""
    grants: list[list[AllowanceGrant]] = field(default_factory=list)
    """By batch: one for each allowance of its plan."""


def next_period(subscription: Subscription, now: datetime) -> tuple[PlanPrice, PeriodKind, datetime, datetime]:
    """At which price, of which kind, from when and until when the next period of a subscription is."""
    price = subscription.next_price or subscription.price
    starts = subscription.ends_at or now
    if subscription.next_price is None:
        anchor = subscription.anchor_at or starts
        ends = end_of_period(anchor, price.cycle, price.days, subscription.cycles + 1, subscription.zone)
    else:
        ends = end_of_period(starts, price.cycle, price.days, 1, subscription.zone)
    kind = PeriodKind.FIRST if subscription.status == S.TRIALING else PeriodKind.RENEWAL
    return price, kind, starts, ends


def last_day(subscription: Subscription, starts: datetime, now: datetime) -> datetime:
    """Until when the order of a renewal waits for money."""
    return max(starts + timedelta(days=policy_of(subscription).end + 1), now + timedelta(hours=1))


def renew_together(subscriptions: Sequence[Subscription], now: datetime) -> list[Subscription]:
    """Renew, in the caller's transaction that holds their rows, those whose wallets pay for the next period and that
    need nothing out of the ordinary; the others, of which nothing was written."""
    db.require_transaction()
    plain, others = _plain_ones(subscriptions, now)
    return others + _by_halves(plain, now)


def _by_halves(chunk: list[Subscription], now: datetime) -> list[Subscription]:
    """All at once; where one of them cannot be, its half is undone and tried in halves. Those that could not be."""
    if not chunk:
        return []
    try:
        with transaction.atomic():
            _Crowd(chunk, now).renew()
    except Exception:
        # By itself it is tried again, and there its fault is told.
        middle = len(chunk) // 2
        return chunk if not middle else _by_halves(chunk[:middle], now) + _by_halves(chunk[middle:], now)
    return []


def _plain_ones(subscriptions: Sequence[Subscription], now: datetime) -> tuple[list[Subscription], list[Subscription]]:
    """Those with a price, an active and grown-up member, nothing owed from a change of plan, and enough in the wallet
    for one renewal of this person; and the others."""
    due: dict[str, list[Subscription]] = defaultdict(list)
    others: list[Subscription] = []
    people: set[UUID] = set()
    for each in subscriptions:
        ordinary = each.status in (S.TRIALING, S.ACTIVE) and not each.owed_amount and each.renewal.amount > 0
        if not ordinary or each.person_id in people or not each.person.is_active or accounts.is_minor(each.person):
            others.append(each)
            continue
        people.add(each.person_id)
        due[each.renewal.unit].append(each)
    plain: list[Subscription] = []
    for unit, rows in due.items():
        wallets = ledger_queries.available_to([each.person_id for each in rows], unit)
        for each in rows:
            # VAT and fee may come on top; then the books refuse, and it is tried by itself.
            enough = wallets.get(each.person_id, Money(0, unit)) >= each.renewal
            (plain if enough else others).append(each)
    return plain, others


class _Crowd:
    """Subscriptions that are renewed together, and what is looked up once for all of them."""

    def __init__(self, subscriptions: list[Subscription], now: datetime) -> None:
        self.now = now
        self.subscriptions = subscriptions
        found = BillingDetails.objects.filter(person__in=[each.person_id for each in subscriptions])
        self.details = {each.person_id: each for each in found}
        self.drafts: dict[tuple[Any, ...], LineDraft] = {}
        self.quotes: dict[tuple[Any, ...], Quote] = {}
        plans = {(each.next_price or each.price).plan_id for each in subscriptions}
        self.benefits: dict[UUID, list[PlanBenefit]] = defaultdict(list)
        for benefit in PlanBenefit.objects.filter(plan__in=plans, kind=BenefitKind.ALLOWANCE).order_by("id"):
            self.benefits[benefit.plan_id].append(benefit)

    def renew(self) -> None:
        """Everything, in the order in which one renewal takes its locks: wallets, allowances, numbers of invoices."""
        ids = [each.id for each in self.subscriptions]
        numbers = SubscriptionPeriod.objects.filter(subscription__in=ids).values_list("subscription")
        last = dict(numbers.annotate(Max("number")).order_by())
        before = list(SubscriptionPeriod.objects.filter(subscription__in=ids, status=PeriodStatus.PAID).order_by("id"))
        renewals = [self._renewal(each, last.get(each.id, 0) + 1) for each in self.subscriptions]
        self._write(renewals)
        released = self._finish(before)
        self._move(renewals)
        ledger.post_all([_sure(books.order_posting(each.order)) for each in renewals], now=self.now)
        db.lock("billing.allowance", *(each.subscription.person_id for each in renewals))
        ledger.post_all([*released, *self._grant(renewals)], now=self.now)
        self._tell(renewals)
        issue_house_invoices([each.order for each in renewals], self.details, now=self.now)

    def _renewal(self, subscription: Subscription, number: int) -> _Renewal:
        price, kind, starts, ends = next_period(subscription, self.now)
        person = subscription.person
        cost = price.price
        period = SubscriptionPeriod(
            subscription=subscription,
            number=number,
            kind=kind,
            status=PeriodStatus.PAID,
            plan=price.plan,
            price=price,
            unit=cost.unit,
            amount=cost.amount,
            starts_at=starts,
            ends_at=ends,
            created_at=self.now,
        )
        details = self.details.get(subscription.person_id)
        country = country_among(person, details)
        reverse = reverse_charged_among(details, country)
        which = (price.id, kind, person.language)
        if which not in self.drafts:
            self.drafts[which] = line_of(subscription, period, cost)
        draft = replace(self.drafts[which], subject_id=period.id, releases_at=ends)
        where = (*which, country, reverse)
        if where not in self.quotes:
            self.quotes[where] = quote_in(country, [draft], no_discount([draft]), reverse=reverse, now=self.now)
        quote = self.quotes[where]
        quote = replace(quote, lines=(replace(quote.lines[0], draft=draft),))
        order = order_as_quoted(
            quote,
            buyer=person,
            key=key_of_order(subscription, period),
            country=country,
            expires_at=last_day(subscription, starts, self.now),
            now=self.now,
        )
        order.status, order.paid_at, period.order = OrderStatus.PAID, self.now, order
        (line,) = order.lines = lines_as_quoted(order, quote, self.now)
        line.status = LineStatus.HELD
        return _Renewal(subscription, period, order, line, str(subscription.status))

    def _write(self, renewals: list[_Renewal]) -> None:
        db.insert_all([each.order for each in renewals])
        db.insert_all([each.period for each in renewals])
        db.insert_all([each.line for each in renewals])

    def _finish(self, periods: list[SubscriptionPeriod]) -> list[Posting]:
        """The paid periods before are over, and what was paid for them is earned."""
        rows = OrderLine.objects.select_for_update(of=("self",)).select_related("order").order_by("id")
        held = list(rows.filter(subject_id__in=[each.id for each in periods], kind=KIND, status=LineStatus.HELD))
        ends: dict[LineStatus, list[tuple[OrderLine, dict[str, Any]]]] = defaultdict(list)
        released = []
        for line in held:
            nothing, rest = Money(0, line.unit), line.undivided
            parts = split_of(line, rest, nothing, rest)
            status, columns = end_of_line(line, parts, f"period:{line.subject_id}:over", RELEASED, self.now)
            ends[status].append((line, columns))
            released.append(books.settlement_posting(line, parts, key="settle"))
        for status, rows_of in ends.items():
            lines, columns_of = zip(*rows_of, strict=True)
            move_all(lines, status, LINE_MOVES, columns=columns_of, reason=RELEASED)
        move_all(periods, PeriodStatus.OVER, PERIOD_MOVES)
        events.publish_all(LineSettled(line.id, line.subject_id, line.kind) for line in held)
        return [posting for posting in released if posting is not None]

    def _move(self, renewals: list[_Renewal]) -> None:
        """The subscriptions stand in their new periods, and the steps that each thing took are remembered."""
        steps: list[Step] = []
        for each in renewals:
            steps += [
                step_of(each.subscription, each.was, S.PAST_DUE, DUE),
                step_of(each.order, "", OrderStatus.DRAFT),
                step_of(each.order, OrderStatus.DRAFT, OrderStatus.OPEN),
                step_of(each.order, OrderStatus.OPEN, OrderStatus.PAID),
                step_of(each.line, LineStatus.OPEN, LineStatus.HELD),
                step_of(each.period, PeriodStatus.OPEN, PeriodStatus.PAID),
                step_of(each.subscription, S.PAST_DUE, S.ACTIVE, PeriodKind(each.period.kind).label),
            ]
        for was in {each.was for each in renewals}:
            alike = [each for each in renewals if each.was == was]
            columns = [
                {"status": S.ACTIVE, **months_counted(each.subscription, each.period), **columns_of_paid(each.period)}
                for each in alike
            ]
            rewrite([each.subscription for each in alike], columns)
        remember_all(steps)
        events.publish_all(changed(each.subscription) for each in renewals)

    def _grant(self, renewals: list[_Renewal]) -> list[Posting]:
        """What the periods give. What may roll over from the one before is looked at one by one."""
        for each in renewals:
            if any(benefit.carry_limit for benefit in self.benefits[each.period.plan_id]):
                give_benefits(each.subscription, each.period, now=self.now)
                continue
            memo = in_language(each.period.plan.name, each.subscription.person.language)
            for benefit in self.benefits[each.period.plan_id]:
                drafts = drafts_of(benefit, each.period)
                if drafts:
                    each.grants.append(
                        grants_of(
                            each.subscription.person_id,
                            benefit.unit,
                            drafts,
                            subject=each.subscription.subject,
                            scope=benefit.scope,
                            memo=memo,
                            now=self.now,
                        )
                    )
        batches = [batch for each in renewals for batch in each.grants]
        db.insert_all([grant for batch in batches for grant in batch])
        return [grant_posting(batch) for batch in batches]

    def _tell(self, renewals: list[_Renewal]) -> None:
        notices.forget_reminders_of(subjects=[reminded(each.subscription) for each in renewals])
        reminders = [reminder_of_end(each.subscription) for each in renewals]
        notices.remind_many(kind="renewal_upcoming", told=[found for found in reminders if found is not None])
        notices.notify_many(kind="order_paid", told=[word_of_payment(each.order) for each in renewals], now=self.now)
        events.publish_all(OrderPaid(each.order.id) for each in renewals)


def _sure(posting: Posting | None) -> Posting:
    if posting is None:
        raise ValueError("A renewal that costs nothing is no renewal of a crowd.")
    return posting
