"""Invoices and credit notes: numbered without gaps, issued once, never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import connection, transaction
from django.db.models import F

from majlis.engines.billing.models import BillingDetails, Invoice, InvoiceLink, InvoiceSeries, Order, OrderLine
from majlis.engines.billing.policies import policies
from majlis.engines.billing.types import InvoiceKind
from majlis.kit import clock
from majlis.kit.db import insert_all, require_transaction
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound
from majlis.kit.money import Money


def issue_invoices(order: Order, *, now: datetime) -> list[Invoice]:
    """One invoice per seller of record for a paid order; none for what cost nothing. Runs in the transaction that pays
    the order, so that a number is never taken for nothing."""
    require_transaction()
    by_issuer: dict[UUID | None, list[OrderLine]] = {}
    for line in order.lines:
        if line.total_amount:
            by_issuer.setdefault(_issuer(line), []).append(line)
    return [
        _issue(
            kind=InvoiceKind.INVOICE,
            order=order,
            seller=by_issuer[issuer][0].seller if issuer else None,
            rows=[row for line in by_issuer[issuer] for row in _rows(line)],
            key=f"order:{order.id}:{issuer or 'house'}",
            now=now,
        )
        # The same order of series for everybody, so that two orders never wait for each other's numbers.
        for issuer in sorted(by_issuer, key=str)
    ]


def issue_house_invoices(orders: Sequence[Order], details: Mapping[UUID, BillingDetails], *, now: datetime) -> None:
    """`issue_invoices` for many paid orders of things the house itself sells, with as many numbers taken at once.
    `details` are those of all their buyers who gave any. The series is locked until the transaction ends, so that this
    comes last in it."""
    require_transaction()
    charged = [order for order in orders if order.total_amount]
    if not charged:
        return
    year = _year(now)
    last = take_numbers(None, InvoiceKind.INVOICE, year, len(charged))
    insert_all(
        [
            _document(
                kind=InvoiceKind.INVOICE,
                sequence=sequence,
                order=order,
                seller=None,
                rows=[row for line in order.lines if line.total_amount for row in _rows(line)],
                key=f"order:{order.id}:house",
                details=details.get(order.buyer_id),
                now=now,
            )
            for sequence, order in enumerate(charged, last - len(charged) + 1)
        ]
    )


def issue_credit_note(line: OrderLine, back: Money, tax: Money, *, key: str, now: datetime) -> Invoice | None:
    """The credit note for `back` (VAT `tax` in it) of a line; None when nothing goes back or no invoice was issued."""
    require_transaction()
    issuer = _issuer(line)
    invoice = Invoice.objects.filter(order=line.order, kind=InvoiceKind.INVOICE, seller_id=issuer).first()
    if invoice is None or not back:
        return None
    row = {**_row(line), "net": back.amount - tax.amount, "tax": tax.amount, "total": back.amount}
    return _issue(
        kind=InvoiceKind.CREDIT_NOTE,
        order=line.order,
        seller=invoice.seller,
        rows=[row],
        key=f"credit:{key}",
        now=now,
        corrects=invoice,
    )


def _issuer(line: OrderLine) -> UUID | None:
    """Who issues the invoice for a line: its seller where the edition says so, else the house."""
    return line.seller_id if policies().seller_of_record == "seller" else None


def _rows(line: OrderLine) -> list[dict[str, Any]]:
    """A line as it is charged; with a coupon as listed, and below it what the coupon takes off, VAT and all."""
    from majlis.engines.billing.services.pricing import net_and_tax
    from majlis.engines.billing.services.repricing import coupons_on

    charged = _row(line)
    if not line.discount_amount:
        return [charged]
    net, tax = net_and_tax(line.amount, line.tax_basis_points, line.order.reverse_charge)
    listed = {**charged, "net": net.amount, "tax": tax.amount, "total": net.amount + tax.amount}
    codes = ", ".join(use.coupon.code for use in coupons_on(line.order))
    off = {name: charged[name] - listed[name] for name in ("net", "tax", "total")}
    return [listed, {**charged, "title": codes, "coupon": True, **off}]


def _row(line: OrderLine) -> dict[str, Any]:
    """The buyer's fee is the house's service at the same VAT-free price as before: it counts as net."""
    return {
        "title": line.title,
        "net": line.net_amount + line.fee_amount,
        "tax": line.tax_amount,
        "total": line.total_amount,
        "tax_basis_points": line.tax_basis_points,
    }


def _issue(
    *,
    kind: InvoiceKind,
    order: Order,
    seller: Any,
    rows: list[dict[str, Any]],
    key: str,
    now: datetime,
    corrects: Invoice | None = None,
) -> Invoice:
    invoice = _document(
        kind=kind,
        sequence=take_number(seller.id if seller else None, kind, _year(now)),
        order=order,
        seller=seller,
        rows=rows,
        key=key,
        details=BillingDetails.objects.filter(person=order.buyer).first(),
        now=now,
        corrects=corrects,
    )
    invoice.save(force_insert=True)
    return invoice


def _year(now: datetime) -> int:
    return now.astimezone(ZoneInfo(edition().zone)).year


def _document(
    *,
    kind: InvoiceKind,
    sequence: int,
    order: Order,
    seller: Any,
    rows: list[dict[str, Any]],
    key: str,
    details: BillingDetails | None,
    now: datetime,
    corrects: Invoice | None = None,
) -> Invoice:
    """An invoice or credit note, not written yet."""
    year = _year(now)
    return Invoice(
        kind=kind,
        number=_printed(seller, kind, year, sequence),
        year=year,
        sequence=sequence,
        order=order,
        corrects=corrects,
        key=key,
        seller=seller,
        buyer=order.buyer,
        seller_facts=_seller_facts(seller),
        buyer_facts=_buyer_facts(order, details),
        unit=order.unit,
        lines=rows,
        net_amount=sum(row["net"] for row in rows),
        tax_amount=sum(row["tax"] for row in rows),
        total_amount=sum(row["total"] for row in rows),
        issued_at=now,
        zone=edition().zone,
        reverse_charge=order.reverse_charge,
        created_at=now,
    )


def take_number(seller_id: UUID | None, kind: str, year: int) -> int:
    """The next number of a series."""
    return take_numbers(seller_id, kind, year, 1)


def take_numbers(seller_id: UUID | None, kind: str, year: int, number: int) -> int:
    """The next so many numbers of a series; the last of them. The row stays locked until the caller's transaction ends:
    if that is undone, they were never given."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO billing_invoiceseries AS series (seller_id, kind, year, last) VALUES (%s, %s, %s, %s)
               ON CONFLICT (seller_id, kind, year) DO UPDATE SET last = series.last + excluded.last
               RETURNING last""",
            [seller_id, str(kind), year, number],
        )
        return cursor.fetchone()[0]


def _printed(seller: Any, kind: InvoiceKind, year: int, sequence: int) -> str:
    parts = [f"{year}", f"{sequence:06d}"]
    if kind == InvoiceKind.CREDIT_NOTE:
        parts.insert(0, "CN")
    if seller is not None:
        parts.insert(0, seller.id.hex[-6:].upper())
    return "-".join(parts)


def _seller_facts(seller: Any) -> dict[str, str]:
    rules = policies()
    if seller is not None:
        return {"name": seller.name, "address": "", "tax_number": "", "email": seller.email or ""}
    return {
        "name": rules.seller_name or edition().name.get("en", ""),
        "address": rules.seller_address,
        "tax_number": rules.seller_tax_number,
        "email": rules.seller_email,
    }


def _buyer_facts(order: Order, details: BillingDetails | None) -> dict[str, str]:
    facts = {"name": order.buyer.name, "email": order.buyer.email or "", "country": order.country}
    if details is not None:
        facts |= {"name": details.name, "address": details.address, "tax_number": details.tax_number}
    return facts


@transaction.atomic
def revoke_invoice_link(*, invoice_id: UUID, actor: Any, now: datetime | None = None) -> None:
    """Take an invoice's public link back: whoever has it, or the QR code of a print, reaches nothing. NotFound for
    another's."""
    link = _link(invoice_id, actor)
    InvoiceLink.objects.filter(invoice=link.invoice).update(revoked_at=now or clock.now())


@transaction.atomic
def renew_invoice_link(*, invoice_id: UUID, actor: Any) -> None:
    """Give an invoice a new public link; the links before it stay dead. NotFound for another's."""
    link = _link(invoice_id, actor)
    InvoiceLink.objects.filter(invoice=link.invoice).update(generation=F("generation") + 1, revoked_at=None)


def _link(invoice_id: UUID, actor: Any) -> InvoiceLink:
    invoice = Invoice.objects.visible_to(actor).filter(id=invoice_id).first()
    if invoice is None:
        raise NotFound()
    InvoiceLink.objects.bulk_create([InvoiceLink(invoice=invoice)], ignore_conflicts=True)
    return InvoiceLink.objects.select_for_update().get(invoice=invoice)


def link_is_alive(invoice: Invoice) -> bool:
    """Whether the invoice has a public link at this moment."""
    return not InvoiceLink.objects.filter(invoice=invoice, revoked_at__isnull=False).exists()


def series() -> list[InvoiceSeries]:
    """Every series with its last number, for the audit."""
    return list(InvoiceSeries.objects.order_by("seller_id", "kind", "year"))
