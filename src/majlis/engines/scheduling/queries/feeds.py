"""Somebody's calendar for calendar programs (RFC 5545)."""

import base64
import binascii
from datetime import datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import icalendar
from django.db.models import Exists, OuterRef, Q
from django.utils.crypto import constant_time_compare, salted_hmac

from majlis.engines.scheduling.models import BusyTime, Feed, Reservation, ReservationChange
from majlis.engines.scheduling.queries.calendar import calendar_settings
from majlis.engines.scheduling.registry import titled
from majlis.engines.scheduling.types import ReservationStatus
from majlis.kit import clock
from majlis.kit.errors import NotFound

KEPT = timedelta(days=60)
"""How long past and cancelled things stay in the feed."""
SEAL = 16


def open_feed_of(person_id: UUID) -> Feed | None:
    """Somebody's feed, if they have one."""
    return Feed.objects.filter(person=person_id, revoked_at__isnull=True).first()


def feed_token(feed: Feed) -> str:
    """The secret part of its address: the id and our signature of it."""
    return base64.urlsafe_b64encode(feed.id.bytes + _seal(feed.id)).decode().rstrip("=")


def feed_of_token(token: str) -> Feed:
    """The feed of that secret. Refuses `NotFound`: forged, unknown or revoked."""
    try:
        raw = base64.urlsafe_b64decode(token + "=" * (-len(token) % 4))
    except (binascii.Error, ValueError):
        raise NotFound() from None
    if len(raw) != 16 + SEAL:
        raise NotFound()
    feed_id = UUID(bytes=raw[:16])
    if not constant_time_compare(raw[16:], _seal(feed_id)):
        raise NotFound()
    feed = Feed.objects.filter(pk=feed_id, revoked_at__isnull=True, person__is_active=True).first()
    if feed is None:
        raise NotFound()
    return feed


def feed_content(person_id: UUID, *, name: str, host: str, now: datetime | None = None) -> bytes:
    """Somebody's reservations as an ICS file named `name`: confirmed ones from two months ago on, and those of the
    last two months that were cancelled, so that programs take them out. Identities end in `@host`; SEQUENCE rises with
    each move and cancellation; times are in the person's zone, which comes along."""
    now = now or clock.now()
    zone = ZoneInfo(calendar_settings(person_id).zone)
    was_sure = ReservationChange.objects.filter(reservation=OuterRef("pk"), target=ReservationStatus.CONFIRMED)
    mine = list(
        Reservation.objects.filter(pk__in=BusyTime.objects.filter(person=person_id).values("reservation"))
        .filter(ends_at__gte=now - KEPT)
        .filter(
            Q(status=ReservationStatus.CONFIRMED)
            | Q(Exists(was_sure), status=ReservationStatus.FREED, changed_at__gte=now - KEPT)
        )
        .order_by("starts_at", "id")
    )
    called = titled(mine)
    calendar = icalendar.Calendar()
    calendar.add("prodid", "-//Majlis//Calendar//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "PUBLISH")
    calendar.add("x-wr-calname", name)
    calendar.add("x-wr-timezone", str(zone))
    calendar.add("refresh-interval", timedelta(minutes=30), parameters={"VALUE": "DURATION"})
    for reservation in mine:
        event = icalendar.Event()
        event.add("uid", f"{reservation.id}@{host}")
        event.add("sequence", reservation.version)
        event.add("dtstamp", reservation.changed_at)
        event.add("last-modified", reservation.changed_at)
        event.add("dtstart", reservation.starts_at.astimezone(zone))
        event.add("dtend", reservation.ends_at.astimezone(zone))
        event.add("summary", called[reservation.id] or name)
        event.add("status", "CONFIRMED" if reservation.status == ReservationStatus.CONFIRMED else "CANCELLED")
        calendar.add_component(event)
    calendar.add_missing_timezones()
    return calendar.to_ical()


def _seal(feed_id: UUID) -> bytes:
    return salted_hmac("majlis.scheduling.feed", str(feed_id), algorithm="sha256").digest()[:SEAL]
