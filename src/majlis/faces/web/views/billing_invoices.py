"""Invoices as lists and as PDF."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from majlis.engines.billing import queries, services
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid
from majlis.kit.translated import in_language


@login_required
@require_GET
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes the member paid or earned by."""
    page = queries.invoices_of(request.user, request.GET.get("cursor"))
    alive = {invoice.id: queries.link_is_alive(invoice) for invoice in page.items}
    context = {"page": page, "alive": alive, "link_of": queries.invoice_link}
    return render(request, "billing/invoices.html", context)


@login_required
@require_POST
def link(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """Take the public link of an invoice back, or give it a new one."""
    if request.POST.get("do") == "renew":
        services.renew_invoice_link(invoice_id=invoice_id, actor=request.user)
        messages.success(request, _("The invoice has a new public link."))
    else:
        services.revoke_invoice_link(invoice_id=invoice_id, actor=request.user)
        messages.success(request, _("The public link leads nowhere any more."))
    return redirect("invoices")


class DetailsForm(forms.Form):
    """Whom invoices are made out to."""

    name = forms.CharField(label=gettext_lazy("Name on the invoice"), max_length=200)
    address = forms.CharField(label=gettext_lazy("Address"), max_length=300, required=False)
    country = forms.ChoiceField(label=gettext_lazy("Country"))
    business = forms.BooleanField(label=gettext_lazy("I buy for a business"), required=False)
    tax_number = forms.CharField(label=gettext_lazy("VAT number"), max_length=32, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["country"].choices = [  # type: ignore[attr-defined]
            (each.code, in_language(each.name)) for each in catalogue.countries()
        ]


@login_required
@never_cache
def details(request: HttpRequest) -> HttpResponse:
    """Whom the member's invoices are made out to from now on."""
    member: Any = request.user
    known = queries.billing_details(member)
    initial = (
        {name: getattr(known, name) for name in DetailsForm.base_fields}
        if known
        else {"name": member.name, "country": member.country or edition().country}
    )
    form = DetailsForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_billing_details(person=member, **form.cleaned_data)
        except Invalid as refusal:
            for name, sentence in refusal.errors.items():
                form.add_error(name, str(sentence))
        else:
            messages.success(request, _("Your next invoices are made out like this."))
            return redirect("invoices")
    return render(request, "billing/details.html", {"form": form, "known": known}, status=422 if form.errors else 200)


@login_required
@never_cache
@require_GET
def pdf(request: HttpRequest, invoice_id: UUID) -> HttpResponse:
    """The invoice as PDF in the reader's language, or in `?language=`."""
    return _as_pdf(request, queries.invoice(invoice_id, request.user))


@never_cache
@require_GET
def shared(request: HttpRequest, token: str) -> HttpResponse:
    """The invoice behind a signed link (its QR code): for whoever holds the link, without signing in."""
    response = _as_pdf(request, queries.shared_invoice(token))
    response["X-Robots-Tag"] = "noindex"
    response["Referrer-Policy"] = "no-referrer"
    return response


def _as_pdf(request: HttpRequest, invoice: Any) -> HttpResponse:
    asked = request.GET.get("language", "")
    language = asked if asked in edition().languages else get_language() or "en"
    response = HttpResponse(queries.invoice_pdf(invoice.id, language, None), content_type="application/pdf")
    response["Content-Disposition"] = f'inline; filename="{invoice.number}.pdf"'
    return response
