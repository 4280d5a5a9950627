"""Answers remembered for a minute in this process: for small tables that are read by every page and hardly change, and
for what is made of them.

All is forgotten at once, at the turn of the minute, so that what was made of remembered things is never older than they
are. Another process learns of a change then; the process that makes the change calls `forget()`.
"""

import time
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.core.cache import cache

P = ParamSpec("P")
R = TypeVar("R")
MINUTE = 60.0
_memories: list[dict[Any, Any] | set[Any]] = []
NEAR = 60
"""Seconds for which a process trusts its own copy of what all processes share."""


class Memory:
    """What was made for a (hashable) key, until the turn of the minute (or of as many `seconds`). What making it raised
    is not remembered. Where visitors choose the keys, name how many answers are held at `most`; then it starts anew."""

    def __init__(self, *, seconds: float = MINUTE, most: int | None = None) -> None:
        self.seconds, self.most = seconds, most
        self.kept: dict[Any, tuple[float, Any]] = {}
        _memories.append(self.kept)

    def recall(self, key: Any, make: Callable[[], R]) -> R:
        """What is remembered for `key`, else what `make` makes. Treat it as read-only."""
        turn = time.monotonic() // self.seconds
        found = self.kept.get(key)
        if found is not None and found[0] == turn:
            return found[1]
        value = make()
        if self.most is not None and len(self.kept) >= self.most:
            self.kept.clear()
        self.kept[key] = (turn, value)
        return value


def memo(seconds: float = MINUTE, *, most: int | None = None) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Remember what the function returned for the same (hashable) arguments, as `Memory` does."""

    def wrap(function: Callable[P, R]) -> Callable[P, R]:
        memory = Memory(seconds=seconds, most=most)
        kept = memory.kept

        @wraps(function)
        def remembered(*args: P.args, **kwargs: P.kwargs) -> R:
            key = (args, tuple(sorted(kwargs.items()))) if kwargs else args
            # As `recall` begins, without its call: an answer remembers hundreds of things.
            found = kept.get(key)
            if found is not None and found[0] == time.monotonic() // seconds:
                value: R = found[1]
                return value
            return memory.recall(key, lambda: function(*args, **kwargs))

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


class Known:
    """What this process has seen to be so, of things that never cease to be so once they are committed. Holds `most`
    keys and then starts anew."""

    def __init__(self, most: int) -> None:
        self.most = most
        self.keys: set[Any] = set()
        _memories.append(self.keys)

    def __contains__(self, key: Any) -> bool:
        return key in self.keys

    def learn(self, keys: Iterable[Any]) -> None:
        """These are so from now on: call it when what made them so is committed."""
        if len(self.keys) >= self.most:
            self.keys.clear()
        self.keys.update(keys)

    def forget(self) -> None:
        """It was not so after all, such as after a backup was restored."""
        self.keys.clear()


def forget() -> None:
    """Forget everything remembered in this process."""
    for memory in _memories:
        memory.clear()
