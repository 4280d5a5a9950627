"""The calls of the two functions of `migrations/0003_reserve.py`, and what they answer."""

from typing import NamedTuple
from uuid import UUID

RESERVE = """
SELECT outcome, whose, grid, expired, reservation FROM scheduling_reserve(
    %(space)s, %(locks)s, %(id)s, %(people)s, %(starts_at)s, %(ends_at)s, %(held_until)s, %(hours_of)s, %(kind)s,
    %(subject_id)s, %(title)s, %(actor)s, %(now)s, %(first_day)s, %(last_day)s)
"""
"""Lock, look, take everybody's time, write the reservation and its history, tell search."""

TAKE = """
SELECT outcome, whose, grid, expired, %(id)s::uuid FROM scheduling_take(
    %(id)s, %(people)s, %(starts_at)s, %(ends_at)s, %(held_until)s, %(hours_of)s, %(now)s)
"""
"""Look and take everybody's time for a reservation that is there, by who holds the locks."""

EXPIRED = "expired"
ANSWERED = {"taken", "repeated", EXPIRED}
"""What is no refusal."""


class Answer(NamedTuple):
    """One row of either."""

    outcome: str
    whose: UUID | None
    """With `slot_taken`: who is taken."""
    grid: int | None
    """With `off_grid`: every how many minutes bookings begin."""
    expired: list[UUID] | None
    """With `expired`: the holds to lapse before asking again."""
    reservation_id: UUID
    """The one made, moved, or made before."""
