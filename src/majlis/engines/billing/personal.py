"""What billing keeps about a person. Orders and invoices stay when an account is deleted: the law asks for them."""

from typing import Any
from uuid import UUID

from majlis.engines.billing.models import AllowanceGrant, Order, OrderLine, SavedMethod, Subscription
from majlis.engines.billing.services.ending import end_all_of
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock


def orders(person_id: UUID) -> list[dict[str, Any]]:
    """The person's orders with their lines; amounts in minor units."""
    mine = Order.objects.filter(buyer_id=person_id).order_by("id")
    lines: dict[UUID, list[dict[str, Any]]] = {}
    for line in OrderLine.objects.filter(order__in=mine).order_by("id").values():
        lines.setdefault(line["order_id"], []).append(dict(line))
    columns = ("id", "number", "status", "unit", "net_amount", "tax_amount", "fee_amount", "total_amount", "created_at")
    return [{**row, "lines": lines.get(row["id"], [])} for row in mine.values(*columns)]


def subscriptions(person_id: UUID) -> dict[str, Any]:
    """The person's subscriptions and what they were granted to use."""
    columns = ("id", "plan__slug", "status", "starts_at", "ends_at", "canceled_at", "cancel_reason", "created_at")
    given = ("unit", "amount", "used", "expired", "carried", "withdrawn", "memo", "valid_from", "valid_until")
    return {
        "subscriptions": list(Subscription.objects.filter(person_id=person_id).order_by("id").values(*columns)),
        "allowances": list(AllowanceGrant.objects.filter(person_id=person_id).order_by("id").values(*given)),
    }


def end_subscriptions(person_id: UUID) -> None:
    """Nothing renews for somebody who is gone, and no card of theirs is kept. That they had their trial stays known:
    its digests name nobody."""
    end_all_of(person_id)
    SavedMethod.objects.filter(person_id=person_id).update(removed_at=clock.now(), label="")
    Subscription.objects.filter(person_id=person_id).update(cancel_reason="")


accounts.register_export("orders", orders)
accounts.register_export("subscriptions", subscriptions)
accounts.register_eraser("billing", end_subscriptions)
