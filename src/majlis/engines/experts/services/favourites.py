"""Experts a person wants to find again."""

from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.experts.models import ExpertProfile, Favourite
from majlis.kit.errors import NotFound


@transaction.atomic
def add_favourite(*, actor: Any, expert_id: UUID) -> bool:
    """Remember a listed expert (by person id); whether it was new. Refuses with `NotFound`."""
    profile = ExpertProfile.objects.listed().filter(person_id=expert_id).first()
    if profile is None:
        raise NotFound
    _row, new = Favourite.objects.get_or_create(person=actor, expert=profile)
    return new


@transaction.atomic
def remove_favourite(*, actor: Any, expert_id: UUID) -> bool:
    """Forget it, also when the expert is no longer listed; whether it was there."""
    return bool(Favourite.objects.filter(person=actor, expert__person_id=expert_id).delete()[0])
