"""How billing sells and delivers a lesson (registered in `apps.ready`)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from majlis.engines.billing.services import Fulfiller
from majlis.engines.billing.types import LineDraft, Offered
from majlis.engines.experts import queries as experts
from majlis.engines.scheduling import queries as calendar
from majlis.engines.scheduling import services as scheduling
from majlis.kit.errors import NotFound
from majlis.kit.locale import isolated, moment
from majlis.kit.state import promised
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.policy import RefundPolicy, current_policy
from majlis.products.lessons.services import announcing
from majlis.products.lessons.services.booking import (
    check_booking,
    confirm_lesson,
    hold_lesson,
    line_of,
    title_of,
)
from majlis.products.lessons.services.state import locked, move
from majlis.products.lessons.types import BookingRequest, LessonStatus, Mode, PlaceKind


class LessonFulfiller(Fulfiller):
    """How billing delivers a lesson (registered in `apps.ready`)."""

    def terms(self, line: Any) -> list[str]:
        """The refund policy it was booked under."""
        return RefundPolicy.from_facts(line.policy).sentences()

    def offer(self, choice: dict[str, Any], buyer: Any, now: datetime) -> Offered:
        """`choice`: `teacher`, `subject`, `starts_at` (ISO 8601 with its offset), `minutes`, perhaps `level`, `trial`,
        `mode`, `place_kind`, `place`, `note`. Refuses `SlotTaken` when the time is not free."""
        wish = _wish(choice)
        price = check_booking(buyer, wish)
        until = wish.starts_at + timedelta(minutes=wish.minutes)
        free = calendar.free_slots(
            [wish.teacher_id],
            starts_at=wish.starts_at,
            ends_at=until,
            minutes=wish.minutes,
            for_person=buyer.id,
            now=now,
        )
        if wish.starts_at not in {slot.starts_at for slot in free.get(wish.teacher_id, [])}:
            raise scheduling.SlotTaken
        teacher = experts.expert(wish.teacher_id)
        shape = Lesson(subject_id=wish.subject_id, starts_at=wish.starts_at, ends_at=until, trial=wish.trial)
        facts = {"name": isolated(teacher.person.name), "when": moment(wish.starts_at, buyer.zone)}
        return Offered(
            title=title_of(shape),
            words=_("With %(name)s, %(when)s") % facts,
            amount=price,
            seller_id=wish.teacher_id,
            link=f"/teachers/{teacher.slug}/",
            traits={"variant": "trial"} if wish.trial else {},
        )

    def take(self, choice: dict[str, Any], buyer: Any, key: str, until: datetime, now: datetime) -> LineDraft:
        """Holds the time of both while the order is open."""
        wish = _wish(choice)
        price = check_booking(buyer, wish)
        lesson = hold_lesson(
            actor=buyer, request=wish, price=price, policy=current_policy(), held_until=until, key=key, now=now
        )
        return line_of(lesson, now)

    def placed(self, line: Any, now: datetime) -> None:
        """The lesson knows its order."""
        Lesson.objects.filter(id=line.subject_id).update(order_id=line.order_id, line_id=line.id)

    def fulfil(self, line: Any, now: datetime) -> None:
        """The order is paid: the lesson takes place."""
        confirm_lesson(lesson_id=line.subject_id, now=now)

    def lapse(self, line: Any, now: datetime) -> None:
        """The order ended unpaid: the time is free again."""
        lesson = locked(line.subject_id)
        if lesson.status == LessonStatus.PENDING_PAYMENT:
            move(lesson, LessonStatus.EXPIRED)
            scheduling.free(reservation_id=promised(lesson.reservation_id), now=now)

    def keep(self, line: Any, until: datetime, now: datetime) -> datetime:
        """A slow way to pay: the time is held longer, but never into the lesson's minimum notice of a day."""
        lesson = Lesson.objects.get(id=line.subject_id)
        latest = lesson.starts_at - timedelta(days=1)
        kept_until = max(line.order.expires_at or until, min(until, latest))
        scheduling.extend_hold(reservation_id=promised(lesson.reservation_id), held_until=kept_until, now=now)
        return kept_until

    def titles(self, lines: list[Any]) -> dict[UUID, str]:
        """Subject and length, in the reader's language."""
        lessons = Lesson.objects.in_bulk([line.subject_id for line in lines])
        return {line.id: title_of(lessons[line.subject_id]) for line in lines if line.subject_id in lessons}

    def describe(self, line: Any) -> str:
        """With whom it is and when, on the reader's wall."""
        lesson = Lesson.objects.select_related("teacher", "student").get(id=line.subject_id)
        facts = {"name": isolated(lesson.teacher.name), "when": moment(lesson.starts_at, lesson.student.zone)}
        return _("With %(name)s, %(when)s") % facts

    def landing(self, line: Any) -> str:
        """Where the buyer goes after paying."""
        return announcing.link(Lesson(id=line.subject_id))


def _wish(choice: dict[str, Any]) -> BookingRequest:
    """A lesson in a cart as a request to book it. NotFound for a choice that makes no sense."""
    try:
        starts_at = parse_datetime(str(choice["starts_at"]))
        if starts_at is None or starts_at.tzinfo is None:
            raise NotFound
        return BookingRequest(
            teacher_id=UUID(str(choice["teacher"])),
            subject_id=UUID(str(choice["subject"])),
            starts_at=starts_at,
            minutes=int(choice["minutes"]),
            level=str(choice.get("level", ""))[:32],
            mode=Mode(choice.get("mode") or Mode.ONLINE),
            place_kind=PlaceKind(choice.get("place_kind") or PlaceKind.ONLINE),
            place=str(choice.get("place", ""))[:300],
            note=str(choice.get("note", ""))[:1000],
            trial=str(choice.get("trial", "")).lower() in {"1", "on", "true"},
        )
    except (KeyError, ValueError):
        raise NotFound from None
