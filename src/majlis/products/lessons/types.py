"""The words of lessons."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.money import Money
from majlis.kit.state import Transitions


class LessonStatus(models.TextChoices):
    # The time is held for the student until they have paid or the hold ends.
    PENDING_PAYMENT = "pending_payment", _("Waiting for payment")
    # Paid (or free): both come.
    CONFIRMED = "confirmed", _("Confirmed")
    # It took place; the money waits for the end of the dispute window.
    COMPLETED = "completed", _("Completed")
    # Evidence says that one side (or both) did not come.
    NO_SHOW = "no_show", _("Missed")
    # One side contests the verdict: the money waits for a person of the office.
    DISPUTED = "disputed", _("Disputed")
    CANCELLED = "cancelled", _("Cancelled")
    # Never paid: the hold ended, or the student let it go.
    EXPIRED = "expired", _("Not paid")


TRANSITIONS = Transitions(
    {
        LessonStatus.PENDING_PAYMENT: [LessonStatus.CONFIRMED, LessonStatus.CANCELLED, LessonStatus.EXPIRED],
        LessonStatus.CONFIRMED: [LessonStatus.COMPLETED, LessonStatus.NO_SHOW, LessonStatus.CANCELLED],
        LessonStatus.COMPLETED: [LessonStatus.DISPUTED],
        LessonStatus.NO_SHOW: [LessonStatus.DISPUTED],
        LessonStatus.DISPUTED: [LessonStatus.COMPLETED, LessonStatus.NO_SHOW, LessonStatus.CANCELLED],
    }
)

AHEAD = (LessonStatus.PENDING_PAYMENT, LessonStatus.CONFIRMED)
"""The states of a lesson that may still take place."""


class Mode(models.TextChoices):
    ONLINE = "online", _("Online")
    OFFLINE = "offline", _("In person")


class PlaceKind(models.TextChoices):
    ONLINE = "online", _("In the classroom here")
    STUDENT = "student_place", _("At the student's")
    TEACHER = "teacher_place", _("At the teacher's")
    PUBLIC = "public_place", _("In a public place")


class PayWith(models.TextChoices):
    MONEY = "money", _("Money")
    # Minutes of a plan or a package: the house pays the teacher what the lesson would have cost.
    ALLOWANCE = "allowance", _("Minutes of your plan")


class Payer(models.TextChoices):
    # A session of a package.
    PACKAGE = "package", _("Package")
    # Minutes of a plan, of the week in which the lesson takes place.
    MINUTES = "minutes", _("Minutes of your plan")
    MONEY = "money", _("Money")
    # The lesson is free.
    NOTHING = "nothing", _("Free of charge")


class Side(models.TextChoices):
    STUDENT = "student", _("Student")
    TEACHER = "teacher", _("Teacher")
    # The house itself: a job, or the office.
    HOUSE = "house", _("Majlis")


class Presence(models.TextChoices):
    PRESENT = "present", _("Present")
    # Never came (or, in person, said to be missing).
    ABSENT = "absent", _("Absent")
    # Came, but could not stay: the connection failed.
    TECHNICAL = "technical", _("Technical trouble")


def what_happened(*, teacher: str, student: str) -> Any:
    """A sentence on a lesson whose time has passed, by who was there (`Presence`)."""
    if teacher == Presence.ABSENT:
        return _("Nobody came.") if student == Presence.ABSENT else _("The teacher did not come.")
    if student == Presence.ABSENT:
        return _("The student did not come.")
    return _("The connection failed.") if Presence.TECHNICAL in (teacher, student) else _("The lesson took place.")


class VerdictState(models.TextChoices):
    # Drawn from evidence; contestable until the dispute window closes.
    PROVISIONAL = "provisional", _("Provisional")
    FINAL = "final", _("Final")


class RequestState(models.TextChoices):
    OPEN = "open", _("Waiting for an answer")
    ACCEPTED = "accepted", _("Accepted")
    DECLINED = "declined", _("Declined")
    WITHDRAWN = "withdrawn", _("Withdrawn")
    # Nobody answered before the hold on the new time ended.
    LAPSED = "lapsed", _("Not answered in time")


class DisputeState(models.TextChoices):
    OPEN = "open", _("Waiting for a decision")
    RESOLVED = "resolved", _("Resolved")


class DisputeReason(models.TextChoices):
    TEACHER_ABSENT = "teacher_absent", _("The teacher did not come")
    STUDENT_ABSENT = "student_absent", _("The student did not come")
    CUT_SHORT = "cut_short", _("The lesson was cut short")
    TECHNICAL = "technical", _("The connection failed")
    NOT_AS_AGREED = "not_as_agreed", _("It was not what we agreed")
    OTHER = "other", _("Something else")


class WaitState(models.TextChoices):
    WAITING = "waiting", _("Waiting")
    # A freed time is held for this person until `offer_ends_at`.
    OFFERED = "offered", _("A time is held for you")
    TAKEN = "taken", _("Booked")
    LEFT = "left", _("Left")
    # The range of dates has passed.
    OVER = "over", _("Over")


class PurchaseStatus(models.TextChoices):
    # In an order that is not paid yet.
    PENDING = "pending", _("Waiting for payment")
    # Sessions can be booked.
    ACTIVE = "active", _("Active")
    # Every session has taken place and is paid out.
    USED = "used", _("Used up")
    # Its time is over.
    EXPIRED = "expired", _("Expired")
    # What was not used was given back.
    REFUNDED = "refunded", _("Refunded")
    # Its order ended unpaid.
    LAPSED = "lapsed", _("Not paid")


PURCHASE_MOVES = Transitions(
    {
        PurchaseStatus.PENDING: [PurchaseStatus.ACTIVE, PurchaseStatus.LAPSED],
        PurchaseStatus.ACTIVE: [PurchaseStatus.USED, PurchaseStatus.EXPIRED, PurchaseStatus.REFUNDED],
    }
)


@dataclass(frozen=True, slots=True)
class PackageRefund:
    """What giving the rest of a package back does: so many `sessions` that are neither taken nor booked, worth `share`
    of the list price, of which the student gets `percent` back: `back`, exactly, as it was paid."""

    sessions: int
    share: Money
    percent: int
    student: Money
    """The student's part of `share`."""
    back: Money


@dataclass(frozen=True, slots=True)
class Terms:
    """What happens to the money, in amounts: the student gets `student` back, the teacher gets `teacher` (before
    commission), and the house adds `goodwill` to the student's wallet out of its own pocket."""

    student: Money
    teacher: Money
    goodwill: Money
    percent: int
    """The student's part of what was paid, in percent."""


@dataclass(frozen=True, slots=True)
class ComingBack:
    """What `Terms` mean for a lesson, in what it was paid with: `back` of `whole` comes back to the student, counted
    in money, minutes or sessions; the teacher earns `teacher`, before the commission."""

    payer: str
    """A word of `Payer`."""
    whole: Money
    back: Money
    teacher: Money
    percent: int


@dataclass(frozen=True, slots=True)
class Tier:
    """One row of a refund policy as shown to a person: cancelling before `until` returns `back`."""

    until: datetime
    percent: int
    back: Money


@dataclass(frozen=True, slots=True)
class BookingRequest:
    """What a student asks for. `starts_at` is aware; `minutes` one of the teacher's durations."""

    teacher_id: UUID
    subject_id: UUID
    starts_at: datetime
    minutes: int
    level: str = ""
    mode: str = Mode.ONLINE
    place_kind: str = PlaceKind.ONLINE
    place: str = ""
    note: str = ""
    trial: bool = False
    pay_with: str = "money"
    """A word of `PayWith`."""
    purchase_id: UUID | None = None
    """The package it is a session of."""
    rest_with_money: bool = False
    """Of a weekly booking: the dates that the package or the minutes do not cover are paid with money. Otherwise they
    are not booked."""


@dataclass(frozen=True, slots=True)
class WeeklyDate:
    """One date of a weekly booking: bookable, or `refusal` says why not (a code) in `words`."""

    starts_at: datetime
    ends_at: datetime
    refusal: str = ""
    words: str = ""
    payer: str = ""
    """What pays for it, a word of `Payer`; empty when it cannot be booked."""
    payment: str = ""
    """The same in a sentence: which session of how many, how many minutes of how many, how much money."""
    price: Money | None = None
    """What is left to pay for it with money; None for nothing."""
