"""What happened in the demonstration: lessons booked, paid, held, missed, cancelled, reviewed; then the coming ones.

A queue of (moment, act) is worked off in the order of time, each act with the clock standing at its moment, so that
every row carries the time it would have.
"""

import heapq
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any
from uuid import UUID

from majlis.engines.billing import services as billing
from majlis.engines.calls import services as calls
from majlis.engines.messaging import services as messaging
from majlis.engines.reviews import services as reviews
from majlis.engines.scheduling import queries as calendar
from majlis.faces.cli.demonstration.members import ROLES
from majlis.faces.cli.demonstration.teachers import WORDS, Teacher
from majlis.kit import clock
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.state import promised
from majlis.products.lessons import queries, services
from majlis.products.lessons.types import BookingRequest, DisputeReason, LessonStatus

MINUTE = timedelta(minutes=1)


@dataclass
class House:
    """The state of the story: dice, people, and what is still to happen."""

    dice: Random
    ends: datetime
    counted: Callable[[], None]
    queue: list[tuple[datetime, int, Callable[[datetime], object]]] = field(default_factory=list)
    number: int = 0

    def later(self, at: datetime, act: Callable[[datetime], object]) -> None:
        """Let `act` happen at `at`, unless the story has ended by then."""
        if at < self.ends:
            self.number += 1
            heapq.heappush(self.queue, (at, self.number, act))

    def run(self) -> None:
        """Everything, in the order of time."""
        while self.queue:
            at, _number, act = heapq.heappop(self.queue)
            with clock.travel(to=at):
                act(at)


def live(
    teachers: list[Teacher],
    students: list[Any],
    size: dict[str, int],
    dice: Random,
    began: datetime,
    now: datetime,
    counted: Callable[[], None],
    more: Callable[[House, list[Teacher], list[Any]], None],
) -> None:
    """The weeks from `began` to `now`. Teachers near the front of the list are busier, as everywhere. `more` adds to
    what is to happen."""
    house = House(dice, now, counted)
    for week in range(size["weeks"]):
        for _lesson in range(size["lessons_per_week"]):
            teacher = teachers[int(dice.expovariate(3 / len(teachers))) % len(teachers)]
            student = students[int(dice.expovariate(4 / len(students))) % len(students)]
            at = began + timedelta(weeks=week, minutes=dice.randrange(7 * 24 * 60))
            house.later(at, partial(book, house, teacher, student))
    # The two accounts to sign in with have something to look back on, and something today.
    for hours in (900, 560, 390, 250, 80, 54, 30):
        house.later(now - timedelta(hours=hours), lambda m: book(house, teachers[0], students[0], m, ahead=4))
    more(house, teachers, students)
    house.run()


def book(
    house: House, teacher: Teacher, student: Any, now: datetime, ahead: int = 9, purchase_id: UUID | None = None
) -> None:
    """Book one of the teacher's free times in the coming days, pay it, and let the rest take its course. With a
    package it is one of its sessions."""
    house.counted()
    minutes = 60 if purchase_id else house.dice.choice((30, 60, 60, 60, 90))
    found = calendar.free_slots(
        [teacher.person.id],
        starts_at=now + timedelta(hours=12),
        ends_at=now + timedelta(days=ahead),
        minutes=minutes,
        for_person=student.id,
        now=now,
    )[teacher.person.id]
    if not found:
        return
    wish = BookingRequest(
        teacher_id=teacher.person.id,
        subject_id=teacher.subject_id,
        starts_at=house.dice.choice(found).starts_at,
        minutes=minutes,
        level=teacher.level,
        purchase_id=purchase_id,
    )
    try:
        lesson = services.book_lesson(actor=student, request=wish, key=str(new_id()), now=now)
    except Refusal:
        return
    if house.dice.random() < 0.03:
        return  # never paid: the hold lapses
    if lesson.status == LessonStatus.PENDING_PAYMENT:
        pay(lesson.order_id, student)
    if house.dice.random() < 0.12:
        greet(house, teacher, student)
    fate = house.dice.random()
    if fate < 0.06:
        side = student if fate < 0.045 else teacher.person
        at = now + (lesson.starts_at - now) * house.dice.random()
        house.later(at, lambda moment: services.cancel_lesson(actor=side, lesson_id=lesson.id, now=moment))
        return
    house.later(lesson.ends_at + MINUTE, lambda moment: take_place(house, lesson.id, teacher, student, fate, moment))


def pay(order_id: Any, student: Any) -> None:
    """Through the sandbox gateway, as a person would."""
    started = billing.start_payment(
        order_id=order_id, gateway="sandbox", actor=student, return_url=f"/orders/{order_id}/"
    )
    press(started, "pay")


def press(started: Any, outcome: str) -> None:
    """A button of the sandbox's page."""
    ref = promised(started.redirect_url).rstrip("/").rsplit("/", 1)[-1]
    billing.press_sandbox(ref=ref, outcome=outcome)


def greet(house: House, teacher: Teacher, student: Any) -> None:
    """A few words before the first lesson."""
    words = house.dice.choice(WORDS[teacher.language]["chats"])
    talk = messaging.open_conversation(actor=student, with_id=teacher.person.id)
    for number, text in enumerate(words):
        author = student if number % 2 == 0 else teacher.person
        messaging.send_message(actor=author, conversation_id=talk.id, text=text, key=str(new_id()))


def take_place(house: House, lesson_id: Any, teacher: Teacher, student: Any, fate: float, now: datetime) -> None:
    """Both come (nearly always), the lesson is closed, written about, reviewed and settled."""
    lesson = queries.lesson(lesson_id, seen_by=student)
    if lesson.status != LessonStatus.CONFIRMED:
        return
    comes = [student, teacher.person]
    if 0.06 <= fate < 0.075:
        comes = [teacher.person]
    elif 0.075 <= fate < 0.09:
        comes = [student]
    attend(lesson, comes, house.dice)
    services.close_lesson(lesson_id=lesson.id, now=now)
    dispute = 0.09 <= fate < 0.1
    if dispute:
        services.open_dispute(
            actor=student, lesson_id=lesson.id, reason=DisputeReason.CUT_SHORT, words="", now=now + MINUTE
        )
    elif len(comes) == 2:
        words = WORDS[teacher.language]
        if house.dice.random() < 0.7:
            services.write_progress(
                actor=teacher.person,
                lesson_id=lesson.id,
                summary=house.dice.choice(words["summaries"]),
                homework=house.dice.choice(words["homework"]),
                next_plan=house.dice.choice(words["plans"]),
                understanding=house.dice.randint(3, 5),
                now=now,
            )
        if house.dice.random() < 0.6 or student.email == ROLES[0].email:
            at = now + timedelta(hours=house.dice.randint(1, 40))
            house.later(at, lambda moment: review(house, lesson.id, teacher, student, moment))
    due = lesson.ends_at + timedelta(hours=lesson.terms.dispute_hours, minutes=1)
    house.later(due, lambda moment: services.settle_lesson(lesson_id=lesson.id, now=moment))


def attend(lesson: Any, comes: list[Any], dice: Random) -> None:
    """Be in the room from about the beginning to about the end."""
    for person in comes:
        calls.witness_stay(
            room_id=lesson.room_id,
            person_id=person.id,
            joined_at=lesson.starts_at - dice.randint(0, 4) * MINUTE,
            left_at=lesson.ends_at - dice.randint(0, 3) * MINUTE,
        )


def review(house: House, lesson_id: Any, teacher: Teacher, student: Any, now: datetime) -> None:
    """What the student says, and sometimes the teacher's answer."""
    words = WORDS[teacher.language]
    stars = house.dice.choices((5, 4, 3), (70, 22, 8))[0]
    written = reviews.write_review(
        actor=student,
        kind="lesson",
        subject_id=lesson_id,
        rating=stars,
        text=house.dice.choice(words[f"reviews{stars}"]),
        now=now,
    )
    if house.dice.random() < 0.3:
        reviews.reply(actor=teacher.person, review_id=written.id, text=house.dice.choice(words["replies"]), now=now)
