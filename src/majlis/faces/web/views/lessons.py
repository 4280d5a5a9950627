"""A member's lessons: the list, one lesson, its call, what the teacher wrote."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from majlis.engines.calls import queries as calls
from majlis.engines.experts import queries as experts
from majlis.engines.reviews import queries as reviews
from majlis.faces.web.forms.lessons import DisputeForm, ProgressForm
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.files import queries as files
from majlis.kernel.files import services as file_services
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.translated import in_language
from majlis.products.lessons import queries, services
from majlis.products.lessons.types import LessonStatus, Side


@require_GET
@login_required
def index(request: HttpRequest) -> HttpResponse:
    """`?when=ahead|past` and a cursor; for htmx, the next rows only."""
    when = "past" if request.GET.get("when") == "past" else "ahead"
    page = queries.lessons_of(request.user, when=when, cursor=request.GET.get("cursor"))
    context = {
        "when_shown": when,
        "page": page,
        "to_answer": queries.requests_to_answer(request.user),
        "waiting": queries.waitlist_of(request.user),
    }
    only_rows = request.headers.get("HX-Request") and request.GET.get("cursor")
    return render(request, "lessons/parts/rows.html" if only_rows else "lessons/index.html", context)


@require_GET
@login_required
def show(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """Everything about one lesson, and what its reader may do with it now."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    return render(request, "lessons/show.html", lesson_context(request, lesson))


def lesson_context(request: HttpRequest, lesson: Any) -> dict[str, Any]:
    """What the lesson page needs; other pages about one lesson begin with it."""
    now = clock.now()
    side = lesson.side_of(request.user.id)
    dispute = getattr(lesson, "dispute", None)
    progress = getattr(lesson, "progress", None)
    confirmed = lesson.status == LessonStatus.CONFIRMED
    asked, move_effect, move_missing = queries.open_request(lesson), None, ""
    if asked is not None:
        try:
            move_effect = services.preview_move(lesson=lesson, starts_at=asked.starts_at)
        except (services.MinutesMissing, services.PlanNotPaidThen) as missing:
            move_missing = str(missing)
    contestable = (
        lesson.release_at is not None and not lesson.settled_at and now < lesson.release_at and dispute is None
    )
    return {
        "lesson": lesson,
        "side": side,
        "other": lesson.teacher if side == Side.STUDENT else lesson.student,
        "takes_part": side != Side.HOUSE,
        "tiers": lesson.terms.tiers(lesson.starts_at, services.worth(lesson), now),
        "payer": services.payer_of(lesson),
        "verdict": getattr(lesson, "verdict", None),
        "dispute": dispute,
        "progress": progress,
        "progress_files": [(files.file(i), files.file_url(i, download=True)) for i in progress.file_ids]
        if progress
        else [],
        "open_request": asked,
        "move_effect": move_effect,
        "move_missing": move_missing,
        "history": [
            {"title": c.get_to_status_display(), "when": c.created_at, "text": c.by.name if c.by else ""}
            for c in lesson.changes.select_related("by").order_by("created_at", "id")
        ],
        "statements": dispute.statements.select_related("author").order_by("created_at", "id") if dispute else [],
        "level": in_language(catalogue.level(lesson.level).name) if lesson.level else "",
        "expert_slug": next((card.slug for card in experts.cards([lesson.teacher_id])), ""),
        "reader_zone": timezone.get_current_timezone_name(),
        "can_cancel": side != Side.HOUSE
        and (lesson.status == LessonStatus.PENDING_PAYMENT or (confirmed and lesson.starts_at > now)),
        "can_move": side != Side.HOUSE and confirmed and lesson.starts_at > now,
        "can_dispute": side != Side.HOUSE and contestable,
        "can_release": side == Side.STUDENT and lesson.status == LessonStatus.COMPLETED and not lesson.settled_at,
        "can_write": side == Side.TEACHER and lesson.starts_at <= now and lesson.status in queries.DONE,
        "dispute_form": DisputeForm(),
        "review": reviews.review_of(lesson.student, kind="lesson", subject_id=lesson.id),
        "can_review": side == Side.STUDENT and reviews.may_review(request.user, kind="lesson", subject_id=lesson.id),
        "moment_now": now,
    }


@require_GET
@login_required
def call(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """On to the lesson's room."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    room = calls.room_of(lesson.id)
    if room is None:
        raise NotFound
    return redirect("room", room_id=room.id)


@login_required
def progress(request: HttpRequest, lesson_id: UUID) -> HttpResponse:
    """The teacher's log of a lesson: written, rewritten, with one file."""
    lesson = queries.lesson(lesson_id, seen_by=request.user)
    if lesson.teacher_id != request.user.id:
        raise NotFound
    log = getattr(lesson, "progress", None)
    known = {n: getattr(log, n) for n in ("summary", "homework", "next_plan", "understanding")} if log else {}
    form = ProgressForm(request.POST or None, request.FILES or None, initial=known)
    if request.method == "POST" and form.is_valid():
        said = dict(form.cleaned_data)
        upload = said.pop("attachment")
        file_ids = tuple(log.file_ids) if log else ()
        if upload:
            stored = file_services.store_file(actor=request.user, content=upload, name=upload.name, purpose="progress")
            file_ids = (*file_ids, stored.id)
        services.write_progress(actor=request.user, lesson_id=lesson.id, file_ids=file_ids, **said)
        messages.success(request, _("Saved. The student can read it now."))
        return redirect("lesson", lesson_id=lesson.id)
    context = {**lesson_context(request, lesson), "form": form}
    return render(request, "lessons/progress.html", context, status=422 if form.errors else 200)
