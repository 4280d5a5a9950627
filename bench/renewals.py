"""Subscriptions renewed per second by one worker: picked in batches that skip what others hold, ordered, paid from the
wallet into escrow, invoiced without a gap, the period before it earned, the next period's minutes granted, its reminder
set and its buyer told, by the job that does it in the house. Of 100,000 subscriptions (MAJLIS_BENCH_SUBSCRIPTIONS) 200
are due, then ten times as many; five times as many are then renewed by four workers at once; `./majlis audit` follows.
Each is renewed twice: when its trial is over, and a month later, when there is a paid period to be earned.
MAJLIS_BENCH_ALL=1 renews every one of them.

Beside it stands the same number of orders placed and paid from a wallet one by one, without a subscription: what a
renewal costs beyond the purchase that it is."""

import os
import sys
import threading
import time
from datetime import timedelta

from _measure import django, heading, postgres_version, rate, verdict

SUBSCRIPTIONS = int(os.environ.get("MAJLIS_BENCH_SUBSCRIPTIONS", "100000"))
DUE = 200
EVERY = os.environ.get("MAJLIS_BENCH_ALL") == "1"

WALLETS = """
SELECT count(ledger_post(gen_random_uuid(), 'bench:' || person_id, 'top_up', 'bench', '', NULL, now(),
    ARRAY[id, '{clearing}']::uuid[], ARRAY[100000, -100000]::bigint[], 2))
FROM ledger_account WHERE person_id IS NOT NULL AND purpose = 'wallet'
"""


def people_and_plans(now):
    """The plan, and as many members who have it, each with money for ten periods; none is due yet."""
    from django.contrib.auth import get_user_model
    from django.db import connection

    from majlis.engines.billing import services
    from majlis.engines.billing.models import Subscription, SubscriptionPeriod
    from majlis.kernel.ledger.services.journals import open_accounts
    from majlis.kernel.ledger.types import Purpose, of_house, of_person
    from majlis.kit.money import Money

    plan = services.save_plan(actor=None, slug="bench", name={"en": "Bench"})
    price = services.set_plan_price(actor=None, plan_id=plan.id, cycle="month", full=Money(10_000, "USD"))
    services.set_plan_benefits(actor=None, plan_id=plan.id, benefits=[{"unit": "minute", "amount": 60, "per": "week"}])
    services.open_plan(actor=None, plan_id=plan.id)
    user = get_user_model()
    clearing = of_house(Purpose.CLEARING, "USD", "bench")
    open_accounts([clearing])
    starts, ends = now - timedelta(days=30), now + timedelta(days=3650)
    for begin in range(0, SUBSCRIPTIONS, 5_000):
        numbers = range(begin, min(begin + 5_000, SUBSCRIPTIONS))
        people = user.objects.bulk_create(
            user(name=f"Member {n}", email=f"member{n}@bench.test", country="XX", password="!") for n in numbers
        )
        open_accounts([of_person(person.id, Purpose.WALLET, "USD") for person in people])
        taken = Subscription.objects.bulk_create(
            Subscription(
                person=person,
                plan=plan,
                price=price,
                family="membership",
                key="bench",
                status="active",
                entitlement="full",
                zone="UTC",
                number=1,
                starts_at=starts,
                ends_at=ends,
                anchor_at=ends,
                act_at=ends,
            )
            for person in people
        )
        SubscriptionPeriod.objects.bulk_create(
            SubscriptionPeriod(
                subscription=each,
                number=1,
                kind="trial",
                status="paid",
                plan=plan,
                price=price,
                unit="USD",
                amount=0,
                starts_at=starts,
                ends_at=ends,
            )
            for each in taken
        )
    with connection.cursor() as cursor:
        cursor.execute(WALLETS.format(clearing=clearing.id))
        cursor.execute("ANALYZE")
    return plan


def make_due(number, now):
    """That many, of those that never were, are due at `now`."""
    from majlis.engines.billing.models import Subscription, SubscriptionPeriod

    ids = list(
        Subscription.objects.filter(number=1, ends_at__gt=now).order_by("id").values_list("id", flat=True)[:number]
    )
    for begin in range(0, len(ids), 5_000):
        part = ids[begin : begin + 5_000]
        SubscriptionPeriod.objects.filter(subscription__in=part).update(ends_at=now)
        Subscription.objects.filter(id__in=part).update(ends_at=now, anchor_at=now, act_at=now)
    return len(ids)


def renew(number, now, workers=1):
    """That many renewed when their trial is over, and again a month later: each per second."""
    due = make_due(number, now)
    return [run(due, at, workers) for at in (now, now + timedelta(days=31))]


def run(due, now, workers):
    """Renewals per second."""
    from django.db import connections

    from majlis.engines.billing import services

    began, done = time.monotonic(), []

    def work():
        done.append(services.renew_subscriptions(now=now))
        connections.close_all()

    threads = [threading.Thread(target=work) for _each in range(workers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if sum(done) != due:
        sys.exit(f"{due} were due and {sum(done)} were renewed.")
    return due / (time.monotonic() - began)


def purchases(number, now):
    """Orders placed and paid from the wallet per second: what a renewal stands beside."""
    from uuid import uuid4

    from majlis.engines.billing import services
    from majlis.engines.billing.models import Subscription
    from majlis.engines.billing.tests.factories import draft

    buyers = [each.person for each in Subscription.objects.select_related("person").order_by("-id")[:number]]
    began = time.monotonic()
    for buyer in buyers:
        bought = services.place_order(
            buyer=buyer, lines=[draft(10_000)], key=str(uuid4()), expires_at=None, actor=buyer, now=now
        )
        services.pay_from_wallet(order_id=bought.id, actor=buyer, now=now)
    return number / (time.monotonic() - began)


def measured(number, now, workers=1):
    """Prints both rates; the second, of renewals proper."""
    hands = f", {workers} workers" if workers > 1 else ""
    first, again = renew(number, now, workers)
    rate(f"{number} first payments{hands}", first)
    rate(f"{number} renewals{hands}", again)
    return again


def main() -> None:
    django()
    from majlis.kit import audit, clock

    now = clock.now()
    heading("Renewals", subscriptions=SUBSCRIPTIONS, due=DUE, postgres=postgres_version(os.environ["DATABASE_URL"]))
    people_and_plans(now)
    renew(50, now)  # warm
    beside = purchases(DUE, now)
    rate("orders placed and paid one by one", beside)
    once = measured(DUE, now)
    ten = measured(DUE * 10, now)
    measured(DUE * 5, now, workers=4)
    if EVERY:
        measured(SUBSCRIPTIONS - DUE * 16 - 50, now)
    verdict("renewals ÷ bare purchases", once / beside, at_least=0.3)
    verdict("ten times as many, per renewal", ten / once, at_least=0.8)
    found = [finding for outcome in audit.run("billing") for finding in outcome.findings]
    print("audit:", "clean" if not found else found[:3])
    if found:
        sys.exit(1)


if __name__ == "__main__":
    main()
