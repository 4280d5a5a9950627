"""What lessons knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Count, F, Min, Q, QuerySet, Sum

from majlis.engines.billing import queries as billing
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.pages import Page, paginate
from majlis.kit.translated import in_language
from majlis.products.lessons.models import Dispute, Lesson, Package, PackagePurchase, RescheduleRequest, WaitlistEntry
from majlis.products.lessons.policy import RefundPolicy, current_policy
from majlis.products.lessons.types import AHEAD, DisputeState, LessonStatus, PurchaseStatus, RequestState, WaitState

__all__ = ["RefundPolicy", "current_policy"]

DONE = (LessonStatus.COMPLETED, LessonStatus.DISPUTED)


def lesson(lesson_id: UUID, *, seen_by: Any) -> Lesson:
    """One lesson with its people, subject, verdict, dispute and progress at hand. Refuses `NotFound` to anybody who
    takes no part in it (a guardian and the office may look)."""
    found = _whole(Lesson.objects.visible_to(seen_by)).filter(id=lesson_id).first()
    if found is None:
        raise NotFound
    return found


def _whole(lessons: QuerySet[Lesson]) -> QuerySet[Lesson]:
    return lessons.select_related("student", "teacher", "subject", "verdict", "dispute", "progress")


def lessons_of(person: Any, *, when: str = "ahead", cursor: str | None = None, limit: int = 20) -> Page[Lesson]:
    """A person's lessons on either side: `ahead` (soonest first), `past` or `all` (latest first)."""
    mine = Lesson.objects.of(person.id).select_related("student", "teacher", "subject")
    now = clock.now()
    if when == "ahead":
        return paginate(mine.filter(status__in=AHEAD, ends_at__gt=now), cursor, limit, by="starts_at")
    if when == "past":
        mine = mine.filter(Q(ends_at__lte=now) | ~Q(status__in=AHEAD))
    return paginate(mine, cursor, limit, by="-starts_at")


def lessons_of_wards(guardian: Any, limit: int = 10) -> list[Lesson]:
    """The coming lessons of the minors this person is guardian of, soonest first."""
    wards = accounts.wards_of(guardian)
    if not wards:
        return []
    ahead = Lesson.objects.filter(student__in=wards, status__in=AHEAD, ends_at__gt=clock.now())
    return list(ahead.select_related("student", "teacher", "subject").order_by("starts_at", "id")[:limit])


def subjects_of(lesson_ids: Iterable[UUID]) -> dict[UUID, str]:
    """What each lesson is about, in the active language, by its id."""
    rows = Lesson.objects.filter(id__in=list(lesson_ids)).values_list("id", "subject_id")
    return {lesson_id: in_language(catalogue.subject_by_id(subject_id).name) for lesson_id, subject_id in rows}


def open_request(lesson: Lesson) -> RescheduleRequest | None:
    """The open request for another time, if any."""
    return lesson.reschedules.filter(state=RequestState.OPEN, answer_by__gt=clock.now()).first()


def requests_to_answer(person: Any) -> list[RescheduleRequest]:
    """Requests for another time that wait for this person."""
    waiting = RescheduleRequest.objects.filter(state=RequestState.OPEN, answer_by__gt=clock.now())
    mine = waiting.filter(Q(lesson__student=person) | Q(lesson__teacher=person)).exclude(asked_by=person)
    return list(
        mine.select_related("lesson__student", "lesson__teacher", "lesson__subject").order_by("answer_by", "id")
    )


@dataclass(frozen=True, slots=True)
class Overview:
    """A person's figures as a student or as a teacher."""

    lessons: int
    minutes: int
    people: int
    next_lesson: Lesson | None


def overview(person: Any, *, side: str) -> Overview:
    """Completed lessons, their minutes, how many different people, and the next lesson, as `student` or `teacher`."""
    other = "teacher" if side == "student" else "student"
    mine = Lesson.objects.filter(**{side: person})
    done = mine.filter(status__in=DONE).aggregate(
        lessons=Count("id"), length=Sum(F("ends_at") - F("starts_at")), people=Count(other, distinct=True)
    )
    ahead = mine.filter(status=LessonStatus.CONFIRMED, ends_at__gt=clock.now())
    return Overview(
        lessons=done["lessons"],
        minutes=int(done["length"].total_seconds() // 60) if done["length"] else 0,
        people=done["people"],
        next_lesson=ahead.select_related("student", "teacher", "subject").order_by("starts_at", "id").first(),
    )


def done_since(person: Any, since: datetime, *, side: str) -> list[tuple[datetime, int]]:
    """When each lesson that took place since then began, and its minutes, as `student` or `teacher`."""
    done = Lesson.objects.filter(**{side: person}, status__in=DONE, starts_at__gte=since)
    return [
        (begin, int((end - begin).total_seconds() // 60)) for begin, end in done.values_list("starts_at", "ends_at")
    ]


@dataclass(frozen=True, slots=True)
class Learner:
    """One student of a teacher."""

    person_id: UUID
    name: str
    lessons: int
    next_at: datetime | None


def students_of(teacher: Any) -> list[Learner]:
    """Who a teacher has taught or will teach, soonest next lesson first."""
    rows = (
        Lesson.objects.filter(teacher=teacher)
        .exclude(status__in=[LessonStatus.CANCELLED, LessonStatus.EXPIRED, LessonStatus.PENDING_PAYMENT])
        .values("student_id", "student__name")
        .annotate(
            done=Count("id", filter=Q(status__in=DONE)),
            next_at=Min("starts_at", filter=Q(status=LessonStatus.CONFIRMED, ends_at__gt=clock.now())),
        )
        .order_by(F("next_at").asc(nulls_last=True), "-done", "student_id")
    )
    return [Learner(r["student_id"], r["student__name"], r["done"], r["next_at"]) for r in rows]


def waitlist_of(person: Any) -> list[WaitlistEntry]:
    """A student's places in line, offers first."""
    mine = WaitlistEntry.objects.filter(student=person, state__in=[WaitState.WAITING, WaitState.OFFERED])
    return list(mine.select_related("teacher", "subject").order_by("state", "created_at", "id"))


def waitlist_entry(entry_id: UUID, *, seen_by: Any) -> WaitlistEntry:
    """One place in line. Refuses `NotFound` to anybody else."""
    entry = WaitlistEntry.objects.filter(id=entry_id, student=seen_by).select_related("teacher", "subject").first()
    if entry is None:
        raise NotFound
    return entry


def open_disputes() -> QuerySet[Dispute]:
    """The office's queue, oldest first."""
    waiting = Dispute.objects.filter(state=DisputeState.OPEN)
    return waiting.select_related("lesson__student", "lesson__teacher", "opened_by").order_by("created_at", "id")


def unsettled_lines(teacher_id: UUID) -> list[Lesson]:
    """The teacher's lessons whose money is still in escrow and when it moves, for the payout calendar."""
    held = Lesson.objects.filter(teacher_id=teacher_id, settled_at__isnull=True).exclude(
        status__in=[LessonStatus.EXPIRED, LessonStatus.CANCELLED, LessonStatus.PENDING_PAYMENT]
    )
    return list(
        held.select_related("student", "subject").order_by(F("release_at").asc(nulls_last=True), "starts_at", "id")
    )


def packages_of(teacher_id: UUID) -> list[Package]:
    """What a teacher offers as packages, the smallest first."""
    rows = Package.objects.filter(teacher_id=teacher_id, active=True).select_related("subject", "teacher")
    return list(rows.order_by("sessions", "minutes", "id"))


def purchase(purchase_id: UUID, *, seen_by: Any) -> PackagePurchase:
    """A bought package, for its student or its teacher. NotFound to anybody else."""
    rows = PackagePurchase.objects.visible_to(seen_by).select_related("package__teacher", "package__subject", "student")
    found = rows.filter(id=purchase_id).first()
    if found is None:
        raise NotFound
    return found


def purchases_of(person: Any, cursor: str | None = None, *, limit: int = 20) -> Page[PackagePurchase]:
    """The packages a person bought or sold, newest first; without those never paid."""
    rows = PackagePurchase.objects.visible_to(person).exclude(
        status__in=[PurchaseStatus.PENDING, PurchaseStatus.LAPSED]
    )
    return paginate(rows.select_related("package__teacher", "package__subject", "student"), cursor, limit)


def usable_purchases(student: Any, teacher_id: UUID) -> list[PackagePurchase]:
    """A student's packages with this teacher that run, the soonest to end first."""
    rows = PackagePurchase.objects.filter(
        student=student, package__teacher_id=teacher_id, status=PurchaseStatus.ACTIVE, expires_at__gt=clock.now()
    )
    return list(rows.select_related("package__subject").order_by("expires_at", "id"))


def sessions_left(bought: PackagePurchase) -> int:
    """How many sessions of a package can still be booked."""
    return billing.allowance_left(bought.student_id, "session", scope=bought.scope).amount


def lessons_in(bought: PackagePurchase) -> list[Lesson]:
    """The lessons booked out of a package, the latest first."""
    return list(bought.lessons.select_related("student", "teacher", "subject").order_by("-starts_at", "-id"))
