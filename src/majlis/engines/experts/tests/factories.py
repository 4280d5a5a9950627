"""Experts for tests of any module."""

from typing import Any

from majlis.engines.experts import services
from majlis.engines.experts.models import Document, ExpertProfile, ExpertSubject, SpokenLanguage
from majlis.engines.experts.types import DocumentKind, ExpertStatus
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import clock, testing
from majlis.kit.ids import new_id


def expert(
    name: str = "Layla Mansour",
    *,
    person: Any = None,
    status: str = ExpertStatus.ACTIVE,
    subjects: tuple[tuple[str, str], ...] = (("english", "b1"),),
    languages: tuple[tuple[str, str], ...] = (("ar", "native"), ("en", "c1")),
    city: str = "",
    **fields: Any,
) -> ExpertProfile:
    """A saved profile (active and complete unless said otherwise) of a new person, teaching (subject, level) pairs.
    `expert().person_id` is what other modules call the expert's id."""
    person = person or testing.person(name)
    fields.setdefault("hourly_rate", 30000)
    fields.setdefault("currency", "EGP")
    fields.setdefault("zone", "Africa/Cairo")
    fields.setdefault("modes", ["online"])
    fields.setdefault("headline", "Patient teacher who loves questions")
    fields.setdefault("slug", f"expert-{person.pk.hex[-12:]}")
    if status == ExpertStatus.ACTIVE:
        fields.setdefault("verified_at", clock.now())
    profile = ExpertProfile.objects.create(person=person, status=status, **fields)
    for subject, level in subjects:
        ExpertSubject.objects.create(expert=profile, subject=catalogue.subject(subject), level=catalogue.level(level))
    for code, fluency in languages:
        SpokenLanguage.objects.create(expert=profile, code=code, fluency=fluency)
    if city:
        profile.city = catalogue.city(city)
        profile.save()
    services.refresh_listings([profile.pk])
    return profile


def reviewer() -> Any:
    """Somebody who may judge profiles."""
    person = testing.person("Nour Coordinator")
    accounts.grant_role(actor=None, person=person, role=Role.COORDINATOR)
    return person


def ready_draft(person: Any = None) -> ExpertProfile:
    """A draft that lacks nothing: with a picture, texts, a language and an identity card."""
    person = person or testing.person("Karim Fathy", avatar_id=new_id())
    draft = expert(person=person, status=ExpertStatus.DRAFT, about="I teach with stories. " * 10)
    Document.objects.create(expert=draft, kind=DocumentKind.IDENTITY, file_id=new_id())
    return draft
