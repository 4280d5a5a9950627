"""The first page of a member: what is next, what waits for them."""

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from majlis.engines.experts import queries as experts
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.ledger import queries as ledger
from majlis.products.lessons import queries


@require_GET
@login_required
def dashboard(request: HttpRequest) -> HttpResponse:
    """A teacher's or a student's day; `?as=student` shows a teacher their own learning."""
    person: Any = request.user
    teaches = accounts.has_role(person, Role.EXPERT)
    side = "teacher" if teaches and request.GET.get("as") != "student" else "student"
    context = {
        "teaches": teaches,
        "side": side,
        "overview": queries.overview(person, side=side),
        "ahead": queries.lessons_of(person, when="ahead", limit=5).items,
        "to_answer": queries.requests_to_answer(person),
        "waiting": queries.waitlist_of(person),
        "wards_lessons": queries.lessons_of_wards(person),
        "balances": ledger.balances(person.id),
        "held": queries.unsettled_lines(person.id)[:5] if side == "teacher" else [],
        "suggested": experts.featured_experts(3) if side == "student" else [],
    }
    return render(request, "lessons/dashboard.html", context)


@require_GET
@login_required
def students(request: HttpRequest) -> HttpResponse:
    """Everyone a teacher teaches."""
    return render(request, "lessons/students.html", {"students": queries.students_of(request.user)})
