"""State machines as data."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Refusal


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
