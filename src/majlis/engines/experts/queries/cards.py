"""What a list shows of experts."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from majlis.engines.experts.models import ExpertProfile, ExpertSubject, Listing, SpokenLanguage
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
    ids = [p.pk for p in profiles]
    # Plain rows, not instances: a page of cards reads a hundred of them. The key to a level is its slug.
    taught: dict[UUID, list[Row]] = {i: [] for i in ids}
    found: Iterable[tuple[UUID, UUID, Any, int | None]] = ExpertSubject.objects.filter(
        expert__in=ids, active=True
    ).values_list("expert_id", "subject_id", "level_id", "hourly_rate")
    for expert_id, subject_id, level_slug, rate in found:
        taught[expert_id].append(Row(subject_id, level_slug, rate))
    spoken: dict[UUID, list[tuple[str, str]]] = {i: [] for i in ids}
    for expert_id, code, fluency in SpokenLanguage.objects.filter(expert__in=ids).values_list(
        "expert_id", "code", "fluency"
    ):
        spoken[expert_id].append((code, fluency))
    listings = Listing.objects.filter(expert__in=ids, free_at__gte=clock.now(), free_at__lt=NEVER)
    free = dict(listings.values_list("pk", "free_at"))
    places = {row.slug: row.position for row in catalogue.levels()}
    return [
        _card(
            p,
            _subjects(taught[p.pk], subject, places),
            spoken[p.pk],
            free.get(p.pk),
            _lowest(p, taught[p.pk], subject, level),
        )
        for p in profiles
    ]


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
