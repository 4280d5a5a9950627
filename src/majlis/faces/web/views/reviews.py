"""Reviews: what one may write, wrote, and was told."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache

from majlis.engines.reviews import queries, services
from majlis.kit.errors import Invalid, NotFound


@dataclass(frozen=True, slots=True)
class Draft:
    """A review as its form shows it: what was written, or what was typed and came back with errors."""

    rating: int | None
    text: str
    pk: UUID | None = None


@login_required
@never_cache
def mine(request: HttpRequest) -> HttpResponse:
    """What one wrote, and what one may still write."""
    context = {
        "invitations": queries.open_invitations(request.user),
        "reviews": queries.reviews_by(request.user, request.GET.get("from")),
    }
    return render(request, "reviews/mine.html", context)


@login_required
@never_cache
def show(request: HttpRequest, review_id: UUID) -> HttpResponse:
    """One review; the reviewed answers it here."""
    review = queries.review(review_id, seen_by=request.user)
    if request.method == "POST":
        services.reply(actor=request.user, review_id=review_id, text=request.POST.get("text", ""))
        messages.success(request, _("Your answer is published."))
        return redirect("review", review_id=review_id)
    about = review.invitation
    changeable = queries.may_review(request.user, kind=about.kind, subject_id=about.subject_id)
    context = {"review": review, "changeable": changeable}
    return render(request, "reviews/show.html", context)


@login_required
@never_cache
def write(request: HttpRequest, kind: str, subject_id: UUID) -> HttpResponse:
    """Write the review of one finished thing, or change it."""
    person: Any = request.user
    invitation = queries.invitation_of(person, kind=kind, subject_id=subject_id)
    if invitation is None:
        raise NotFound
    review = queries.review_of(person, kind=kind, subject_id=subject_id)
    draft = Draft(review.rating, review.text, review.pk) if review else Draft(None, "")
    errors: dict[str, Any] = {}
    if request.method == "POST":
        stars = request.POST.get("rating", "")
        draft = Draft(int(stars) if stars in set("12345") else None, request.POST.get("text", ""), draft.pk)
        try:
            made = services.write_review(
                actor=person, kind=kind, subject_id=subject_id, rating=draft.rating or 0, text=draft.text
            )
        except Invalid as refusal:
            errors = refusal.errors
        else:
            messages.success(request, _("Thank you. Your review is published."))
            back = request.POST.get("back", "")
            safe = back and url_has_allowed_host_and_scheme(back, allowed_hosts=None)
            return HttpResponseRedirect(back) if safe else redirect("review", review_id=made.pk)
    context = {
        "about": invitation.about,
        "kind": kind,
        "subject_id": subject_id,
        "draft": draft,
        "errors": errors,
        "open": queries.may_review(person, kind=kind, subject_id=subject_id),
        "back": "",
    }
    return render(request, "reviews/write.html", context, status=422 if errors else 200)
