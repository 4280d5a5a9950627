"""A year of one subscription, month by month, with whatever goes wrong in it: after each month every state, every
journal and every proof."""

import itertools
from datetime import datetime
from zoneinfo import ZoneInfo

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import SubscriptionPeriod
from majlis.engines.billing.tests.factories import give, house, pay, usd, wallet
from majlis.engines.billing.tests.plans import (
    DAY,
    card_declines,
    findings,
    fresh,
    grants,
    join,
    left,
    live_until,
    plan,
    price,
    told,
)
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, clock, testing

pytestmark = pytest.mark.django_db
CAIRO = ZoneInfo("Africa/Cairo")


def on(month, day, hour=10, year=2026):
    return datetime(year, month, day, hour, tzinfo=CAIRO)


class Story:
    """One member, and the days between what happens."""

    def __init__(self, person):
        self.person, self.at = person, clock.now()

    def until(self, at):
        live_until(at, since=self.at)
        self.at = at
        assert findings() == []

    def stands(self, status, *, number, ends, escrow, earned):
        now = fresh(queries.subscriptions_of(self.person)[0])
        wall = now.ends_at.astimezone(CAIRO)
        assert (now.status, now.number, (wall.month, wall.day)) == (status, number, ends)
        assert (house(Purpose.ESCROW), house(Purpose.FEES)) == (escrow, earned)
        return now


def test_a_year():
    begin = on(1, 31)
    monthly = {"unit": "minute", "amount": 240, "carry_limit": 60}
    with clock.travel(begin):
        person = testing.person("Salma Hassan", country="XX")
        basic = plan(benefits=[monthly], amount=10_000)
        plus = plan("plus", 25_000, benefits=[{**monthly, "amount": 600}])
        taken = join(person, basic)
        story = Story(person)
    story.stands("active", number=1, ends=(2, 28), escrow=10_000, earned=0)

    # February: some minutes used; what is left may roll over, up to sixty.
    services.use_allowance(
        person_id=person.id, unit="minute", amount=200, key="u1", subject="t:1", at=on(2, 10), now=on(2, 10)
    )
    story.until(on(2, 28))
    story.stands("active", number=2, ends=(3, 31), escrow=10_000, earned=10_000)
    assert left(person, at=on(3, 1)) == 280
    assert told(person).count("renewal_upcoming") == 1

    # March's end: the wallet has enough, so the card is left alone.
    give(person, 10_000)
    story.until(on(3, 31))
    story.stands("active", number=3, ends=(4, 30), escrow=10_000, earned=20_000)
    assert wallet(person) == 0

    # April's end: the card declines, and works again on the fifth day.
    card_declines(person)
    story.until(on(4, 30))
    story.stands("past_due", number=3, ends=(4, 30), escrow=0, earned=30_000)
    story.until(on(5, 3))
    card_declines(person, False)
    story.until(on(5, 6))
    story.stands("active", number=4, ends=(5, 31), escrow=10_000, earned=30_000)

    # May: a pause of ten days.
    services.pause_subscription(subscription_id=taken.id, actor=person, until=on(5, 20), now=on(5, 10))
    assert left(person, at=on(5, 11)) == 0
    story.until(on(6, 10))
    story.stands("active", number=5, ends=(7, 10), escrow=10_000, earned=40_000)

    # June: nobody pays; reduced, suspended, and paid by hand three weeks late: the time begins then.
    card_declines(person)
    story.until(on(7, 10) + 8 * DAY)
    assert fresh(taken).entitlement == "reduced"
    story.until(on(7, 31))
    story.stands("unpaid", number=5, ends=(7, 10), escrow=0, earned=50_000)
    with clock.travel(on(7, 31)):
        pay(services.open_order(fresh(taken)), keep=True)
    story.stands("active", number=6, ends=(8, 31), escrow=10_000, earned=50_000)

    # August, half over and half used: upgrade. Half of it is credited, and pays its part of the new period.
    services.use_allowance(
        person_id=person.id, unit="minute", amount=120, key="u2", subject="t:2", at=on(8, 15), now=on(8, 15)
    )
    with clock.travel(on(8, 15)):
        shown = services.preview_change(subscription=fresh(taken), price_id=price(plus).id)
        assert (shown.credit, shown.due_now) == (usd(5_000), usd(20_000))
        services.change_plan(subscription_id=taken.id, price_id=price(plus).id, actor=person, shown_due=shown.due_now)
        pay(services.open_order(fresh(taken)))
    story.at = on(8, 15)
    story.stands("active", number=7, ends=(9, 15), escrow=25_000, earned=55_000)
    assert left(person, at=on(8, 16)) == 600

    # September: back to the smaller one with the next period.
    services.change_plan(
        subscription_id=taken.id, price_id=price(basic).id, actor=person, mode="next_period", now=on(9, 1)
    )
    for method in queries.saved_methods_of(person):
        services.set_sandbox_card(method_id=method.id, declines=False, actor=person)
    story.until(on(9, 15))
    assert story.stands("active", number=8, ends=(10, 15), escrow=10_000, earned=80_000).plan.slug == "basic"

    # November: cancelled, kept after all, cancelled again; it runs out.
    story.until(on(11, 20))
    services.cancel_subscription(subscription_id=taken.id, actor=person, now=on(11, 20))
    services.keep_subscription(subscription_id=taken.id, actor=person, now=on(11, 21))
    services.cancel_subscription(subscription_id=taken.id, actor=person, reason="Moving", now=on(11, 22))
    story.until(on(12, 31))
    story.stands("ended", number=10, ends=(12, 15), escrow=0, earned=110_000)
    assert told(person)[-1] == "come_back"

    # Ten periods, each paid once, one after the other; every minute is used, carried, written off or taken back.
    periods = list(SubscriptionPeriod.objects.order_by("number"))
    assert [period.status for period in periods] == ["over"] * 10
    assert all(one.ends_at <= two.starts_at for one, two in itertools.pairwise(periods))
    assert sum(period.amount for period in periods) == 115_000
    assert [grant.left for grant in grants(person)] == [0] * len(grants(person))
    assert ledger.balance(person.id, "minute", Purpose.ALLOWANCE).amount == 0
    assert (wallet(person), ledger.house_balance(Purpose.ESCROW, "USD").amount) == (0, 0)
    assert [finding for outcome in audit.run("") for finding in outcome.findings] == []
