"""The one way a thing of billing changes its state: a guarded UPDATE along its table, and a row that remembers it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models

from majlis.engines.billing.models import StateChange
from majlis.kit import clock
from majlis.kit.db import copy_in
from majlis.kit.ids import new_id
from majlis.kit.state import IllegalTransition, Transitions
from majlis.kit.translated import source_text


def move(thing: Any, target: Any, table: Transitions, *, actor: Any = None, reason: Any = "", **columns: Any) -> None:
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


def move_all(
    things: Sequence[Any],
    target: Any,
    table: Transitions,
    *,
    columns: Sequence[Mapping[str, Any]] = (),
    reason: Any = "",
) -> None:
    """`move` many things of one kind and state by one statement, all or none; `columns` has a mapping for each, all of
    the same names. Refuses with `IllegalTransition` if one of them has moved meanwhile."""
    if not things:
        return
    table.check(things[0].status, target)
    steps = [step_of(thing, thing.status, target, reason) for thing in things]
    rewrite(things, [{**row, "status": str(target)} for row in columns or [{}] * len(things)])
    remember_all(steps)


def rewrite(things: Sequence[Any], columns: Sequence[Mapping[str, Any]]) -> None:
    """Set `columns` (a mapping for each thing, all of the same names) by one guarded UPDATE: of all that are still in
    the state of the first. Refuses with `IllegalTransition` if one is not."""
    kind, source = type(things[0]), things[0].status
    # What is the same for all of them travels once, the rest as an array for each column.
    same: list[tuple[str, Any]] = []
    own: list[tuple[str, str, list[Any]]] = [("id", "uuid", [thing.pk for thing in things])]
    for name in columns[0]:
        field = kind._meta.get_field(name)
        values = [field.get_db_prep_save(_plain(row[name]), connection) for row in columns]
        if all(value == values[0] for value in values):
            same.append((field.column, values[0]))
        else:
            own.append((field.column, str(field.db_type(connection)), values))
    q = connection.ops.quote_name
    sets = [f"{q(column)} = %s" for column, _value in same] + [f"{q(name)} = g.{q(name)}" for name, _t, _v in own[1:]]
    given, names = (", ".join(f"%s::{kind}[]" for _n, kind, _v in own), ", ".join(q(name) for name, _t, _v in own))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {kind._meta.db_table} AS t SET {', '.join(sets)} FROM unnest({given}) AS g ({names}) "  # noqa: S608 - names of ours
            "WHERE t.id = g.id AND t.status = %s",
            [*(value for _column, value in same), *(values for _n, _t, values in own), str(source)],
        )
        if cursor.rowcount != len(things):
            raise IllegalTransition(source=str(source), target=str(columns[0].get("status", source)))
    for thing, row in zip(things, columns, strict=True):
        for column, value in row.items():
            setattr(thing, column, value)


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    return str(value) if isinstance(value, str) else value  # a choice is its word


Step = tuple[str, str, str, str]
"""What a history row says of a step of the house's own: subject, source, target, reason."""


def step_of(thing: models.Model, source: Any, target: Any, reason: Any = "") -> Step:
    """What the history row of a step will say."""
    return subject_of(thing), str(source), str(target), source_text(reason)[:300]


def remember_all(steps: Sequence[Step]) -> None:
    """Write the history rows of many steps, in their order."""
    columns = ("id", "created_at", "subject", "source", "target", "reason")
    now = clock.now()
    copy_in(StateChange._meta.db_table, columns, [(new_id(), now, *step) for step in steps])


def remember(thing: models.Model, source: Any, target: Any, *, actor: Any = None, reason: Any = "") -> None:
    """Write the history row of a step. A `reason` of the house's own is a lazily translated sentence."""
    subject, before, after, why = step_of(thing, source, target, reason)
    StateChange.objects.create(subject=subject, source=before, target=after, actor=actor, reason=why)


def subject_of(thing: models.Model) -> str:
    """`order:<id>`, `line:<id>`, …"""
    names = {"orderline": "line"}
    return f"{names.get(thing._meta.model_name or '', thing._meta.model_name)}:{thing.pk}"


def steps_of(thing: models.Model) -> list[StateChange]:
    """Its history, first step first."""
    return list(StateChange.objects.filter(subject=subject_of(thing)).select_related("actor").order_by("id"))
