"""What the office says of things in words: their history, shares, parties, terms."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any

from babel import Locale
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext as _

from majlis.engines.billing import queries
from majlis.engines.billing.models import Invoice, OrderLine
from majlis.engines.billing.queries import DunningPolicy
from majlis.faces.backoffice.field_names import WORDS
from majlis.kit import locale
from majlis.kit.money import Money
from majlis.kit.translated import said


def told(thing: Any) -> str:
    """The history of a thing, a line per step: when, to which state, by whom, why."""
    states = {str(value): label for value, label in type(thing)._meta.get_field("status").flatchoices}
    return in_lines(
        " · ".join(
            str(part)
            for part in (
                when(step.created_at),
                states.get(step.target, step.target),
                locale.isolated(step.actor.name) if step.actor else "",
                step.reason and locale.isolated(said(step.reason)),
            )
            if part
        )
        for step in queries.history(thing)
    )


def sentence(field: str) -> Any:
    """A field that keeps why something is so, as a column or a field of a page: `why = sentence("problem")`. What the
    house said is said in the reader's language."""

    @admin.display(description=WORDS[field], ordering=field)
    def shown(page: Any, row: Any) -> str:
        return said(getattr(row, field)) or "–"

    return shown


def span(field: str) -> Any:
    """A field with a stretch of time, as a column or a field of a page: from when to when on the reader's wall."""

    @admin.display(description=WORDS[field], ordering=field)
    def shown(page: Any, row: Any) -> str:
        ends = getattr(row, field)
        return " – ".join(when(end) if end else "…" for end in (ends.lower, ends.upper))

    return shown


def when(at: datetime, *, exact: bool = False) -> str:
    """A moment on the reader's wall, in their calendar and digits; `exact` to the second, for what is evidence."""
    wall = timezone.localtime(at)
    clock = time_exact(at) if exact else locale.time_text(wall.time())
    return _("%(day)s, %(time)s") % {"day": locale.date_text(wall.date()), "time": clock}


def time_exact(at: datetime) -> str:
    """The time of a moment on the reader's wall to the second."""
    return locale.digits(f"{timezone.localtime(at):%H:%M:%S}")


def in_lines(lines: Iterable[str | None]) -> str:
    """One under the other; a dash where there is none."""
    return "\n".join(line for line in lines if line) or "–"


def share(basis_points: int) -> str:
    """`1250` as `12.5%`."""
    return locale.percent(Decimal(basis_points) / 10_000, exact=True)


def dunning_words(policy: DunningPolicy) -> str:
    """What is done, day by day, when a renewal is not paid."""
    return " · ".join(
        _("day %(day)s: %(step)s") % {"day": locale.number(day), "step": step.label} for day, step in policy.steps()
    )


def commission_words(line: OrderLine) -> str:
    """What the house keeps of a line: a share, a fixed amount, or both."""
    fixed = Money(line.commission_fixed, line.unit)
    return " + ".join([share(line.commission_basis_points), *([fixed.display()] if fixed else [])])


def countries(codes: Iterable[str]) -> str:
    """Countries by their names."""
    known = Locale.parse(locale.name()).territories
    return ", ".join(known.get(code, code) for code in codes) or "–"


def party(facts: dict[str, str]) -> str:
    """Who stands on an invoice."""
    country = facts.get("country", "")
    return in_lines(
        [
            *(said and locale.isolated(said) for said in map(facts.get, ("name", "address", "tax_number", "email"))),
            countries([country]) if country else "",
        ]
    )


def invoice_rows(invoice: Invoice) -> str:
    """What stands on an invoice, a line per row: what, net, VAT, total."""
    return in_lines(
        " · ".join(
            [
                locale.isolated(row["title"]),
                Money(row["net"], invoice.unit).display(exact=True),
                f"{share(row['tax_basis_points'])} {Money(row['tax'], invoice.unit).display(exact=True)}",
                Money(row["total"], invoice.unit).display(exact=True),
            ]
        )
        for row in invoice.lines
    )
