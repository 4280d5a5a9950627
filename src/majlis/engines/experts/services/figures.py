"""Figures about experts that other modules report: they are added up here and shown on profiles."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from majlis.engines.experts.models import ExpertProfile, Question
from majlis.engines.experts.services.listings import refresh_listings


@transaction.atomic
def count_completed_lesson(*, expert_id: UUID, lessons: int = 1) -> None:
    """One lesson (or several) of this person was completed. Call it once per lesson, in the transaction that completes
    it; for somebody without a profile nothing is counted."""
    _change(expert_id, completed_lessons=F("completed_lessons") + lessons)


@transaction.atomic
def note_question(*, expert_id: UUID, conversation_id: UUID) -> None:
    """Somebody wrote to this person for the first time. Counted once a conversation; harmless when repeated, and for
    somebody without a profile."""
    _note(expert_id, conversation_id, answered=False)


@transaction.atomic
def note_answer(*, expert_id: UUID, conversation_id: UUID) -> None:
    """This person answered a first message, also one that was not heard of yet. Counted once a conversation; harmless
    when repeated."""
    _note(expert_id, conversation_id, answered=True)


@transaction.atomic
def set_rating(*, person_id: UUID, total: int, count: int) -> None:
    """The sum of all visible ratings and their number, as reviews counted them. Harmless when repeated."""
    _change(person_id, rating_total=total, rating_count=count)


def _note(expert_id: UUID, conversation_id: UUID, *, answered: bool) -> None:
    profile = ExpertProfile.objects.select_for_update().filter(person_id=expert_id).first()
    if profile is None:
        return
    question, asked = Question.objects.get_or_create(conversation_id=conversation_id, defaults={"expert": profile})
    newly_answered = answered and not question.answered
    if newly_answered:
        question.answered = True
        question.save(update_fields=["answered"])
    if asked or newly_answered:
        _change(
            expert_id,
            questions_asked=F("questions_asked") + int(asked),
            questions_answered=F("questions_answered") + int(newly_answered),
        )


def _change(person_id: UUID, **columns: Any) -> None:
    profile_id = ExpertProfile.objects.filter(person_id=person_id).values_list("pk", flat=True).first()
    if profile_id is not None:
        ExpertProfile.objects.filter(pk=profile_id).update(**columns)
        refresh_listings([profile_id])
