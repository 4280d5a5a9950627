"""Whom providers know of our people."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from majlis.engines.billing import gateways
from majlis.engines.billing.models import GatewayCustomer


def customer_ref(person_id: UUID, code: str) -> str:
    """What the provider behind this gateway calls the person; empty if it does not know them."""
    provider = gateways.gateway(code).provider
    known = GatewayCustomer.objects.filter(person_id=person_id, provider=provider).values_list("ref", flat=True)
    return known.first() or ""


@transaction.atomic
def know_customer(person_id: UUID, code: str, ref: str, now: datetime) -> None:
    """Keep what a provider calls the person. The first name stays: of two clicks at once both made one there."""
    if ref:
        known = GatewayCustomer(person_id=person_id, provider=gateways.gateway(code).provider, ref=ref, created_at=now)
        GatewayCustomer.objects.bulk_create([known], ignore_conflicts=True)
