"""What a person has, and how it came to be so."""

import csv
from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries as billing
from majlis.faces.web import statements
from majlis.kernel.ledger import queries
from majlis.kernel.ledger.types import JournalKind, StatementLine
from majlis.kit import locale
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

OFFERED = [
    JournalKind.TOP_UP,
    JournalKind.WALLET_PAYMENT,
    JournalKind.ESCROW_RELEASE,
    JournalKind.REFUND,
    JournalKind.WITHDRAWAL_REQUEST,
    JournalKind.WITHDRAWAL_RETURNED,
    JournalKind.GOODWILL,
    JournalKind.ADJUSTMENT,
    JournalKind.CLAWBACK,
    JournalKind.DEBT,
]


class StatementFilter(forms.Form):
    """Which part of the statement."""

    kind = forms.ChoiceField(
        label=_("What"), required=False, choices=[("", _("Everything")), *((k.value, k.label) for k in OFFERED)]
    )
    since = forms.DateField(label=_("From"), required=False, widget=forms.DateInput(attrs={"type": "date"}))
    until = forms.DateField(label=_("To"), required=False, widget=forms.DateInput(attrs={"type": "date"}))

    def asked(self) -> dict[str, Any]:
        """As `queries.statement` takes it: days are the reader's, the last one included."""
        if not self.is_valid():
            return {}
        zone = timezone.get_current_timezone()
        since, until = self.cleaned_data["since"], self.cleaned_data["until"]
        return {
            "kinds": [self.cleaned_data["kind"]] if self.cleaned_data["kind"] else (),
            "since": datetime.combine(since, time(), zone) if since else None,
            "until": datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
        }


def _unit(request: HttpRequest, balances: list[Money]) -> str:
    """The unit whose statement is asked for: one they have, else the first with money in it, else their currency."""
    units = [money.unit for money in balances]
    wanted = request.GET.get("unit", "")
    if wanted in units:
        return wanted
    member: Any = request.user
    full = [money.unit for money in balances if money]
    return member.currency if member.currency in units or not units else (full or units)[0]


@login_required
@never_cache
@require_GET
def show(request: HttpRequest) -> HttpResponse:
    """Balances, what is set aside and why, and the statement, each line with its reason and its page."""
    member: Any = request.user
    balances = queries.balances(member.id)
    unit = _unit(request, balances)
    form = StatementFilter(request.GET)
    page = queries.statement(member.id, unit, request.GET.get("cursor"), **form.asked())
    query = request.GET.copy()
    query.pop("cursor", None)
    query["unit"] = unit
    older = f"?{query.urlencode()}&cursor={page.next}" if page.next else ""
    told = billing.withdrawable(member, unit) if unit in edition().currencies else None
    context = {
        "told": told,
        "days": told.days(timezone.get_current_timezone_name()) if told else (),
        "balances": balances or [Money(0, unit)],
        "unit": unit,
        "balance": queries.balance(member.id, unit),
        "available": queries.available(member.id, unit),
        "holds": [held for held in queries.open_holds(member.id) if held.account.unit == unit],
        "lines": page.items,
        "older": older,
        "query": query.urlencode(),
        "form": form,
        "filtered": any(request.GET.get(name) for name in ("kind", "since", "until")),
        "sentence": statements.Wording(page.items).sentence,
        "icon_of": statements.icon_of,
        "link_text": statements.link_text,
    }
    return render(request, "wallet/show.html", context)


@login_required
@require_GET
def about(request: HttpRequest) -> HttpResponse:
    """Leads to the page of what a line was about."""
    page = statements.page_of(request.GET.get("subject", ""), request.user)
    if page is None:
        raise NotFound
    return HttpResponseRedirect(page)


UNMARKED = {ord(mark): None for mark in (locale.ISOLATE, locale.END)}
"""Takes the marks of direction away, which a spreadsheet would search in vain."""


class _Echo:
    """What `csv` writes to: hands each row on."""

    def write(self, row: str) -> str:
        return row


def _safe(text: Any) -> str:
    """A text that a spreadsheet will not take for a formula."""
    written = str(text)
    return f"'{written}" if written[:1] in "=+-@\t\r" else written


def _rows(person_id: Any, unit: str, asked: dict[str, Any]) -> Iterator[list[str]]:
    yield ["time", "number", "kind", "explanation", "memo", "amount", "currency", "balance_after", "about"]
    cursor: str | None = None
    while True:
        page = queries.statement(person_id, unit, cursor, limit=100, **asked)
        words = statements.Wording(page.items)
        for line in page.items:
            yield _row(line, words)
        cursor = page.next
        if cursor is None:
            return


def _row(line: StatementLine, words: statements.Wording) -> list[str]:
    return [
        line.at.astimezone(UTC).isoformat(timespec="seconds"),
        str(line.sequence),
        line.kind,
        _safe(str(words.sentence(line)).translate(UNMARKED)),
        _safe(line.memo),
        str(line.amount.decimal),
        line.amount.unit,
        str(line.balance_after.decimal if line.balance_after is not None else ""),
        _safe(line.subject),
    ]


@login_required
@never_cache
@require_GET
def export(request: HttpRequest) -> StreamingHttpResponse:
    """The statement as asked for, whole, as CSV (UTF-8 with a mark, so that spreadsheets read Arabic)."""
    member: Any = request.user
    unit = _unit(request, queries.balances(member.id))
    writer = csv.writer(_Echo())
    rows = list(_rows(member.id, unit, StatementFilter(request.GET).asked()))
    answer = StreamingHttpResponse(
        ["\ufeff", *(writer.writerow(row) for row in rows)], content_type="text/csv; charset=utf-8"
    )
    answer["Content-Disposition"] = f'attachment; filename="statement-{slugify(unit)}.csv"'
    return answer
