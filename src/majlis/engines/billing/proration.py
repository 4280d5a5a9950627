"""What a running period is still worth, and what a change of plan costs. Pure arithmetic in whole minor units.

A credit is rounded down and never exceeds what was paid; what is charged and what is credited add up exactly.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from majlis.kit.money import Money


def time_left(starts_at: datetime, ends_at: datetime, at: datetime) -> Fraction:
    """The part of a period that lies behind `at`: between 0 and 1."""
    whole, left = ends_at - starts_at, ends_at - at
    micro = timedelta(microseconds=1)
    return min(Fraction(1), max(Fraction(0), Fraction(left // micro, whole // micro)))


def allowance_left(allowances: Sequence[tuple[int, int]]) -> Fraction:
    """The part of a period's allowances that is not used: of several (left, granted), the smallest; 1 without any."""
    parts = [Fraction(left, granted) for left, granted in allowances if granted > 0]
    return min([Fraction(1), *parts])


def worth(paid: Money, *fractions: Fraction) -> Money:
    """The smallest of the fractions of what was paid, rounded down."""
    return Money(floor(paid.amount * min(fractions)), paid.unit)


@dataclass(frozen=True, slots=True)
class Difference:
    """`charge + to_wallet = credit + due`."""

    due: Money
    """What is left to pay."""
    to_wallet: Money
    """What is left of the credit."""


def difference(charge: Money, credit: Money) -> Difference:
    """Set the two off against each other."""
    nothing = Money(0, charge.unit)
    if credit < charge:
        return Difference(due=charge - credit, to_wallet=nothing)
    return Difference(due=nothing, to_wallet=credit - charge)


def shares(total: Money, of: Sequence[Money]) -> list[Money]:
    """`total` divided over amounts that together are at least as much, none getting more than it has; sums exactly."""
    left, given = total, []
    for amount in of:
        part = min(left.amount, amount.amount)
        given.append(Money(part, total.unit))
        left = left - given[-1]
    if left:
        raise ValueError(f"{total} is more than there is.")
    return given
