"""The waitlist: a freed time is held for the first in line for a while, then offered to the next."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import queries as calendar
from majlis.engines.scheduling import services as scheduling
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.db import lock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.state import promised
from majlis.products.lessons.models import Lesson, WaitlistEntry
from majlis.products.lessons.services.booking import OwnLesson, TeacherNotBookable, book_lesson
from majlis.products.lessons.types import BookingRequest, WaitState

OFFER_MINUTES = 30
KIND = "waitlist_offer"


class OfferOver(Refusal):
    """The offer lapsed, or was never this person's."""

    code = "offer_over"
    sentence = _("This offer is over; the time went to the next in line.")


@transaction.atomic
def join_waitlist(
    *,
    actor: Any,
    teacher_id: UUID,
    subject_id: UUID,
    minutes: int,
    from_at: datetime,
    until_at: datetime,
    level: str = "",
    now: datetime | None = None,
) -> WaitlistEntry:
    """Stand in line for a time of this length between the two instants. One place per teacher: joining again changes
    the range, keeps the place, and leaves an open offer. Refuses `OwnLesson`, `TeacherNotBookable`, `Invalid`."""
    now = now or clock.now()
    if teacher_id == actor.id:
        raise OwnLesson
    if not experts.is_bookable(teacher_id):
        raise TeacherNotBookable
    if until_at <= max(from_at, now):
        raise Invalid(errors={"until_at": _("Choose a day that lies ahead.")})
    lock("lessons.waitlist", teacher_id)
    wish = {
        "subject_id": subject_id,
        "level": level,
        "minutes": minutes,
        "from_at": from_at,
        "until_at": until_at,
    }
    offered = WaitlistEntry.objects.filter(student=actor, teacher_id=teacher_id, state=WaitState.OFFERED).first()
    if offered is not None:
        return offered
    entry, _made = WaitlistEntry.objects.update_or_create(
        student=actor,
        teacher_id=teacher_id,
        state=WaitState.WAITING,
        defaults=wish,
        create_defaults={**wish, "created_at": now},
    )
    return entry


@transaction.atomic
def leave_waitlist(*, actor: Any, entry_id: UUID, now: datetime | None = None) -> None:
    """Give up the place (and the offer that may be open). Refuses `NotFound`."""
    entry = _own(actor, entry_id)
    if entry.state == WaitState.OFFERED:
        scheduling.free(reservation_id=promised(entry.reservation_id), now=now or clock.now())
    entry.state = WaitState.LEFT
    entry.save(update_fields=["state"])


def _own(actor: Any, entry_id: UUID) -> WaitlistEntry:
    mine = WaitlistEntry.objects.select_for_update().filter(
        id=entry_id, student=actor, state__in=[WaitState.WAITING, WaitState.OFFERED]
    )
    entry = mine.first()
    if entry is None:
        raise NotFound
    return entry


@transaction.atomic
def offer_freed_time(
    *, teacher_id: UUID, starts_at: datetime, ends_at: datetime, now: datetime | None = None
) -> WaitlistEntry | None:
    """Hold a time that became free in `[starts_at, ends_at)` for the first in line whom it suits, and tell them.
    Returns their entry, or None when it suits nobody."""
    now = now or clock.now()
    lock("lessons.waitlist", teacher_id)
    line = WaitlistEntry.objects.select_for_update().filter(
        teacher_id=teacher_id, state=WaitState.WAITING, from_at__lt=ends_at, until_at__gt=starts_at
    )
    for entry in line.order_by("created_at", "id"):
        slot = _slot_for(entry, starts_at, ends_at, now)
        if slot is None:
            continue
        offer_ends_at = min(now + timedelta(minutes=OFFER_MINUTES), slot)
        try:
            with transaction.atomic():
                entry.reservation_id = scheduling.reserve(
                    people=[teacher_id, entry.student_id],
                    starts_at=slot,
                    ends_at=slot + timedelta(minutes=entry.minutes),
                    kind=KIND,
                    subject_id=entry.id,
                    held_until=offer_ends_at,
                    hours_of=teacher_id,
                    now=now,
                )
        except Refusal:
            continue
        entry.state, entry.offer_starts_at, entry.offer_ends_at = WaitState.OFFERED, slot, offer_ends_at
        entry.save()
        notices.notify(
            person_id=entry.student_id,
            kind=KIND,
            facts={
                "other": accounts.person(teacher_id).name,
                "starts_at": slot,
                "until": offer_ends_at,
            },
            link=f"/lessons/waitlist/{entry.id}/",
            key=f"waitlist:{entry.id}:{slot.isoformat()}",
        )
        return entry
    return None


def _slot_for(entry: WaitlistEntry, starts_at: datetime, ends_at: datetime, now: datetime) -> datetime | None:
    """The first free slot of the entry's length that touches the freed time and suits the student."""
    length = timedelta(minutes=entry.minutes)
    found = calendar.free_slots(
        [entry.teacher_id],
        starts_at=max(entry.from_at, starts_at - length, now),
        ends_at=min(entry.until_at, ends_at + length),
        minutes=entry.minutes,
        for_person=entry.student_id,
        now=now,
    )
    tried = set(entry.refused)
    touching = (
        s.starts_at
        for s in found.get(entry.teacher_id, [])
        if s.starts_at < ends_at and s.ends_at > starts_at and s.ends_at <= entry.until_at and s.starts_at not in tried
    )
    return min(touching, default=None)


@transaction.atomic
def accept_offer(*, actor: Any, entry_id: UUID, key: str, now: datetime | None = None) -> Lesson:
    """Book the offered time: the offer's hold becomes the booking's. Refuses `NotFound`, `OfferOver`, and what
    `book_lesson` refuses."""
    now = now or clock.now()
    entry = _own(actor, entry_id)
    if entry.state != WaitState.OFFERED or entry.offer_ends_at is None or entry.offer_ends_at <= now:
        raise OfferOver
    # Freed and taken in one transaction: nobody can come between.
    scheduling.free(reservation_id=promised(entry.reservation_id), now=now)
    lesson = book_lesson(
        actor=actor,
        request=BookingRequest(
            teacher_id=entry.teacher_id,
            subject_id=entry.subject_id,
            starts_at=promised(entry.offer_starts_at),
            minutes=entry.minutes,
            level=entry.level,
        ),
        key=key,
        now=now,
    )
    entry.state = WaitState.TAKEN
    entry.save(update_fields=["state"])
    return lesson


def lapse_offers(*, now: datetime | None = None) -> int:
    """End the offers nobody took, offer their time to the next in line, and close the entries whose dates have
    passed; how many offers ended."""
    now = now or clock.now()
    late = WaitlistEntry.objects.filter(state=WaitState.OFFERED, offer_ends_at__lte=now)
    count = 0
    for entry_id in late.values_list("id", flat=True)[:500]:
        with transaction.atomic():
            entry = WaitlistEntry.objects.select_for_update().get(id=entry_id)
            if entry.state != WaitState.OFFERED:
                continue
            slot = promised(entry.offer_starts_at)
            scheduling.free(reservation_id=promised(entry.reservation_id), now=now)
            entry.state, entry.refused = WaitState.WAITING, [*entry.refused, slot]
            entry.offer_starts_at = entry.offer_ends_at = entry.reservation = None
            entry.save()
            # Freeing announces the time again (`TimeFreed`), which offers it to the next in line.
            count += 1
    over = WaitlistEntry.objects.filter(state=WaitState.WAITING, until_at__lte=now)
    over.update(state=WaitState.OVER)
    return count
