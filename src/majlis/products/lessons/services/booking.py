"""Booking: hold the time, place the order, confirm when it is paid."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from majlis.engines.billing import services as billing
from majlis.engines.billing.types import LineDraft
from majlis.engines.calls import services as calls
from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import services as scheduling
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock, events
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.locale import digits, moment
from majlis.kit.money import Money
from majlis.kit.state import promised
from majlis.kit.translated import in_language
from majlis.products.lessons.events import LessonBooked
from majlis.products.lessons.models import Lesson, Series, StatusChange
from majlis.products.lessons.policy import RefundPolicy, current_policy
from majlis.products.lessons.services import announcing, packages
from majlis.products.lessons.services.minutes import minutes_words, use_minutes
from majlis.products.lessons.services.state import locked, move
from majlis.products.lessons.types import BookingRequest, LessonStatus, Mode, Payer, PayWith

KIND = "lesson"
"""What scheduling, billing, calls and reviews know a lesson as."""


class TeacherNotBookable(Refusal):
    """The teacher is not (or no longer) taking students."""

    code = "teacher_not_bookable"
    sentence = gettext_lazy("This teacher does not take bookings at the moment.")


class OwnLesson(Refusal):
    """Somebody tried to book themselves."""

    code = "own_lesson"
    sentence = gettext_lazy("You cannot book a lesson with yourself.")


class TrialTaken(Refusal):
    """One trial lesson per student and teacher."""

    code = "trial_taken"
    sentence = gettext_lazy("You have already had a trial lesson with this teacher.")


class PlaceMissing(Refusal):
    """A lesson in person needs a place."""

    code = "place_missing"
    sentence = gettext_lazy("Please say where you will meet.")
    status = 422


def price_lesson(request: BookingRequest) -> Money:
    """What the lesson costs, in the teacher's currency. Refuses `TeacherNotBookable`, and `NotFound` for a subject or
    level the teacher does not teach."""
    if not experts.is_bookable(request.teacher_id):
        raise TeacherNotBookable
    return experts.price_for(
        expert_id=request.teacher_id,
        subject_id=request.subject_id,
        level=request.level,
        minutes=request.minutes,
        trial=request.trial,
    )


@transaction.atomic
def book_lesson(*, actor: Any, request: BookingRequest, key: str, now: datetime | None = None) -> Lesson:
    """Hold the time for the student and place the order; a free lesson is confirmed at once.

    The same `key` of the same person books once and returns the first lesson. The lesson comes back
    `pending_payment` with `order_id` (its hold ends after the policy's `hold_minutes`), or `confirmed`. Refuses
    `TeacherNotBookable`, `OwnLesson`, `TrialTaken`, `PlaceMissing`, `GuardianNeeded`, and whatever scheduling refuses
    (`SlotTaken`, `OutsideHours`, `TooSoon`, `TooFar`, `DayFull`). Paid with minutes (`request.pay_with`) it is
    confirmed at once, or billing's `AllowanceShort` refused. With `request.purchase_id` it is a session of that
    package, confirmed at once; then also `PackageEnded`, `PackageDoesNotFit`."""
    now = now or clock.now()
    known = Lesson.objects.filter(student=actor, booking_key=key).first()
    if known is not None:
        return known
    policy = current_policy()
    held_until = now + timedelta(minutes=policy.hold_minutes)
    price = check_booking(actor, request)
    lesson = hold_paid(
        actor=actor, request=request, price=price, policy=policy, held_until=held_until, key=key, now=now
    )
    if payer_of(lesson) in (Payer.PACKAGE, Payer.NOTHING):
        confirm_lesson(lesson_id=lesson.id, actor=actor, now=now)
    else:
        order_lessons([lesson], actor=actor, key=key, held_until=held_until, now=now)
    lesson.refresh_from_db()
    return lesson


def hold_paid(*, actor: Any, request: BookingRequest, price: Money, now: datetime, **hold: Any) -> Lesson:
    """Hold a lesson, and take what pays for it: the session or the minutes; money comes with its order. `hold` is what
    `hold_lesson` wants besides. Refuses `PackageEnded`, `PackageDoesNotFit`, billing's `AllowanceShort`, NotFound for
    another's package."""
    if request.purchase_id is not None:
        purchase = packages.usable(actor, request, now)
        request, price = replace(request, pay_with=PayWith.MONEY), purchase.price.prorate(1, purchase.sessions)
        lesson = hold_lesson(actor=actor, request=request, price=price, now=now, **hold)
        packages.use_session(purchase, lesson, actor=actor, now=now)
        lesson.purchase = purchase
        lesson.save(update_fields=["purchase"])
        return lesson
    lesson = hold_lesson(actor=actor, request=request, price=price, now=now, **hold)
    if lesson.paid_with == PayWith.ALLOWANCE:
        use_minutes(lesson, actor=actor, now=now)
    return lesson


def payer_of(lesson: Lesson) -> Payer:
    """What pays for it."""
    if lesson.purchase_id is not None:
        return Payer.PACKAGE
    if lesson.paid_with == PayWith.ALLOWANCE:
        return Payer.MINUTES
    return Payer.MONEY if lesson.price else Payer.NOTHING


def check_booking(actor: Any, request: BookingRequest) -> Money:
    """The price, after every rule that needs no lock."""
    if request.teacher_id == actor.id:
        raise OwnLesson
    if request.mode == Mode.OFFLINE and not request.place.strip():
        raise PlaceMissing
    accounts.may_buy(actor)
    price = price_lesson(request)
    if request.trial and had_trial(actor.id, request.teacher_id):
        raise TrialTaken
    return price


def had_trial(student_id: UUID, teacher_id: UUID) -> bool:
    """Whether the two have a trial lesson behind or ahead of them."""
    live = Lesson.objects.exclude(status__in=[LessonStatus.CANCELLED, LessonStatus.EXPIRED])
    return live.filter(student_id=student_id, teacher_id=teacher_id, trial=True).exists()


def hold_lesson(
    *,
    actor: Any,
    request: BookingRequest,
    price: Money,
    policy: RefundPolicy,
    held_until: datetime,
    key: str,
    now: datetime,
    series: Series | None = None,
) -> Lesson:
    """Reserve the time of both and write the lesson. One refused reservation leaves nothing behind."""
    by_minutes = request.pay_with == PayWith.ALLOWANCE
    lesson_id = new_id()
    ends_at = request.starts_at + timedelta(minutes=request.minutes)
    reservation_id = scheduling.reserve(
        people=[request.teacher_id, actor.id],
        starts_at=request.starts_at,
        ends_at=ends_at,
        kind=KIND,
        subject_id=lesson_id,
        title=in_language(catalogue.subject_by_id(request.subject_id).name),
        held_until=held_until,
        hours_of=request.teacher_id,
        now=now,
    )
    lesson = Lesson.objects.create(
        id=lesson_id,
        student=actor,
        teacher_id=request.teacher_id,
        subject_id=request.subject_id,
        level=request.level,
        series=series,
        starts_at=request.starts_at,
        ends_at=ends_at,
        mode=request.mode,
        place_kind=request.place_kind,
        place=request.place,
        note=request.note,
        trial=request.trial,
        price_amount=0 if by_minutes else price.amount,
        price_unit=price.unit,
        paid_with=request.pay_with,
        earning_amount=price.amount if by_minutes else 0,
        policy=policy.as_facts(),
        reservation_id=reservation_id,
        booking_key=key,
        created_at=now,
    )
    StatusChange.objects.create(lesson=lesson, to_status=LessonStatus.PENDING_PAYMENT, by=actor, created_at=now)
    return lesson


def order_lessons(lessons: list[Lesson], *, actor: Any, key: str, held_until: datetime, now: datetime) -> Any:
    """One order for these lessons, a line each, that ends with their hold."""
    order = billing.place_order(
        buyer=actor,
        actor=actor,
        lines=[line_of(x, now) for x in lessons],
        key=f"lessons:{actor.id}:{key}",
        expires_at=held_until,
        now=now,
    )
    lines = {line.subject_id: line.id for line in order.lines}
    for lesson in lessons:
        lesson.order_id = order.id
        lesson.line_id = lines[lesson.id]
        lesson.save(update_fields=["order_id", "line_id"])
    return order


def line_of(lesson: Lesson, now: datetime) -> LineDraft:
    """What billing is told about a lesson."""
    return LineDraft(
        kind=KIND,
        subject_id=lesson.id,
        title=title_of(lesson),
        amount=lesson.price,
        seller_id=lesson.teacher_id,
        held=True,
        policy={**lesson.policy, "words": policy_words(lesson, now)},
        releases_at=lesson.ends_at + timedelta(hours=lesson.terms.dispute_hours),
        traits={"variant": "trial"} if lesson.trial else {},
    )


def title_of(lesson: Lesson) -> str:
    """What a lesson is called in the active language."""
    subject = in_language(catalogue.subject_by_id(lesson.subject_id).name)
    facts = {"subject": subject, "minutes": digits(lesson.minutes)}
    if lesson.trial:
        return _("%(subject)s trial lesson, %(minutes)s minutes") % facts
    return _("%(subject)s lesson, %(minutes)s minutes") % facts


def policy_words(lesson: Lesson, now: datetime) -> list[str]:
    """The refund policy of a lesson in sentences, in the buyer's language and zone."""
    words = []
    if lesson.paid_with == PayWith.ALLOWANCE:
        return [minutes_words(lesson)]
    for tier in lesson.terms.tiers(lesson.starts_at, lesson.price, now):
        facts = {
            "when": moment(tier.until, lesson.student.zone),
            "percent": tier.percent,
            "amount": tier.back.display(),
        }
        if tier.percent:
            words.append(_("Cancel by %(when)s: %(amount)s back (%(percent)s %%).") % facts)
    words.append(_("If the teacher cancels or does not come, you get everything back."))
    return words


@transaction.atomic
def confirm_lesson(*, lesson_id: UUID, actor: Any = None, now: datetime | None = None) -> Lesson:
    """It is paid (or free): the time is theirs for good, the room is opened, reminders are set. Refuses `HoldExpired`
    when the time was given away meanwhile, `IllegalTransition` when it is not waiting for payment."""
    now = now or clock.now()
    lesson = locked(lesson_id)
    if lesson.status == LessonStatus.CONFIRMED:
        return lesson
    move(lesson, LessonStatus.CONFIRMED, by=actor)
    scheduling.confirm(reservation_id=promised(lesson.reservation_id), now=now)
    if lesson.mode == Mode.ONLINE:
        lesson.room_id = calls.open_room(
            kind=KIND,
            subject_id=lesson.id,
            people=[lesson.teacher_id, lesson.student_id],
            starts_at=lesson.starts_at,
            ends_at=lesson.ends_at,
        )
        lesson.save(update_fields=["room_id"])
    announcing.booked(lesson)
    events.publish(LessonBooked(lesson.id, lesson.student_id, lesson.teacher_id, lesson.starts_at))
    return lesson
