"""Invoices as PDF, in the reader's language and direction, by typst: no system library, fonts of our own."""

import io
import json
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import segno
import typst
from babel import Locale
from babel.dates import format_date
from django.conf import settings
from django.core import signing
from django.utils import translation
from django.utils.translation import gettext as _

from majlis.engines.billing.models import GiftCode, Invoice, InvoiceLink
from majlis.engines.billing.types import InvoiceKind
from majlis.kit import locale
from majlis.kit.edition import edition
from majlis.kit.money import Money
from majlis.kit.translated import in_language

HERE = Path(__file__).parent
TEMPLATE = HERE / "templates" / "billing" / "invoice.typ"
GIFT = HERE / "templates" / "billing" / "gift.typ"
FONTS = HERE / "fonts"
SALT = "majlis.billing.invoice"


def invoice_token(invoice: Invoice) -> str:
    """The signed part of an invoice's public link: who has it may read this invoice and nothing else, until the link is
    taken back."""
    link = InvoiceLink.objects.filter(invoice=invoice).first()
    named = f"{invoice.id.hex}-{link.generation}" if link and link.generation else invoice.id.hex
    return signing.Signer(salt=SALT).sign(named)


def invoice_id_of(token: str) -> str | None:
    """The invoice's id in a signed link; None if it was not signed by us, or was taken back."""
    try:
        named, _dash, generation = signing.Signer(salt=SALT).unsign(token).partition("-")
    except signing.BadSignature:
        return None
    link = InvoiceLink.objects.filter(invoice_id=named).first()
    if link and (link.revoked_at or str(link.generation or "") != generation):
        return None
    return named


def invoice_link(invoice: Invoice) -> str:
    """The public address of an invoice."""
    return f"{settings.PUBLIC_URL}/invoices/open/{invoice_token(invoice)}/"


def print_invoice(invoice: Invoice, language: str) -> bytes:
    """The invoice as PDF in `language`."""
    with translation.override(language):
        data = _data(invoice, language)
    return typst.compile(
        TEMPLATE,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )


def _data(invoice: Invoice, language: str) -> dict[str, Any]:
    credit = invoice.kind == InvoiceKind.CREDIT_NOTE
    seller, buyer = invoice.seller_facts, invoice.buyer_facts
    return {
        "language": language,
        "dir": "rtl" if translation.get_language_bidi() else "ltr",
        "brand": _isolate(in_language(edition().name, language)),
        "title": _("Credit note") if credit else _("Tax invoice") if invoice.tax_amount else _("Invoice"),
        "number": _ltr(invoice.number),
        "plain_number": invoice.number,
        "plain_seller": seller["name"],
        "from_label": _("From"),
        "from": _party(seller),
        "to_label": _("To"),
        "to": _party(buyer),
        "facts": _facts(invoice, language),
        "columns": [_("Description"), _("Net"), _("VAT rate"), _("VAT"), _("Total")],
        "rows": [_row(invoice, row, language) for row in invoice.lines],
        "sums": _sums(invoice, language),
        "total": [_("Credited in total") if credit else _("Total"), _amount(invoice.total, language)],
        "note": _note(invoice),
        "qr": list(_qr(invoice_link(invoice)).encode()),
        "qr_words": _("Scan to open this document in its original form."),
        "footer": _("%(number)s · issued electronically and valid without a signature")
        % {"number": _ltr(invoice.number)},
        "page": _("Page"),
        "digits": [locale.digits(str(n), language) for n in range(100)],
    }


def _party(facts: dict[str, str]) -> list[str]:
    lines = [_isolate(facts["name"])]
    if facts.get("address"):
        lines.append(_isolate(facts["address"]))
    if facts.get("tax_number"):
        lines.append(_("Tax number: %(number)s") % {"number": _ltr(facts["tax_number"])})
    if facts.get("email"):
        lines.append(_ltr(facts["email"]))
    if facts.get("country"):
        named = Locale.parse(locale.name()).territories.get(facts["country"], facts["country"])
        lines.append(_isolate(named))
    return lines


def _facts(invoice: Invoice, language: str) -> list[list[str]]:
    issued = invoice.issued_at.astimezone(ZoneInfo(invoice.zone)).date()
    date = locale.digits(format_date(issued, "long", locale=locale.name(language)), language)
    facts = [[_("Date"), _isolate(date)], [_("Order"), _ltr(invoice.order.number)]]
    if invoice.corrects:
        facts.append([_("Corrects invoice"), _ltr(invoice.corrects.number)])
    return facts


def _row(invoice: Invoice, row: dict[str, Any], language: str) -> list[str]:
    rate = Decimal(row["tax_basis_points"]) / 10_000
    return [
        _isolate(_("Coupon %(code)s") % {"code": row["title"]} if row.get("coupon") else row["title"]),
        _amount(Money(row["net"], invoice.unit), language),
        _isolate(locale.percent(rate, language, exact=True)),
        _amount(Money(row["tax"], invoice.unit), language),
        _amount(Money(row["total"], invoice.unit), language),
    ]


def _sums(invoice: Invoice, language: str) -> list[list[str]]:
    """Net, then the VAT of each rate."""
    by_rate: dict[int, int] = {}
    for row in invoice.lines:
        by_rate[row["tax_basis_points"]] = by_rate.get(row["tax_basis_points"], 0) + row["tax"]
    sums = [[_("Net"), _amount(invoice.net, language)]]
    for points, tax in sorted(by_rate.items()):
        rate = _isolate(locale.percent(Decimal(points) / 10_000, language, exact=True))
        sums.append([_("VAT %(rate)s") % {"rate": rate}, _amount(Money(tax, invoice.unit), language)])
    return sums


def _note(invoice: Invoice) -> str:
    if invoice.reverse_charge and not invoice.corrects:
        return _("Reverse charge: the recipient accounts for the VAT. Paid in full.")
    if invoice.corrects:
        return _("This credit note takes back the amount above from invoice %(number)s.") % {
            "number": _ltr(invoice.corrects.number)
        }
    return _("Paid in full. Nothing is left to pay.")


def _amount(money: Money, language: str) -> str:
    return _isolate(money.display(language, exact=True))


def _isolate(text: str) -> str:
    """Keep a text of its own direction together inside another's (first strong isolate)."""
    return f"\u2068{text}\u2069"


def _ltr(text: str) -> str:
    """Keep a number, code or address reading left to right."""
    return f"\u2066{text}\u2069"


def _qr(text: str) -> str:
    picture = io.BytesIO()
    segno.make(text, error="m").save(picture, kind="svg", border=0, dark="#221d17", xmldecl=False, svgns=True)
    return picture.getvalue().decode()


def print_gift(gift: GiftCode, code: str, language: str) -> bytes:
    """A gift as a card to print and fold, in `language`."""
    with translation.override(language):
        end = gift.expires_at
        until = locale.digits(format_date(end.date(), "long", locale=locale.name(language)), language) if end else ""
        data: dict[str, Any] = {
            "language": language,
            "dir": "rtl" if translation.get_language_bidi() else "ltr",
            "brand": _isolate(in_language(edition().name, language)),
            "title": _("A gift for %(name)s") % {"name": _isolate(gift.to_name)},
            "worth": _isolate(gift.for_title or gift.money.display(language)),
            "message": _isolate(gift.message),
            "from": _("From %(name)s") % {"name": _isolate(gift.from_name)},
            "code": _ltr(code),
            "until": _("Redeem it by %(day)s at %(address)s")
            % {"day": _isolate(until), "address": _ltr(f"{settings.PUBLIC_URL}/gifts/redeem/")},
            "qr": list(_qr(f"{settings.PUBLIC_URL}/gifts/redeem/").encode()),
        }
    return _typeset(GIFT, data)


def _typeset(template: Path, data: dict[str, Any]) -> bytes:
    return typst.compile(
        template,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
