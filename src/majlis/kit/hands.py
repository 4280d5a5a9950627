"""Several things at a time, where each spends its time waiting for somebody outside."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TypeVar

from django.db import connections

from majlis.kit import db

T = TypeVar("T")
R = TypeVar("R")


def side_by_side(act: Callable[[T], R], things: Sequence[T], *, hands: int) -> list[R]:
    """What `act` returned for each thing, in their order; up to `hands` at a time, each in a thread with a database
    connection of its own. Refuses to run inside a transaction, which the others would not see. What an act raises is
    raised once all are done."""
    db.refuse_transaction()
    if hands <= 1 or len(things) <= 1:
        return [act(thing) for thing in things]
    connections.close_all()  # ours would be idle: the pool is shared by all

    def alone(thing: T) -> R:
        try:
            return act(thing)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(max_workers=min(hands, len(things))) as pool:
        # What holds for the caller (its clock, its language, the request's id) holds for each.
        waiting = [pool.submit(copy_context().run, alone, thing) for thing in things]
    return [each.result() for each in waiting]
