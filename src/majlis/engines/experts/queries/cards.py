"""What a list shows of experts."""

from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db import connection

from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.models.listing import NEVER
from majlis.engines.experts.types import ExpertCard, Fluency, Taught
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.money import Money

FLUENCY_ORDER = {value: place for place, value in enumerate(reversed(Fluency.values))}


def cards(person_ids: Iterable[UUID]) -> list[ExpertCard]:
    """Cards of the listed ones among these people, in the order given."""
    wanted = list(person_ids)
    rows = ExpertProfile.objects.listed().filter(person_id__in=wanted).select_related("person")
    found = {card.person_id: card for card in make_cards(rows)}
    return [found[person_id] for person_id in wanted if person_id in found]


def make_cards(rows: Iterable[ExpertProfile], *, subject: str = "", level: str = "") -> list[ExpertCard]:
    """A card for each profile (loaded with its person), in their order. With a subject (and level): its price."""
    profiles = list(rows)
    with connection.cursor() as cursor:
        cursor.execute(FACTS, {"experts": [p.pk for p in profiles], "now": clock.now(), "never": NEVER})
        facts = {expert_id: more for expert_id, *more in cursor.fetchall()}
    places = {row.slug: row.position for row in catalogue.levels()}
    found = []
    for profile in profiles:
        rows_taught, rows_spoken, free_at = facts[profile.pk]
        taught = [Row(UUID(subject_id), level_slug, rate) for subject_id, level_slug, rate in rows_taught]
        spoken = [(code, fluency) for code, fluency in rows_spoken]
        lowest = _lowest(profile, taught, subject, level)
        found.append(_card(profile, _subjects(taught, subject, places), spoken, free_at, lowest))
    return found


FACTS = """
SELECT wanted.id,
    (SELECT coalesce(json_agg(json_build_array(t.subject_id, t.level, t.hourly_rate)), '[]')
     FROM experts_expertsubject t WHERE t.expert_id = wanted.id AND t.active),
    (SELECT coalesce(json_agg(json_build_array(s.code, s.fluency)), '[]')
     FROM experts_spokenlanguage s WHERE s.expert_id = wanted.id),
    (SELECT l.free_at FROM experts_listing l
     WHERE l.expert_id = wanted.id AND l.free_at >= %(now)s AND l.free_at < %(never)s)
FROM unnest(%(experts)s::uuid[]) wanted(id)
"""
"""What a page of cards shows of its experts besides their profiles, in one statement."""


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


def _lowest(profile: ExpertProfile, rows: list[Row], subject: str, level: str) -> int:
    """The lowest price of an hour of what was searched, else of all."""
    wanted = [r for r in rows if subject and catalogue.subject_by_id(r.subject_id).slug == subject]
    wanted = [r for r in wanted if level in ("", r.level)] or wanted or rows
    usual = profile.hourly_rate or 0
    return min((r.hourly_rate or usual for r in wanted), default=usual)


def _card(
    profile: ExpertProfile,
    subjects: tuple[Taught, ...],
    spoken: list[tuple[str, str]],
    free_at: datetime | None,
    lowest: int,
) -> ExpertCard:
    city = catalogue.city_by_id(profile.city_id) if profile.city_id else None
    return ExpertCard(
        person_id=profile.person_id,
        slug=profile.slug,
        name=profile.person.name,
        avatar_id=profile.person.avatar_id,
        headline=profile.headline,
        video_id=profile.video_id,
        city=city.name if city else {},
        country=city.country_id if city else profile.person.country,
        zone=profile.zone,
        modes=tuple(profile.modes),
        languages=tuple(sorted(spoken, key=lambda pair: (FLUENCY_ORDER[pair[1]], pair[0]))),
        subjects=subjects,
        rating=profile.rating,
        rating_count=profile.rating_count,
        completed_lessons=profile.completed_lessons,
        response_rate=profile.response_rate,
        price=Money(lowest, profile.currency),
        trial=profile.trial,
        trial_minutes=profile.trial_minutes,
        next_free_at=free_at,
        verified=profile.verified_at is not None,
    )
