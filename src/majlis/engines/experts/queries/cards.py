"""What a list shows of experts."""

from collections.abc import Iterable
from datetime import datetime
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
    taught: dict[UUID, list[ExpertSubject]] = {i: [] for i in ids}
    for row in ExpertSubject.objects.filter(expert__in=ids, active=True):
        taught[row.expert_id].append(row)
    spoken: dict[UUID, list[SpokenLanguage]] = {i: [] for i in ids}
    for language in SpokenLanguage.objects.filter(expert__in=ids):
        spoken[language.expert_id].append(language)
    listings = Listing.objects.filter(expert__in=ids, free_at__gte=clock.now(), free_at__lt=NEVER)
    free = dict(listings.values_list("pk", "free_at"))
    return [_card(p, taught[p.pk], spoken[p.pk], free.get(p.pk), subject, level) for p in profiles]


def _card(
    profile: ExpertProfile,
    taught: list[ExpertSubject],
    spoken: list[SpokenLanguage],
    free_at: datetime | None,
    subject: str,
    level: str,
) -> ExpertCard:
    place = {row.slug: row.position for row in catalogue.levels()}
    by_subject: dict[UUID, list[str]] = {}
    for row in taught:
        by_subject.setdefault(row.subject_id, []).append(row.level_id)
    subjects = [
        Taught(s.pk, s.slug, s.name, tuple(sorted(levels, key=lambda slug: place.get(slug, 0))))
        for s, levels in ((catalogue.subject_by_id(i), levels) for i, levels in by_subject.items())
    ]
    # The subject that was searched stands first, then those taught at most levels.
    subjects.sort(key=lambda s: (s.slug != subject, -len(s.levels), s.slug))
    searched = [r for r in taught if subject and catalogue.subject_by_id(r.subject_id).slug == subject]
    searched = [r for r in searched if level in ("", r.level_id)] or searched or taught
    rates = [rate for r in searched if (rate := r.hourly_rate or profile.hourly_rate) is not None]
    lowest = min(rates, default=profile.hourly_rate)
    city = next((c for c in catalogue.cities() if c.pk == profile.city_id), None)
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
        languages=tuple((r.code, r.fluency) for r in sorted(spoken, key=lambda r: (FLUENCY_ORDER[r.fluency], r.code))),
        subjects=tuple(subjects),
        rating=profile.rating,
        rating_count=profile.rating_count,
        completed_lessons=profile.completed_lessons,
        response_rate=profile.response_rate,
        price=Money(lowest or 0, profile.currency),
        trial=profile.trial,
        trial_minutes=profile.trial_minutes,
        next_free_at=free_at,
        verified=profile.verified_at is not None,
    )
