"""Whom invoices are made out to."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from majlis.engines.billing import queries, services
from majlis.faces.api.auth import requires
from majlis.kit.errors import NotFound

PREFIX = "/billing-details"
router = Router(tags=["invoices"])


class BillingDetailsIn(Schema):
    """Whom your next invoices are made out to. `country` by its two letters (ISO 3166); a business names its VAT
    number."""

    name: str = Field(max_length=200)
    address: str = Field("", max_length=300)
    country: str = Field(min_length=2, max_length=2)
    business: bool = False
    tax_number: str = Field("", max_length=32)


class BillingDetailsOut(BillingDetailsIn):
    """As they stand. `tax_check` says what is known of the VAT number: `plausible` (its form is right, nobody is asked
    about that country), `asked`, `confirmed` or `unknown`; without the last step there is no reverse charge."""

    tax_check: Literal["", "plausible", "asked", "confirmed", "unknown"]
    tax_checked_at: datetime | None
    updated_at: datetime


@router.get("", response=BillingDetailsOut, auth=requires("money:read"))
def show_billing_details(request: HttpRequest) -> Any:
    """Whom your invoices are made out to. `not_found` while you have not said it: then they carry your own name."""
    known = queries.billing_details(request.user)
    if known is None:
        raise NotFound
    return known


@router.put("", response=BillingDetailsOut, auth=requires("money:write"))
def put_billing_details(request: HttpRequest, details: BillingDetailsIn) -> Any:
    """Say it, from now on; invoices already issued stay as they are."""
    return services.save_billing_details(person=request.user, **details.dict())
