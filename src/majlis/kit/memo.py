"""Answers remembered for a minute in this process: for small tables that are read by every page and hardly change.

Another process learns of a change when its own minute is over; the process that makes the change calls `forget()`.
"""

import time
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")
_memories: list[dict[Any, tuple[float, Any]]] = []


def memo(seconds: float = 60) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember what the function returned for the same (hashable) arguments. What it raises is not remembered."""

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
            memory[key] = (time.monotonic() + seconds, value)
            return value

        return remembered

    return wrap


def forget() -> None:
    """Forget everything remembered in this process."""
    for memory in _memories:
        memory.clear()
