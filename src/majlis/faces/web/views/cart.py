"""The cart: several kinds of things, one order."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from majlis.engines.billing import queries, services
from majlis.kit.errors import Refusal


@login_required
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """What is in the cart, at the prices of this moment, and why something cannot be had any more."""
    return _page(request)


def _page(request: HttpRequest, *, refusal: Refusal | None = None, code: str = "") -> HttpResponse:
    context = {"cart": queries.cart_of(request.user), "refusal": refusal, "code": code}
    return render(request, "billing/cart.html", context, status=refusal.status if refusal else 200)


@login_required
@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """Put a thing into the cart: its `kind`, and every other field of the form as its choice."""
    choice = {name: request.POST[name] for name in request.POST if name not in ("kind", "csrfmiddlewaretoken")}
    services.add_to_cart(person=request.user, kind=request.POST.get("kind", ""), choice=choice)
    messages.success(request, _("It is in your cart."))
    return redirect("cart")


@login_required
@require_POST
def remove(request: HttpRequest, item_id: UUID) -> HttpResponse:
    """Take a thing out."""
    services.remove_from_cart(person=request.user, item_id=item_id)
    return redirect("cart")


@login_required
@require_POST
def coupon(request: HttpRequest) -> HttpResponse:
    """Try a coupon (an empty code: without one); a refused one is said at its field."""
    code = request.POST.get("code", "").strip()
    try:
        services.set_cart_coupons(person=request.user, codes=[code] if code else [])
    except Refusal as refusal:
        return _page(request, refusal=refusal, code=code)
    return redirect("cart")


@login_required
@require_POST
def order(request: HttpRequest) -> HttpResponse:
    """Order what is priced in one currency, and on to the checkout. Twice is once."""
    person: Any = request.user
    version = request.POST.get("version", "")
    try:
        placed = services.order_cart(
            person=person,
            unit=request.POST.get("unit", ""),
            version=int(version) if version.isdecimal() else 0,
            actor=person,
        )
    except (services.CartItemGone, services.CartEmpty, services.CouponRefused) as refusal:
        return _page(request, refusal=refusal)
    return redirect("checkout", order_id=placed.id)
