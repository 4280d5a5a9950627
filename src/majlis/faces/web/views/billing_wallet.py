"""Money into the wallet, and out of it."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import WithdrawalStatus
from majlis.faces.web.views.handing_over import hand_over
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money, parse_amount
from majlis.kit.translated import in_language, said


class AmountForm(forms.Form):
    """An amount in one currency, and the key that makes sending the form twice harmless."""

    unit = ""
    key = forms.CharField(widget=forms.HiddenInput, max_length=64)
    amount = forms.CharField(label=gettext_lazy("Amount"), max_length=20)

    def clean_amount(self) -> Money:
        try:
            amount = parse_amount(self.cleaned_data["amount"], self.unit)
        except ValueError:
            amount = Money(0, self.unit)
        if amount.amount <= 0:
            raise forms.ValidationError(_("Write an amount, such as 12.50."))
        return amount


class TopUpForm(AmountForm):
    """How much, and which way."""

    gateway = forms.ChoiceField(label=gettext_lazy("Pay with"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, unit: str, ways: list[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.unit = unit
        self.fields["gateway"].choices = ways  # type: ignore[attr-defined]


class DestinationForm(forms.Form):
    """Where one method sends the money: the fields it asks for."""

    def __init__(self, *args: Any, method: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for asked in method.fields:
            label, hint = in_language(asked["label"]), in_language(asked.get("hint"))
            if asked.get("choices"):
                choices = [("", _("Choose…")), *((each, each) for each in asked["choices"])]
                self.fields[asked["name"]] = forms.ChoiceField(label=label, choices=choices, help_text=hint)
            else:
                self.fields[asked["name"]] = forms.CharField(label=label, max_length=100, help_text=hint)

    def destination(self) -> dict[str, str]:
        """What was given, by field."""
        return {name: self.cleaned_data[name] for name in self.fields if name not in ("amount", "key")}


class WithdrawalForm(DestinationForm, AmountForm):
    """How much, and where to."""

    def __init__(self, *args: Any, method: Any, **kwargs: Any) -> None:
        super().__init__(*args, method=method, **kwargs)
        self.unit = method.unit
        self.fields["amount"].label = gettext_lazy("Amount")


def _unit(request: HttpRequest) -> str:
    """The currency in question: the one asked for, the member's, else the edition's; one the edition knows."""
    member: Any = request.user
    asked = request.GET.get("currency", "").upper()
    for unit in (asked, member.currency, edition().currency):
        if unit in edition().currencies:
            return unit
    return edition().currencies[0]


@login_required
@never_cache
def top_up(request: HttpRequest) -> HttpResponse:
    """Put money into the wallet."""
    person: Any = request.user
    unit = _unit(request)
    least, most = queries.top_up_range(unit)
    offered = queries.gateways_for(least, request.user)
    ways = [(gateway.code, gateway.name) for gateway in offered]
    initial = {"key": new_id(), "gateway": ways[0][0] if ways else ""}
    form = TopUpForm(request.POST or None, unit=unit, ways=ways, initial=initial)
    if request.method == "POST" and form.is_valid():
        started = _started(request, form)
        if started is not None:
            return hand_over(started)
    context = {
        "form": form,
        "unit": unit,
        "units": edition().currencies,
        "least": least,
        "most": most,
        "balance": ledger.available(person.pk, unit),
        "notes": {gateway.code: str(gateway.summary) for gateway in offered},
        "suggested": _suggested(least),
    }
    return render(request, "billing/top_up.html", context, status=422 if form.errors else 200)


def _started(request: HttpRequest, form: TopUpForm) -> Any:
    try:
        return services.top_up(
            person=request.user,
            amount=form.cleaned_data["amount"],
            gateway=form.cleaned_data["gateway"],
            return_url=reverse("top_up_return"),
            key=form.cleaned_data["key"],
            actor=request.user,
        )
    except Refusal as refusal:
        form.add_error("amount" if isinstance(refusal, services.TopUpOutOfRange) else None, str(refusal))
        return None


def _suggested(least: Money) -> list[Money]:
    """Round amounts to press instead of typing."""
    return [least * times for times in (10, 20, 50, 100)]


@login_required
@never_cache
@require_GET
def top_up_return(request: HttpRequest) -> HttpResponse:
    """Where the gateway sends the member back to."""
    named = request.GET.get("payment", "")
    attempt = queries.payment(named, request.user)
    try:
        attempt = services.refresh_payment(attempt.id)
    except (services.GatewayUnreachable, services.KeysRefused):
        messages.info(request, _("The payment service does not answer just now. We look again by ourselves."))
    if attempt.status == "succeeded":
        messages.success(request, _("%(amount)s is in your wallet.") % {"amount": attempt.received.display()})
        return HttpResponseRedirect(_wallet())
    return redirect("payment", payment_id=attempt.id)


def _wallet() -> str:
    try:
        return reverse("wallet")
    except NoReverseMatch:
        return reverse("withdrawals")


@login_required
@never_cache
@require_GET
def withdrawals(request: HttpRequest) -> HttpResponse:
    """What can be taken out, what comes later and why, and the withdrawals so far."""
    unit = _unit(request)
    told = queries.withdrawable(request.user, unit)
    context = {
        "unit": unit,
        "units": _units_of(request, unit),
        "told": told,
        "days": told.days(timezone.get_current_timezone_name()),
        "page": queries.withdrawals_of(request.user, request.GET.get("cursor")),
        "methods": queries.withdrawal_methods(request.user, unit),
    }
    return render(request, "billing/withdrawals.html", context)


def _units_of(request: HttpRequest, unit: str) -> list[str]:
    """The currencies the member has money in, and the one on show."""
    person: Any = request.user
    held = [money.unit for money in ledger.balances(person.pk) if money.unit in edition().currencies]
    return sorted({unit, *held})


@login_required
@never_cache
def new_withdrawal(request: HttpRequest) -> HttpResponse:
    """Ask for money: choose the method, then say how much and where to."""
    person: Any = request.user
    unit = _unit(request)
    methods = queries.withdrawal_methods(request.user, unit)
    method = _chosen(methods, request.GET.get("method", ""))
    form = None
    if method is not None:
        free = ledger.available(person.pk, unit)
        form = WithdrawalForm(request.POST or None, method=method, initial={"key": new_id(), "amount": free.decimal})
        if request.method == "POST" and form.is_valid():
            asked = _asked(request, form, method)
            if asked is not None:
                messages.success(request, _("Your withdrawal is on its way. We tell you at each step."))
                return redirect("withdrawal", withdrawal_id=asked.id)
    context = {
        "unit": unit,
        "methods": methods,
        "method": method,
        "form": form,
        "free": ledger.available(person.pk, unit),
    }
    return render(request, "billing/new_withdrawal.html", context, status=422 if form and form.errors else 200)


def _chosen(methods: list[Any], code: str) -> Any:
    named = [method for method in methods if method.code == code]
    return named[0] if named else methods[0] if len(methods) == 1 else None


def _asked(request: HttpRequest, form: WithdrawalForm, method: Any) -> Any:
    try:
        return services.request_withdrawal(
            person=request.user,
            amount=form.cleaned_data["amount"],
            method_id=method.id,
            destination=form.destination(),
            key=form.cleaned_data["key"],
            actor=request.user,
        )
    except (services.AmountOutOfRange, InsufficientFunds) as refusal:
        form.add_error("amount", str(refusal))
    except Invalid as refusal:
        _mark(form, refusal)
    return None


def _mark(form: forms.Form, refusal: Invalid) -> None:
    for name, sentence in refusal.errors.items():
        form.add_error(name if name in form.fields else None, str(sentence))


@login_required
@never_cache
@require_GET
def withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """One withdrawal: how it stands, where it goes, its history."""
    return render(request, "billing/withdrawal.html", _withdrawal(request, withdrawal_id))


def _withdrawal(request: HttpRequest, withdrawal_id: UUID) -> dict[str, Any]:
    asked = queries.withdrawal(withdrawal_id, request.user)
    return {
        "withdrawal": asked,
        "destination": [
            (in_language(field["label"]), asked.destination.get(field["name"], "")) for field in asked.method.fields
        ],
        "happened": [
            {"title": WithdrawalStatus(step.target).label, "when": step.created_at, "text": said(step.reason)}
            for step in queries.history(asked)
        ],
        "may_change": asked.status in (WithdrawalStatus.PENDING, WithdrawalStatus.APPROVED),
        "at_once": asked.status == WithdrawalStatus.PENDING,
    }


@login_required
@never_cache
def change_withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Have it paid elsewhere."""
    asked = queries.withdrawal(withdrawal_id, request.user)
    methods = queries.withdrawal_methods(request.user, asked.unit)
    method = _chosen(methods, request.GET.get("method", asked.method.code)) or asked.method
    initial = asked.destination if method.id == asked.method_id else {}
    form = DestinationForm(request.POST or None, method=method, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.change_withdrawal(
                withdrawal_id=withdrawal_id, method_id=method.id, destination=form.destination(), actor=request.user
            )
        except Invalid as refusal:
            _mark(form, refusal)
        else:
            messages.success(request, _("We have your new details."))
            return redirect("withdrawal", withdrawal_id=withdrawal_id)
    context = {**_withdrawal(request, withdrawal_id), "form": form, "methods": methods, "method": method}
    return render(request, "billing/withdrawal_change.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def cancel_withdrawal(request: HttpRequest, withdrawal_id: UUID) -> HttpResponse:
    """Take it back, or ask for that."""
    taken = services.cancel_withdrawal(withdrawal_id=withdrawal_id, actor=request.user)
    if taken.status == WithdrawalStatus.CANCELLED:
        messages.success(request, _("The money is in your wallet again."))
    else:
        messages.info(request, _("We have asked finance to stop the transfer and tell you the answer."))
    return redirect("withdrawal", withdrawal_id=withdrawal_id)
