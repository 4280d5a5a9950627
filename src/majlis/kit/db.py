"""What the tables and services of every module share."""

import json
import re
import zlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

import psycopg
from django.db import DEFAULT_DB_ALIAS, connection, connections, models, transaction
from psycopg import generators, pq, sql
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.pq import ExecStatus, TransactionStatus

from majlis.kit import clock
from majlis.kit.ids import new_id


class Record(models.Model):
    """A row with a UUIDv7 and the time it was made."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    created_at = models.DateTimeField(default=clock.now, editable=False)

    class Meta:
        abstract = True


def lock(space: str, *keys: Any) -> None:
    """Advisory locks held to the end of the transaction, one per key, taken in one fixed order so that two callers
    never wait for each other. `space` keeps the keys of different modules apart."""
    require_transaction()
    with connection.cursor() as cursor:
        # A function scan hands out its rows in the array's order.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, key) FROM unnest(%s::int[]) AS key", list(lock_numbers(space, *keys))
        )


def lock_numbers(space: str, *keys: Any) -> tuple[int, list[int]]:
    """What `lock` locks, for a function of the database that locks by itself."""
    return zlib.crc32(space.encode()) - 2**31, sorted({zlib.crc32(str(key).encode()) - 2**31 for key in keys})


def prepared(query: str, given: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
    """The rows of a statement that is planned once per connection: for the few hot ones. Parameters travel apart from
    the text, so each place must let the server infer its type. Outside a transaction it is one of its own."""
    here = connections[DEFAULT_DB_ALIAS]
    here.ensure_connection()
    here.validate_no_broken_transaction()
    raw: psycopg.Connection[Any] = here.connection
    text, names = numbered(query)
    values = [given[name] for name in names] if isinstance(given, Mapping) else list(given)
    with here.wrap_database_errors, raw.lock:
        return asked(raw, text, values)


def asked(raw: psycopg.Connection[Any], text: bytes, values: Sequence[Any]) -> list[Any]:
    """The rows of a statement as the server reads it, prepared. It is said to the driver's library without a cursor,
    which would cost more than a short statement itself."""
    adapting = Transformer(raw)
    written = adapting.dump_sequence(values, [PyFormat.AUTO] * len(values))
    types = adapting.types or ()
    first = not raw.autocommit and raw.pgconn.transaction_status == TransactionStatus.IDLE
    if first and (name := _statements.get(raw, {}).get((text, types), b"")):
        result = _said_with_begin(raw, name, written, adapting.formats)
    else:
        if first:
            _said(raw, raw.pgconn.send_query, b"BEGIN")
        name = _statement(raw, text, types)
        result = _said(raw, raw.pgconn.send_query_prepared, name, written, adapting.formats)
    adapting.set_pgresult(result)
    rows: list[Any] = adapting.load_rows(0, result.ntuples, tuple)
    return rows


_statements: WeakKeyDictionary[Any, dict[tuple[bytes, tuple[int, ...]], bytes]] = WeakKeyDictionary()
"""What each connection has prepared: a name by text and types."""


def _statement(raw: psycopg.Connection[Any], text: bytes, types: tuple[int, ...]) -> bytes:
    names = _statements.get(raw)
    if names is None:
        names = _statements[raw] = {}
    name = names.get((text, types))
    if name is None:
        name = b"majlis_%d" % len(names)
        _said(raw, raw.pgconn.send_prepare, name, text, types)
        names[text, types] = name
    return name


def _said(raw: psycopg.Connection[Any], send: Callable[..., None], *words: Any) -> Any:
    """The server's answer; raises what it complains about."""
    send(*words)
    return _fine(raw, raw.wait(generators.execute(raw.pgconn)))


def _said_with_begin(raw: psycopg.Connection[Any], *words: Any) -> Any:
    """The server's answer to a prepared statement that is the first of its transaction and goes along with the BEGIN:
    one round trip for both. Raises what it complains about."""
    line = raw.pgconn
    line.enter_pipeline_mode()
    try:
        line.send_query_params(b"BEGIN", None)
        line.send_query_prepared(*words)
        line.pipeline_sync()
        return _fine(raw, raw.wait(_answers(line)))
    finally:
        try:
            line.exit_pipeline_mode()
        except psycopg.OperationalError:
            line.finish()  # interrupted halfway, or lost: what it said next would answer something else


def _answers(line: pq.abc.PGconn) -> PQGen[list[pq.abc.PGresult]]:
    if line.flush():
        yield from generators.send(line)
    begun = yield from generators.fetch_many(line)
    answered = yield from generators.fetch_many(line)
    yield from generators.fetch(line)  # the mark after the last of what was sent together
    return [*begun, *answered]


def _fine(raw: psycopg.Connection[Any], results: list[pq.abc.PGresult]) -> Any:
    """The last result, if all are good. A line that broke may leave none."""
    if not results:
        raise psycopg.OperationalError("The server said nothing.")
    for result in results:
        if result.status not in (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK):
            raise psycopg.errors.error_from_result(result, encoding=raw.info.encoding)
    return results[-1]


def array(ids: Iterable[UUID | str | int]) -> str:
    """Ids or numbers as the server reads an array of them (`%(ids)s::uuid[]`). Of a list the driver looks at each for
    quotes."""
    return f"{{{','.join(map(str, ids))}}}"


@lru_cache(maxsize=500)
def numbered(query: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement as the server reads it, with `$1` for `%(name)s` (or `%s`) and `%` for `%%`; and the names in order.
    The driver would take a long one apart each time."""
    names: dict[str, str] = {}

    def place(found: re.Match[str]) -> str:
        return "%" if found[0] == "%%" else names.setdefault(found[1] or str(len(names)), f"${len(names) + 1}")

    return re.sub(r"%(?:\((\w+)\))?s|%%", place, query).encode(), tuple(names)


def copy_in(table: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows by COPY: one statement, a fraction of the time of an INSERT of as many. Values travel as they are (a
    JSON column's as text); what a row breaks undoes all of them."""
    connection.ensure_connection()
    connection.validate_no_broken_transaction()
    name = sql.Identifier
    statement = sql.SQL("COPY {} ({}) FROM STDIN").format(name(table), sql.SQL(", ").join(map(name, columns)))
    raw: Any = connection.connection
    with connection.wrap_database_errors, psycopg.Cursor(raw) as cursor, cursor.copy(statement) as copy:
        for row in rows:
            copy.write_row(row)


def insert_all(rows: Sequence[models.Model]) -> None:
    """`bulk_create` of new rows of one model by `copy_in`, for what a worker writes by the hundred."""
    if not rows:
        return
    fields = rows[0]._meta.concrete_fields
    ways = [(field.attname, _written(field)) for field in fields]
    copy_in(
        rows[0]._meta.db_table,
        [str(field.column) for field in fields],
        ([way(getattr(row, name)) for name, way in ways] for row in rows),
    )


def _written(field: Any) -> Callable[[Any], Any]:
    """How a field's value goes into a COPY."""
    if isinstance(field, models.JSONField):
        return lambda value: None if value is None else json.dumps(value, cls=field.encoder, ensure_ascii=False)
    if isinstance(field, models.CharField):
        return lambda value: None if value is None else str(value)  # a choice is its word
    return lambda value: value


def require_transaction() -> None:
    """Raises unless the caller opened a transaction: for services that are only right inside one."""
    if not connection.in_atomic_block:
        raise transaction.TransactionManagementError("This must run inside a transaction.")


def refuse_transaction() -> None:
    """Raises inside a transaction (of the application's own): no lock may be held while the network answers."""
    # A test may wrap the whole test in a transaction; that one is marked by Django and does not count.
    own = [block for block in connection.atomic_blocks if not block._from_testcase]  # type: ignore[attr-defined]
    if own:
        raise transaction.TransactionManagementError("This must not run inside a transaction.")
