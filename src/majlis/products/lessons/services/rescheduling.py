"""Another time: asked by one side, held for both, answered by the other."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.calls import services as calls
from majlis.engines.scheduling import services as scheduling
from majlis.kit import clock, events
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.state import promised
from majlis.products.lessons.events import LessonMoved
from majlis.products.lessons.models import Lesson, RescheduleRequest
from majlis.products.lessons.services import announcing
from majlis.products.lessons.services.minutes import move_minutes, preview_move
from majlis.products.lessons.services.state import locked
from majlis.products.lessons.types import LessonStatus, RequestState

ANSWER_HOURS = 24
"""How long the new time is held for an answer, at most until the lesson begins."""


class CannotMove(Refusal):
    """Only a confirmed lesson that has not begun can be moved."""

    code = "cannot_move"
    sentence = _("Only a confirmed lesson that has not begun can be moved.")


class AlreadyAsked(Refusal):
    """There is an open request already."""

    code = "reschedule_already_asked"
    sentence = _("Another time has been proposed already and waits for an answer.")


@transaction.atomic
def request_reschedule(
    *, actor: Any, lesson_id: UUID, starts_at: datetime, reason: str = "", now: datetime | None = None
) -> RescheduleRequest:
    """Propose another time of the same length; it is held for both until the other side answers. Refuses `NotFound`,
    `CannotMove`, `AlreadyAsked`, what scheduling refuses (`SlotTaken`, `OutsideHours`, …), and where minutes pay,
    `MinutesMissing` and `PlanNotPaidThen` as `preview_move` does."""
    now = now or clock.now()
    lesson = locked(lesson_id, seen_by=actor)
    if lesson.status != LessonStatus.CONFIRMED or lesson.starts_at <= now or starts_at == lesson.starts_at:
        raise CannotMove
    if lesson.reschedules.filter(state=RequestState.OPEN).exists():
        raise AlreadyAsked
    preview_move(lesson=lesson, starts_at=starts_at)
    answer_by = min(now + timedelta(hours=ANSWER_HOURS), lesson.starts_at, starts_at)
    ends_at = starts_at + (lesson.ends_at - lesson.starts_at)
    # Beside a lesson nothing can be held that overlaps it, since both belong to the same two people: moving it by
    # half an hour is decided by the move itself, when the answer comes.
    overlaps = starts_at < lesson.ends_at and lesson.starts_at < ends_at
    request_id = new_id()
    reservation_id = lesson.reservation_id
    if not overlaps:
        reservation_id = scheduling.reserve(
            people=[lesson.teacher_id, lesson.student_id],
            starts_at=starts_at,
            ends_at=ends_at,
            kind="lesson_move",
            subject_id=request_id,
            held_until=answer_by,
            hours_of=lesson.teacher_id,
            actor=actor,
            now=now,
        )
    request = RescheduleRequest.objects.create(
        id=request_id,
        lesson=lesson,
        asked_by=actor,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=reason,
        reservation_id=reservation_id,
        answer_by=answer_by,
        created_at=now,
    )
    announcing.tell(
        lesson,
        "reschedule_asked",
        lesson.other_than(actor.id),
        key=str(request.id),
        new_starts_at=starts_at,
        reason=reason,
    )
    return request


@transaction.atomic
def answer_reschedule(
    *, actor: Any, request_id: UUID, accept: bool, answer: str = "", now: datetime | None = None
) -> RescheduleRequest:
    """The other side says yes (the lesson moves, with a new version, and so do the minutes that pay for it) or no (it
    stays). Refuses `NotFound` to anybody else, `CannotMove` when the request is no longer open, and as `preview_move`
    when the minutes of the new week have been used meanwhile."""
    now = now or clock.now()
    request = RescheduleRequest.objects.filter(id=request_id).first()
    if request is None:
        raise NotFound
    lesson = locked(request.lesson_id, seen_by=actor)
    request.refresh_from_db()
    if request.asked_by_id == actor.id:
        raise NotFound
    if request.state != RequestState.OPEN or request.answer_by <= now:
        raise CannotMove
    if not accept:
        _close(request, lesson, RequestState.DECLINED, now=now, answer=answer)
        announcing.tell(lesson, "reschedule_declined", request.asked_by_id, key=str(request.id), answer=answer)
        return request
    _close(request, lesson, RequestState.ACCEPTED, now=now, answer=answer)
    scheduling.move(
        reservation_id=promised(lesson.reservation_id), starts_at=request.starts_at, ends_at=request.ends_at, now=now
    )
    move_minutes(lesson, request.starts_at, actor=actor, now=now)
    was_at = lesson.starts_at
    lesson.starts_at, lesson.ends_at, lesson.version = request.starts_at, request.ends_at, lesson.version + 1
    lesson.save(update_fields=["starts_at", "ends_at", "version"])
    if lesson.room_id:
        calls.move_room(room_id=lesson.room_id, starts_at=lesson.starts_at, ends_at=lesson.ends_at)
    announcing.remind(lesson)
    announcing.tell(lesson, "lesson_moved", lesson.student_id, lesson.teacher_id, was_at=was_at)
    events.publish(LessonMoved(lesson.id, was_at, lesson.starts_at))
    return request


@transaction.atomic
def withdraw_reschedule(*, actor: Any, request_id: UUID, now: datetime | None = None) -> RescheduleRequest:
    """Who asked takes it back. Refuses `NotFound` to anybody else, `CannotMove` when it was answered."""
    request = RescheduleRequest.objects.filter(id=request_id, asked_by=actor).first()
    if request is None:
        raise NotFound
    lesson = locked(request.lesson_id, seen_by=actor)
    request.refresh_from_db()
    if request.state != RequestState.OPEN:
        raise CannotMove
    _close(request, lesson, RequestState.WITHDRAWN, now=now or clock.now())
    return request


def close_open_request(lesson: Lesson, state: str, *, now: datetime) -> None:
    """End the open request of a locked lesson, if there is one."""
    request = lesson.reschedules.filter(state=RequestState.OPEN).first()
    if request is not None:
        _close(request, lesson, state, now=now)


def _close(request: RescheduleRequest, lesson: Lesson, state: str, *, now: datetime, answer: str = "") -> None:
    request.state, request.answered_at, request.answer = state, now, answer
    request.save(update_fields=["state", "answered_at", "answer"])
    if request.reservation_id != lesson.reservation_id:
        scheduling.free(reservation_id=promised(request.reservation_id), now=now)


def lapse_reschedules(*, now: datetime | None = None) -> int:
    """End the requests nobody answered in time; how many there were."""
    now = now or clock.now()
    late = RescheduleRequest.objects.filter(state=RequestState.OPEN, answer_by__lte=now)
    count = 0
    for request_id, lesson_id in late.values_list("id", "lesson_id")[:500]:
        with transaction.atomic():
            lesson = locked(lesson_id)
            request = RescheduleRequest.objects.get(id=request_id)
            if request.state == RequestState.OPEN:
                _close(request, lesson, RequestState.LAPSED, now=now)
                announcing.tell(lesson, "reschedule_lapsed", request.asked_by_id, key=str(request.id))
                count += 1
    return count
