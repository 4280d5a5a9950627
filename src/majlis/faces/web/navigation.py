"""Where a person can go: entries that areas add, so that the shell knows no area by name.

An area adds its entries in its file of `routes/` (which is imported before the first page):

    from majlis.faces.web import navigation
    from majlis.faces.web.navigation import Place

    navigation.entry("wallet", _("Wallet"), icon="wallet", route="wallet", who="member")

An entry whose route does not exist is absent.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property, lru_cache
from typing import Any

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse


class Place(StrEnum):
    # In the header, beside the brand (wide screens) and in the menu (phones).
    HEADER = "header"
    # The bar at the bottom of a phone: four or five at most.
    TABS = "tabs"
    # The menu under the member's picture.
    ACCOUNT = "account"
    # The columns of the footer: for learners, for teachers, the house.
    LEARN = "learn"
    TEACH = "teach"
    HOUSE = "house"


@dataclass(frozen=True, slots=True)
class Entry:
    """One place to go to."""

    name: str
    label: Any
    """A lazily translated text."""
    icon: str
    """A name in the sprite."""
    route: str
    who: str
    """An audience: `all`, `visitor`, `member`, `staff`, or one added with `audience` (`expert`…)."""
    order: int
    places: frozenset[Place]
    count: Callable[[Any], int] | None
    """For a number beside the label (unread…): called with the member. It also follows `counter` events by `name`."""


@dataclass(frozen=True, slots=True)
class Link:
    """An entry as one reader sees it."""

    name: str
    label: Any
    icon: str
    href: str
    current: bool
    count: int


_entries: dict[str, Entry] = {}
_audiences: dict[str, Callable[[Any], bool]] = {"member": lambda member: True, "staff": lambda member: member.is_staff}


def audience(name: str, includes: Callable[[Any], bool]) -> None:
    """Name a group of members that entries can be for. `includes` is asked at most once per page."""
    _audiences[name] = includes


def entry(
    name: str,
    label: Any,
    *,
    icon: str,
    route: str,
    who: str = "all",
    order: int = 50,
    places: Iterable[Place] = (Place.ACCOUNT,),
    count: Callable[[Any], int] | None = None,
) -> None:
    """Add a place to go to (or replace the one with the same name)."""
    _entries[name] = Entry(name, label, icon, route, who, order, frozenset(places), count)


@lru_cache
def _address(route: str) -> str:
    """The address of a route; `""` when this edition has none of that name."""
    try:
        return reverse(route)
    except NoReverseMatch:
        return ""


class Navigation:
    """The places one reader is offered, for one request. Counts are asked once."""

    def __init__(self, request: HttpRequest, member: Any) -> None:
        self.path = request.path
        self.member = member
        self._counts: dict[str, int] = {}
        self._audiences: dict[str, bool] = {}

    def links(self, place: str) -> list[Link]:
        """The links of `place` for this reader, in order."""
        shown = (each for each in _entries.values() if place in each.places)
        links = (self._link(each) for each in sorted(shown, key=lambda e: (e.order, e.name)))
        return [link for link in links if link is not None]

    def link(self, name: str) -> Link | None:
        """One entry by name, wherever it stands; None when it is absent or not for this reader."""
        each = _entries.get(name)
        return self._link(each) if each is not None else None

    def counts(self) -> dict[str, int]:
        """The number beside each place that has one, by name, for this reader."""
        counting = (each.name for each in _entries.values() if each.count is not None)
        return {name: link.count for name in counting if (link := self.link(name)) is not None}

    @cached_property
    def here(self) -> tuple[str, ...]:
        """The names of the places this page belongs to: of a visitor's navigation, all that differs between pages."""
        return tuple(each.name for each in _entries.values() if self._is_here(_address(each.route)))

    def _link(self, each: Entry) -> Link | None:
        href = _address(each.route)
        if not href or not self._is_for_me(each):
            return None
        return Link(each.name, each.label, each.icon, href, self._is_here(href), self._count(each))

    def _is_here(self, href: str) -> bool:
        return self.path == href if href == "/" else bool(href) and self.path.startswith(href)

    def _count(self, each: Entry) -> int:
        if each.count is None or self.member is None:
            return 0
        if each.name not in self._counts:
            self._counts[each.name] = each.count(self.member)
        return self._counts[each.name]

    def _is_for_me(self, each: Entry) -> bool:
        if each.who == "all":
            return True
        if self.member is None or each.who == "visitor":
            return self.member is None and each.who == "visitor"
        if each.who not in self._audiences:
            includes = _audiences.get(each.who)
            self._audiences[each.who] = includes is not None and includes(self.member)
        return self._audiences[each.who]
