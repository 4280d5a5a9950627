"""A member's own subscriptions: how they stand, what is left, and every way out."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import Proration
from majlis.faces.web.views.plans import benefit_words
from majlis.kit import clock
from majlis.kit.money import COUNTED, Money


class CancelForm(forms.Form):
    """When, and why."""

    WHEN = (("later", gettext_lazy("When the period ends")), ("now", gettext_lazy("At once")))
    when = forms.ChoiceField(label=gettext_lazy("When"), choices=WHEN, widget=forms.RadioSelect, initial="later")
    reason = forms.CharField(label=gettext_lazy("Why?"), required=False, max_length=300)
    shown = forms.IntegerField(widget=forms.HiddenInput, required=False)


class PauseForm(forms.Form):
    """Until when."""

    days = forms.TypedChoiceField(label=gettext_lazy("For how long?"), coerce=int)

    def __init__(self, *args: Any, longest: int, **kwargs: Any) -> None:
        from django.utils.translation import ngettext

        super().__init__(*args, **kwargs)
        self.fields["days"].choices = [  # type: ignore[attr-defined]
            (days, ngettext("%(count)s day", "%(count)s days", days) % {"count": days})
            for days in (7, 14, 30, 60, 90)
            if days <= longest
        ]


@login_required
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """The current plan, the next payment, what is left of each allowance, and what was before."""
    live = queries.subscriptions_of(request.user, ended=False)
    methods = queries.saved_methods_of(request.user)
    return render(
        request,
        "plans/membership.html",
        {
            "subscriptions": [_card(each, request.user) for each in live],
            "ended": [(each, queries.periods_of(each)) for each in queries.subscriptions_of(request.user, ended=True)],
            "allowances": queries.allowances_of(request.user),
            "methods": methods,
            "cycle_words": queries.cycle_words,
            "there": queries.has_page_at(request.user).title(),
            "sandbox_cards": [each for each in methods if each.gateway == "sandbox"],
        },
    )


def _card(subscription: Any, person: Any) -> dict[str, Any]:
    plans = [
        each for each in queries.plans_for(person, unit=subscription.price.unit) if each.family == subscription.family
    ]
    others = [(plan, price) for plan in plans for price in plan.offered if price.id != subscription.price_id]
    if subscription.billed_by:
        others = [(plan, price) for plan, price in others if price.provider == subscription.billed_by]
    order = queries.open_order_of(subscription)
    return {
        "it": subscription,
        "order": order,
        "missing": queries.remaining(order) if order is not None else None,
        "gives": benefit_words(subscription.plan),
        "due": queries.money_due(subscription),
        "cycle": queries.cycle_words(subscription.price),
        "periods": queries.periods_of(subscription),
        "others": others,
        "pauses": PauseForm(longest=queries.subscription_policies().pause_days),
        "resumes": subscription.act_at if subscription.status == "paused" else None,
    }


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def change(request: HttpRequest, subscription_id: UUID, price_id: UUID) -> HttpResponse:
    """What changing does to the last cent (GET), and doing it (POST)."""
    subscription = queries.subscription(subscription_id, request.user)
    price = queries.plan_price(price_id)
    later = request.GET.get("when") == "later"
    mode = Proration.NEXT_PERIOD if later else ""
    if request.method == "POST":
        shown = request.POST.get("shown", "")
        changed = services.change_plan(
            subscription_id=subscription_id,
            price_id=price_id,
            actor=request.user,
            mode=mode,
            shown_due=Money(int(shown), price.unit) if shown.isascii() and shown.isdigit() else None,
        )
        order = queries.open_order_of(changed)
        if order is not None:
            return redirect("checkout", order_id=order.id)
        messages.success(request, _("Your plan is changed."))
        return redirect("membership")
    preview = services.preview_change(subscription=subscription, price_id=price_id, mode=mode)
    facts = {"it": subscription, "price": price, "preview": preview, "gives": benefit_words(price.plan), "later": later}
    return render(request, "plans/change.html", {**facts, "cycle": queries.cycle_words(price)})


@login_required
@never_cache
@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """The two ways to cancel, with what comes back of each (GET); cancelling (POST)."""
    subscription = queries.subscription(subscription_id, request.user)
    now = services.preview_cancel(subscription, at_once=True)
    form = CancelForm(request.POST or None, initial={"shown": now.back.amount})
    if request.method == "POST" and form.is_valid():
        at_once, shown = form.cleaned_data["when"] == "now", form.cleaned_data["shown"]
        services.cancel_subscription(
            subscription_id=subscription_id,
            actor=request.user,
            at_once=at_once,
            reason=form.cleaned_data["reason"],
            shown_back=Money(shown, now.back.unit) if at_once and shown is not None else None,
        )
        messages.success(request, _("It is cancelled."))
        return redirect("membership")
    later = services.preview_cancel(subscription, at_once=False)
    facts = {"it": subscription, "form": form, "at_once": now, "later": later, "only_now": later.ends_at <= clock.now()}
    return render(request, "plans/cancel.html", facts, status=422 if form.errors else 200)


@login_required
@require_POST
def keep(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Take a cancellation back."""
    services.keep_subscription(subscription_id=subscription_id, actor=request.user)
    messages.success(request, _("Good: it goes on."))
    return redirect("membership")


@login_required
@require_POST
def pause(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Stop for a while."""
    form = PauseForm(request.POST, longest=queries.subscription_policies().pause_days)
    if form.is_valid():
        until = clock.now() + timedelta(days=form.cleaned_data["days"])
        services.pause_subscription(subscription_id=subscription_id, actor=request.user, until=until)
        messages.success(request, _("It is paused. What is left waits for you."))
    return redirect("membership")


@login_required
@require_POST
def resume(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """Go on before the pause is over."""
    services.resume_subscription(subscription_id=subscription_id, actor=request.user)
    messages.success(request, _("Good: it goes on."))
    return redirect("membership")


@login_required
@require_POST
def forget(request: HttpRequest, method_id: UUID) -> HttpResponse:
    """A kept way to pay is not charged any more."""
    services.forget_method(method_id=method_id, actor=request.user)
    messages.success(request, _("It is removed and will not be charged again."))
    return redirect("membership")


@login_required
@require_POST
def sandbox_card(request: HttpRequest, method_id: UUID) -> HttpResponse:
    """In a sandbox: the test card declines from now on, or is taken again."""
    declines = request.POST.get("declines") == "1"
    services.set_sandbox_card(method_id=method_id, declines=declines, actor=request.user)
    messages.info(request, _("The test card declines now.") if declines else _("The test card works again."))
    return redirect("membership")


@login_required
@never_cache
@require_GET
def lines(request: HttpRequest, unit: str) -> HttpResponse:
    """Every line of one allowance."""
    known = unit if unit in COUNTED else "minute"
    page = queries.allowance_statement(request.user, known, request.GET.get("cursor") or None)
    left = next((each for each in queries.allowances_of(request.user) if each.unit == known), None)
    return render(request, "plans/lines.html", {"page": page, "unit": known, "left": left})
