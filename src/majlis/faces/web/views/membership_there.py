"""A membership that a payment provider runs: on to its pages, and back."""

from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries, services


@login_required
@never_cache
@require_GET
def go_on(request: HttpRequest, subscription_id: UUID) -> HttpResponse:
    """The page in between (see `handing_over`), on the way to where a subscription is begun."""
    it = queries.subscription(subscription_id, request.user)
    address = services.page_again(subscription_id=subscription_id, actor=request.user)
    if not address.startswith(("https://", "http://")):
        return redirect("membership")
    facts = {"it": it, "address": address, "host": urlsplit(address).hostname, "way": it.billed_by.title()}
    return render(request, "plans/continue.html", facts)


@login_required
@never_cache
@require_GET
def manage(request: HttpRequest) -> HttpResponse:
    """On to the provider's page for its customers: a link leads there, no form."""
    return HttpResponseRedirect(services.open_member_page(person=request.user, actor=request.user))


@login_required
@never_cache
@require_GET
def returned(request: HttpRequest) -> HttpResponse:
    """Back from a provider's page: what was done there is looked at, and shown."""
    services.return_from_provider(person=request.user)
    return redirect("membership")
