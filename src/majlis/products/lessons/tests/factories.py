"""Teachers with open hours, students with money, and lessons between them."""

from datetime import datetime, timedelta
from typing import Any

from majlis.engines.billing import services as billing
from majlis.engines.billing.tests.factories import give
from majlis.engines.calls import services as calls
from majlis.engines.experts.tests.factories import expert
from majlis.engines.scheduling import services as scheduling
from majlis.engines.scheduling.types import Hours
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import clock, testing
from majlis.kit.ids import new_id
from majlis.products.lessons import services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.types import BookingRequest

HOURLY = 30_000
"""Piastres: EGP 300 an hour."""


def teacher(name: str = "Salma Hassan", zone: str = "Africa/Cairo", **profile: Any) -> Any:
    """A verified teacher of English who is free around the clock, on the half hour, without notice."""
    person = testing.person(name, zone=zone)
    expert(person=person, zone=zone, hourly_rate=HOURLY, currency="EGP", **profile)
    scheduling.change_calendar(
        person_id=person.id, zone=zone, minimum_notice=0, horizon_days=200, slot_grid=30, durations=(30, 60, 90)
    )
    scheduling.set_weekly_hours(person_id=person.id, hours=[Hours(day, 0, 1440) for day in range(1, 8)], zone=zone)
    return person


def student(name: str = "Nadia Rahman", money: int = 500_000, **fields: Any) -> Any:
    """A student with EGP in the wallet."""
    person = testing.person(name, currency="EGP", zone="Africa/Cairo", **fields)
    if money:
        give(person, money, "EGP")
    return person


def wish(of: Any, starts_at: datetime, minutes: int = 60, **more: Any) -> BookingRequest:
    """A request for an English lesson."""
    return BookingRequest(
        teacher_id=of.id,
        subject_id=catalogue.subject("english").id,
        level="b1",
        starts_at=starts_at,
        minutes=minutes,
        **more,
    )


def soon(days: int = 3, hour: int = 12) -> datetime:
    """A full hour (UTC) some days ahead."""
    at = clock.now() + timedelta(days=days)
    return at.replace(hour=hour, minute=0, second=0, microsecond=0)


def booked(of: Any, by: Any, starts_at: datetime | None = None, **more: Any) -> Lesson:
    """A lesson that waits for payment."""
    return services.book_lesson(actor=by, request=wish(of, starts_at or soon(), **more), key=str(new_id()))


def paid(of: Any, by: Any, starts_at: datetime | None = None, **more: Any) -> Lesson:
    """A confirmed lesson, paid from the student's wallet."""
    lesson = booked(of, by, starts_at, **more)
    if lesson.order_id:
        billing.pay_from_wallet(order_id=lesson.order_id, actor=by)
    lesson.refresh_from_db()
    return lesson


def attend(lesson: Lesson, who: Any, minutes: int | None = None) -> None:
    """Be in the lesson's room from its beginning, for the whole or for some minutes."""
    until = lesson.ends_at if minutes is None else lesson.starts_at + timedelta(minutes=minutes)
    calls.witness_stay(room_id=lesson.room_id, person_id=who.id, joined_at=lesson.starts_at, left_at=until)


def over(lesson: Lesson, *present: Any) -> Lesson:
    """The lesson has ended with these people in the room, and is closed."""
    for who in present:
        attend(lesson, who)
    return services.close_lesson(lesson_id=lesson.id, now=lesson.ends_at + timedelta(minutes=1))
