"""The members of the demonstration who have a plan: taken, paid and renewed by the services themselves."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from majlis.engines.billing import queries, services
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.state import promised

HOW_MANY = 6


def subscribe_some(students: Sequence[Any], now: datetime) -> None:
    """The edition's plans, and a few members who took one of them some weeks ago: the first (whose account is printed)
    with minutes to book, one in a trial, one who cancelled, one whose card declined."""
    services.load_plans(edition().policies.get("plans", []), now=now - timedelta(weeks=12))
    plans = queries.plans_for(unit=edition().currency)
    if not plans:
        return
    for number, person in enumerate(students[:HOW_MANY]):
        plan = plans[number % len(plans)]
        price = next(each for each in plan.offered if each.cycle == "month")
        since = now - timedelta(days=(9, 40, 3, 20, 33, 15)[number])
        with clock.travel(since):
            try:
                taken = services.subscribe(
                    person=person, price_id=price.id, key=str(new_id()), actor=person, trial=number == 2, now=since
                )
            except Refusal:
                continue
            if (order := queries.open_order_of(taken)) is not None:
                started = services.start_payment(
                    order_id=order.id, gateway="sandbox", actor=person, return_url="/membership/", keep=True
                )
                services.press_sandbox(ref=promised(started.redirect_url).rstrip("/").rsplit("/", 1)[-1], outcome="pay")
        if number == 3:
            services.cancel_subscription(subscription_id=taken.id, actor=person, reason="", now=now)
        if number == 4:
            for method in queries.saved_methods_of(person):
                services.set_sandbox_card(method_id=method.id, declines=True, actor=person)
    services.renew_subscriptions(now=now)
    services.expire_allowances(now)
