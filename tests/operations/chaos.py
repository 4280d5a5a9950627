"""What people and jobs do while the worker and the database die around them: programs that `test_chaos` starts.

    python -m tests.operations.chaos work | errand | prepare MEMBERS | buy FIRST LAST | renew MONTHS | look

Every step is done again until it is acknowledged, as by a person who presses again; each has a key, so again is not
twice. What was acknowledged is printed, a line each, and must still be so at the end.
"""

import json
import sys
import time
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import django

django.setup()

import psycopg  # noqa: E402
import psycopg_pool  # noqa: E402
from django.core.management import call_command  # noqa: E402
from django.db import Error, connection  # noqa: E402
from django.db.models import Count, Sum  # noqa: E402
from procrastinate.contrib.django.models import ProcrastinateJob  # noqa: E402

from majlis.engines.billing import services  # noqa: E402
from majlis.engines.billing.models import (  # noqa: E402
    Charge,
    Order,
    OrderLine,
    Payment,
    Refund,
    SandboxCharge,
    Subscription,
    SubscriptionPeriod,
)
from majlis.engines.billing.tasks import resend_refunds  # noqa: E402
from majlis.engines.billing.tests import factories, plans  # noqa: E402
from majlis.engines.billing.types import OrderStatus, RefundStatus  # noqa: E402
from majlis.kernel.accounts.models import User  # noqa: E402
from majlis.kit import audit, clock, testing  # noqa: E402

BUYERS = 40
FAULTS = (Error, psycopg.Error, psycopg_pool.PoolTimeout, OSError)


def stubborn(act: Callable[[], Any]) -> Any:
    """Do it until it is acknowledged."""
    while True:
        try:
            return act()
        except FAULTS:
            connection.close()
            time.sleep(0.1)


def work() -> None:
    """The worker, who knows what is sold here as the buyers' programs do."""
    call_command("work")


def errand() -> None:
    """Give the worker a job and wait until it is done."""
    number = stubborn(lambda: resend_refunds.configure(queueing_lock=f"errand {time.time()}").defer(timestamp=0))
    deadline = time.monotonic() + 120
    while stubborn(lambda: ProcrastinateJob.objects.filter(id=number).exists()):  # what is done is deleted
        if time.monotonic() > deadline:
            sys.exit("Nobody did it.")
        time.sleep(0.1)


def prepare(members: int) -> None:
    """Buyers, and members whose card is kept."""
    for number in range(BUYERS):
        testing.person(f"Buyer {number}", email=f"buyer-{number}@example.test", country="XX")
    basic = plans.plan()
    for number in range(members):
        member = testing.person(f"Member {number}", email=f"member-{number}@example.test", country="XX")
        plans.join(member, basic)


def buy(first: int, last: int) -> None:
    """Orders that are paid, paid twice, paid without word of it, declined and paid again; every fifth is given back."""
    buyers = stubborn(lambda: list(User.objects.filter(email__startswith="buyer-").order_by("id")))
    for number in range(first, last):
        buyer = buyers[number % BUYERS]
        order = stubborn(
            lambda n=number, who=buyer: factories.order(who, factories.draft(1_000), minutes=None, key=f"chaos:{n}")
        )
        style = number % 10
        if style == 8:
            press(order, buyer, "fail")
        press(order, buyer, {6: "silent", 7: "twice", 9: "silent"}.get(style, "pay"))
        if stubborn(lambda o=order: Order.objects.get(id=o.id)).status == OrderStatus.PAID:
            print(f"paid {order.id}", flush=True)
            if number % 5 == 0:
                give_back(order)


def press(order: Order, buyer: User, outcome: str) -> None:
    """Start a payment and press a button at the provider, unless that happened before we were cut off."""

    def once() -> None:
        try:
            started = services.start_payment(order_id=order.id, gateway="sandbox", actor=buyer, return_url="/x/")
        except services.AlreadyPaid:
            return
        payment = Payment.objects.get(id=started.payment_id)
        if SandboxCharge.objects.filter(session_id=payment.provider_ref).exists():
            services.refresh_payment(payment.id)
        else:
            services.press_sandbox(ref=payment.provider_ref or "", outcome=outcome)

    stubborn(once)


def give_back(order: Order) -> None:
    """Staff refunds the line to the wallet, and the wallet to the card."""
    line = stubborn(lambda: Order.objects.get(id=order.id).lines[0])
    stubborn(
        lambda: services.refund_line(
            line_id=line.id, amount=line.total, key=f"chaos:{order.id}", reason="chaos", actor=None
        )
    )
    payment = stubborn(lambda: Payment.objects.filter(order=order, received_amount__gt=0).earliest("id"))
    stubborn(
        lambda: services.refund_payment(
            payment_id=payment.id, amount=line.total, key=f"chaos:{order.id}", reason="chaos", actor=None
        )
    )
    print(f"refunded {order.id}", flush=True)


def renew(months: int) -> None:
    """Month after month, every subscription is renewed from its card; those that were cut off are taken up again."""
    for _month in range(months):
        clock.set_offset(clock.offset() + timedelta(days=31))
        for _again in range(40):
            while stubborn(lambda: services.renew_subscriptions(hands=3)):
                pass
            if stubborn(lambda: Subscription.objects.exclude(status="active").count()) == 0:
                break
            clock.set_offset(clock.offset() + timedelta(minutes=16))


def look() -> None:
    """Let the worker bring everything to an end, then say how it stands, as JSON."""
    # Those whose asker was killed are asked about again soon: let that moment have come.
    clock.set_offset(clock.offset() + timedelta(minutes=16))
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        services.poll_payments(now=clock.now() + timedelta(hours=7))
        services.pay_covered_orders()
        services.renew_subscriptions()
        services.resend_refunds()  # the worker does this every five minutes
        waits = Refund.objects.filter(status=RefundStatus.REQUESTED).exists()
        unseen = SandboxCharge.objects.filter(amount__gt=0).exclude(
            ref__in=Charge.objects.filter(gateway="sandbox").values("ref")
        )
        if not waits and not unseen.exists():
            break
        time.sleep(1)
    at_provider = SandboxCharge.objects.aggregate(sum=Sum("amount"))["sum"] or 0
    booked = Charge.objects.filter(gateway="sandbox").aggregate(sum=Sum("amount"))["sum"] or 0
    sent = Refund.objects.filter(status=RefundStatus.SENT, payment__gateway="sandbox").aggregate(sum=Sum("amount"))
    print(
        json.dumps(
            {
                "findings": [finding for outcome in audit.run() for finding in outcome.findings],
                "orders": Counter(str(status) for status in Order.objects.values_list("status", flat=True)),
                "paid": [str(id) for id in Order.objects.filter(status=OrderStatus.PAID).values_list("id", flat=True)],
                "refunds": Counter(str(status) for status in Refund.objects.values_list("status", flat=True)),
                "refunded": [
                    key.partition(":")[2]
                    for key in Refund.objects.filter(status=RefundStatus.SENT, payment__isnull=False).values_list(
                        "key", flat=True
                    )
                ],
                "unasked": OrderLine.objects.filter(status="refunded").exclude(settle_key__startswith="chaos:").count(),
                "payments": Payment.objects.count(),
                "renewals": SubscriptionPeriod.objects.filter(number__gt=1).count(),
                "doubled": SubscriptionPeriod.objects.values("subscription", "number")
                .annotate(times=Count("id"))
                .filter(times__gt=1)
                .count(),
                "subscriptions": Counter(str(s) for s in Subscription.objects.values_list("status", flat=True)),
                "provider": at_provider,
                "books": booked - (sent["sum"] or 0),
            }
        )
    )


if __name__ == "__main__":
    words = sys.argv[1:]
    {"work": work, "errand": errand, "prepare": prepare, "buy": buy, "renew": renew, "look": look}[words[0]](
        *map(int, words[1:])
    )
