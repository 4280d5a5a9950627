"""The one way a thing of billing changes its state: a guarded UPDATE along its table, and a row that remembers it."""

from typing import Any

from django.db import models

from majlis.engines.billing.models import StateChange
from majlis.kit.state import IllegalTransition, Transitions


def move(thing: Any, target: Any, table: Transitions, *, actor: Any = None, reason: str = "", **columns: Any) -> None:
    """Move `thing` to `target` if its row still stands where `target` may follow; sets `columns` with it.

    Refuses with `IllegalTransition` if the row has moved meanwhile: of two who try at once, one does it.
    """
    kind = type(thing)
    source = thing.status
    table.check(source, target)
    moved = kind.objects.filter(pk=thing.pk, status=source).update(status=target, **columns)
    if not moved:
        raise IllegalTransition(source=str(source), target=str(target))
    thing.status = target
    for name, value in columns.items():
        setattr(thing, name, value)
    remember(thing, source, target, actor=actor, reason=reason)


def remember(thing: models.Model, source: Any, target: Any, *, actor: Any = None, reason: str = "") -> None:
    """Write the history row of a step."""
    StateChange.objects.create(
        subject=subject_of(thing), source=str(source), target=str(target), actor=actor, reason=str(reason)[:300]
    )


def subject_of(thing: models.Model) -> str:
    """`order:<id>`, `line:<id>`, …"""
    names = {"orderline": "line"}
    return f"{names.get(thing._meta.model_name or '', thing._meta.model_name)}:{thing.pk}"


def steps_of(thing: models.Model) -> list[StateChange]:
    """Its history, first step first."""
    return list(StateChange.objects.filter(subject=subject_of(thing)).select_related("actor").order_by("id"))
