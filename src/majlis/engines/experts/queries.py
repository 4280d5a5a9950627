"""What experts knows."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.models import (
    Certificate,
    Experience,
    ExpertProfile,
    ExpertSubject,
    Favourite,
    SpokenLanguage,
)
from majlis.engines.experts.types import ExpertCard, Fluency, Taught
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.money import Money
from majlis.kit.pages import Page, paginate

FLUENCY_ORDER = {value: place for place, value in enumerate(reversed(Fluency.values))}


class NotTaught(Refusal):
    """They don't teach this subject at this level."""

    code = "not_taught"
    sentence = _("This teacher does not teach that subject at that level.")
    status = 422


class NoTrial(Refusal):
    """They offer no trial lesson, or not of this length."""

    code = "no_trial"
    sentence = _("This teacher offers no trial lesson of that length.")
    status = 422


def expert(key: UUID | str, seen_by: Any = None) -> ExpertProfile:
    """The profile of a person (id) or slug, with person, city, subjects, languages, certificates and experiences at
    hand. Listed ones for everybody, one's own in any state; else refuses with `NotFound`."""
    rows = (
        ExpertProfile.objects.visible_to(seen_by)
        .select_related("person", "city__country")
        .prefetch_related(
            Prefetch(
                "subjects",
                ExpertSubject.objects.select_related("subject", "level").order_by("subject_id", "level__position"),
            ),
            Prefetch("languages", SpokenLanguage.objects.order_by("code")),
            Prefetch("certificates", Certificate.objects.order_by("position", "id")),
            Prefetch("experiences", Experience.objects.order_by("position", "id")),
        )
    )
    found = rows.filter(person_id=key) if isinstance(key, UUID) else rows.filter(slug=key)
    profile = found.first()
    if profile is None:
        raise NotFound
    return profile


def is_bookable(expert_id: UUID) -> bool:
    """Whether this person's lessons can be bought now: an active profile of a person in good standing."""
    return ExpertProfile.objects.listed().filter(person_id=expert_id).exists()


def price_for(*, expert_id: UUID, subject_id: UUID, level: str, minutes: int, trial: bool = False) -> Money:
    """What `minutes` with this person cost, in the person's currency: the price of the subject at the level (slug),
    else of the profile. A trial has one price and one length. Refuses with `NotFound`, `NotTaught`, `NoTrial`."""
    profile = ExpertProfile.objects.filter(person_id=expert_id).first()
    if profile is None or profile.rate is None:
        raise NotFound
    taught = profile.subjects.filter(subject_id=subject_id, level_id=level, active=True).first()
    if taught is None:
        raise NotTaught
    if trial:
        if profile.trial is None or profile.trial_minutes != minutes:
            raise NoTrial
        return profile.trial
    rate = profile.rate if taught.hourly_rate is None else Money(taught.hourly_rate, profile.currency)
    return rate.prorate(minutes, 60)


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
    return [_card(p, taught[p.pk], spoken[p.pk], subject, level) for p in profiles]


def _card(
    profile: ExpertProfile, taught: list[ExpertSubject], spoken: list[SpokenLanguage], subject: str, level: str
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
    lowest = min((r.hourly_rate or profile.hourly_rate for r in searched), default=profile.hourly_rate)
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
        next_free_at=None,
        verified=profile.verified_at is not None,
    )


def featured_experts(limit: int = 6) -> list[ExpertCard]:
    """Cards of well-rated experts for a first page, best first."""
    rows = ExpertProfile.objects.listed().select_related("person")
    return make_cards(rows.order_by("-rating_count", "-rating_total", "pk")[: max(1, min(limit, 24))])


def favourites(person: Any, cursor: str | None = None, limit: int = 24) -> Page[ExpertCard]:
    """The person's favourites, newest first; those no longer listed are left out."""
    rows = Favourite.objects.filter(person=person, expert__in=ExpertProfile.objects.listed())
    page = paginate(rows.select_related("expert__person"), cursor, limit)
    return Page(make_cards([f.expert for f in page.items]), page.next)


def favourite_ids(person: Any) -> set[UUID]:
    """The people (ids) among the person's favourites; empty for a visitor."""
    if person is None or not getattr(person, "is_authenticated", False):
        return set()
    return set(Favourite.objects.filter(person=person).values_list("expert__person_id", flat=True))
