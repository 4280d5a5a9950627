"""Disputes: one click, and the money waits until a person has looked."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _
from django.utils.translation import gettext_noop

from majlis.engines.billing import services as billing
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts import services as account_services
from majlis.kernel.accounts.types import Role
from majlis.kernel.files import services as files
from majlis.kit import clock, events
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.products.lessons.events import DisputeOpened, DisputeResolved
from majlis.products.lessons.models import Dispute, Lesson, Statement
from majlis.products.lessons.services import announcing
from majlis.products.lessons.services.settling import finish
from majlis.products.lessons.services.state import locked, move
from majlis.products.lessons.types import DisputeReason, DisputeState, LessonStatus, Presence, Terms

DECIDERS = (Role.SUPPORT, Role.MODERATOR, Role.FINANCE, Role.ADMIN, Role.OWNER)


class WindowClosed(Refusal):
    """A lesson can be contested after it ended and until its money moved."""

    code = "dispute_window_closed"
    sentence = _("This lesson can no longer be contested: its money has been settled, or it has not ended yet.")


class DisputeClosed(Refusal):
    """The office has decided already."""

    code = "dispute_closed"
    sentence = _("This case has been decided already.")


@transaction.atomic
def open_dispute(*, actor: Any, lesson_id: UUID, reason: str, words: str = "", now: datetime | None = None) -> Dispute:
    """Contest the verdict: the evidence is fixed as it is now and the money stays in escrow. The same person's second
    click returns the first dispute. Refuses `NotFound`, `WindowClosed`, `Invalid`."""
    now = now or clock.now()
    if reason not in DisputeReason.values:
        raise Invalid(errors={"reason": _("Choose one of the reasons.")})
    lesson = locked(lesson_id, seen_by=actor)
    known = Dispute.objects.filter(lesson=lesson).first()
    if known is not None:
        return known
    if lesson.settled_at or lesson.release_at is None or now >= lesson.release_at:
        raise WindowClosed
    dispute = Dispute.objects.create(
        lesson=lesson,
        opened_by=actor,
        reason=reason,
        words=words,
        evidence=evidence_of(lesson),
        created_at=now,
    )
    move(lesson, LessonStatus.DISPUTED, by=actor, reason=reason)
    if lesson.line_id:
        billing.expect_release(line_id=lesson.line_id, at=None, because=gettext_noop("a case about the lesson is open"))
    announcing.tell(lesson, "dispute_opened", lesson.other_than(actor.id), reason=DisputeReason(reason).label)
    events.publish(DisputeOpened(dispute.id, lesson.id))
    return dispute


def evidence_of(lesson: Lesson) -> dict[str, Any]:
    """The verdict with its joins and leaves, and every step of the lesson's life so far."""
    verdict = lesson.verdict
    return {
        "verdict": {"teacher": verdict.teacher, "student": verdict.student, **verdict.evidence},
        "steps": [
            {
                "from": c.from_status,
                "to": c.to_status,
                "by": str(c.by_id) if c.by_id else None,
                "at": c.created_at.isoformat(),
            }
            for c in lesson.changes.order_by("created_at", "id")
        ],
    }


@transaction.atomic
def add_statement(*, actor: Any, dispute_id: UUID, words: str, file_ids: tuple[UUID, ...] = ()) -> Statement:
    """Add words and files to an open dispute, as one of its sides or as the office. Refuses `NotFound`,
    `DisputeClosed`, `Invalid`."""
    dispute = Dispute.objects.select_for_update().filter(id=dispute_id).first()
    if dispute is None or not (actor.is_staff or actor.id in (dispute.lesson.student_id, dispute.lesson.teacher_id)):
        raise NotFound
    if dispute.state != DisputeState.OPEN:
        raise DisputeClosed
    if not words.strip():
        raise Invalid(errors={"words": _("Please write a few words.")})
    statement = Statement.objects.create(dispute=dispute, author=actor, words=words, file_ids=list(file_ids))
    for file_id in file_ids:
        files.claim_file(file_id=file_id, actor=actor, by=f"lessons.statement:{statement.id}")
    return statement


@transaction.atomic
def resolve_dispute(
    *, actor: Any, dispute_id: UUID, student_percent: int, decision: str, now: datetime | None = None
) -> Dispute:
    """The office decides: `student_percent` of the price goes back to the student, the rest to the teacher, and both
    read `decision`. Audited. Refuses `Forbidden`, `NotFound`, `DisputeClosed`, `Invalid`."""
    now = now or clock.now()
    accounts.require_role(actor, *DECIDERS)
    if not 0 <= student_percent <= 100 or not decision.strip():
        raise Invalid(errors={"decision": _("Say how the price is divided (0 to 100 %), and why.")})
    dispute = Dispute.objects.select_for_update().filter(id=dispute_id).first()
    if dispute is None:
        raise NotFound
    if dispute.state != DisputeState.OPEN:
        raise DisputeClosed
    lesson = locked(dispute.lesson_id)
    dispute.state, dispute.student_percent, dispute.decision = DisputeState.RESOLVED, student_percent, decision
    dispute.resolved_by, dispute.resolved_at = actor, now
    dispute.save()
    back = lesson.price.share(student_percent * 100)
    verdict = lesson.verdict
    missed = Presence.ABSENT in (verdict.teacher, verdict.student) and student_percent > 0
    move(lesson, LessonStatus.NO_SHOW if missed else LessonStatus.COMPLETED, by=actor, reason=decision)
    nothing = lesson.price - lesson.price
    terms = Terms(back, lesson.price - back, nothing, student_percent)
    finish(lesson, terms, reason=_("The case about the lesson was decided."), actor=actor, now=now)
    account_services.record_act(
        actor=actor,
        action="lessons.resolve_dispute",
        target=f"lessons.dispute:{dispute.id}",
        facts={"student_percent": student_percent},
        reason=decision,
    )
    announcing.tell(lesson, "dispute_resolved", lesson.student_id, lesson.teacher_id, percent=student_percent)
    events.publish(DisputeResolved(dispute.id, lesson.id))
    return dispute
