"""Answers remembered for a minute in this process: for small tables that are read by every page and hardly change.

Another process learns of a change when its own minute is over; the process that makes the change calls `forget()`.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.cache import cache

P = ParamSpec("P")
R = TypeVar("R")
_memories: list[dict[Any, tuple[float, Any]]] = []
NEAR = 60
"""Seconds for which a process trusts its own copy of what all processes share."""


def memo(seconds: float = 60, *, most: int | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember what the function returned for the same (hashable) arguments. What it raises is not remembered. Where
    visitors choose the arguments, name how many answers are held at `most`; then it starts anew."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        memory: dict[Any, tuple[float, Any]] = {}
        _memories.append(memory)

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items())))
            found = memory.get(key)
            if found is not None and found[0] > time.monotonic():
                return found[1]
            value = function(*args, **kwargs)
            if most is not None and len(memory) >= most:
                memory.clear()
            memory[key] = (time.monotonic() + seconds, value)
            return value

        return remembered

    return wrap


class Near:
    """The shared cache with a copy at hand: what this process asked for in the last minute costs no statement. Holds
    `most` answers and then starts anew. What was absent is asked for again."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.memory: dict[Any, tuple[float, Any]] = {}
        _memories.append(self.memory)

    def get(self, key: str) -> Any:
        """What was set, or None. Treat it as read-only."""
        found = self.memory.get(key)
        if found is not None and found[0] > time.monotonic():
            return found[1]
        value = cache.get(key)
        if value is not None:
            self._keep(key, value, NEAR)
        return value

    def set(self, key: str, value: Any, seconds: int) -> None:
        """Keep it for every process, for so many seconds."""
        cache.set(key, value, seconds)
        self._keep(key, value, min(seconds, NEAR))

    def _keep(self, key: str, value: Any, seconds: int) -> None:
        if len(self.memory) >= self.most:
            self.memory.clear()
        self.memory[key] = (time.monotonic() + seconds, value)


def forget() -> None:
    """Forget everything remembered in this process."""
    for memory in _memories:
        memory.clear()
