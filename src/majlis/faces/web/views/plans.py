"""What can be subscribed to, and subscribing."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import Cycle
from majlis.kit.edition import edition
from majlis.kit.ids import new_id
from majlis.kit.money import Money

MONTHS = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.HALF_YEAR: 6, Cycle.YEAR: 12}
ORDER = [Cycle.MONTH, Cycle.QUARTER, Cycle.HALF_YEAR, Cycle.YEAR, Cycle.DAYS]


@dataclass(frozen=True)
class Offer:
    """One plan at one cycle, as the page shows it."""

    plan: Any
    price: Any
    monthly: Money | None
    """What it comes to a month, for cycles of several."""
    gives: list[str]
    trial: bool
    current: Any
    """The reader's own subscription of the family, if they have one."""


def unit_of(request: HttpRequest) -> str:
    """The currency of prices: the reader's own if plans are sold in it, else the edition's."""
    return getattr(request.user, "currency", "") or edition().currency


@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The plans side by side, with a switch of cycles."""
    person = request.user if request.user.is_authenticated else None
    found = queries.plans_for(person, unit=unit_of(request)) or queries.plans_for(person, unit=edition().currency)
    cycles = [cycle for cycle in ORDER if any(price.cycle == cycle for plan in found for price in plan.offered)]
    asked = request.GET.get("cycle", "")
    cycle = asked if asked in cycles else (cycles[0] if cycles else "")
    own = {each.family: each for each in queries.subscriptions_of(person, ended=False)} if person else {}
    offers = [_offer(plan, price, person, own) for plan in found for price in plan.offered if price.cycle == cycle]
    best = {
        each: max(
            (price.discount_percent for plan in found for price in plan.offered if price.cycle == each), default=0
        )
        for each in cycles
    }
    here = [each for each in offers if person and not queries.sold_at(each.price)]
    offer = next((back for each in here if (back := queries.return_offer(person, each.plan.family))), None)
    return render(
        request,
        "plans/show.html",
        {
            "offers": offers,
            "cycles": [(each, Cycle(each).label, best[each]) for each in cycles],
            "cycle": cycle,
            "back": offer if not own else None,
            "rules": queries.subscription_policies(),
            "cycle_words": queries.cycle_words,
        },
    )


def _offer(plan: Any, price: Any, person: Any, own: dict[str, Any]) -> Offer:
    months = MONTHS.get(price.cycle, 0)
    monthly = price.price.prorate(1, months) if months > 1 else None
    trial = plan.trial_days > 0 and (person is None or (plan.family not in own and queries.may_try(person, plan)))
    return Offer(plan, price, monthly, benefit_words(plan), trial, own.get(plan.family))


def benefit_words(plan: Any) -> list[str]:
    """What a plan gives, in sentences: its own, and where it has none the benefits themselves."""
    if plan.features:
        return list(plan.feature_words)
    return [queries.benefit_words(benefit) for benefit in plan.benefits.all()]


@login_required
@require_http_methods(["GET", "POST"])
def subscribe(request: HttpRequest, price_id: UUID) -> HttpResponse:
    """What one is about to take (GET), and taking it (POST): on to the checkout, or straight into the trial."""
    price = queries.plan_price(price_id)
    plan = queries.plan(price.plan.slug, request.user)
    trial = queries.may_try(request.user, plan)
    if request.method == "POST":
        taken = services.start_subscription(
            person=request.user,
            price_id=price_id,
            key=request.POST.get("key", "")[:64] or str(new_id()),
            actor=request.user,
            trial=request.POST.get("trial") == "1",
        )
        if taken.redirect_url:
            return redirect("membership_continue", subscription_id=taken.subscription_id)
        order = queries.open_order_of(queries.subscription(taken.subscription_id, request.user))
        if order is not None:
            return redirect("checkout", order_id=order.id)
        messages.success(request, _("Your trial has begun. Enjoy it!"))
        return redirect("membership")
    back = queries.return_offer(request.user, plan.family)
    rules = queries.subscription_policies()
    there = queries.sold_at(price)
    back = None if there else back
    first = price.price - price.price.share(rules.return_percent * 100) if back else price.price
    facts = {
        "plan": plan,
        "price": price,
        "gives": benefit_words(plan),
        "trial": trial,
        "first": first,
        "back": back,
        "there": there.title(),
        "rules": rules,
        "key": new_id(),
        "cycle_words": queries.cycle_words,
        "trial_words": ngettext("%(count)s day", "%(count)s days", plan.trial_days) % {"count": plan.trial_days},
    }
    return render(request, "plans/subscribe.html", facts)


@login_required
@require_http_methods(["GET", "POST"])
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """What somebody was invited to (GET), and accepting it (POST)."""
    if request.method == "POST":
        services.accept_plan_invite(secret=secret, actor=request.user)
        messages.success(request, _("The plan is open to you now."))
        return redirect("plans")
    return render(request, "plans/invitation.html", {"invite": services.open_plan_invite(secret=secret)})
