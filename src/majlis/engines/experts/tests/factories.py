"""Experts for tests of any module."""

from typing import Any

from majlis.engines.experts.models import ExpertProfile, ExpertSubject
from majlis.engines.experts.types import ExpertStatus
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import clock, testing


def expert(
    name: str = "Layla Mansour",
    *,
    person: Any = None,
    status: str = ExpertStatus.ACTIVE,
    subjects: tuple[tuple[str, str], ...] = (("english", "b1"),),
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
    return profile
