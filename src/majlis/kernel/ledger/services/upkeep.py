"""What the clock does to the books."""

from datetime import datetime

from django.db import connection, transaction

from majlis.kit import clock

MONTHS_AHEAD = 3


@transaction.atomic
def roll_up(*, now: datetime | None = None) -> int:
    """Add what was booked to house accounts since the last time to their roll-ups; the number of entries folded in.
    What transactions still under way have booked or will book is left for the next time."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT ledger_roll_up(%s)", [now or clock.now()])
        return cursor.fetchone()[0]


@transaction.atomic
def make_months(*, now: datetime | None = None) -> int:
    """Make this month's partition of the entries and the next three; the number that was missing."""
    moment = now or clock.now()
    with connection.cursor() as cursor:
        cursor.execute(
            """SELECT count(*) FILTER (WHERE ledger_make_month(%s + ahead * interval '1 month'))
               FROM generate_series(0, %s) ahead""",
            [moment, MONTHS_AHEAD],
        )
        return cursor.fetchone()[0]
