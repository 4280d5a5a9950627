"""Invoices and credit notes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language
from ninja import Query, Router, Schema

from majlis.engines.billing import queries, services
from majlis.engines.billing.types import InvoiceKind
from majlis.faces.api.auth import requires
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.edition import edition

PREFIX = "/invoices"
router = Router(tags=["invoices"])


class InvoiceOut(Schema):
    """An invoice, or the credit note that takes back a part of one. `link` opens the PDF for whoever has it; empty once
    it was taken back."""

    id: UUID
    kind: InvoiceKind
    number: str
    order_id: UUID
    corrects_id: UUID | None
    net: MoneyOut
    tax: MoneyOut
    total: MoneyOut
    issued_at: datetime
    link: str

    @classmethod
    def of(cls, invoice: Any) -> "InvoiceOut":
        return cls(
            id=invoice.id,
            kind=invoice.kind,
            number=invoice.number,
            order_id=invoice.order_id,
            corrects_id=invoice.corrects_id,
            net=MoneyOut.of(invoice.net),
            tax=MoneyOut.of(invoice.tax),
            total=MoneyOut.of(invoice.total),
            issued_at=invoice.issued_at,
            link=queries.invoice_link(invoice) if queries.link_is_alive(invoice) else "",
        )


class InvoicesOut(Schema):
    """A page of invoices, newest first."""

    items: list[InvoiceOut]
    next: str | None


@router.get("", response=InvoicesOut, auth=requires("money:read"))
def list_invoices(request: HttpRequest, cursor: str | None = None, limit: int = Query(25, ge=1, le=100)) -> InvoicesOut:
    """The invoices and credit notes you paid or earned by, newest first."""
    page = queries.invoices_of(request.user, cursor, limit=limit)
    return InvoicesOut(items=[InvoiceOut.of(invoice) for invoice in page.items], next=page.next)


@router.get("/{uuid:invoice_id}", response=InvoiceOut, auth=requires("money:read"))
def show_invoice(request: HttpRequest, invoice_id: UUID) -> InvoiceOut:
    """One of your invoices."""
    return InvoiceOut.of(queries.invoice(invoice_id, request.user))


@router.post("/{uuid:invoice_id}/link", response=InvoiceOut, auth=requires("money:write"))
def renew_link(request: HttpRequest, invoice_id: UUID) -> InvoiceOut:
    """Give an invoice of yours a new public link; those before it lead nowhere."""
    services.renew_invoice_link(invoice_id=invoice_id, actor=request.user)
    return InvoiceOut.of(queries.invoice(invoice_id, request.user))


@router.delete("/{uuid:invoice_id}/link", response=InvoiceOut, auth=requires("money:write"))
def revoke_link(request: HttpRequest, invoice_id: UUID) -> InvoiceOut:
    """Take the public link of an invoice of yours back: it leads nowhere, nor does the QR code of a print."""
    services.revoke_invoice_link(invoice_id=invoice_id, actor=request.user)
    return InvoiceOut.of(queries.invoice(invoice_id, request.user))


@router.get(
    "/{uuid:invoice_id}/pdf",
    auth=requires("money:read"),
    openapi_extra={"responses": {200: {"description": "The PDF", "content": {"application/pdf": {}}}}},
)
def print_invoice(request: HttpRequest, invoice_id: UUID, language: str = "") -> HttpResponse:
    """The invoice as PDF, in `language` (one of the edition's; yours by default)."""
    invoice = queries.invoice(invoice_id, request.user)
    spoken = language if language in edition().languages else get_language() or "en"
    response = HttpResponse(queries.invoice_pdf(invoice_id, spoken, request.user), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="{invoice.number}.pdf"'
    return response
