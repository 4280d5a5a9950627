"""The settings of a member."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.text import slugify
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from majlis.faces.web.forms import mark
from majlis.faces.web.forms import settings as ask
from majlis.kernel.accounts import queries, services
from majlis.kernel.files import services as files
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal


def _page(request: HttpRequest, template: str, context: dict[str, Any], form: Any = None) -> HttpResponse:
    wrong = form is not None and form.is_bound and bool(form.errors)
    return render(request, f"settings/{template}.html", context, status=422 if wrong else 200)


@login_required
def profile(request: HttpRequest) -> HttpResponse:
    """Name, place, language, zone, currency; the picture beside them."""
    person: Any = request.user
    form = ask.Profile(request.POST or None, person=person)
    if request.method == "POST" and form.is_valid():
        values = {k: v for k, v in form.cleaned_data.items() if v is not None}
        try:
            services.change_settings(person, **values)
        except Invalid as refusal:
            mark(form, refusal)
        else:
            messages.success(request, _("Saved."))
            response = redirect("settings_profile")
            response.set_cookie(settings.LANGUAGE_COOKIE_NAME, person.language, max_age=365 * 86400, samesite="Lax")
            return response
    return _page(request, "profile", {"form": form, "picture_form": ask.Picture()}, form)


@login_required
@require_POST
def picture(request: HttpRequest) -> HttpResponse:
    """Take a new picture, or take the picture away."""
    person: Any = request.user
    upload = request.FILES.get("picture")
    if upload is None:
        services.set_avatar(person=person, file_id=None)
        files.release_file(by=f"accounts.user:{person.id}")
    else:
        try:
            stored = files.store_file(actor=person, content=upload, name=upload.name or "picture", purpose="avatar")
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("settings_profile")
        files.release_file(by=f"accounts.user:{person.id}")
        files.claim_file(file_id=stored.id, actor=person, by=f"accounts.user:{person.id}")
        services.set_avatar(person=person, file_id=stored.id)
    messages.success(request, _("Saved."))
    return redirect("settings_profile")


@login_required
@never_cache
def security(request: HttpRequest) -> HttpResponse:
    """How the account is protected, and what happened around it."""
    person: Any = request.user
    kinds = list(Authenticator.objects.filter(user=person).values_list("type", flat=True))
    return _page(
        request,
        "security",
        {
            "has_app": Authenticator.Type.TOTP in kinds,
            "passkeys": kinds.count(Authenticator.Type.WEBAUTHN),
            "sessions": len(UserSession.objects.purge_and_list(person)),
            "apps": queries.apps_of(person),
            "activity": queries.activity_of(person, request.GET.get("cursor"), limit=10),
        },
    )


@login_required
@require_POST
def end_session(request: HttpRequest, session_id: int) -> HttpResponse:
    """Sign out one of the member's own browsers."""
    session = UserSession.objects.filter(pk=session_id, user_id=request.user.pk).first()
    if session is None:
        raise NotFound
    session.end()
    messages.success(request, _("That browser is signed out."))
    return redirect("usersessions_list")


@login_required
@require_POST
def end_app(request: HttpRequest, app_id: Any) -> HttpResponse:
    """Sign out one of the member's own apps."""
    services.revoke_app(actor=_member(request), app_id=app_id)
    messages.success(request, _("That app is signed out."))
    return redirect("settings_security")


@login_required
def addresses(request: HttpRequest) -> HttpResponse:
    """The member's places, and a form for another."""
    form = ask.Place(request.POST or None)
    if request.method == "POST" and form.is_valid() and _keep_place(request, form, None):
        return redirect("settings_addresses")
    return _page(request, "addresses", {"form": form, "places": queries.addresses_of(_member(request))}, form)


@login_required
def address(request: HttpRequest, address_id: Any) -> HttpResponse:
    """Change or remove one of the member's places."""
    found = next((a for a in queries.addresses_of(_member(request)) if a.id == address_id), None)
    if found is None:
        raise NotFound
    if request.POST.get("remove"):
        services.remove_address(actor=_member(request), address_id=address_id)
        return redirect("settings_addresses")
    initial = {name: getattr(found, name) for name in ask.Place.base_fields}
    form = ask.Place(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _keep_place(request, form, address_id):
        return redirect("settings_addresses")
    return _page(request, "address", {"form": form, "place": found}, form)


def _keep_place(request: HttpRequest, form: Any, address_id: Any) -> bool:
    try:
        services.save_address(actor=_member(request), address_id=address_id, **form.cleaned_data)
    except Invalid as refusal:
        mark(form, refusal)
        return False
    messages.success(request, _("Saved."))
    return True


@login_required
def family(request: HttpRequest) -> HttpResponse:
    """Guardians of a member under age; wards of a guardian."""
    person = _member(request)
    form = ask.Guardian(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            services.ask_guardian(actor=person, email=form.cleaned_data["email"])
        except Invalid as refusal:
            mark(form, refusal)
        else:
            messages.success(request, _("We have written to your guardian."))
            return redirect("settings_family")
    context = {
        "form": form,
        "minor": queries.is_minor(person),
        "consented": queries.has_consent(person),
        "guardians": queries.guardianships_of(person),
        "wardships": queries.wardships_of(person),
    }
    return _page(request, "family", context, form)


@login_required
@require_POST
def withdraw_consent(request: HttpRequest, guardianship_id: Any) -> HttpResponse:
    """A guardian takes back their consent; a ward a request."""
    services.withdraw_consent(actor=_member(request), guardianship_id=guardianship_id)
    return redirect("settings_family")


@login_required
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The member's access keys; a new one is shown this once."""
    form = ask.Key(request.POST or None)
    made = None
    if request.method == "POST" and form.is_valid():
        try:
            made = services.make_key(actor=_member(request), **form.cleaned_data)
            form = ask.Key()
        except Invalid as refusal:
            mark(form, refusal)
    context = {"form": form, "made": made, "keys": queries.keys_of(_member(request))}
    return _page(request, "tokens", context, form)


@login_required
@require_POST
def revoke_key(request: HttpRequest, key_id: Any) -> HttpResponse:
    """Make one of the member's own keys useless."""
    services.revoke_key(actor=_member(request), key_id=key_id)
    messages.success(request, _("The key is revoked."))
    return redirect("settings_tokens")


@login_required
def privacy(request: HttpRequest) -> HttpResponse:
    """What others see; taking one's data away; deleting the account."""
    person: Any = request.user
    initial = {name: person.privacy.get(name, True) for name in ask.Privacy.base_fields}
    form = ask.Privacy(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        services.change_settings(person, privacy=form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect("settings_privacy")
    return _page(request, "privacy", {"form": form})


@login_required
@reauthentication_required
@never_cache
def export(request: HttpRequest) -> HttpResponse:
    """Everything the house keeps about the member, as a ZIP."""
    person = _member(request)
    services.throttle(scope="export", key=str(person.id), limit=5, seconds=86400)
    response = HttpResponse(services.export_data(person=person), content_type="application/zip")
    name = slugify(f"data {clock.today(person.zone)}")
    response["Content-Disposition"] = f'attachment; filename="{name}.zip"'
    return response


@login_required
@reauthentication_required
@never_cache
def delete_account(request: HttpRequest) -> HttpResponse:
    """Say what deletion means, ask once more, do it."""
    form = ask.Deletion(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = _member(request)
        services.anonymise_person(actor=person, person=person)
        logout(request)
        return render(request, "settings/deleted.html", {})
    return _page(request, "delete", {"form": form}, form)


def _member(request: HttpRequest) -> Any:
    return request.user
