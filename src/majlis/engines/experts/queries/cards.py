"""What a list shows of experts."""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.models.listing import NEVER
from majlis.engines.experts.models.profile import average, share_answered
from majlis.engines.experts.types import ExpertCard, Fluency, Taught
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.db import array, prepared
from majlis.kit.memo import memo
from majlis.kit.money import Money

FLUENCY_ORDER = {value: place for place, value in enumerate(reversed(Fluency.values))}


def cards(person_ids: Iterable[UUID]) -> list[ExpertCard]:
    """Cards of the listed ones among these people, in the order given."""
    wanted = list(person_ids)
    rows = ExpertProfile.objects.listed().filter(person_id__in=wanted).only("pk")
    found = {card.person_id: card for card in make_cards(rows)}
    return [found[person_id] for person_id in wanted if person_id in found]


def make_cards(rows: Iterable[ExpertProfile]) -> list[ExpertCard]:
    """A card for each profile, in their order."""
    return cards_of([row.pk for row in rows])


def cards_of(
    expert_ids: Iterable[UUID | str], *, subject: str = "", level: str = "", now: datetime | None = None
) -> list[ExpertCard]:
    """The cards of these profiles (by their own ids, in whatever state), in this order; those that do not exist are
    left out. With a subject (and level): its price. What is shown is read every time; a card of which nothing has
    changed is the very object it was, for a minute, so that faces may remember what they drew of it."""
    rows = prepared(CARDS, {"experts": array(expert_ids), "now": now or clock.now(), "never": NEVER})
    return list(_cards(tuple([text for (text,) in rows]), subject, level))


CARDS = """
SELECT json_build_array(
    p.person_id, p.slug, u.name, u.avatar_id, u.country, p.headline, p.video_id, p.city_id, p.zone, p.modes,
    p.hourly_rate, p.currency, p.trial_price, p.trial_minutes, p.rating_total, p.rating_count, p.completed_lessons,
    p.questions_asked, p.questions_answered, p.verified_at IS NOT NULL,
    (SELECT coalesce(json_agg(json_build_array(t.subject_id, t.level, t.hourly_rate)), '[]')
     FROM experts_expertsubject t WHERE t.expert_id = p.id AND t.active),
    (SELECT coalesce(json_agg(json_build_array(s.code, s.fluency)), '[]')
     FROM experts_spokenlanguage s WHERE s.expert_id = p.id),
    (SELECT l.free_at FROM experts_listing l
     WHERE l.expert_id = p.id AND l.free_at >= %(now)s AND l.free_at < %(never)s))::text
FROM unnest(%(experts)s::uuid[]) WITH ORDINALITY wanted(id, place)
JOIN experts_expertprofile p ON p.id = wanted.id
JOIN accounts_user u ON u.id = p.person_id
ORDER BY wanted.place
"""
"""What a page of cards shows of its experts, in one statement, each as one text (of JSON): by it a card is found again
when it has not changed. The long texts stay where they are."""


class Shown(NamedTuple):
    """What a row of `CARDS` says."""

    person_id: str
    slug: str
    name: str
    avatar_id: str | None
    country: str
    headline: str
    video_id: str | None
    city_id: str | None
    zone: str
    modes: list[str]
    hourly_rate: int | None
    currency: str
    trial_price: int | None
    trial_minutes: int | None
    rating_total: int
    rating_count: int
    completed_lessons: int
    questions_asked: int
    questions_answered: int
    verified: bool
    taught: list[tuple[str, str, int | None]]
    spoken: list[tuple[str, str]]
    free_at: str | None


class Row(NamedTuple):
    """A subject taught at a level."""

    subject_id: UUID
    level: str
    hourly_rate: int | None


def _subjects(rows: list[Row], searched: str, places: dict[str, int]) -> tuple[Taught, ...]:
    """Each subject with its levels; the one that was searched first, then those taught at most levels."""
    by_subject: dict[UUID, list[str]] = {}
    for row in rows:
        by_subject.setdefault(row.subject_id, []).append(row.level)
    subjects = []
    for subject_id, levels in by_subject.items():
        subject = catalogue.subject_by_id(subject_id)
        levels.sort(key=lambda slug: places.get(slug, 0))
        subjects.append(Taught(subject_id, subject.slug, subject.name, tuple(levels)))
    subjects.sort(key=lambda s: (s.slug != searched, -len(s.levels), s.slug))
    return tuple(subjects)


def _lowest(usual: int, rows: list[Row], subject: str, level: str) -> int:
    """The lowest price of an hour of what was searched, else of all."""
    wanted = [r for r in rows if subject and catalogue.subject_by_id(r.subject_id).slug == subject]
    wanted = [r for r in wanted if level in ("", r.level)] or wanted or rows
    return min((r.hourly_rate or usual for r in wanted), default=usual)


@memo(most=100)
def _cards(texts: tuple[str, ...], subject: str, level: str) -> tuple[ExpertCard, ...]:
    """The cards of a page's rows: mostly none of them has changed."""
    return tuple([_card(text, subject, level) for text in texts])


@memo(most=3000)
def _card(text: str, subject: str, level: str) -> ExpertCard:
    row = Shown(*json.loads(text))
    city = catalogue.city_by_id(UUID(row.city_id)) if row.city_id else None
    places = {each.slug: each.position for each in catalogue.levels()}
    taught = [Row(UUID(subject_id), slug, rate) for subject_id, slug, rate in row.taught]
    spoken = ((code, fluency) for code, fluency in row.spoken)
    return ExpertCard(
        person_id=UUID(row.person_id),
        slug=row.slug,
        name=row.name,
        avatar_id=UUID(row.avatar_id) if row.avatar_id else None,
        headline=row.headline,
        video_id=UUID(row.video_id) if row.video_id else None,
        city=city.name if city else {},
        country=city.country_id if city else row.country,
        zone=row.zone,
        modes=tuple(row.modes),
        languages=tuple(sorted(spoken, key=lambda pair: (FLUENCY_ORDER[pair[1]], pair[0]))),
        subjects=_subjects(taught, subject, places),
        rating=average(row.rating_total, row.rating_count),
        rating_count=row.rating_count,
        completed_lessons=row.completed_lessons,
        response_rate=share_answered(row.questions_asked, row.questions_answered),
        price=Money(_lowest(row.hourly_rate or 0, taught, subject, level), row.currency),
        trial=Money(row.trial_price, row.currency) if row.trial_price is not None else None,
        trial_minutes=row.trial_minutes,
        next_free_at=datetime.fromisoformat(row.free_at) if row.free_at else None,
        verified=row.verified,
    )
