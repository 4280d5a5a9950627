"""What changes a lesson: cancelling, moving, releasing the money, contesting. Each shows its consequence first."""

from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from majlis.engines.experts import queries as experts
from majlis.faces.web.forms.lessons import AnswerForm, CancelForm, DisputeForm, RescheduleForm, StatementForm
from majlis.faces.web.views.lessons import lesson_context
from majlis.faces.web.views.slots import slot_picker
from majlis.kit.errors import Refusal
from majlis.products.lessons import queries, services


@require_http_methods(["GET", "POST"])
@login_required
def cancel(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """`GET` says who gets what; `POST` does it, unless less would come back than was shown."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    refusal = None
    if request.method == "POST":
        form = CancelForm(request.POST)
        if form.is_valid():
            try:
                services.cancel_lesson(actor=request.user, lesson_id=lesson.id, **form.cleaned_data)
            except Refusal as refused:
                refusal = refused
            else:
                messages.success(request, _("The lesson is cancelled."))
                return redirect("lesson", lesson_id=lesson.id)
    terms = services.preview_cancel(lesson=lesson, actor=request.user)
    form = CancelForm(initial={"shown_percent": terms.percent})
    context = {**lesson_context(request, lesson), "form": form, "refusal": refusal}
    context |= {"terms": terms, "back": services.coming_back(lesson, terms)}
    return render(request, "lessons/cancel.html", context, status=refusal.status if refusal else 200)


@require_http_methods(["GET", "POST"])
@login_required
def move(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """Propose another time from the teacher's free times; what it does to the minutes that pay is said before."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    refusal = None
    form = RescheduleForm(request.POST or None, initial={"starts_at": request.GET.get("starts_at", "")})
    if request.method == "POST" and form.is_valid():
        try:
            services.request_reschedule(actor=request.user, lesson_id=lesson.id, **form.cleaned_data)
        except Refusal as refused:
            refusal = refused
        else:
            messages.success(request, _("Proposed. The time is held until it is answered."))
            return redirect("lesson", lesson_id=lesson.id)
    chosen, effect = RescheduleForm({"starts_at": request.GET.get("starts_at", "")}), None
    if chosen.is_valid():
        try:
            effect = services.preview_move(lesson=lesson, starts_at=chosen.cleaned_data["starts_at"])
        except Refusal as refused:
            refusal, chosen = refusal or refused, RescheduleForm()
    context = {
        **lesson_context(request, lesson),
        "form": form,
        "refusal": refusal,
        "effect": effect,
        "picker": slot_picker(
            request,
            slug=experts.expert(lesson.teacher_id, seen_by=request.user).slug,
            person_id=lesson.teacher_id,
            durations=[lesson.minutes],
            look="choose",
            back=request.path,
        ),
        "chosen": chosen,
    }
    return render(request, "lessons/move.html", context, status=refusal.status if refusal else 200)


@require_POST
@login_required
def answer_move(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Yes or no to another time."""
    form = AnswerForm(request.POST)
    form.is_valid()
    accept = form.cleaned_data.get("accept", False)
    answered = services.answer_reschedule(
        actor=request.user,
        request_id=request_id,
        accept=accept,
        answer=form.cleaned_data.get("answer", ""),
    )
    messages.success(request, _("The lesson has moved.") if accept else _("The lesson keeps its time."))
    return redirect("lesson", lesson_id=answered.lesson_id)


@require_POST
@login_required
def withdraw_move(request: HttpRequest, request_id: UUID) -> HttpResponse:
    """Take a proposal back."""
    withdrawn = services.withdraw_reschedule(actor=request.user, request_id=request_id)
    return redirect("lesson", lesson_id=withdrawn.lesson_id)


@require_POST
@login_required
def release(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """All was well: pay the teacher now."""
    lesson = services.release_early(actor=request.user, lesson_id=lesson_id)
    messages.success(request, _("Thank you. The teacher has been paid."))
    return redirect("lesson", lesson_id=lesson.id)


@require_POST
@login_required
def dispute(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """Contest what happened; the evidence is fixed and the money stays where it is."""
    form = DisputeForm(request.POST)
    if form.is_valid():
        services.open_dispute(actor=request.user, lesson_id=lesson_id, **form.cleaned_data)
        messages.success(request, _("Reported. The money stays put until one of us has looked at it."))
        return redirect("lesson", lesson_id=lesson_id)
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    context = {**lesson_context(request, lesson), "dispute_form": form}
    return render(request, "lessons/show.html", context, status=422)


@require_POST
@login_required
def statement(request: HttpRequest, dispute_id: UUID) -> HttpResponse:
    """One more thing to say in a case."""
    form = StatementForm(request.POST)
    words = form.cleaned_data["words"] if form.is_valid() else ""
    said = services.add_statement(actor=request.user, dispute_id=dispute_id, words=words)
    return redirect("lesson", lesson_id=said.dispute.lesson_id)
