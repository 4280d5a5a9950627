"""The one way a thing of billing changes its state: a guarded UPDATE along its table, and a row that remembers it."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection, models
from psycopg import sql

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


def move_all(
    things: Sequence[Any],
    target: Any,
    table: Transitions,
    *,
    columns: Sequence[Mapping[str, Any]] = (),
    reason: str = "",
) -> None:
    """`move` many things of one kind and state by one statement, all or none; `columns` has a mapping for each, all of
    the same names. Refuses with `IllegalTransition` if one of them has moved meanwhile."""
    if not things:
        return
    table.check(things[0].status, target)
    steps = [step_of(thing, thing.status, target, reason) for thing in things]
    rewrite(things, [{**row, "status": str(target)} for row in columns or [{}] * len(things)])
    StateChange.objects.bulk_create(steps)


def rewrite(things: Sequence[Any], columns: Sequence[Mapping[str, Any]]) -> None:
    """Set `columns` (a mapping for each thing, all of the same names) by one guarded UPDATE: of all that are still in
    the state of the first. Refuses with `IllegalTransition` if one is not."""
    kind, source = type(things[0]), things[0].status
    fields = [kind._meta.get_field(name) for name in columns[0]]
    given: list[Any] = [[thing.pk for thing in things]]
    for field in fields:
        given.append([field.get_db_prep_save(_plain(row[field.name]), connection) for row in columns])
    name = sql.Identifier
    statement = sql.SQL("UPDATE {table} AS t SET {sets} FROM unnest({given}) AS g ({names}) WHERE {same}").format(
        table=name(kind._meta.db_table),
        sets=sql.SQL(", ").join(sql.SQL("{0} = g.{0}").format(name(field.column)) for field in fields),
        given=sql.SQL(", ").join(
            sql.SQL("%s::{}[]").format(sql.SQL(str(field.db_type(connection)))) for field in [kind._meta.pk, *fields]
        ),
        names=sql.SQL(", ").join(name(field.column) for field in [kind._meta.pk, *fields]),
        same=sql.SQL("t.id = g.id AND t.status = %s"),
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [*given, str(source)])
        if cursor.rowcount != len(things):
            raise IllegalTransition(source=str(source), target=str(columns[0].get("status", source)))
    for thing, row in zip(things, columns, strict=True):
        for column, value in row.items():
            setattr(thing, column, value)


def _plain(value: Any) -> Any:
    if isinstance(value, models.Model):
        return value.pk
    return str(value) if isinstance(value, str) else value  # a choice is its word


def step_of(thing: models.Model, source: Any, target: Any, reason: Any = "") -> StateChange:
    """The history row of a step, not written yet."""
    return StateChange(subject=subject_of(thing), source=str(source), target=str(target), reason=str(reason)[:300])


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
