"""State machines as data."""

from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Refusal

Value = TypeVar("Value")


class IllegalTransition(Refusal):
    """The thing is no longer (or not yet) in a state from which this can be done."""

    code = "illegal_transition"
    sentence = _("This is not possible any more: its state has changed meanwhile.")


class Transitions:
    """Which state may follow which: `Transitions({"draft": ["open"], "open": ["paid", "void"]})`."""

    def __init__(self, table: Mapping[Any, Iterable[Any]]) -> None:
        self.table = {str(source): frozenset(map(str, targets)) for source, targets in table.items()}

    def allows(self, source: Any, target: Any) -> bool:
        """Whether `target` may follow `source`."""
        return str(target) in self.table.get(str(source), frozenset())

    def check(self, source: Any, target: Any) -> None:
        """Refuses with `IllegalTransition` unless `target` may follow `source`."""
        if not self.allows(source, target):
            raise IllegalTransition(source=str(source), target=str(target))

    def sources(self, target: Any) -> list[str]:
        """Every state from which `target` may be reached in one step."""
        return [s for s, targets in self.table.items() if str(target) in targets]


def promised(value: Value | None) -> Value:
    """What a nullable column holds in a row whose state says that it is filled: a confirmed lesson has a reservation.
    Nothing there is a bug, and reported as one."""
    if value is None:
        raise ValueError("A column is empty that the row's state promises to be filled.")
    return value
