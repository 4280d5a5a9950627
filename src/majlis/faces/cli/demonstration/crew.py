"""The hands that make the demonstration: a few processes beside this one, since making a teacher (portrait, texts,
papers, hours) is mostly work for the processor.

Each piece of work has dice of its own, so the people are the same however many hands make them, and in whatever order.
"""

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from random import Random
from types import TracebackType
from typing import Any

import django
from django.db import connection

from majlis.kit import clock
from majlis.kit.edition import edition

HANDS = max(1, min(4, os.cpu_count() or 1))


def dice_for(what: str) -> Random:
    """The same dice for the same piece of work of the same edition."""
    return Random(f"majlis {edition().code} {what}")  # noqa: S311 - a story, not a secret


class Crew:
    """The hands, for as long as the block runs. What still waits is dropped when the block fails."""

    def __init__(self, began: datetime) -> None:
        self.began = began
        self.hands = ProcessPoolExecutor(HANDS, mp_context=get_context("spawn"), initializer=django.setup)

    def __enter__(self) -> "Crew":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: Any, trace: TracebackType | None) -> None:
        self.hands.shutdown(cancel_futures=True)

    def do(
        self, things: Sequence[Any], size: int, work: Callable[..., list[Any]], made: Callable[[int], None], *more: Any
    ) -> Callable[[], list[Any]]:
        """Begin `work(some, *more)` on all `things`, by `size`, with the clock where the story begins;
        `made(how many)` as they are done. Call what is returned to wait for all that was made, in order."""

        def count(future: Future[list[Any]]) -> None:
            if not future.cancelled() and not future.exception():
                made(len(future.result()))

        futures = []
        for first in range(0, len(things), size):
            futures.append(self.hands.submit(_at, self.began, work, things[first : first + size], *more))
            futures[-1].add_done_callback(count)
        return lambda: [one for future in futures for one in future.result()]

    def all_do(self, work: Callable[..., Any], *facts: Any) -> Callable[[], list[None]]:
        """Let every hand do the same, side by side; the time is now. Call what is returned to wait for them."""
        futures = [self.hands.submit(_now, work, *facts) for _hand in range(HANDS)]
        return lambda: [future.result() for future in futures]


def _at(moment: datetime, work: Callable[..., list[Any]], *facts: Any) -> list[Any]:
    with unhurried_disk(), clock.travel(to=moment):
        return work(*facts)


def _now(work: Callable[..., Any], *facts: Any) -> None:
    with unhurried_disk():
        work(*facts)


@contextmanager
def unhurried_disk() -> Iterator[None]:
    """Let commits not wait for the disk in the block. A demonstration that a power cut takes away is loaded anew: only
    after the block, and a commit that waits, it is said to be there."""
    _disk("SET synchronous_commit = off")
    try:
        yield
    finally:
        _disk("RESET synchronous_commit")


def _disk(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
