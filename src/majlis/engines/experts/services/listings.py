"""Keeping what search reads."""

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from uuid import UUID

from django.db import connection, transaction

from majlis.engines.experts.models import FreeDay, Listing
from majlis.engines.experts.models.listing import NEVER
from majlis.engines.experts.services import listing_sql as sql
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.money import exponent


def micro_dollars() -> dict[str, Decimal]:
    """How many millionths of a dollar one minor unit of each currency is worth, by the newest rates."""
    found = {"USD": Decimal(10_000)}
    for code, rate in catalogue.rates().items():
        found[code] = Decimal(1_000_000).scaleb(-exponent(code)) / rate.per_dollar
    return found


def _worth() -> str:
    return json.dumps({code: str(value) for code, value in micro_dollars().items()})


@transaction.atomic
def refresh_listings(expert_ids: Iterable[UUID] | None = None) -> None:
    """Write the search rows of these profiles anew, or of all (None): a row for each that is on the shelf, none for the
    others. A handful of statements for however many."""
    ids = None if expert_ids is None else list(expert_ids)
    facts = {"ids": ids, "worth": _worth(), "never": NEVER, "now": clock.now()}
    with connection.cursor() as cursor:
        if ids is not None:
            cursor.execute(sql.CONCERNED, facts)
            if not cursor.fetchone()[0]:  # drafts, all of them: the usual case while somebody writes
                return
        for statement in (sql.DROP, sql.WRITE, sql.FIND_FREE_TIME, sql.DROP_PRICES, sql.WRITE_PRICES, sql.ADD_WORDS):
            cursor.execute(statement, facts)
        cursor.execute(sql.PEOPLE, facts)
        cursor.execute(sql.CARRY_DAYS, {"people": [row[0] for row in cursor.fetchall()], "now": facts["now"]})


@transaction.atomic
def refresh_stale_listings() -> int:
    """Refresh the rows whose person changed name, gender or standing since they were written, and all prices by the
    newest rates; how many people had changed."""
    with connection.cursor() as cursor:
        cursor.execute(sql.STALE)
        stale = [row[0] for row in cursor.fetchall()]
        refresh_listings(stale)
        for statement in (sql.REPRICE, sql.REPRICE_SCOPES):
            cursor.execute(statement, {"worth": _worth()})
    return len(stale)


@transaction.atomic
def take_free_time(*, person_id: UUID, next_free_at: datetime | None, first_day: date, bits: Sequence[int]) -> None:
    """Copy what scheduling says about somebody's free time: `bits` of consecutive UTC days from `first_day`, 48 a day,
    bit 0 is 00:00–00:30; other days stay as they are. Harmless when repeated."""
    days = [first_day + timedelta(days=n) for n in range(len(bits))]
    with connection.cursor() as cursor:
        if days:
            cursor.execute(sql.PUT_DAYS, {"person": person_id, "days": days, "bits": [b & sql.WHOLE_DAY for b in bits]})
            cursor.execute(sql.LINK_DAYS, {"person": person_id, "first": days[0], "last": days[-1]})
            # From the first day told, in case it is before today on another clock.
            cursor.execute(sql.CARRY_DAYS, {"people": [person_id], "now": min(clock.now().date(), days[0])})
    Listing.objects.filter(person_id=person_id).update(free_at=next_free_at or NEVER)


def prune_free_days(*, now: datetime | None = None) -> int:
    """Forget days that are over; how many rows."""
    yesterday = (now or clock.now()).astimezone(UTC).date() - timedelta(days=1)
    return FreeDay.objects.filter(day__lt=yesterday).delete()[0]
