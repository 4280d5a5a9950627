"""Ways to pay that are kept for what renews."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Router, Schema

from majlis.engines.billing import queries, services
from majlis.faces.api.auth import requires

PREFIX = "/payment-methods"
router = Router(tags=["payments"])


class PaymentMethodOut(Schema):
    """A kept way to pay, as it is shown: never more than the last figures of a card."""

    id: UUID
    gateway: str
    label: str
    created_at: datetime


class SandboxCardIn(Schema):
    """Whether the test card is declined from now on."""

    declines: bool


@router.get("", response=list[PaymentMethodOut], auth=requires("money:read"))
def list_payment_methods(request: HttpRequest) -> Any:
    """Your kept ways to pay, the one that is charged first at the beginning."""
    return queries.saved_methods_of(request.user)


@router.delete("/{uuid:method_id}", response={204: None}, auth=requires("money:write"))
def forget_payment_method(request: HttpRequest, method_id: UUID) -> Any:
    """It is not charged any more."""
    services.forget_method(method_id=method_id, actor=request.user)
    return 204, None


@router.put("/{uuid:method_id}/sandbox", response={204: None}, auth=requires("money:write"))
def set_sandbox_card(request: HttpRequest, method_id: UUID, card: SandboxCardIn) -> Any:
    """In a sandbox: have the test card declined, to see what happens when a renewal is not paid."""
    services.set_sandbox_card(method_id=method_id, declines=card.declines, actor=request.user)
    return 204, None
