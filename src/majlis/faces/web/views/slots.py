"""Choosing a free time of a teacher: the part that profile, booking and rescheduling embed, and its fragment.

A view that embeds it:

    picker = slot_picker(request, slug=profile.slug, person_id=profile.person_id, minutes=60, look="choose")
    render(request, "lessons/book.html", {"picker": picker, …})

and its template: `{% include "calendar/slot_picker.html" %}` (with `css/areas/slots.css` among its styles). With
`look="link"` each time leads to `<booking page>?at=…&minutes=…`; with `look="choose"` each is a radio named `starts_at`
(ISO 8601 with offset) beside a hidden `minutes`, inside the embedding form. Days and durations are links to the
embedding page itself (`?date=…&minutes=…`), which htmx fetches as a fragment instead.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import pgettext
from django.views.decorators.http import require_GET

from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import queries
from majlis.engines.scheduling.types import Slot, instant
from majlis.kit import clock

A_WEEK = timedelta(days=7)
LOOKS = ("link", "choose")


@dataclass(frozen=True, slots=True)
class Day:
    """A day of the strip, on the reader's wall."""

    on: date
    free: int
    """How many times are free on it."""
    chosen: bool
    past: bool
    href: str
    fragment: str


@dataclass(frozen=True, slots=True)
class Time:
    """A free time, as the reader presses it."""

    starts_at: datetime
    href: str
    """Where it leads (`look="link"`)."""
    chosen: bool


CARRIED = ("subject", "level", "trial")
"""What a page with a picker says in its address besides, kept while somebody turns the weeks."""


@dataclass(frozen=True, slots=True)
class SlotPicker:
    """What `calendar/slot_picker.html` draws."""

    slug: str
    look: str
    minutes: int
    durations: list[tuple[int, str, str, bool]]
    """(minutes, link, fragment, chosen)."""
    days: list[Day]
    chosen: date
    parts: list[tuple[str, list[Time]]]
    """The times of the chosen day: (morning, afternoon, evening; times)."""
    reader_zone: str
    teacher_zone: str
    zones_differ: bool
    earlier: tuple[str, str] | None
    later: tuple[str, str] | None
    """Links to the week before and after, and their fragments; None where there is nothing to see."""
    next_free: Slot | None
    """When this week has nothing: the first free time at all."""
    next_free_link: tuple[str, str] | None


def slot_picker(
    request: HttpRequest,
    *,
    slug: str,
    person_id: UUID,
    minutes: int = 60,
    durations: Sequence[int] = (),
    look: str = "link",
    back: str = "",
    now: datetime | None = None,
) -> SlotPicker:
    """The picker as `request` asks (`?date=`, `?minutes=`, `?at=`), for that teacher. `minutes`: the duration when none
    is asked. `durations`: what may be chosen (by default what the teacher's calendar offers; one: no choice). `back`:
    the page it stands on, by default this request's."""
    now = now or clock.now()
    settings = queries.calendar_settings(person_id)
    durations = sorted(durations or settings.durations)
    asked = _number(request.GET.get("minutes", ""))
    minutes = asked if asked in durations else minutes if minutes in durations else durations[0]
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    at = _moment(request.GET.get("at", ""))
    chosen = max(_date(request.GET.get("date", "")) or (at.astimezone(zone).date() if at else today), today)
    last = today + timedelta(days=settings.horizon_days + 1)
    chosen = min(chosen, last)
    first = today + timedelta(days=(chosen - today).days // 7 * 7)
    # A teacher sees their own page as a visitor without a calendar does.
    visitor = request.user.pk if request.user.is_authenticated and request.user.pk != person_id else None
    slots = queries.free_slots(
        [person_id],
        starts_at=_midnight(first),
        ends_at=_midnight(first + A_WEEK),
        minutes=minutes,
        for_person=visitor,
        now=now,
    )[person_id]
    by_day: dict[date, list[Slot]] = {first + timedelta(days=n): [] for n in range(7)}
    for slot in slots:
        by_day[slot.starts_at.astimezone(zone).date()].append(slot)
    if not by_day[chosen] and not request.GET.get("date"):
        chosen = next((day for day, free in by_day.items() if free), chosen)
    next_free = None
    if not slots:
        next_free = queries.first_free([person_id], minutes, for_person=visitor, now=now)[person_id]
    links_of = _linker(request, slug, look, back or request.path, durations)

    def links(day: date) -> tuple[str, str]:
        return links_of(day, minutes)

    return SlotPicker(
        slug=slug,
        look=look,
        minutes=minutes,
        durations=[(length, *links_of(chosen, length), length == minutes) for length in durations],
        days=[Day(day, len(free), day == chosen, day < today, *links(day)) for day, free in by_day.items()],
        chosen=chosen,
        parts=_parts(by_day[chosen], zone, slug, minutes, at),
        reader_zone=str(zone),
        teacher_zone=settings.zone,
        zones_differ=_offset(chosen, str(zone)) != _offset(chosen, settings.zone),
        earlier=links(first - A_WEEK) if first > today else None,
        later=links(first + A_WEEK) if first + A_WEEK <= last else None,
        next_free=next_free,
        next_free_link=links(next_free.starts_at.astimezone(zone).date()) if next_free else None,
    )


def _linker(
    request: HttpRequest, slug: str, look: str, back: str, durations: Sequence[int]
) -> Callable[[date, int], tuple[str, str]]:
    """Makes the two addresses of a day with a duration: of the whole page, and of the picker alone."""
    fragment = reverse("slots", args=[slug])
    carried = {name: said for name in CARRIED if (said := request.GET.get(name, "")[:64])}
    kept = {"look": look, "back": back, "of": ",".join(map(str, durations)), **carried}

    def links(day: date, length: int) -> tuple[str, str]:
        asked = {"date": day.isoformat(), "minutes": length}
        return f"{back}?{urlencode(carried | asked)}#slots", f"{fragment}?{urlencode(asked | kept)}"

    return links


@require_GET
def slots(request: HttpRequest, slug: str) -> HttpResponse:
    """The picker of this teacher as a fragment: `?date=2026-03-02&minutes=60&look=choose&back=/the/page/`."""
    profile = experts.expert(slug, seen_by=request.user)
    back = request.GET.get("back", "")
    if not back.startswith("/") or not url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        back = _page_of(slug)
    look = request.GET.get("look", "")
    offered = [length for part in request.GET.get("of", "")[:100].split(",") if 5 <= (length := _number(part)) <= 480]
    picker = slot_picker(
        request,
        slug=slug,
        person_id=profile.person_id,
        durations=offered[:12],
        look=look if look in LOOKS else "link",
        back=back.split("?")[0].split("#")[0],
    )
    response = render(request, "calendar/slot_picker.html", {"picker": picker})
    response["Cache-Control"] = "private, no-store"
    return response


def _parts(
    slots: Sequence[Slot], zone: Any, slug: str, minutes: int, at: datetime | None
) -> list[tuple[str, list[Time]]]:
    booking = _booking_page(slug)
    parts: dict[str, list[Time]] = {}
    for slot in slots:
        hour = slot.starts_at.astimezone(zone).hour
        part = (
            pgettext("part of the day", "Morning")
            if hour < 12
            else pgettext("part of the day", "Afternoon")
            if hour < 17
            else pgettext("part of the day", "Evening")
        )
        query = urlencode({"at": slot.starts_at.isoformat(), "minutes": minutes})
        parts.setdefault(part, []).append(Time(slot.starts_at, f"{booking}?{query}", slot.starts_at == at))
    return list(parts.items())


def _page_of(slug: str) -> str:
    try:
        return reverse("expert", args=[slug])
    except NoReverseMatch:
        return reverse("slots", args=[slug])


def _booking_page(slug: str) -> str:
    try:
        return reverse("book", args=[slug])
    except NoReverseMatch:
        return _page_of(slug)


def _midnight(day: date) -> datetime:
    """When the day begins on the reader's wall."""
    return instant(datetime.combine(day, time()), str(timezone.get_current_timezone()))


def _offset(day: date, zone: str) -> timedelta:
    noon = datetime.combine(day, time(12))
    return noon.replace(tzinfo=UTC) - instant(noon, zone)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else 0


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def _moment(text: str) -> datetime | None:
    try:
        found = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError:
        return None
    return found if found.tzinfo and 2000 <= found.year < 2200 else None
