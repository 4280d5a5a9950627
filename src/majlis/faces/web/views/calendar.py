"""A member's calendar: week, day and list; and the feed that calendar programs read."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseNotModified
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_safe

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.types import Busy, instant
from majlis.kernel.accounts import queries as accounts
from majlis.kit import clock, locale
from majlis.kit.edition import edition
from majlis.kit.translated import in_language

AGENDA_DAYS = 30
STEP = 15
"""Minutes of a row of the grid."""
MORNING, NIGHT = 8, 20
"""The hours the grid shows at least."""


@dataclass(frozen=True, slots=True)
class Block:
    """Something drawn in a day's column: `row` and `rows` in quarters of an hour from the grid's top."""

    row: int
    rows: int
    busy: Busy | None
    """None: open hours."""
    href: str = ""
    lane: int = 0
    lanes: int = 1


@dataclass(frozen=True, slots=True)
class Column:
    """A day of the grid, on the reader's wall."""

    on: date
    today: bool
    open: list[Block]
    blocks: list[Block]


@login_required
@require_GET
def calendar(request: HttpRequest) -> HttpResponse:
    """`?view=week|day|agenda&date=2026-03-02`. Without a view: the week, which a phone shows as a list."""
    person: Any = request.user
    view = request.GET.get("view", "")
    now = clock.now()
    zone = timezone.get_current_timezone()
    today = now.astimezone(zone).date()
    chosen = _date(request.GET.get("date", "")) or today
    first, days = _span(view, chosen)
    lo, hi = _midnight(first, zone), _midnight(first + timedelta(days=days), zone)
    busy = queries.agenda(person.pk, lo, hi, now=now)
    openings = queries.openings(person.pk, lo, hi)
    columns: list[Column] = []
    hours = range(0)
    if view != "agenda":
        hours = _hours(first, days, busy, [(s.starts_at, s.ends_at) for s in openings], zone)
        columns = [_column(first + timedelta(days=n), busy, openings, zone, today, hours.start) for n in range(days)]
    context = {
        "view": view or "week",
        "asked": view,
        "chosen": chosen,
        "today": today,
        "first": first,
        "last": first + timedelta(days=days - 1),
        "columns": columns,
        "hours": [time(hour % 24) for hour in hours],
        "agenda": _by_day(busy, first, days, zone),
        "earlier": first - timedelta(days=days),
        "later": first + timedelta(days=days),
        "title_of": busy_title,
        "has_hours": bool(openings) or bool(queries.timetable(person.pk)),
    }
    return render(request, "calendar/calendar.html", context)


@require_safe
def feed(request: HttpRequest, token: str) -> HttpResponse:
    """Somebody's calendar as an ICS file. The address is the secret; a program asks again with `If-None-Match`."""
    found = queries.feed_of_token(token)
    person = accounts.person(found.person_id)
    host = urlsplit(settings.PUBLIC_URL).hostname or "majlis"
    with translation.override(person.language):
        content = queries.feed_content(person.pk, name=in_language(edition().name), host=host)
    services.note_feed_read(feed_id=found.pk)
    etag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
    response: HttpResponse
    if request.headers.get("If-None-Match") == etag:
        response = HttpResponseNotModified()
    else:
        response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
        response["Content-Disposition"] = 'inline; filename="majlis.ics"'
    response["ETag"] = etag
    response["Cache-Control"] = "private, max-age=300"
    response["X-Robots-Tag"] = "noindex"
    return response


def _span(view: str, chosen: date) -> tuple[date, int]:
    """The first day shown and how many."""
    if view == "day":
        return chosen, 1
    if view == "agenda":
        return chosen, AGENDA_DAYS
    return chosen - timedelta(days=(chosen.weekday() - locale.first_weekday()) % 7), 7


def _hours(first: date, days: int, busy: list[Busy], openings: list[tuple[datetime, datetime]], zone: Any) -> range:
    """The hours the grid must show, so that nothing lies outside."""
    least, most = MORNING, NIGHT
    for begin, end in [(b.starts_at, b.ends_at) for b in busy if b.source != "time_off"] + openings:
        begin, end = begin.astimezone(zone), end.astimezone(zone)
        whole_days = begin.date() != end.date()
        least = min(least, 0 if whole_days and end.time() > time() else begin.hour)
        most = max(most, 24 if whole_days else end.hour + (1 if end.minute else 0))
    return range(least, most)


def _column(day: date, busy: list[Busy], openings: list[Any], zone: Any, today: date, top: int) -> Column:
    lo, hi = _midnight(day, zone), _midnight(day + timedelta(days=1), zone)
    blocks = [
        Block(*_rows(max(b.starts_at, lo), min(b.ends_at, hi), day, zone, top), b, _page_of(b))
        for b in busy
        if b.starts_at < hi and b.ends_at > lo
    ]
    opened = [
        Block(*_rows(max(s.starts_at, lo), min(s.ends_at, hi), day, zone, top), None)
        for s in openings
        if s.starts_at < hi and s.ends_at > lo
    ]
    return Column(day, day == today, opened, _in_lanes(blocks))


def _rows(begin: datetime, end: datetime, day: date, zone: Any, top: int) -> tuple[int, int]:
    first = max(0, (_minute(begin, day, zone) - top * 60) // STEP)
    last = -(-(_minute(end, day, zone) - top * 60) // STEP)
    return first, max(1, last - first)


def _minute(moment: datetime, day: date, zone: Any) -> int:
    wall = moment.astimezone(zone)
    return 1440 if wall.date() > day else 0 if wall.date() < day else wall.hour * 60 + wall.minute


def _in_lanes(blocks: list[Block]) -> list[Block]:
    """What overlaps stands side by side, three at most."""
    placed: list[Block] = []
    group: list[Block] = []
    reach = -1

    def close() -> None:
        ends: list[int] = []
        lanes = []
        for block in group:
            lane = next((n for n, end in enumerate(ends) if end <= block.row), len(ends))
            ends[lane : lane + 1] = [block.row + block.rows]
            lanes.append(min(lane, 2))
        for block, lane in zip(group, lanes, strict=True):
            placed.append(Block(block.row, block.rows, block.busy, block.href, lane, min(len(ends), 3)))

    for block in sorted(blocks, key=lambda b: (b.row, -b.rows)):
        if group and block.row >= reach:
            close()
            group, reach = [], -1
        group.append(block)
        reach = max(reach, block.row + block.rows)
    close()
    return placed


def _by_day(busy: list[Busy], first: date, days: int, zone: Any) -> list[tuple[date, list[tuple[Busy, str]]]]:
    """The days of a list that have something, each thing on the day it begins (or on the first shown)."""
    found: dict[date, list[tuple[Busy, str]]] = {}
    for each in busy:
        day = max(each.starts_at.astimezone(zone).date(), first)
        found.setdefault(day, []).append((each, _page_of(each)))
    return sorted(found.items())


def _page_of(busy: Busy) -> str:
    """Where a reservation's own page is, if it has one."""
    if busy.kind != "lesson" or not isinstance(busy.subject_id, UUID):
        return ""
    try:
        return reverse("lesson", kwargs={"lesson_id": busy.subject_id})
    except NoReverseMatch:
        return ""


def _midnight(day: date, zone: Any) -> datetime:
    return instant(datetime.combine(day, time()), str(zone))


def _date(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 2000 <= found.year < 2200 else None


def feed_address(token: str) -> str:
    """The whole address of a feed, to copy into a program."""
    return settings.PUBLIC_URL + reverse("calendar_feed", args=[token])


def busy_title(busy: Busy) -> str:
    """What to call it in a calendar."""
    if busy.title:
        return busy.title
    return {"time_off": _("Time off"), "external": _("Busy")}.get(busy.source, _("Booked"))
