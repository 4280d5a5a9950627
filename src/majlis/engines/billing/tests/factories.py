"""Orders for tests, and a product that can be told to refuse."""

from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

from majlis.engines.billing import registry, services
from majlis.engines.billing.models import Order, OrderLine
from majlis.engines.billing.types import LineDraft, Offered
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger import services as ledger_services
from majlis.kernel.ledger.types import JournalKind, Line, Purpose, of_house, of_person
from majlis.kit import clock
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import Money


class SeatGone(Refusal):
    code = "seat_gone"
    sentence = "The seat was given away meanwhile."


class Seats(registry.Fulfiller):
    """A product that remembers what it was asked."""

    def __init__(self) -> None:
        self.fulfilled: list[Any] = []
        self.lapsed: list[Any] = []
        self.gone: set[Any] = set()
        self.taken: list[str] = []
        self.keep_until: Any = None

    def fulfil(self, line: OrderLine, now: Any) -> None:
        if line.subject_id in self.gone:
            raise SeatGone()
        self.fulfilled.append(line.id)

    def lapse(self, line: OrderLine, now: Any) -> None:
        self.lapsed.append(line.id)

    def keep(self, line: OrderLine, until: Any, now: Any) -> Any:
        return self.keep_until or super().keep(line, until, now)

    def offer(self, choice: dict[str, Any], buyer: Any, now: Any) -> Offered:
        if choice["id"] in {str(each) for each in self.gone}:
            raise SeatGone()
        return Offered("A seat", "In the first row", usd(choice["amount"]), traits=choice.get("traits", {}))

    def take(self, choice: dict[str, Any], buyer: Any, key: str, until: Any, now: Any) -> LineDraft:
        offered = self.offer(choice, buyer, now)
        self.taken.append(choice["id"])
        return LineDraft("seat", UUID(choice["id"]), offered.title, offered.amount, traits=offered.traits)

    def describe(self, line: OrderLine) -> str:
        return f"Seat: {line.title}"


SEATS = Seats()
registry.register("seat", SEATS)


IBAN = {"holder": "Omar Farouk", "iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"}


def usd(amount: int) -> Money:
    return Money(amount, "USD")


def draft(amount: int = 10_000, seller: Any = None, unit: str = "USD", **fields: Any) -> LineDraft:
    fields.setdefault("subject_id", uuid4())
    earns = seller.id if seller is not None else None
    return LineDraft(kind="seat", title="A seat", amount=Money(amount, unit), seller_id=earns, **fields)


def order(buyer: Any, *lines: LineDraft, minutes: int | None = 30, key: str = "") -> Order:
    return services.place_order(
        buyer=buyer,
        lines=lines or (draft(),),
        key=key or str(new_id()),
        expires_at=clock.now() + timedelta(minutes=minutes) if minutes is not None else None,
        actor=buyer,
    )


def give(person: Any, amount: int, unit: str = "USD") -> None:
    """Money in a wallet, as if it had come through a gateway."""
    from django.db import transaction

    with transaction.atomic():
        ledger_services.post(
            key=f"given:{new_id()}",
            kind=JournalKind.TOP_UP,
            lines=[
                Line(of_house(Purpose.CLEARING, unit, "test"), Money(-amount, unit)),
                Line(of_person(person.id, Purpose.WALLET, unit), Money(amount, unit)),
            ],
        )


def wallet(person: Any, unit: str = "USD") -> int:
    return ledger.balance(person.id, unit).amount


def free(person: Any, unit: str = "USD") -> int:
    return ledger.available(person.id, unit).amount


def house(purpose: Purpose, unit: str = "USD", name: str = "") -> int:
    return ledger.house_balance(purpose, unit, name).amount


def pay(bought: Order, outcome: str = "pay", amount: int | None = None, **start: Any) -> Any:
    """Start a sandbox payment and press a button there; the payment's id."""
    started = services.start_payment(
        order_id=bought.id, gateway="sandbox", actor=bought.buyer, return_url="/back/", **start
    )
    press(started.payment_id, outcome, amount)
    return started.payment_id


def press(payment_id: Any, outcome: str, amount: int | None = None) -> None:
    from majlis.engines.billing.models import Payment

    ref = Payment.objects.get(id=payment_id).provider_ref
    services.press_sandbox(ref=ref, outcome=outcome, amount=amount)
