"""The tables of lessons."""

from typing import Any
from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from majlis.kernel.accounts.queries import wards_of
from majlis.kit import clock
from majlis.kit.db import Record
from majlis.kit.money import MoneyOf
from majlis.products.lessons.policy import RefundPolicy
from majlis.products.lessons.types import (
    DisputeReason,
    DisputeState,
    LessonStatus,
    Mode,
    PayWith,
    PlaceKind,
    Presence,
    RequestState,
    Side,
    VerdictState,
    WaitState,
)


def person(**options: Any) -> Any:
    """A foreign key to a person, by the house's rule: it points down, without a name back, and protects."""
    return models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", **options)


def points_at(model: str) -> Any:
    """An optional foreign key to what an engine keeps for us."""
    return models.ForeignKey(model, on_delete=models.PROTECT, related_name="+", null=True, blank=True)


class LessonSet(models.QuerySet["Lesson"]):
    """Filters for lessons."""

    def of(self, person_id: UUID) -> "LessonSet":
        """Those a person takes or gives."""
        return self.filter(Q(student_id=person_id) | Q(teacher_id=person_id))

    def visible_to(self, person: Any) -> "LessonSet":
        """Those a person may look at: their own, their ward's, and all for the office."""
        if person.is_staff:
            return self
        return self.filter(Q(student_id=person.id) | Q(teacher_id=person.id) | Q(student__in=wards_of(person)))


class Series(Record):
    """A weekly booking made in one go: its lessons share their wall-clock time in the teacher's zone."""

    student = person()
    teacher = person()
    zone = models.CharField(max_length=64)
    """The IANA zone in which the hour stays the same over clock changes."""

    class Meta:
        verbose_name_plural = "series"

    def __str__(self) -> str:
        return f"series {self.id}"


class Lesson(Record):
    """One teacher, one student, one time. There is no duration column (it is `ends_at - starts_at`) and no paid flag
    (the order line and its ledger entries say so)."""

    student = person()
    teacher = person()
    subject = models.ForeignKey("catalogue.Subject", on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=32, blank=True)
    series = models.ForeignKey(Series, on_delete=models.PROTECT, null=True, blank=True, related_name="lessons")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    mode = models.CharField(max_length=10, choices=Mode.choices, default=Mode.ONLINE)
    place_kind = models.CharField(max_length=16, choices=PlaceKind.choices, default=PlaceKind.ONLINE)
    place = models.CharField(max_length=300, blank=True)
    lat = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    lng = models.DecimalField(max_digits=9, decimal_places=6, null=True, blank=True)
    note = models.TextField(max_length=1000, blank=True)
    trial = models.BooleanField(default=False)
    status = models.CharField(max_length=20, choices=LessonStatus.choices, default=LessonStatus.PENDING_PAYMENT)
    price_amount = models.BigIntegerField()
    price_unit = models.CharField(max_length=4)
    paid_with = models.CharField(max_length=10, choices=PayWith.choices, default=PayWith.MONEY)
    earning_amount = models.BigIntegerField(default=0)
    """What a lesson paid with minutes would have cost: the house pays the teacher by it, in `price_unit`."""
    policy = models.JSONField(default=dict)
    """The refund policy under which it was booked (`RefundPolicy.as_facts`)."""
    version = models.PositiveIntegerField(default=1)
    """Counts the times it was moved: reminders and calendar entries of an older version are void."""
    reservation = points_at("scheduling.Reservation")
    order = points_at("billing.Order")
    line = points_at("billing.OrderLine")
    purchase = models.ForeignKey(
        "lessons.PackagePurchase", on_delete=models.PROTECT, null=True, blank=True, related_name="lessons"
    )
    """The package it is a session of; then it has no order line of its own."""
    room_id = models.UUIDField(null=True, blank=True)
    booking_key = models.CharField(max_length=200, null=True, blank=True)
    """The booker's idempotency key: the same key books once."""
    cancelled_by = models.CharField(max_length=8, choices=Side.choices, blank=True)
    cancel_reason = models.TextField(max_length=1000, blank=True)
    cancelled_at = models.DateTimeField(null=True, blank=True)
    completed_at = models.DateTimeField(null=True, blank=True)
    release_at = models.DateTimeField(null=True, blank=True)
    """When the dispute window closes and the money moves."""
    settled_at = models.DateTimeField(null=True, blank=True)

    objects = LessonSet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="lesson_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(student=F("teacher")), name="nobody_teaches_themselves"),
            models.CheckConstraint(condition=Q(price_amount__gte=0), name="lesson_price_is_not_negative"),
            models.CheckConstraint(
                condition=Q(paid_with=PayWith.MONEY, earning_amount=0)
                | Q(paid_with=PayWith.ALLOWANCE, price_amount=0, earning_amount__gte=0),
                name="lesson_is_paid_with_money_or_minutes",
            ),
            models.CheckConstraint(
                condition=Q(status=LessonStatus.CANCELLED, cancelled_at__isnull=False)
                | ~Q(status=LessonStatus.CANCELLED),
                name="cancelled_lesson_knows_when",
            ),
            models.UniqueConstraint("student", "booking_key", "starts_at", name="booking_key_books_a_time_once"),
            models.UniqueConstraint(
                "student",
                "teacher",
                condition=Q(trial=True) & ~Q(status__in=[LessonStatus.CANCELLED, LessonStatus.EXPIRED]),
                name="one_trial_per_student_and_teacher",
            ),
        ]
        indexes = [
            models.Index(fields=["student", "-starts_at"], name="lesson_student_time"),
            models.Index(fields=["teacher", "-starts_at"], name="lesson_teacher_time"),
            models.Index(
                fields=["ends_at"], condition=Q(status=LessonStatus.CONFIRMED), name="lesson_confirmed_by_end"
            ),
            models.Index(
                fields=["release_at"],
                condition=Q(settled_at__isnull=True, release_at__isnull=False),
                name="lesson_unsettled_by_release",
            ),
        ]

    price = MoneyOf("price_amount", "price_unit")
    """What the student pays for it."""
    earning = MoneyOf("earning_amount", "price_unit")
    """What the house pays the teacher by, where minutes paid."""

    @property
    def minutes(self) -> int:
        """Its length."""
        return int((self.ends_at - self.starts_at).total_seconds() // 60)

    @property
    def terms(self) -> RefundPolicy:
        """The refund policy it was booked under."""
        return RefundPolicy.from_facts(self.policy)

    def side_of(self, person_id: UUID | None) -> str:
        """Which side a person is on: student, teacher, or house for anybody else."""
        if person_id == self.student_id:
            return Side.STUDENT
        return Side.TEACHER if person_id == self.teacher_id else Side.HOUSE

    def other_than(self, person_id: UUID) -> UUID:
        """The id of the other participant."""
        return self.teacher_id if person_id == self.student_id else self.student_id

    def __str__(self) -> str:
        return f"lesson {self.id}"


class StatusChange(Record):
    """One step of a lesson's life: who moved it, from what to what, why. Never changed afterwards."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="changes")
    from_status = models.CharField(max_length=20, choices=LessonStatus.choices, blank=True)
    to_status = models.CharField(max_length=20, choices=LessonStatus.choices)
    by = person(null=True, blank=True)
    reason = models.CharField(max_length=1000, blank=True)

    def __str__(self) -> str:
        return f"{self.from_status} → {self.to_status}"


class RescheduleRequest(Record):
    """One side asks the other for another time, which is held for both until the answer."""

    lesson = models.ForeignKey(Lesson, on_delete=models.CASCADE, related_name="reschedules")
    asked_by = person()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=500, blank=True)
    reservation = points_at("scheduling.Reservation")
    answer_by = models.DateTimeField()
    state = models.CharField(max_length=10, choices=RequestState.choices, default=RequestState.OPEN)
    answered_at = models.DateTimeField(null=True, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "lesson", condition=Q(state=RequestState.OPEN), name="one_open_reschedule_per_lesson"
            ),
        ]

    def __str__(self) -> str:
        return f"reschedule of {self.lesson_id}"


class Verdict(Record):
    """What the evidence says about who was there. Provisional until the dispute window closes or the office decides."""

    lesson = models.OneToOneField(Lesson, on_delete=models.CASCADE, related_name="verdict")
    teacher = models.CharField(max_length=10, choices=Presence.choices)
    student = models.CharField(max_length=10, choices=Presence.choices)
    evidence = models.JSONField(default=dict)
    """Joins, leaves and seconds of both sides as they were when the verdict was drawn."""
    state = models.CharField(max_length=12, choices=VerdictState.choices, default=VerdictState.PROVISIONAL)
    final_at = models.DateTimeField(null=True, blank=True)
    decided_by = person(null=True, blank=True)

    def __str__(self) -> str:
        return f"verdict on {self.lesson_id}"


class Dispute(Record):
    """One side contests what happened; while it is open the money stays in escrow."""

    lesson = models.OneToOneField(Lesson, on_delete=models.PROTECT, related_name="dispute")
    opened_by = person()
    reason = models.CharField(max_length=20, choices=DisputeReason.choices)
    words = models.TextField(max_length=2000, blank=True)
    evidence = models.JSONField(default=dict)
    """The verdict's evidence and the status log as they were when it was opened."""
    state = models.CharField(max_length=10, choices=DisputeState.choices, default=DisputeState.OPEN)
    student_percent = models.PositiveSmallIntegerField(null=True, blank=True)
    """The office's decision: this part of the price goes back to the student, the rest to the teacher."""
    decision = models.TextField(max_length=2000, blank=True)
    resolved_by = person(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(student_percent__isnull=True) | Q(student_percent__lte=100),
                name="dispute_returns_at_most_everything",
            ),
            models.CheckConstraint(
                condition=Q(state=DisputeState.OPEN) | Q(student_percent__isnull=False, resolved_at__isnull=False),
                name="resolved_dispute_has_a_decision",
            ),
        ]

    def __str__(self) -> str:
        return f"dispute about {self.lesson_id}"


class Statement(Record):
    """What one side, or the office, adds to a dispute."""

    dispute = models.ForeignKey(Dispute, on_delete=models.PROTECT, related_name="statements")
    author = person()
    words = models.TextField(max_length=2000)
    file_ids = ArrayField(models.UUIDField(), default=list, blank=True)

    def __str__(self) -> str:
        return f"statement in {self.dispute_id}"


class ProgressLog(Record):
    """What the teacher writes down after a lesson; the student and their guardian read it."""

    lesson = models.OneToOneField(Lesson, on_delete=models.CASCADE, related_name="progress")
    summary = models.TextField(max_length=4000)
    homework = models.TextField(max_length=4000, blank=True)
    next_plan = models.TextField(max_length=4000, blank=True)
    understanding = models.PositiveSmallIntegerField(null=True, blank=True)
    """1 (hardly) to 5 (fully)."""
    file_ids = ArrayField(models.UUIDField(), default=list, blank=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(understanding__isnull=True) | Q(understanding__range=(1, 5)),
                name="understanding_is_one_to_five",
            ),
        ]

    def __str__(self) -> str:
        return f"progress of {self.lesson_id}"


class WaitlistEntry(Record):
    """A student who wants a time of a teacher that is not free now. When one is freed it is held for the first in line
    until `offer_ends_at`, then offered to the next."""

    student = person()
    teacher = person()
    subject = models.ForeignKey("catalogue.Subject", on_delete=models.PROTECT, related_name="+")
    level = models.CharField(max_length=32, blank=True)
    minutes = models.PositiveSmallIntegerField()
    from_at = models.DateTimeField()
    until_at = models.DateTimeField()
    state = models.CharField(max_length=8, choices=WaitState.choices, default=WaitState.WAITING)
    offer_starts_at = models.DateTimeField(null=True, blank=True)
    offer_ends_at = models.DateTimeField(null=True, blank=True)
    """When the offer lapses (not the end of the lesson)."""
    reservation = points_at("scheduling.Reservation")
    refused = ArrayField(models.DateTimeField(), default=list, blank=True)
    """Times offered before and not taken, so that the same one is not offered again."""

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until_at__gt=F("from_at")), name="waiting_ends_after_it_starts"),
            models.CheckConstraint(condition=~Q(student=F("teacher")), name="nobody_waits_for_themselves"),
            models.UniqueConstraint(
                "student",
                "teacher",
                condition=Q(state__in=[WaitState.WAITING, WaitState.OFFERED]),
                name="one_place_in_line_per_teacher",
            ),
        ]
        indexes = [models.Index(fields=["teacher", "state", "created_at"], name="waitlist_line")]

    def __str__(self) -> str:
        return f"waiting {self.student_id} → {self.teacher_id}"
