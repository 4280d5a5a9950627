"""Links that come by e-mail, and the sandbox's page of messages."""

from typing import Any

from allauth.core.internal.httpkit import get_client_ip
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from majlis.faces.web.forms import mark
from majlis.faces.web.forms import settings as ask
from majlis.kernel.accounts import queries, services
from majlis.kit.errors import Invalid, NotFound


@never_cache
def consent(request: HttpRequest, secret: str) -> HttpResponse:
    """A guardian reads who asks, and answers. Needs no account: the link is the proof."""
    ip = get_client_ip(request)
    services.throttle(scope="consent", key=ip or "-", limit=30, seconds=600)
    asked = services.asked_consent(secret=secret)
    form = ask.Consent(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person: Any = request.user if request.user.is_authenticated else None
        try:
            services.answer_consent(
                secret=secret,
                agrees=request.POST.get("answer") == "agree",
                name=form.cleaned_data["name"],
                person=person,
                ip=ip,
            )
        except Invalid as refusal:
            mark(form, refusal)
        else:
            return redirect("consent", secret=secret)
    context = {"asked": asked, "form": form, "age": queries.age_of_consent()}
    response = render(request, "account/consent.html", context, status=422 if form.errors else 200)
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
def invitation(request: HttpRequest, secret: str) -> HttpResponse:
    """Somebody was offered a role: who is signed in with that address takes it, others sign up or in first."""
    services.throttle(scope="invitation", key=get_client_ip(request) or "-", limit=30, seconds=600)
    offered = services.open_invitation(secret=secret)
    if request.method == "POST":
        if not request.user.is_authenticated:
            # The link came by e-mail, so whoever follows it owns the address: sign-up need not prove it again.
            request.session["account_verified_email"] = offered.email
            return redirect(f"{reverse('account_signup')}?email={offered.email}&next={request.path}")
        person: Any = request.user
        services.accept_invitation(actor=person, secret=secret)
        messages.success(request, _("Welcome! You now hold the role: %(role)s.") % {"role": offered.get_role_display()})
        return redirect("/office/" if person.is_staff else "/")
    response = render(request, "account/invitation.html", {"offered": offered})
    response["Referrer-Policy"] = "no-referrer"
    return response


@never_cache
def sandbox_messages(request: HttpRequest) -> HttpResponse:
    """What a sandbox would have sent: e-mails and text messages, newest first."""
    if not settings.SANDBOX:
        raise NotFound
    return render(request, "account/messages.html", {"letters": services.sandbox_messages()})
