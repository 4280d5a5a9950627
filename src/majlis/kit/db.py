"""What the tables and services of every module share."""

import zlib
from typing import Any

from django.db import connection, models, transaction

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
    high = zlib.crc32(space.encode()) - 2**31
    numbers = sorted({zlib.crc32(str(key).encode()) - 2**31 for key in keys})
    with connection.cursor() as cursor:
        # A function scan hands out its rows in the array's order.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, key) FROM unnest(%s::int[]) AS key", [high, numbers])


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
