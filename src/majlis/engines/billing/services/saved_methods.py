"""Ways to pay that are kept: charged while the payer is away, and forgotten when they say so."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.billing.gateways.base import GatewayUnreachable
from majlis.engines.billing.models import Order, SavedMethod
from majlis.engines.billing.policies import policies
from majlis.engines.billing.services.payments import GatewayNotOffered, begin, prepare, refresh_payment
from majlis.engines.billing.types import OrderStatus
from majlis.kit import clock, db
from majlis.kit.errors import NotFound


def saved_method(person_id: UUID) -> SavedMethod | None:
    """The way this person's renewals are charged: the last kept one that is not removed, of a gateway offered here."""
    rows = SavedMethod.objects.filter(person_id=person_id, removed_at__isnull=True, gateway__in=policies().gateways)
    return rows.order_by("-id").first()


def charge_saved(*, order_id: UUID, method: SavedMethod, now: datetime | None = None) -> bool:
    """Charge what is missing of an open order to its buyer's kept way to pay; whether the order is paid now. A decline
    is an answer, not a refusal: the attempt stands as failed.

    Speaks over the network: must not run inside a transaction. A gateway that is away counts as a decline.
    """
    db.refuse_transaction()
    now = now or clock.now()
    try:
        payment = prepare(order_id, method.gateway, method.person, "/", None, now, method=method)
        if payment is not None:
            begin(payment, now)
            refresh_payment(payment.id, now=now)
    except (GatewayUnreachable, GatewayNotOffered):
        return False
    return Order.objects.filter(id=order_id, status=OrderStatus.PAID).exists()


@transaction.atomic
def forget_method(*, method_id: UUID, actor: Any, now: datetime | None = None) -> None:
    """The person's kept way to pay is not charged any more. NotFound for another's."""
    rows = SavedMethod.objects.filter(id=method_id, person=actor)
    if not rows.exists():
        raise NotFound()
    rows.filter(removed_at__isnull=True).update(removed_at=now or clock.now())
