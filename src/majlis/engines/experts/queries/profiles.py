"""Single profiles, prices and favourites."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.missing import missing_from
from majlis.engines.experts.models import (
    Certificate,
    Document,
    Experience,
    ExpertProfile,
    ExpertSubject,
    Favourite,
    SpokenLanguage,
    StatusChange,
)
from majlis.engines.experts.queries.cards import make_cards
from majlis.engines.experts.types import ExpertCard, Missing
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.money import Money
from majlis.kit.pages import Page, paginate


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


def own_profile(person: Any) -> ExpertProfile | None:
    """The person's own profile in any state, like `expert` loads it; None when they never began one."""
    if not ExpertProfile.objects.filter(person=person).exists():
        return None
    return expert(person.pk, seen_by=person)


def missing(profile: ExpertProfile) -> list[Missing]:
    """What is missing before this profile can be handed in, in the order of the steps."""
    return missing_from(profile)


def own_documents(person: Any) -> list[Document]:
    """The documents the person handed in, newest first, with what was decided on them."""
    return list(Document.objects.filter(expert__person=person).order_by("-id"))


def what_happened(profile: ExpertProfile) -> list[StatusChange]:
    """Every move of the profile, newest first: for its owner and for staff."""
    return list(profile.history.select_related("actor").order_by("-id"))
