"""What a member bought."""

from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries
from majlis.engines.billing.types import OrderStatus
from majlis.kit.translated import said


@login_required
@require_GET
def orders(request: HttpRequest) -> HttpResponse:
    """Every order of the member, newest first."""
    page = queries.orders_of(request.user, request.GET.get("cursor"))
    return render(request, "billing/orders.html", {"page": page})


@login_required
@never_cache
@require_GET
def order(request: HttpRequest, order_id: UUID) -> HttpResponse:
    """One order: its lines and where their money is, its payments, invoices and history."""
    bought = queries.order(order_id, request.user)
    context = {
        "order": bought,
        "lines": queries.described(bought),
        "vat": queries.vat_lines(bought),
        "coupons": queries.coupons_on(bought),
        "payments": queries.payments_of(bought),
        "invoices": queries.invoices_about(bought),
        "happened": [
            {"title": OrderStatus(step.target).label, "when": step.created_at, "text": said(step.reason)}
            for step in queries.history(bought)
            if step.source
        ],
        "landing": queries.landing(bought) if bought.status == OrderStatus.PAID else "",
    }
    return render(request, "billing/order.html", context)
