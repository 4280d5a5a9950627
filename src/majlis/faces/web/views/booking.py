"""Booking a lesson: choose a time, see what it costs and what happens if plans change, hold it, pay."""

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from majlis.engines.billing import services as billing
from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import queries as calendar
from majlis.faces.web.forms.lessons import BookingForm, fresh_key
from majlis.faces.web.views.slots import slot_picker
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.locale import number
from majlis.products.lessons import queries as lessons
from majlis.products.lessons import services
from majlis.products.lessons.services import title_of as titled
from majlis.products.lessons.types import BookingRequest, LessonStatus


@require_http_methods(["GET", "POST"])
@login_required
def book(request: HttpRequest, slug: str) -> HttpResponse:
    """`GET ?subject&level&minutes&starts_at&trial` shows the choice and its price; `POST` holds the time and goes on
    to the checkout. A time that was just taken is said beside the picker, with nothing else lost."""
    expert = experts.expert(slug, seen_by=request.user)
    if request.method == "GET":
        return _page(request, expert, BookingForm(initial=_initial(request, expert)))
    form = BookingForm(request.POST)
    if not form.is_valid():
        return _page(request, expert, form, status=422)
    accounts.throttle(scope="book", key=str(request.user.id), limit=30, seconds=600)
    if request.POST.get("do") == "cart":
        return _into_the_cart(request, expert, form)
    wish, key, weeks = form.request_to(expert.person_id), form.cleaned_data["key"], form.cleaned_data["weeks"] or 1
    try:
        if weeks > 1:
            _report, booked = services.book_weekly(actor=request.user, request=wish, weeks=weeks, key=key)
            lesson = next((each for each in booked if each.status == LessonStatus.PENDING_PAYMENT), booked[0])
            _say_how_many(request, len(booked), weeks)
        else:
            lesson = services.book_lesson(actor=request.user, request=wish, key=key)
    except Refusal as refusal:
        # The key was not used up; a new one lets the next attempt be a booking of its own.
        again = request.POST.copy()
        again["key"] = fresh_key()
        form.data = again
        return _page(request, expert, form, refusal=refusal, status=refusal.status)
    if lesson.order_id and lesson.status == LessonStatus.PENDING_PAYMENT:
        return redirect("checkout", order_id=lesson.order_id)
    return redirect("lesson", lesson_id=lesson.id)


def _say_how_many(request: HttpRequest, booked: int, weeks: int) -> None:
    """Of so many weeks."""
    words = ngettext(
        "%(booked)s of %(weeks)s week could be booked.", "%(booked)s of %(weeks)s weeks could be booked.", weeks
    )
    said = messages.success if booked == weeks else messages.warning
    said(request, words % {"booked": number(booked), "weeks": number(weeks)})


def _into_the_cart(request: HttpRequest, expert: Any, form: BookingForm) -> HttpResponse:
    """The lesson, or each of the weeks that are free, waits in the cart; times are held once the cart is ordered."""
    said, weeks = form.cleaned_data, form.cleaned_data["weeks"] or 1
    choice = {name: said[name] for name in ("level", "mode", "place_kind", "place", "note")}
    choice |= {
        "teacher": str(expert.person_id),
        "subject": str(said["subject"]),
        "minutes": said["minutes"],
        "trial": "1" if said["trial"] and weeks == 1 else "",
    }
    zone = calendar.calendar_settings(expert.person_id).zone
    added, refused = 0, None
    for starts_at in services.weekly_starts(said["starts_at"], weeks, zone):
        try:
            billing.add_to_cart(
                person=request.user, kind="lesson", choice={**choice, "starts_at": starts_at.isoformat()}
            )
        except Refusal as refusal:
            refused = refused or refusal
        else:
            added += 1
    if not added and refused is not None:
        return _page(request, expert, form, refusal=refused, status=refused.status)
    if weeks > 1:
        words = ngettext(
            "%(added)s of %(weeks)s week is in your cart.", "%(added)s of %(weeks)s weeks are in your cart.", weeks
        )
        messages.info(request, words % {"added": number(added), "weeks": number(weeks)})
    return redirect("cart")


def _initial(request: HttpRequest, expert: Any) -> dict[str, Any]:
    """What the address says, and the teacher's first subject and length where it says nothing."""
    first = next(iter(_offered(expert)), None)
    settings = calendar.calendar_settings(expert.person_id)
    trial = request.GET.get("trial") in {"1", "on", "true"}
    return {
        "starts_at": request.GET.get("starts_at") or request.GET.get("at", ""),
        "subject": request.GET.get("subject") or (first and str(first.subject_id)) or "",
        "level": request.GET.get("level") or (first.level_id if first else "") or "",
        "minutes": request.GET.get("minutes") or settings.durations[0],
        "trial": trial,
        "weeks": 1,
        "package": request.GET.get("package", ""),
        "key": str(new_id()),
    }


def _offered(expert: Any) -> list[Any]:
    """The subjects (with their levels) that can be booked."""
    return [taught for taught in expert.subjects.all() if taught.active]


def _page(
    request: HttpRequest, expert: Any, form: BookingForm, *, refusal: Refusal | None = None, status: int = 200
) -> HttpResponse:
    wish = _wish(form, expert)
    price = tiers = None
    if wish is not None:
        try:
            price = services.price_lesson(wish)
            tiers = lessons.current_policy().tiers(wish.starts_at, price, clock.now())
        except Refusal as unpriced:
            refusal = refusal or unpriced
    student: Any = request.user
    context = {
        "usable": [
            (bought, titled(bought.package), left)
            for bought in lessons.usable_purchases(student, expert.person_id)
            if (left := lessons.sessions_left(bought))
        ],
        "expert": expert,
        "form": form,
        "subjects": _offered(expert),
        "calendar": calendar.calendar_settings(expert.person_id),
        "picker": None
        if wish
        else slot_picker(
            request,
            slug=expert.slug,
            person_id=expert.person_id,
            durations=[expert.trial_minutes] if form["trial"].value() and expert.trial_minutes else (),
            look="choose",
            back=request.path,
        ),
        "wish": wish,
        "ends_at": wish.starts_at + timedelta(minutes=wish.minutes) if wish else None,
        "price": price,
        "tiers": tiers,
        "policy": lessons.current_policy(),
        "reader_zone": timezone.get_current_timezone_name(),
        "trial_minutes": expert.trial_minutes,
        "minutes_left": services.minutes_left(request.user, wish) if wish and price and not wish.trial else None,
        "refusal": refusal,
    }
    return render(request, "lessons/book.html", context, status=status)


def _wish(form: BookingForm, expert: Any) -> BookingRequest | None:
    """The choice so far, if a time is among it; garbage in the address is no choice."""
    if form.is_bound:
        return form.request_to(expert.person_id) if form.is_valid() else None
    probe = BookingForm({**form.initial, "mode": "online"})
    return probe.request_to(expert.person_id) if probe.is_valid() else None


@require_POST
@login_required
def weeks_report(request: HttpRequest, slug: str) -> HttpResponse:
    """The fragment that says, date by date, which weeks can be booked and what they cost together, and
    what pays for each."""
    expert = experts.expert(slug, seen_by=request.user)
    form = BookingForm(request.POST)
    if not form.is_valid():
        return render(request, "lessons/parts/weeks.html", {"report": [], "form": form}, status=422)
    accounts.throttle(scope="book_weeks", key=str(request.user.id), limit=60, seconds=600)
    wish, weeks = form.request_to(expert.person_id), form.cleaned_data["weeks"] or 1
    report = services.preview_weekly(actor=request.user, request=wish, weeks=weeks) if weeks > 1 else []
    free = [date for date in report if not date.refusal]
    to_pay = [date.price for date in free if date.price is not None]
    total = sum(to_pay[1:], to_pay[0]) if to_pay else None
    context = {"report": report, "free": len(free), "total": total, "form": form}
    return render(request, "lessons/parts/weeks.html", context)
