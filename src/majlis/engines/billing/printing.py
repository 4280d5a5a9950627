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

from majlis.engines.billing.models import Invoice
from majlis.engines.billing.types import InvoiceKind
from majlis.kit import locale
from majlis.kit.edition import edition
from majlis.kit.money import Money
from majlis.kit.translated import in_language

HERE = Path(__file__).parent
TEMPLATE = HERE / "templates" / "billing" / "invoice.typ"
FONTS = HERE / "fonts"
SALT = "majlis.billing.invoice"


def invoice_token(invoice: Invoice) -> str:
    """The signed part of an invoice's public link: who has it may read this invoice and nothing else, for ever."""
    return signing.Signer(salt=SALT).sign(invoice.id.hex)


def invoice_id_of(token: str) -> str | None:
    """The invoice's id in a signed link; None if it was not signed by us."""
    try:
        return signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature:
        return None


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
        _isolate(row["title"]),
        _amount(Money(row["net"], invoice.unit), language),
        _isolate(locale.percent(rate, language)),
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
        rate = _isolate(locale.percent(Decimal(points) / 10_000, language))
        sums.append([_("VAT %(rate)s") % {"rate": rate}, _amount(Money(tax, invoice.unit), language)])
    return sums


def _note(invoice: Invoice) -> str:
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
