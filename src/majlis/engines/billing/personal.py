"""What billing keeps about a person. Orders and invoices stay when an account is deleted: the law asks for them."""

from typing import Any
from uuid import UUID

from majlis.engines.billing.models import Order, OrderLine
from majlis.kernel.accounts import services as accounts


def orders(person_id: UUID) -> list[dict[str, Any]]:
    """The person's orders with their lines; amounts in minor units."""
    mine = Order.objects.filter(buyer_id=person_id).order_by("id")
    lines: dict[UUID, list[dict[str, Any]]] = {}
    for line in OrderLine.objects.filter(order__in=mine).order_by("id").values():
        lines.setdefault(line["order_id"], []).append(dict(line))
    columns = ("id", "number", "status", "unit", "net_amount", "tax_amount", "fee_amount", "total_amount", "created_at")
    return [{**row, "lines": lines.get(row["id"], [])} for row in mine.values(*columns)]


accounts.register_export("orders", orders)
