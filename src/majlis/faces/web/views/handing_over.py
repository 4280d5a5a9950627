"""From our page to a payment provider's.

Our content security policy lets no form lead to another site, not even by a redirect, so that nothing a visitor types
here can be sent elsewhere. Whoever pays is therefore led by a page of ours in between, which goes on by itself.
"""

from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries
from majlis.engines.billing.types import LIVE_PAYMENTS, Started


def hand_over(started: Started) -> HttpResponse:
    """Where a buyer goes whose payment was begun: straight to a page of ours, by the page in between to another's."""
    if not started.redirect_url:
        return redirect("payment", payment_id=started.payment_id)
    if started.redirect_url.startswith("/"):
        return HttpResponseRedirect(started.redirect_url)
    return redirect("payment_continue", payment_id=started.payment_id)


@login_required
@never_cache
@require_GET
def go_on(request: HttpRequest, payment_id: UUID) -> HttpResponse:
    """The page in between. It leads on by itself and by a link, without any script."""
    attempt: Any = queries.payment(payment_id, request.user)
    if attempt.status not in LIVE_PAYMENTS or not attempt.redirect_url.startswith(("https://", "http://")):
        return redirect("payment", payment_id=payment_id)
    facts = {"payment": attempt, "host": urlsplit(attempt.redirect_url).hostname, "way": queries.way_of(attempt)}
    return render(request, "billing/continue.html", facts)
