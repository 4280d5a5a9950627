"""Figures about experts that other modules report: they are added up here and shown on profiles."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F

from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.services.listings import refresh_listings


@transaction.atomic
def count_completed_lesson(*, expert_id: UUID, lessons: int = 1) -> None:
    """One lesson (or several) of this person was completed. Call it once per lesson, in the transaction that completes
    it; for somebody without a profile nothing is counted."""
    _change(expert_id, completed_lessons=F("completed_lessons") + lessons)


@transaction.atomic
def note_response(*, expert_id: UUID, answered: bool, asked: bool = True) -> None:
    """Somebody wrote to this person for the first time (`asked`), or got their first answer (`answered`). For an
    answer to a question that was counted before, say `answered=True, asked=False`."""
    _change(
        expert_id,
        questions_asked=F("questions_asked") + int(asked),
        questions_answered=F("questions_answered") + int(answered),
    )


@transaction.atomic
def set_rating(*, person_id: UUID, total: int, count: int) -> None:
    """The sum of all visible ratings and their number, as reviews counted them. Harmless when repeated."""
    _change(person_id, rating_total=total, rating_count=count)


def _change(person_id: UUID, **columns: Any) -> None:
    profile_id = ExpertProfile.objects.filter(person_id=person_id).values_list("pk", flat=True).first()
    if profile_id is not None:
        ExpertProfile.objects.filter(pk=profile_id).update(**columns)
        refresh_listings([profile_id])
