"""How a product names what it reserved: `register("lesson", titles)` in its `apps.ready()`."""

from collections.abc import Callable, Iterable
from uuid import UUID

from majlis.engines.scheduling.models import Reservation

Titles = Callable[[list[UUID]], dict[UUID, str]]
"""From the products' ids to what each is called in the active language."""

_titles: dict[str, Titles] = {}


def register(kind: str, titles: Titles) -> None:
    """From now on calendars call reservations of this kind what `titles` says, in the language of who looks."""
    _titles[kind] = titles


def titled(reservations: Iterable[Reservation]) -> dict[UUID, str]:
    """What each reservation is called: by its product, else as it was called when it was made."""
    found = list(reservations)
    names = {r.id: r.title for r in found}
    for kind in {r.kind for r in found} & set(_titles):
        said = _titles[kind]([r.subject_id for r in found if r.kind == kind])
        names |= {r.id: said[r.subject_id] for r in found if r.kind == kind and r.subject_id in said}
    return names
