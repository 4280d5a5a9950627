"""The waitlist of a teacher."""

from datetime import datetime, time, timedelta
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from majlis.engines.experts import queries as experts
from majlis.faces.web.forms.lessons import WaitlistForm
from majlis.kit import clock
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.products.lessons import queries, services


@require_http_methods(["GET", "POST"])
@login_required
def join(request: HttpRequest, slug: str) -> HttpResponse:
    """Stand in line for a teacher whose times are all taken."""
    expert = experts.expert(slug, seen_by=request.user)
    zone = timezone.get_current_timezone()
    today = clock.now().astimezone(zone).date()
    initial = {
        "subject": request.GET.get("subject", ""),
        "level": request.GET.get("level", ""),
        "minutes": request.GET.get("minutes", "60"),
        "from_on": today,
        "until_on": today + timedelta(days=14),
    }
    form = WaitlistForm(request.POST or None, initial=initial)
    refusal = None
    if request.method == "POST" and form.is_valid():
        said = form.cleaned_data
        try:
            entry = services.join_waitlist(
                actor=request.user,
                teacher_id=expert.person_id,
                subject_id=said["subject"],
                level=said["level"],
                minutes=said["minutes"],
                from_at=datetime.combine(said["from_on"], time(), zone),
                until_at=datetime.combine(said["until_on"] + timedelta(days=1), time(), zone),
            )
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("You are in line. We tell you as soon as a time is free."))
            return redirect("waitlist_entry", entry_id=entry.id)
    context = {"expert": expert, "form": form, "refusal": refusal}
    failed = refusal.status if refusal else 422 if form.errors else 200
    return render(request, "lessons/waitlist_join.html", context, status=failed)


@require_GET
@login_required
def entry(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """One's place in line, or the offer."""
    place = queries.waitlist_entry(entry_id, seen_by=request.user)
    context = {"entry": place, "key": str(new_id()), "moment_now": clock.now()}
    return render(request, "lessons/waitlist_entry.html", context)


@require_POST
@login_required
def accept(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Take the offered time and go on to pay."""
    key = request.POST.get("key", "")[:64] or str(new_id())
    lesson = services.accept_offer(actor=request.user, entry_id=entry_id, key=key)
    if lesson.order_id and lesson.status == "pending_payment":
        return redirect("checkout", order_id=lesson.order_id)
    return redirect("lesson", lesson_id=lesson.id)


@require_POST
@login_required
def leave(request: HttpRequest, entry_id: UUID) -> HttpResponse:
    """Give up one's place."""
    services.leave_waitlist(actor=request.user, entry_id=entry_id)
    messages.success(request, _("You are no longer in line."))
    return redirect("lessons")
