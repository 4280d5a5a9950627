"""The first page of a member: what is next, what waits for them."""

from datetime import datetime
from functools import partial
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from majlis.engines.billing import queries as billing
from majlis.engines.experts import queries as experts
from majlis.faces.web import charts
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.ledger import queries as ledger
from majlis.kit.money import Money
from majlis.products.lessons import queries


@require_GET
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """A teacher's or a student's day; `?as=student` shows a teacher their own learning."""
    person: Any = request.user
    teaches = accounts.has_role(person, Role.EXPERT)
    side = "teacher" if teaches and request.GET.get("as") != "student" else "student"
    since, balances = charts.first_week(), ledger.balances(person.id)
    taken = queries.done_since(person, since, side=side)
    context = {
        "teaches": teaches,
        "side": side,
        "overview": queries.overview(person, side=side),
        "ahead": queries.lessons_of(person, when="ahead", limit=5).items,
        "to_answer": queries.requests_to_answer(person),
        "waiting": queries.waitlist_of(person),
        "wards_lessons": queries.lessons_of_wards(person),
        "balances": balances,
        "lessons_chart": charts.weekly((at, 1) for at, _minutes in taken),
        "earned_chart": _earned(person, balances, since) if side == "teacher" else None,
        "held": queries.unsettled_lines(person.id)[:5] if side == "teacher" else [],
        "suggested": experts.featured_experts(3) if side == "student" else [],
    }
    return render(request, "lessons/dashboard.html", context)


def _earned(person: Any, balances: list[Money], since: datetime) -> tuple[charts.Chart, Money] | None:
    """What a teacher earned week by week, with its sum, in the currency they have most of; None when it was nothing."""
    for balance in sorted(balances, key=lambda money: -money.amount):
        unit = balance.unit
        chart = charts.weekly(billing.earned_since(person, unit, since), partial(_written, unit))
        if chart:
            return chart, Money(chart.total, unit)
    return None


def _written(unit: str, amount: int) -> str:
    return Money(amount, unit).display()


@require_GET
@login_required
def students(request: HttpRequest) -> HttpResponse:
    """Everyone a teacher teaches."""
    return render(request, "lessons/students.html", {"students": queries.students_of(request.user)})
