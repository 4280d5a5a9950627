"""Becoming a teacher: a page that says what it is, the steps, and what happens next."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from majlis.engines.experts import queries, services
from majlis.faces.web import teach_forms
from majlis.kernel.accounts import services as accounts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.files import queries as stored
from majlis.kernel.files import services as files
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money

STEPS = [
    ("about", gettext_lazy("About you")),
    ("subjects", gettext_lazy("Subjects")),
    ("price", gettext_lazy("Price and place")),
    ("media", gettext_lazy("Picture and voice")),
    ("documents", gettext_lazy("Documents")),
    ("review", gettext_lazy("Hand in")),
]
NAMES = [name for name, _label in STEPS]


@require_GET
def teach(request: HttpRequest) -> HttpResponse:
    """What teaching here is like, for those who have not begun; one's own state for those who have."""
    if request.user.is_authenticated and queries.own_profile(request.user) is not None:
        return redirect("teach_step", step="review")
    keeps = edition().policies.get("billing", {}).get("commission_basis_points", 0)
    context = {"keeps": keeps / 10_000, "documents": queries.admission().require_documents}
    return render(request, "teach/landing.html", context)


@login_required
@require_POST
def start(request: HttpRequest) -> HttpResponse:
    """Begin."""
    services.start_profile(actor=request.user)
    return redirect("teach_step", step="about")


@login_required
@require_http_methods(["GET", "POST"])
def step(request: HttpRequest, step: str) -> HttpResponse:
    """One step: shown, or saved and on to the next. With `?autosave=1` what is right of it is saved meanwhile."""
    profile = queries.own_profile(request.user)
    if profile is None:
        return redirect("teach")
    if step not in NAMES:
        raise NotFound
    form = _FORMS[step](request, profile) if step in _FORMS else None
    if request.method == "POST" and form is not None:
        if request.GET.get("autosave"):
            return _autosave(request, form, step)
        if form.is_valid() and _saved(lambda: _SAVERS[step](request, form, profile), form):
            messages.success(request, _("Saved."))
            return redirect("teach_step", step=step if step == "subjects" else NAMES[NAMES.index(step) + 1])
    return _page(request, profile, step, form)


def _page(request: HttpRequest, profile: Any, step: str, form: Any, **more: Any) -> HttpResponse:
    lacking = queries.missing(profile)
    context = {
        "profile": profile,
        "step": step,
        "now_at": NAMES.index(step),
        "steps": STEPS,
        "form": form,
        "missing": lacking,
        "lacking_steps": {item.step for item in lacking},
        "labels": dict(STEPS),
        **_more(request, profile, step),
        **more,
    }
    wrong = [f for f in (form, *more.values()) if isinstance(f, forms.Form) and f.is_bound and f.errors]
    return render(request, f"teach/{step}.html", context, status=422 if wrong else 200)


def _more(request: HttpRequest, profile: Any, step: str) -> dict[str, Any]:
    match step:
        case "subjects":
            levels = {s.slug: [level.slug for level in catalogue.levels_of(s)] for s in catalogue.subjects()}
            return {
                "taught": [row for row in profile.subjects.all() if row.active],
                "levels_of": levels,
                "money_of": Money,
            }
        case "price":
            return {"limits": queries.admission().rate_limits(profile.currency)}
        case "media":
            return {
                "picture_form": teach_forms.PictureForm(),
                "video_form": teach_forms.VideoForm(),
                "video": _address(profile.video_id),
                "require_video": queries.admission().require_video,
            }
        case "documents":
            papers = [(row, _address(row.file_id)) for row in queries.own_documents(request.user)]
            return {
                "papers": papers,
                "document_form": teach_forms.DocumentForm(),
                "certificate_form": teach_forms.CertificateForm(),
                "experience_form": teach_forms.ExperienceForm(),
            }
        case "review":
            return {"history": queries.what_happened(profile)[:10], "card": queries.make_cards([profile])[0]}
    return {}


def _address(file_id: UUID | None) -> str:
    try:
        return stored.file_url(file_id) if file_id else ""
    except NotFound:
        return ""


def _saved(save: Callable[[], Any], form: forms.Form) -> bool:
    """Run a service; whether it agreed. What it refuses stands at the fields of the form."""
    try:
        save()
    except Invalid as refusal:
        for name, sentence in refusal.errors.items():
            form.add_error(name if name in form.fields else None, sentence)
        return False
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return False
    return not form.errors


def _autosave(request: HttpRequest, form: Any, step: str) -> HttpResponse:
    """Keep each field that is right; say when. Nothing is refused: the reader is still writing."""
    form.is_valid()
    person: Any = request.user
    if step == "about":
        for name in ("headline", "bio", "about", "education"):
            if name in form.cleaned_data:
                _quietly(services.save_profile, actor=person, **{name: form.cleaned_data[name]})
        _quietly(services.save_profile, actor=person, tags=form.words())
        _quietly(services.save_languages, actor=person, languages=form.languages())
    return render(request, "teach/_saved.html", {})


def _quietly(service: Callable[..., Any], **asked: Any) -> None:
    try:
        service(**asked)
    except Invalid:
        return


# What each step shows and saves --------------------------------------------------------------------------------------


def _about_form(request: HttpRequest, profile: Any) -> forms.Form:
    initial = {name: getattr(profile, name) for name in ("headline", "bio", "about", "education", "experience_years")}
    initial["tags"] = ", ".join(profile.tags)
    for row, language in enumerate(profile.languages.all()[: teach_forms.ROWS]):
        initial[f"language_{row}"], initial[f"fluency_{row}"] = language.code, language.fluency
    return teach_forms.AboutForm(request.POST or None, initial=initial)


def _save_about(request: HttpRequest, form: Any, profile: Any) -> None:
    person: Any = request.user
    values = {name: form.cleaned_data[name] for name in ("headline", "bio", "about", "education")}
    years = form.cleaned_data["experience_years"] or 0
    services.save_profile(actor=person, **values, experience_years=years, tags=form.words())
    services.save_languages(actor=person, languages=form.languages())


def _subject_form(request: HttpRequest, profile: Any) -> forms.Form:
    return teach_forms.SubjectForm(request.POST or None)


def _save_subject(request: HttpRequest, form: Any, profile: Any) -> None:
    person: Any = request.user
    teachings = form.teachings(profile.currency)
    if form.errors:
        return
    services.add_subjects(actor=person, teachings=teachings)


def _price_form(request: HttpRequest, profile: Any) -> forms.Form:
    initial = {
        "currency": profile.currency,
        "hourly_rate": teach_forms.typed(profile.hourly_rate, profile.currency),
        "offers_trial": profile.trial_price is not None,
        "trial_minutes": profile.trial_minutes or 30,
        "trial_price": teach_forms.typed(profile.trial_price, profile.currency),
        "modes": profile.modes,
        "city": profile.city.slug if profile.city else "",
        "zone": profile.zone,
    }
    return teach_forms.PriceForm(request.POST or None, initial=initial)


def _save_price(request: HttpRequest, form: Any, profile: Any) -> None:
    values = form.values()
    if not form.errors:
        services.save_profile(actor=request.user, **values)


_FORMS: dict[str, Callable[[HttpRequest, Any], Any]] = {
    "about": _about_form,
    "subjects": _subject_form,
    "price": _price_form,
}
_SAVERS: dict[str, Callable[[HttpRequest, Any, Any], None]] = {
    "about": _save_about,
    "subjects": _save_subject,
    "price": _save_price,
}


# Single acts ---------------------------------------------------------------------------------------------------------


@login_required
@require_POST
def remove_subject(request: HttpRequest, subject_id: UUID, level: str) -> HttpResponse:
    """Teach it no longer."""
    services.remove_subject(actor=request.user, subject_id=subject_id, level=level)
    return redirect("teach_step", step="subjects")


@login_required
@require_POST
def upload(request: HttpRequest, what: str) -> HttpResponse:
    """A picture, a video or a document."""
    profile = queries.own_profile(request.user)
    if profile is None:
        return redirect("teach")
    kinds: dict[str, Any] = {
        "picture": (teach_forms.PictureForm, "avatar", _keep_picture, "media"),
        "video": (teach_forms.VideoForm, "intro_video", _keep_video, "media"),
        "document": (teach_forms.DocumentForm, "document", _keep_document, "documents"),
    }
    if what not in kinds:
        raise NotFound
    make, purpose, keep, back = kinds[what]
    form = make(request.POST, request.FILES)

    def store() -> None:
        sent = form.cleaned_data["file"]
        row = files.store_file(actor=request.user, content=sent, name=sent.name, purpose=purpose)
        keep(request, row.pk, form)

    if form.is_valid() and _saved(store, form):
        messages.success(request, _("Uploaded."))
        return redirect("teach_step", step=back)
    return _page(request, profile, back, None, **{f"{what}_form": form})


def _keep_picture(request: HttpRequest, file_id: UUID, form: Any) -> None:
    person: Any = request.user
    mark = f"accounts.user:{person.pk}"
    files.release_file(mark)
    files.claim_file(file_id=file_id, actor=person, by=mark)
    accounts.set_avatar(person=person, file_id=file_id)


def _keep_video(request: HttpRequest, file_id: UUID, form: Any) -> None:
    services.set_video(actor=request.user, file_id=file_id)


def _keep_document(request: HttpRequest, file_id: UUID, form: Any) -> None:
    services.add_document(actor=request.user, kind=form.cleaned_data["kind"], file_id=file_id)


@login_required
@require_POST
def remove(request: HttpRequest, what: str, row_id: UUID | None = None) -> HttpResponse:
    """Take away the video, a document, a certificate or an experience."""
    person: Any = request.user
    match what, row_id:
        case "video", None:
            services.set_video(actor=person, file_id=None)
            return redirect("teach_step", step="media")
        case "document", UUID():
            services.remove_document(actor=person, document_id=row_id)
        case "certificate", UUID():
            services.remove_certificate(actor=person, certificate_id=row_id)
        case "experience", UUID():
            services.remove_experience(actor=person, experience_id=row_id)
        case _:
            raise NotFound
    return redirect("teach_step", step="documents")


@login_required
@require_POST
def add_paper(request: HttpRequest, what: str) -> HttpResponse:
    """Show a certificate or an experience on the profile."""
    profile = queries.own_profile(request.user)
    if profile is None:
        return redirect("teach")
    papers: dict[str, Any] = {
        "certificate": (teach_forms.CertificateForm, services.save_certificate),
        "experience": (teach_forms.ExperienceForm, services.save_experience),
    }
    if what not in papers:
        raise NotFound
    make, save = papers[what]
    form = make(request.POST)
    if form.is_valid() and _saved(lambda: save(actor=request.user, **form.cleaned_data), form):
        messages.success(request, _("Saved."))
        return redirect("teach_step", step="documents")
    return _page(request, profile, "documents", None, **{f"{what}_form": form})


@login_required
@require_POST
def change_standing(request: HttpRequest, act: str) -> HttpResponse:
    """Hand in, take back, pause or go on."""
    person: Any = request.user
    match act:
        case "submit":
            services.submit_profile(actor=person)
            said = _("Handed in. We look at it and write to you.")
        case "withdraw":
            services.withdraw_profile(actor=person)
            said = _("You can go on writing.")
        case "pause":
            services.deactivate(actor=person, expert_id=person.pk)
            said = _("Paused: nobody finds or books you until you go on.")
        case "resume":
            services.reactivate(actor=person, expert_id=person.pk)
            said = _("You are on the list again.")
        case _:
            raise NotFound
    messages.success(request, said)
    return redirect("teach_step", step="review")
