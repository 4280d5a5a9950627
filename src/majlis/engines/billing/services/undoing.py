"""Money that turned out not to have come: a blockchain was rewritten under a payment that counted as final."""

from datetime import datetime

from django.db import transaction
from django.db.models import F

from majlis.engines.billing.models import Charge, Order, Payment, UndoneCharge
from majlis.engines.billing.services import books
from majlis.engines.billing.services.orders import locked_order
from majlis.engines.billing.types import OrderStatus
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts.types import Role
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.money import Money


@transaction.atomic
def undo_charge(*, gateway: str, ref: str, reason: str, now: datetime | None = None) -> UndoneCharge | None:
    """Turn back what a charge brought: out of what was set aside for its open order, else out of the payer's wallet as
    far as it goes; the rest is owed. The payer and finance are told. None when it was never taken or is undone
    already. An order that was paid with it stays paid."""
    now = now or clock.now()
    known = Charge.objects.select_related("payment").filter(gateway=gateway, ref=ref).first()
    if known is None:
        return None
    order = locked_order(known.payment.order_id) if known.payment.order_id else None
    payment = Payment.objects.select_for_update(of=("self",)).select_related("order").get(id=known.payment_id)
    charge = known
    if UndoneCharge.objects.filter(charge=charge).exists():
        return None
    _let_go_of_its_part(payment, charge, order)
    free = ledger.available(payment.payer_id, charge.unit)
    taken = Money(max(0, min(free.amount, charge.amount)), charge.unit)
    books.book_undone(payment, charge, taken, reason, now)
    if charge.unit == payment.unit:
        Payment.objects.filter(id=payment.id).update(received_amount=F("received_amount") - charge.amount)
    undone = UndoneCharge.objects.create(
        charge=charge,
        unit=charge.unit,
        taken_amount=taken.amount,
        owed_amount=charge.amount - taken.amount,
        reason=reason[:300],
        created_at=now,
    )
    facts = {"amount": charge.money, "owed": charge.money - taken, "reference": order.number if order else ""}
    notices.notify(
        person_id=payment.payer_id,
        kind="payment_undone",
        facts=facts,
        link=f"/checkout/{order.id}/" if order and order.status == OrderStatus.OPEN else "/wallet/",
        key=f"charge:{charge.id}:undone",
    )
    for person in people.people_with_role(Role.FINANCE):
        notices.notify(
            person_id=person.id,
            kind="payment_undone_staff",
            facts=facts,
            link=f"/office/billing/payment/{payment.id}/change/",
            key=f"charge:{charge.id}:undone:{person.id}",
        )
    return undone


def _let_go_of_its_part(payment: Payment, charge: Charge, order: Order | None) -> None:
    """What is set aside of it for an order that is still open is set aside no more; what others brought stays so."""
    if not payment.hold_id or order is None:
        return
    books.let_go(payment.hold_id)
    rest = Money(max(0, payment.hold_amount - charge.amount), payment.unit)
    hold = None
    if rest:
        hold = books.keep(
            payment.payer_id,
            rest,
            key=f"charge:{charge.id}:rest",
            subject=f"billing.order:{order.id}",
        )
    Payment.objects.filter(id=payment.id).update(hold_id=hold, hold_amount=rest.amount)
