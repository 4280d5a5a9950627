"""The sandbox provider's own page. It stands here for convenience; what it does reaches billing only as webhooks."""

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache

from majlis.engines.billing import queries, services
from majlis.kit.money import Money, parse_amount


class OutcomeForm(forms.Form):
    """How the pretended payment goes."""

    OUTCOMES = (
        ("pay", _("Pay")),
        ("fail", _("Decline the card")),
        ("later", _("Pay, but the money takes a minute")),
        ("twice", _("Pay twice by mistake")),
        ("silent", _("Pay, but lose the notification")),
        ("wrong", _("Pay another amount")),
        ("contest", _("Contest it at the bank")),
        ("won", _("The bank decides for the house")),
        ("lost", _("The bank decides for the buyer")),
    )
    outcome = forms.ChoiceField(choices=OUTCOMES)
    amount = forms.CharField(label=_("Amount"), required=False, max_length=20)


@never_cache
def show(request: HttpRequest, ref: str) -> HttpResponse:
    """The payment page (GET), and its buttons (POST), which lead back to where the buyer came from."""
    session = queries.sandbox_session(ref)
    asked = Money(session.amount, session.unit)
    form = OutcomeForm(request.POST or None, initial={"amount": asked.decimal})
    if request.method == "POST" and form.is_valid():
        amount = None
        if form.cleaned_data["outcome"] == "wrong":
            amount = _amount(form, session.unit)
        if not form.errors:
            back = services.press_sandbox(ref=ref, outcome=form.cleaned_data["outcome"], amount=amount)
            return HttpResponseRedirect(back)
    status = 422 if form.errors else 200
    return render(request, "billing/sandbox.html", {"session": session, "asked": asked, "form": form}, status=status)


def _amount(form: OutcomeForm, unit: str) -> int | None:
    try:
        amount = parse_amount(form.cleaned_data["amount"], unit).amount
    except ValueError:
        amount = 0
    if amount <= 0:
        form.add_error("amount", _("Write an amount, such as 12.50."))
        return None
    return amount
