"""The first page of a member: what is next, what waits for them."""

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
    teaches = accounts.has_role(request.user, Role.EXPERT)
    side = "teacher" if teaches and request.GET.get("as") != "student" else "student"
    context = {
        "teaches": teaches,
        "side": side,
        "overview": queries.overview(request.user, side=side),
        "ahead": queries.lessons_of(request.user, when="ahead", limit=5).items,
        "to_answer": queries.requests_to_answer(request.user),
        "waiting": queries.waitlist_of(request.user),
        "wards_lessons": queries.lessons_of_wards(request.user),
        "balances": ledger.balances(request.user.id),
        "held": queries.unsettled_lines(request.user.id)[:5] if side == "teacher" else [],
        "suggested": experts.featured_experts(3) if side == "student" else [],
    }
    return render(request, "lessons/dashboard.html", context)


@require_GET
@login_required
def students(request: HttpRequest) -> HttpResponse:
    """Everyone a teacher teaches."""
    return render(request, "lessons/students.html", {"students": queries.students_of(request.user)})
