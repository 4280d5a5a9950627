"""What else is sold in the demonstration, and where the money goes: packages, coupons, gifts, bank transfers, refunds
and withdrawals, so that every list of the office and of a member has something in it."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from functools import partial
from itertools import islice
from typing import Any

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import LineStatus
from majlis.engines.scheduling import queries as calendar
from majlis.faces.cli.demonstration.history import House, book, pay, press
from majlis.faces.cli.demonstration.teachers import Teacher
from majlis.kernel.accounts import queries as people
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money
from majlis.products.lessons import queries as lessons
from majlis.products.lessons import services as teaching
from majlis.products.lessons.types import BookingRequest, DisputeReason, LessonStatus, PayWith

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SELLERS, BUYERS = 4, 4
DESTINATIONS = {
    "bank-eg": {"bank": "CIB", "account": "100045671234"},
    "mobile-wallet-eg": {"mobile": "01012345678"},
    "instapay": {"address": "teacher@instapay"},
    "bank-id": {"bank": "BCA", "account": "1234567890"},
    "e-wallet-id": {"provider": "GoPay", "mobile": "081234567890"},
    "iban-sa": {"iban": "SA4420000001234567891234"},
    "iban": {"iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"},
    "paypal": {"email": "teacher@majlis.example"},
}
"""Where pretended payouts go, by method; the holder is who asks."""


def finance() -> Any:
    """Who decides about money in the demonstration."""
    return people.person_by_email("finance@majlis.example")


def begin(house: House, teachers: Sequence[Teacher], students: Sequence[Any]) -> None:
    """Have it happen in the story: the office makes its coupons, some teachers offer packages, some students buy them
    and take their lessons out of them."""
    start = min(at for at, _number, _act in house.queue)
    house.later(start, make_coupons)
    for number, teacher in enumerate(teachers[:SELLERS]):
        house.later(start + number * HOUR, partial(offer, teacher))
    for number, student in enumerate(students[:BUYERS]):
        teacher = teachers[number % SELLERS]
        at = house.ends - (26 + 3 * number) * DAY
        house.later(at, partial(buy_package, house, teacher, student, number))


def make_coupons(now: datetime) -> None:
    """One for the first purchase, one for packages, one that has ended, one switched off."""
    boss = finance()
    services.add_coupon(actor=boss, code="WELCOME", discounts=[("", 1_000)], first_purchase=True, note="For newcomers")
    services.add_coupon(actor=boss, code="PACKAGE15", discounts=[("", 1_500)], kinds=["package"], total_uses=50)
    services.add_coupon(actor=boss, code="SPRING", discounts=[("", 2_000)], expires_at=now + 20 * DAY)
    mistaken = services.add_coupon(actor=boss, code="HALFPRICE", discounts=[("", 5_000)])
    services.change_coupon(actor=boss, coupon_id=mistaken.id, enabled=False, reason="Made by mistake")


def offer(teacher: Teacher, now: datetime) -> None:
    """A small package and a large one, cheaper than lesson by lesson."""
    hourly = teaching.price_lesson(BookingRequest(teacher.person.id, teacher.subject_id, now, 60, teacher.level))
    for sessions, off in ((5, 500), (10, 1_000)):
        whole = hourly * sessions
        teaching.offer_package(
            actor=teacher.person,
            sessions=sessions,
            minutes=60,
            price=whole - whole.share(off),
            valid_days=90 if sessions > 5 else 30,
        )


def buy_package(house: House, teacher: Teacher, student: Any, number: int, now: datetime) -> None:
    """The first buys the large one with a coupon, the others the small one; they take their lessons, and one of them
    gives the rest back."""
    package = lessons.packages_of(teacher.person.id)[-1 if number == 0 else 0]
    order(student, "package", {"package": str(package.id)}, coupon="PACKAGE15" if number == 0 else "")
    (purchase, *_older) = lessons.usable_purchases(student, teacher.person.id)
    for week in range(3 if number == 0 else 2):
        house.later(now + 5 * week * DAY + HOUR, partial(book, house, teacher, student, purchase_id=purchase.id))
    if number == BUYERS - 1:
        house.later(now + 18 * DAY, lambda moment: give_back(student, purchase.id))


def give_back(student: Any, purchase_id: Any) -> None:
    """What is left of a package, if anything is."""
    with suppress(Refusal):
        teaching.refund_package(actor=student, purchase_id=purchase_id)


def order(person: Any, kind: str, choice: dict[str, Any], *, coupon: str = "", paid: bool = True) -> Any:
    """Through the cart, paid in the sandbox."""
    services.add_to_cart(person=person, kind=kind, choice=choice)
    if coupon:
        services.set_cart_coupons(person=person, codes=[coupon])
    cart = queries.cart_of(person)
    placed = services.order_cart(person=person, unit=cart.groups[0].unit, version=cart.version, actor=person)
    if paid:
        pay(placed.id, person)
    return placed


def finish(teachers: Sequence[Teacher], students: Sequence[Any], now: datetime) -> None:
    """What happened lately: after the story, with the money it brought."""
    teaching.expire_packages(now=now)
    nadia, *others = students
    give_presents(nadia, others, now)
    transfer(others, now)
    send_back(others, now)
    contest(others, now)
    decide_cases(others, now)
    withdraw(teachers, now)
    services.add_commission_rule(actor=finance(), basis_points=1_500, seller=teachers[0].person, note="Since the start")
    fail_once(others[3], now)
    services.save_billing_details(
        person=nadia, name="Rahman Trading", address="12 Talaat Harb Street, Cairo", country="EG", now=now - 20 * DAY
    )
    book_weeks(nadia, teachers[2], now)
    leave_in_cart(nadia, teachers)


def present(unit: str, dollars: int) -> int:
    """A round amount of about so many dollars, in minor units of `unit`, within what can be given."""
    least, most = queries.top_up_range(unit)
    worth = catalogue.convert(Money(dollars * 100, "USD"), unit).amount
    step = 5_000 if worth >= 50_000 else 500
    return min(max(worth // step * step, least.amount), most.amount)


def give_presents(nadia: Any, others: Sequence[Any], now: datetime) -> None:
    """One the first student gave and nobody has redeemed, one they got, one that waits to be paid."""
    unit = edition().currency
    choice = {"amount": present(unit, 40), "currency": unit, "to_name": "Yusuf", "message": "Happy birthday!"}
    with clock.travel(now - 6 * DAY):
        order(nadia, "gift_code", {**choice, "from_name": "Nadia"})
        order(others[1], "gift_code", {**choice, "to_name": "Nadia", "from_name": others[1].name, "message": ""})
        (got, *_older) = queries.gifts_of(others[1])
    with clock.travel(now - 5 * DAY):
        services.redeem_gift(code=queries.code_of(got), person=nadia)
    order(others[2], "gift_code", {**choice, "to_name": "Sara"}, paid=False)


def transfer(others: Sequence[Any], now: datetime) -> None:
    """Gifts paid by bank transfer: one confirmed, one not found, one that waits for the check."""
    unit, boss = edition().currency, finance()
    for number, person in enumerate(others[4:7]):
        with clock.travel(now - (3 - number) * DAY):
            choice = {"amount": present(unit, 30), "currency": unit, "to_name": "Mona"}
            placed = order(person, "gift_code", choice, paid=False)
            try:
                started = services.start_payment(
                    order_id=placed.id, gateway="manual", actor=person, return_url=f"/orders/{placed.id}/"
                )
            except services.GatewayNotOffered:
                return
            sent = services.send_receipt(payment_id=started.payment_id, file_id=None, note="From my bank", actor=person)
            if number == 0:
                services.confirm_transfer(
                    transfer_id=sent.id, found=placed.total, bank_ref="FT26-0041", actor=boss, now=clock.now()
                )
            elif number == 1:
                services.reject_transfer(transfer_id=sent.id, reason="Nothing with this reference yet.", actor=boss)


def send_back(students: Sequence[Any], now: datetime) -> None:
    """The office gives something back for lessons that went wrong: to the wallet, and to the card; and takes an
    earning back."""
    done = list(islice(settled_lines(students), 3))
    part = {"key": "demonstration", "actor": finance()}
    with clock.travel(now - 2 * DAY):
        for number, line in enumerate(done):
            half = line.total.share(5_000)
            if number == 0:
                services.refund_line(line_id=line.id, amount=half, reason="The call broke off.", **part)
            elif number == 1:
                services.refund_line_to_source(line_id=line.id, amount=half, reason="Half of it was missed.", **part)
            else:
                services.claw_back(line_id=line.id, amount=line.earned_still.share(5_000), reason="Missed.", **part)


def settled_lines(students: Sequence[Any]) -> Iterator[Any]:
    """What was paid for lessons that went to the teacher."""
    for person in students:
        for lesson in lessons.lessons_of(person, when="past").items:
            if lesson.line_id and lesson.student_id == person.id and lesson.settled_at:
                line = queries.line(lesson.line_id)
                if line.status == LineStatus.SETTLED and line.earned_still:
                    yield line


def contest(students: Sequence[Any], now: datetime) -> None:
    """Payments contested at the buyers' banks: one open, one won, one lost."""
    paid = [line.order for line in islice(settled_lines(students), 3, 6)]
    for outcome, placed in zip((("contest",), ("contest", "won"), ("contest", "lost")), paid, strict=False):
        (payment, *_others) = queries.payments_of(placed)
        for number, each in enumerate(outcome):
            with clock.travel(now - (4 - 3 * number) * DAY):
                services.press_sandbox(ref=payment.provider_ref or "", outcome=each)


def decide_cases(students: Sequence[Any], now: datetime) -> None:
    """Two lessons of these days are contested; the office has decided about one."""
    boss, found = finance(), 0
    for person in students:
        for lesson in lessons.lessons_of(person, when="past").items:
            if lesson.status != LessonStatus.COMPLETED or lesson.student_id != person.id or found == 2:
                continue
            try:
                case = teaching.open_dispute(
                    actor=person, lesson_id=lesson.id, reason=DisputeReason.TECHNICAL, words="I heard nothing."
                )
            except Refusal:
                continue
            found += 1
            if found == 1:
                teaching.resolve_dispute(
                    actor=boss, dispute_id=case.id, student_percent=50, decision="Half of it could be heard.", now=now
                )


def withdraw(teachers: Sequence[Teacher], now: datetime) -> None:
    """A withdrawal in every state, as far as the teachers have earned enough."""
    boss, states = finance(), list(ENDS)
    rich = [
        (teacher.person, method)
        for teacher in teachers[: 4 * SELLERS]
        for method in queries.withdrawal_methods(teacher.person)[:1]
        if method.code in DESTINATIONS
        and queries.withdrawable(teacher.person, method.unit).now.amount >= 2 * method.min_amount
    ]
    for number, state in enumerate(states):
        if not rich:
            return
        person, method = rich[number % len(rich)]
        with clock.travel(now - (len(states) - number) * 5 * HOUR):
            have = queries.withdrawable(person, method.unit).now
            amount = min(have, max(method.minimum, have.share(3_000)))
            try:
                asked = services.request_withdrawal(
                    person=person,
                    amount=amount,
                    method_id=method.id,
                    destination=_destination(method, person),
                    key=str(new_id()),
                    actor=person,
                )
            except Refusal:
                continue
            ENDS[state](asked, person, boss)


def _destination(method: Any, person: Any) -> dict[str, str]:
    known = {**DESTINATIONS[method.code], "holder": person.name}
    return {field["name"]: known[field["name"]] for field in method.fields}


def _approved(asked: Any, person: Any, boss: Any) -> None:
    services.approve_withdrawal(withdrawal_id=asked.id, actor=boss)


def _paid(asked: Any, person: Any, boss: Any) -> None:
    _approved(asked, person, boss)
    services.mark_withdrawal_paid(withdrawal_id=asked.id, actor=boss, transfer_ref="FT26-1187")


def _paid_by_file(asked: Any, person: Any, boss: Any) -> None:
    batch = _exported(asked, person, boss)
    services.mark_batch_paid(batch_id=batch.id, actor=boss, transfer_ref="FT26-1204")


def _exported(asked: Any, person: Any, boss: Any) -> Any:
    _approved(asked, person, boss)
    return services.export_batch(method_id=asked.method_id, actor=boss)


def _rejected(asked: Any, person: Any, boss: Any) -> None:
    services.reject_withdrawal(withdrawal_id=asked.id, reason="The bank does not know this account.", actor=boss)


def _cancelled(asked: Any, person: Any, boss: Any) -> None:
    services.cancel_withdrawal(withdrawal_id=asked.id, actor=person)


def _taken_back(asked: Any, person: Any, boss: Any) -> None:
    _approved(asked, person, boss)
    services.cancel_withdrawal(withdrawal_id=asked.id, actor=person)


def _changed(asked: Any, person: Any, boss: Any) -> None:
    _approved(asked, person, boss)
    services.change_withdrawal(
        withdrawal_id=asked.id, method_id=asked.method_id, destination=asked.destination, actor=person
    )


ENDS: dict[str, Callable[[Any, Any, Any], object]] = {
    "paid": _paid,
    "paid by file": _paid_by_file,
    "rejected": _rejected,
    "cancelled": _cancelled,
    "exported": _exported,
    "approved": _approved,
    "change asked": _changed,
    "cancelling asked": _taken_back,
    "pending": lambda asked, person, boss: None,
}
"""What becomes of each withdrawal. The files for the bank come first: what is approved later is in none."""


def fail_once(person: Any, now: datetime) -> None:
    """A card that was declined."""
    unit = edition().currency
    with clock.travel(now - DAY):
        started = services.top_up(
            person=person,
            amount=Money(present(unit, 20), unit),
            gateway="sandbox",
            return_url="/wallet/",
            key=str(new_id()),
            actor=person,
        )
    press(started, "fail")


def book_weeks(nadia: Any, teacher: Teacher, now: datetime) -> None:
    """Two weeks' lessons at once, paid with the minutes of the first student's plan."""
    free = calendar.free_slots(
        [teacher.person.id],
        starts_at=now + DAY,
        ends_at=now + 7 * DAY,
        minutes=60,
        for_person=nadia.id,
        now=now,
    )[teacher.person.id]
    for slot in free[:1]:
        wish = BookingRequest(
            teacher_id=teacher.person.id,
            subject_id=teacher.subject_id,
            starts_at=slot.starts_at,
            minutes=60,
            level=teacher.level,
            pay_with=PayWith.ALLOWANCE,
        )
        with suppress(Refusal):
            teaching.book_weekly(actor=nadia, request=wish, weeks=2, key=str(new_id()), now=now)


def leave_in_cart(nadia: Any, teachers: Sequence[Teacher]) -> None:
    """A package the first student is still thinking about."""
    for package in lessons.packages_of(teachers[1].person.id)[:1]:
        services.add_to_cart(person=nadia, kind="package", choice={"package": str(package.id)})
