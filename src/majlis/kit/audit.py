"""What `./majlis audit` proves: each module's invariants, asked of the rows themselves.

A module declares them in its `audits.py` (loaded with its `handlers.py`):

    @audit.check("ledger: every journal sums to zero")
    def journals_sum_to_zero() -> Iterator[str]:
        for journal, unit, total in …:
            yield f"Journal {journal} is off by {total} {unit}."

A check reads, never mends. It yields one sentence per broken row, naming the row; yielding nothing is the proof.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TypeVar

_checks: dict[str, Callable[[], Iterable[str]]] = {}
C = TypeVar("C", bound=Callable[[], Iterable[str]])


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one check found."""

    claim: str
    """What ought to be true, as registered: `ledger: every journal sums to zero`."""
    findings: tuple[str, ...]
    """One sentence per broken row, at most the limit; empty when the claim holds."""
    more: bool = False
    """Whether there were more findings than the limit."""


def check(claim: str) -> Callable[[C], C]:
    """Register a check. `claim` says what is true when it finds nothing: `module: sentence`, once in the house."""

    def register(found: C) -> C:
        if claim in _checks and _checks[claim] is not found:
            raise ValueError(f"The claim {claim!r} is registered twice.")
        _checks[claim] = found
        return found

    return register


def claims() -> list[str]:
    """Every registered claim, in alphabetical order."""
    return sorted(_checks)


def run(only: str = "", *, limit: int = 100) -> Iterator[Outcome]:
    """Run every check whose claim begins with `only`, one after the other; at most `limit` findings of each."""
    for claim in claims():
        if claim.startswith(only):
            found = tuple(islice(_checks[claim](), limit + 1))
            yield Outcome(claim, found[:limit], more=len(found) > limit)
