"""Who we are and what we promise."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from majlis.kit.edition import edition


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """What this house is."""
    return render(request, "core/about.html", {})


@require_safe
def terms(request: HttpRequest) -> HttpResponse:
    """The rules, with the numbers that the services really use."""
    lessons, billing = edition().policies.get("lessons", {}), edition().policies.get("billing", {})
    facts = {
        "tiers": lessons.get("refund_tiers", []),
        "dispute_hours": lessons.get("dispute_hours", 0),
        "commission": billing.get("commission_basis_points", 0) / 10_000,
        "seller": billing.get("seller_name", ""),
        "address": billing.get("seller_address", ""),
        "age": edition().policies.get("accounts", {}).get("age_of_consent", 18),
    }
    return render(request, "core/terms.html", facts)


@require_safe
def privacy(request: HttpRequest) -> HttpResponse:
    """What we know about people, why, and how they take it back."""
    return render(request, "core/privacy.html", {})
