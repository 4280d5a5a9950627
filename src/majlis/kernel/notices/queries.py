"""What notices knows."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from django.db.models import Max

from majlis.kernel.notices import registry, words
from majlis.kernel.notices.models import Notice, Presence, Rhythm, Wish
from majlis.kernel.notices.services.signalling import KEPT
from majlis.kernel.notices.services.wishing import about_kind, choose, read_unsubscribe_token
from majlis.kernel.notices.stream import (
    LiveEvent,
    Sight,
    read_announcement,
    stream_events,
    stream_of_person,
    stream_sight,
    stream_since,
)
from majlis.kernel.notices.types import Category, Kind, Pace
from majlis.kit import clock
from majlis.kit.pages import Page, paginate

ALIVE = timedelta(seconds=70)
"""A realtime process that has not beaten for this long is dead."""

STREAM_KEPT = KEPT
"""How long a stream may be away and still be given what it missed."""

__all__ = [
    "LiveEvent",
    "Sight",
    "read_announcement",
    "read_unsubscribe_token",
    "stream_events",
    "stream_of_person",
    "stream_sight",
    "stream_since",
]


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A notice as its reader sees it: the newest of those about the same thing, and how many they are."""

    id: UUID
    kind: str
    category: str
    title: str
    body: str
    action: str
    link: str
    at: datetime
    read: bool
    count: int


@dataclass(frozen=True, slots=True)
class CategoryWishes:
    """What applies to one category, and to each of its kinds."""

    category: Category
    in_app: bool
    email: Pace
    kinds: "tuple[KindWish, ...]"


@dataclass(frozen=True, slots=True)
class KindWish:
    """What applies to one kind."""

    code: str
    label: str
    """Its title, with an ellipsis where a name would stand."""
    own: bool
    """Whether the person chose for this kind, and not just for its category."""
    in_app: bool
    email: Pace


def unread_count(person: Any) -> int:
    """How many notices the person has not read."""
    return Notice.objects.filter(person=person, in_app=True, read_at__isnull=True).count()


def notices_of(person: Any, cursor: str | None = None, limit: int = 30) -> Page[NoticeView]:
    """Their notices, newest first, in the active language and their zone; neighbours of one kind with the same link
    stand as one with a count."""
    page = paginate(Notice.objects.filter(person=person, in_app=True), cursor, limit)
    views = []
    for _key, group in groupby(page.items, key=lambda n: (n.kind, n.link, n.read_at is not None)):
        alike = list(group)
        if not alike[0].link:
            views += [_view(notice, 1, person.zone) for notice in alike]
        else:
            views.append(_view(alike[0], len(alike), person.zone))
    return Page(views, page.next)


def _view(notice: Notice, count: int, zone: str) -> NoticeView:
    said = words.say(notice.kind, notice.facts, zone=zone)
    return NoticeView(
        id=notice.pk,
        kind=notice.kind,
        category=notice.category,
        title=said.title,
        body=said.body,
        action=said.action,
        link=notice.link,
        at=notice.created_at,
        read=notice.read_at is not None,
        count=count,
    )


def wishes_of(person: Any) -> list[CategoryWishes]:
    """What the person gets, category by category, for the settings page; only categories with a kind to choose."""
    wishes = {wish.about: wish for wish in Wish.objects.filter(person=person)}
    found = []
    for category in Category:
        kinds = [k for k in registry.kinds() if k.category == category.value and not k.essential]
        if not kinds:
            continue
        wish = wishes.get(category.value)
        found.append(
            CategoryWishes(
                category=category,
                in_app=wish.in_app if wish else True,
                email=Pace(wish.email) if wish else Pace.NOW,
                kinds=tuple(_kind_wish(k, wishes, person.zone) for k in kinds),
            )
        )
    return found


def _kind_wish(kind: Kind, wishes: dict[str, Wish], zone: str) -> KindWish:
    choice = choose(kind, wishes)
    label = words.say(kind.code, {}, zone=zone).title
    return KindWish(kind.code, label, about_kind(kind.code) in wishes, choice.in_app, choice.email)


def rhythm_of(person: Any) -> Rhythm:
    """Their quiet hours and digest hour (an unsaved row with the usual ones when they never chose)."""
    return Rhythm.objects.filter(person=person).first() or Rhythm(person=person)


def online(person_ids: Iterable[UUID]) -> set[UUID]:
    """Which of these people have a page open now (or had within the grace period)."""
    return set(
        Presence.objects.filter(
            person_id__in=list(person_ids), here=True, process__beat_at__gte=clock.now() - ALIVE
        ).values_list("person_id", flat=True)
    )


def last_seen(person_ids: Iterable[UUID]) -> dict[UUID, datetime]:
    """When these people were last here; those who never were are left out."""
    rows = Presence.objects.filter(person_id__in=list(person_ids)).values("person_id").annotate(at=Max("seen_at"))
    return {row["person_id"]: row["at"] for row in rows}
