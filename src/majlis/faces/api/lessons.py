"""Lessons: booking, changing, what happened, and what follows."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import AwareDatetime

from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotency_required, key_of
from majlis.faces.api.shapes import MoneyOut, PersonOut
from majlis.kit.translated import in_language
from majlis.products.lessons import queries, services
from majlis.products.lessons.types import BookingRequest, DisputeReason, Mode, PayWith, PlaceKind

PREFIX = "/lessons"
router = Router(tags=["lessons"])
READ, WRITE = requires("lessons:read"), requires("lessons:write")


class LessonOut(Schema):
    """One lesson. `release_at` is when its money leaves escrow; `settled_at` when it did."""

    id: UUID
    status: str
    teacher: PersonOut
    student: PersonOut
    subject_id: UUID
    subject: str
    level: str
    starts_at: datetime
    ends_at: datetime
    minutes: int
    mode: str
    place_kind: str
    place: str
    note: str
    trial: bool
    price: MoneyOut
    payer: Literal["package", "minutes", "money", "nothing"]
    order_id: UUID | None
    purchase_id: UUID | None
    room_id: UUID | None
    version: int
    cancelled_by: str
    cancel_reason: str
    release_at: datetime | None
    settled_at: datetime | None

    @staticmethod
    def resolve_subject(lesson: Any) -> str:
        return in_language(lesson.subject.name)

    @staticmethod
    def resolve_price(lesson: Any) -> MoneyOut:
        return MoneyOut.of(lesson.price)

    @staticmethod
    def resolve_payer(lesson: Any) -> str:
        return services.payer_of(lesson).value


class LessonPage(Schema):
    """A page of lessons; `next` is the cursor of the following one."""

    items: list[LessonOut]
    next: str | None


class BookingIn(Schema):
    """What to book. `starts_at` carries its offset."""

    teacher_id: UUID
    subject_id: UUID
    starts_at: datetime
    minutes: int = Field(ge=5, le=480)
    level: str = Field("", max_length=32)
    mode: Mode = Mode.ONLINE
    place_kind: PlaceKind = PlaceKind.ONLINE
    place: str = Field("", max_length=300)
    note: str = Field("", max_length=1000)
    trial: bool = False
    pay_with: PayWith = PayWith.MONEY
    """`allowance`: with the minutes of a plan; the lesson is confirmed at once."""
    purchase_id: UUID | None = None
    """A package of yours it is a session of; then there is nothing to pay."""

    def as_request(self) -> BookingRequest:
        """As the service wants it."""
        facts = self.dict(exclude={"weeks"})
        words = {name: str(facts[name]) for name in ("mode", "place_kind", "pay_with")}
        return BookingRequest(**{**facts, **words})


class WeeklyIn(BookingIn):
    """A weekly booking: the same hour in the teacher's zone, `weeks` weeks running. Each date is paid by a session of
    the package (`purchase_id`), or by the minutes of its own week (`pay_with`)."""

    weeks: int = Field(ge=1, le=26)
    rest_with_money: bool = False
    """Pay the dates with money that the package or the minutes do not cover; otherwise they are not booked."""


class WeeklyDateOut(Schema):
    """One date of a weekly booking; `refusal` is the code of what stands in its way, or empty. `payer` says what pays
    for it, `payment` the same in a sentence, `price` what is left to pay with money."""

    starts_at: datetime
    ends_at: datetime
    refusal: str
    words: str
    payer: Literal["", "package", "minutes", "money", "nothing"]
    payment: str
    price: MoneyOut | None

    @staticmethod
    def resolve_price(date: Any) -> MoneyOut | None:
        return None if date.price is None else MoneyOut.of(date.price)


class WeeklyOut(Schema):
    """The report per date, and the lessons: confirmed where a package or minutes pay, the others held in one order,
    `order_id`, which is to be paid."""

    dates: list[WeeklyDateOut]
    lessons: list[LessonOut]
    order_id: UUID | None


class TermsOut(Schema):
    """What happens to what was paid: `student` comes back, counted in what it was paid with (a currency, `minute` or
    `session`), and the teacher earns `teacher`, before the commission."""

    payer: Literal["package", "minutes", "money", "nothing"]
    student: MoneyOut
    teacher: MoneyOut
    percent: int


class CancelIn(Schema):
    """`shown_percent`: what the person was shown; less than that is refused with `terms_changed`."""

    reason: str = Field("", max_length=1000)
    shown_percent: int | None = Field(None, ge=0, le=100)


class MoveIn(Schema):
    """Another time."""

    starts_at: datetime
    reason: str = Field("", max_length=500)


class MoveOut(Schema):
    """A request for another time."""

    id: UUID
    lesson_id: UUID
    asked_by_id: UUID
    starts_at: datetime
    ends_at: datetime
    answer_by: datetime
    state: str


class MovePreviewOut(Schema):
    """What another time does to the minutes of a plan that pay for the lesson: so many go back to their week and are
    taken from the week of the new time, where `left` are left, which only the student is told. Both null: nothing
    changes."""

    minutes: MoneyOut | None
    left: MoneyOut | None


class AnswerIn(Schema):
    """Yes or no."""

    accept: bool
    answer: str = Field("", max_length=500)


class DisputeIn(Schema):
    """What went wrong."""

    reason: DisputeReason
    words: str = Field("", max_length=2000)


class DisputeOut(Schema):
    """A contested lesson."""

    id: UUID
    lesson_id: UUID
    reason: str
    state: str
    student_percent: int | None
    decision: str


class StatementIn(Schema):
    """One side's words."""

    words: str = Field(min_length=1, max_length=2000)


class ProgressIn(Schema):
    """What the teacher writes down."""

    summary: str = Field(min_length=1, max_length=4000)
    homework: str = Field("", max_length=4000)
    next_plan: str = Field("", max_length=4000)
    understanding: int | None = Field(None, ge=1, le=5)


class ProgressOut(ProgressIn):
    """The log as it stands."""

    updated_at: datetime


@router.get("", response=LessonPage, auth=READ)
def list_lessons(
    request: HttpRequest,
    when: str = Query("ahead", pattern="^(ahead|past|all)$"),
    cursor: str | None = None,
    limit: int = Query(20, ge=1, le=100),
) -> Any:
    """Your lessons on either side: `ahead` (soonest first), `past` or `all` (latest first)."""
    return queries.lessons_of(request.user, when=when, cursor=cursor, limit=limit)


@router.post("", response={201: LessonOut}, auth=WRITE)
@decorate_view(idempotency_required)
def book_lesson(request: HttpRequest, wish: BookingIn) -> Any:
    """Hold a time and place its order; pay the order (`order_id`) before the hold ends. `slot_taken` when somebody
    was quicker."""
    lesson = services.book_lesson(actor=request.user, request=wish.as_request(), key=key_of(request))
    return 201, queries.lesson(lesson.id, seen_by=request.user)


@router.post("/weekly/preview", response=list[WeeklyDateOut], auth=READ)
def preview_weekly(request: HttpRequest, wish: WeeklyIn) -> Any:
    """Which dates of a weekly booking could be booked now, what would pay for each, and why the others could not be
    booked. Books nothing."""
    return services.preview_weekly(actor=request.user, request=wish.as_request(), weeks=wish.weeks)


@router.post("/weekly", response={201: WeeklyOut}, auth=WRITE)
@decorate_view(idempotency_required)
def book_weekly(request: HttpRequest, wish: WeeklyIn) -> Any:
    """Book every date that is free and can be paid; those to be paid with money are held in one order."""
    report, held = services.book_weekly(
        actor=request.user, request=wish.as_request(), weeks=wish.weeks, key=key_of(request)
    )
    lessons = [queries.lesson(x.id, seen_by=request.user) for x in held]
    to_pay = next((lesson.order_id for lesson in held if lesson.order_id), None)
    return 201, {"dates": report, "lessons": lessons, "order_id": to_pay}


@router.get("/{uuid:lesson_id}", response=LessonOut, auth=READ)
def show_lesson(request: HttpRequest, lesson_id: UUID) -> Any:
    """One lesson of yours (or of your ward)."""
    return queries.lesson(lesson_id, seen_by=request.user)


@router.get("/{uuid:lesson_id}/cancellation", response=TermsOut, auth=READ)
def preview_cancellation(request: HttpRequest, lesson_id: UUID) -> Any:
    """What cancelling now would return to the student and leave to the teacher."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    terms = services.preview_cancel(lesson=lesson, actor=request.user)
    back = services.coming_back(lesson, terms)
    return {
        "payer": back.payer,
        "percent": back.percent,
        "student": MoneyOut.of(back.back),
        "teacher": MoneyOut.of(back.teacher),
    }


@router.post("/{uuid:lesson_id}/cancel", response=LessonOut, auth=WRITE)
@decorate_view(idempotency_required)
def cancel_lesson(request: HttpRequest, lesson_id: UUID, body: CancelIn) -> Any:
    """Cancel a lesson that lies ahead; its money moves by the policy it was booked under."""
    services.cancel_lesson(actor=request.user, lesson_id=lesson_id, **body.dict())
    return queries.lesson(lesson_id, seen_by=request.user)


@router.post("/{uuid:lesson_id}/moves", response={201: MoveOut}, auth=WRITE)
@decorate_view(idempotency_required)
def request_move(request: HttpRequest, lesson_id: UUID, body: MoveIn) -> Any:
    """Propose another time; it is held for both until `answer_by`."""
    return 201, services.request_reschedule(actor=request.user, lesson_id=lesson_id, **body.dict())


@router.get("/{uuid:lesson_id}/moves/preview", response=MovePreviewOut, auth=READ)
def preview_move(request: HttpRequest, lesson_id: UUID, starts_at: AwareDatetime) -> Any:
    """What moving the lesson there would do to what pays for it. `minutes_missing` or `plan_not_paid_then` when the
    plan that pays does not reach."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    effect = services.preview_move(lesson=lesson, starts_at=starts_at)
    if effect is None:
        return {"minutes": None, "left": None}
    left = MoneyOut.of(effect.left) if lesson.student_id == request.user.id else None
    return {"minutes": MoneyOut.of(effect.amount), "left": left}


@router.post("/moves/{uuid:request_id}/answer", response=MoveOut, auth=WRITE)
def answer_move(request: HttpRequest, request_id: UUID, body: AnswerIn) -> Any:
    """Say yes or no to the other side's proposal."""
    return services.answer_reschedule(actor=request.user, request_id=request_id, **body.dict())


@router.delete("/moves/{uuid:request_id}", response=MoveOut, auth=WRITE)
def withdraw_move(request: HttpRequest, request_id: UUID) -> Any:
    """Take your own proposal back."""
    return services.withdraw_reschedule(actor=request.user, request_id=request_id)


@router.post("/{uuid:lesson_id}/release", response=LessonOut, auth=WRITE)
def release_lesson(request: HttpRequest, lesson_id: UUID) -> Any:
    """As the student: all was well, pay the teacher now."""
    services.release_early(actor=request.user, lesson_id=lesson_id)
    return queries.lesson(lesson_id, seen_by=request.user)


@router.post("/{uuid:lesson_id}/dispute", response={201: DisputeOut}, auth=WRITE)
def open_dispute(request: HttpRequest, lesson_id: UUID, body: DisputeIn) -> Any:
    """Contest what happened; the money stays in escrow until the office has decided."""
    return 201, services.open_dispute(
        actor=request.user, lesson_id=lesson_id, reason=str(body.reason), words=body.words
    )


@router.post("/disputes/{uuid:dispute_id}/statements", response={204: None}, auth=WRITE)
def add_statement(request: HttpRequest, dispute_id: UUID, body: StatementIn) -> Any:
    """Add your view to an open case."""
    services.add_statement(actor=request.user, dispute_id=dispute_id, words=body.words)
    return 204, None


@router.put("/{uuid:lesson_id}/progress", response=ProgressOut, auth=requires("teaching:write"))
def write_progress(request: HttpRequest, lesson_id: UUID, body: ProgressIn) -> Any:
    """As the teacher: write or rewrite the log of a lesson."""
    return services.write_progress(actor=request.user, lesson_id=lesson_id, **body.dict())
