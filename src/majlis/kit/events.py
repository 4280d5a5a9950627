"""How a module announces what happened, upwards and sideways, without knowing who listens.

`publish(LessonBooked(...))` defers one job per subscriber in the caller's transaction, so that a change and its
announcement commit or vanish together. Delivery is at least once: a handler is idempotent.
"""

import dataclasses
import importlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date, datetime
from typing import Any, TypeVar, get_type_hints
from uuid import UUID

_subscribers: dict[type, list[Callable[[Any], None]]] = defaultdict(list)
H = TypeVar("H", bound=Callable[[Any], None])


def subscribe(event: type) -> Callable[[H], H]:
    """`@subscribe(LessonBooked) def on_lesson_booked(event): …` in a module's `handlers.py`."""

    def register(handler: H) -> H:
        _subscribers[event].append(handler)
        return handler

    return register


def publish(event: Any) -> None:
    """Announce `event` (a frozen dataclass of ids and facts) to each subscriber, one job each."""
    publish_all([event])


def publish_all(announced: Iterable[Any]) -> None:
    """Announce several events, in their order, by one statement."""
    from majlis.kit.jobs import deliver_event

    jobs: list[dict[str, Any]] = [
        {
            "handler": f"{handler.__module__}:{handler.__qualname__}",
            "kind": f"{type(event).__module__}:{type(event).__qualname__}",
            "facts": {k: _plain(v) for k, v in dataclasses.asdict(event).items()},
        }
        for event in announced
        for handler in _subscribers[type(event)]
    ]
    if jobs:
        deliver_event.batch_defer(*jobs)


def deliver(handler: str, kind: str, facts: dict[str, Any]) -> None:
    """Hand a stored event to a handler, both by name."""
    event_type = _load(kind)
    hints = get_type_hints(event_type)
    known = {f.name for f in dataclasses.fields(event_type)}
    values = {k: _rich(hints[k], v) for k, v in facts.items() if k in known}
    _load(handler)(event_type(**values))


def _load(name: str) -> Any:
    module, _, attribute = name.partition(":")
    return getattr(importlib.import_module(module), attribute)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value


def _rich(hint: Any, value: Any) -> Any:
    """Turn stored JSON back into what the event's annotation says (also inside `X | None`, `tuple[X, ...]`)."""
    if value is None:
        return None
    kinds = [hint, *getattr(hint, "__args__", ())]
    if isinstance(value, list):
        inner = next((k for k in kinds[1:] if k is not Ellipsis and k is not type(None)), None)
        return tuple(_rich(inner, v) for v in value)
    if isinstance(value, str):
        for kind in kinds:
            if kind in (UUID,):
                return UUID(value)
            if kind in (datetime, date):
                return kind.fromisoformat(value)
    return value
