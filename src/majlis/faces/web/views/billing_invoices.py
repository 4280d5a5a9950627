"""Invoices as lists and as PDF."""

from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries
from majlis.kit.edition import edition


@login_required
@require_GET
def invoices(request: HttpRequest) -> HttpResponse:
    """Invoices and credit notes the member paid or earned by."""
    page = queries.invoices_of(request.user, request.GET.get("cursor"))
    return render(request, "billing/invoices.html", {"page": page})


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
