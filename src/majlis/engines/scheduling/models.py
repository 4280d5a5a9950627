"""The tables of scheduling: when people can be met, and when they are taken."""

from uuid import UUID

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.contrib.postgres.indexes import GistIndex
from django.db import models
from django.db.models import F, Q
from django.utils.timezone import get_current_timezone

from majlis.engines.scheduling.types import LIVE, Frequency, Health, ReservationStatus
from majlis.kit import clock, locale
from majlis.kit.db import Record


def durations_offered() -> list[int]:
    """What can be booked of somebody who has not said."""
    return [30, 60, 90]


class CalendarSettings(models.Model):
    """How one person's calendar is offered. Somebody without a row has the defaults, in their account's zone."""

    person = models.OneToOneField("accounts.User", on_delete=models.PROTECT, primary_key=True, related_name="+")
    zone = models.CharField(max_length=64)
    """IANA name."""
    buffer_before = models.PositiveSmallIntegerField(default=0)
    buffer_after = models.PositiveSmallIntegerField(default=0)
    minimum_notice = models.PositiveIntegerField(default=120)
    horizon_days = models.PositiveSmallIntegerField(default=60)
    slot_grid = models.PositiveSmallIntegerField(default=30)
    durations = ArrayField(models.PositiveSmallIntegerField(), default=durations_offered)
    day_limit = models.PositiveSmallIntegerField(null=True, blank=True)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "calendar settings"
        constraints = [
            models.CheckConstraint(
                condition=Q(buffer_before__lte=240, buffer_after__lte=240), name="buffers_are_short"
            ),
            models.CheckConstraint(condition=Q(minimum_notice__lte=43_200), name="notice_is_at_most_30_days"),
            models.CheckConstraint(condition=Q(horizon_days__range=(1, 366)), name="horizon_is_1_to_366_days"),
            models.CheckConstraint(condition=Q(slot_grid__in=[5, 10, 15, 20, 30, 60]), name="grid_divides_the_hour"),
            models.CheckConstraint(condition=Q(durations__len__gte=1), name="some_duration_is_offered"),
            models.CheckConstraint(
                condition=Q(day_limit__isnull=True) | Q(day_limit__gte=1), name="day_limit_allows_something"
            ),
        ]

    def __str__(self) -> str:
        return f"calendar of {self.person_id}"


class Rules(models.QuerySet["Rule"]):
    """Filters of rules."""

    def kept(self) -> "Rules":
        """Those their owner has not deleted."""
        return self.filter(deleted_at__isnull=True)

    def of(self, person_id: UUID) -> "Rules":
        """Somebody's kept rules."""
        return self.kept().filter(person_id=person_id)


class Rule(Record):
    """Hours that come again: from `begins` on the wall of `zone`, `minutes` long, on the dates it names. A deleted rule
    keeps its row, since reservations were made under it."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120, blank=True)
    frequency = models.CharField(max_length=8, choices=Frequency.choices, default=Frequency.WEEKLY)
    interval = models.PositiveSmallIntegerField(default=1)
    weekdays = ArrayField(models.PositiveSmallIntegerField(), default=list, blank=True)
    """ISO: Monday is 1, Sunday 7. Empty: any. Together with `month_day`: days that are both."""
    month_day = models.PositiveSmallIntegerField(null=True, blank=True)
    """Months without that day are skipped."""
    starts_on = models.DateField()
    ends_on = models.DateField(null=True, blank=True)
    """The last date it may begin on; None: for good."""
    begins = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    zone = models.CharField(max_length=64)
    activated = models.BooleanField(default=True)
    """A draft opens nothing."""
    of_timetable = models.BooleanField(default=False)
    """Made by the weekly timetable, which replaces its rules as a whole."""
    deleted_at = models.DateTimeField(null=True, blank=True)

    objects = Rules.as_manager()

    class Meta:
        indexes = [models.Index(fields=["person"], condition=Q(deleted_at__isnull=True), name="rules_of_a_person")]
        constraints = [
            models.CheckConstraint(condition=Q(interval__range=(1, 99)), name="interval_is_1_to_99"),
            models.CheckConstraint(condition=Q(minutes__range=(5, 1440)), name="rule_is_5_minutes_to_a_day_long"),
            models.CheckConstraint(
                condition=Q(month_day__isnull=True) | Q(month_day__range=(1, 31)), name="month_day_is_1_to_31"
            ),
            models.CheckConstraint(
                condition=Q(weekdays__contained_by=[1, 2, 3, 4, 5, 6, 7]), name="weekdays_are_iso_weekdays"
            ),
            models.CheckConstraint(
                condition=~Q(frequency="weekly") | Q(weekdays__len__gte=1), name="weekly_rule_names_a_weekday"
            ),
            models.CheckConstraint(
                condition=~Q(frequency="monthly") | Q(weekdays__len__gte=1) | Q(month_day__isnull=False),
                name="monthly_rule_names_a_day",
            ),
            models.CheckConstraint(
                condition=Q(ends_on__isnull=True) | Q(ends_on__gte=F("starts_on")), name="rule_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return self.title or f"{self.frequency} {self.begins:%H:%M}"


class Opening(Record):
    """A one-off time at which somebody can be met besides their hours."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    title = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="openings_of_a_person_do_not_overlap",
                expressions=[("person", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
            models.CheckConstraint(condition=Q(during__isempty=False), name="opening_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"opening {self.during.lower:%Y-%m-%d %H:%M}"


class TimeOff(Record):
    """A time at which somebody's hours do not count. What was reserved before stays reserved."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    reason = models.CharField(max_length=200, blank=True)
    """For its owner and the office; members do not see it."""

    class Meta:
        verbose_name_plural = "time off"
        indexes = [GistIndex(fields=["person", "during"], name="time_off_of_a_person")]
        constraints = [models.CheckConstraint(condition=Q(during__isempty=False), name="time_off_has_a_length")]

    def __str__(self) -> str:
        return f"time off {self.during.lower:%Y-%m-%d}"


class Reservation(Record):
    """Time taken for something, of one person or of several at once. `version` is the SEQUENCE of calendar feeds."""

    kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    """What it is for, in its maker's tables; no foreign key, since its makers stand above."""
    title = models.CharField(max_length=200, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    status = models.CharField(max_length=10, choices=ReservationStatus.choices)
    held_until = models.DateTimeField(null=True, blank=True)
    hours_of = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    """Whose open hours it was booked in; None when no hours were asked."""
    version = models.PositiveIntegerField(default=0)
    changed_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes = [
            models.Index(fields=["held_until"], condition=Q(status="held"), name="holds_by_expiry"),
            models.Index(fields=["hours_of", "starts_at"], name="reservations_in_hours_of"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="reservation_ends_after_it_starts"),
            models.CheckConstraint(
                condition=Q(status="held", held_until__isnull=False) | ~Q(status="held"), name="hold_has_an_end"
            ),
            models.UniqueConstraint(
                fields=["kind", "subject_id"], condition=Q(status__in=LIVE), name="one_live_reservation_a_subject"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title or self.kind} · {locale.moment(self.starts_at, get_current_timezone())}"


class BusyTime(models.Model):
    """One person's share of a reservation. `during` includes the person's own buffers, so that it is exactly what
    nobody else may have; the reservation knows the bare times. Freed and lapsed rows stay and block nothing."""

    id = models.BigAutoField(primary_key=True)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="shares", db_index=False)
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    during = DateTimeRangeField()
    blocks = models.BooleanField(default=True)
    held_until = models.DateTimeField(null=True, blank=True)
    """The reservation's, repeated: a hold past it blocks no booking, even before anybody tidied it."""

    class Meta:
        constraints = [
            ExclusionConstraint(
                name="a_person_is_in_one_place_at_a_time",
                expressions=[("person", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
                condition=Q(blocks=True),
            ),
            models.UniqueConstraint(fields=["reservation", "person"], name="one_share_a_person"),
            models.CheckConstraint(condition=Q(during__isempty=False), name="busy_time_has_a_length"),
        ]

    def __str__(self) -> str:
        return f"{self.person_id} {self.during.lower:%Y-%m-%d %H:%M}"


class ReservationChange(models.Model):
    """A step in a reservation's life: who moved it where, and why."""

    id = models.BigAutoField(primary_key=True)
    reservation = models.ForeignKey(Reservation, on_delete=models.PROTECT, related_name="history")
    version = models.PositiveIntegerField()
    source = models.CharField(max_length=10, blank=True)
    """The state before; empty at birth."""
    target = models.CharField(max_length=10)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    actor = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", null=True, db_index=False)
    reason = models.CharField(max_length=120, blank=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class FreeTime(models.Model):
    """What was last announced of one person's free time, so that the hourly round touches only those whose next free
    time has passed."""

    person = models.OneToOneField("accounts.User", on_delete=models.PROTECT, primary_key=True, related_name="+")
    next_free_at = models.DateTimeField(null=True, blank=True, db_index=True)
    days = models.PositiveSmallIntegerField(default=0)
    """How many days were announced, from the day it was last rolled."""
    rolled_on = models.DateField()

    class Meta:
        verbose_name_plural = "free time"

    def __str__(self) -> str:
        return f"free time of {self.person_id}"


class Feed(Record):
    """A secret address under which a calendar program reads somebody's calendar. The secret is a signature of the id,
    so it is nowhere stored and can be shown again; revoking ends it."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    revoked_at = models.DateTimeField(null=True, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    """When a program last asked for it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["person"], condition=Q(revoked_at__isnull=True), name="one_feed_a_person")
        ]

    def __str__(self) -> str:
        return f"feed of {self.person_id}"


class ExternalCalendar(Record):
    """Somebody's calendar elsewhere (an ICS address), read regularly: what is in it is busy time here."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    title = models.CharField(max_length=120)
    address = models.CharField(max_length=2000)
    health = models.CharField(max_length=10, choices=Health.choices, default=Health.WAITING)
    failure = models.CharField(max_length=60, blank=True)
    """The code of what went wrong last (`services.external.FAILURES` has the words)."""
    failing_since = models.DateTimeField(null=True, blank=True)
    checked_at = models.DateTimeField(null=True, blank=True)
    succeeded_at = models.DateTimeField(null=True, blank=True)
    next_check_at = models.DateTimeField(default=clock.now, db_index=True)
    stored_at = models.DateTimeField(null=True, blank=True)
    """When its times were last written here; a check that found nothing new leaves them."""
    etag = models.CharField(max_length=255, blank=True)
    last_modified = models.CharField(max_length=64, blank=True)
    events = models.PositiveIntegerField(default=0)
    """How many busy times the last good reading found."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "address"], name="one_subscription_an_address")]

    def __str__(self) -> str:
        return self.title


class ExternalTime(models.Model):
    """A busy time of an external calendar, as last read. It keeps new bookings away and moves nothing booked."""

    id = models.BigAutoField(primary_key=True)
    calendar = models.ForeignKey(ExternalCalendar, on_delete=models.CASCADE, related_name="times")
    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", db_index=False)
    during = DateTimeRangeField()
    title = models.CharField(max_length=200, blank=True)

    class Meta:
        indexes = [GistIndex(fields=["person", "during"], name="external_times_of_a_person")]
        constraints = [models.CheckConstraint(condition=Q(during__isempty=False), name="external_time_has_a_length")]

    def __str__(self) -> str:
        return self.title
