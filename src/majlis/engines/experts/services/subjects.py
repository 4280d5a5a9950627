"""What somebody teaches, at which level and for how much."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.models import ExpertProfile, ExpertSubject
from majlis.engines.experts.policy import admission
from majlis.engines.experts.services.listings import refresh_listings
from majlis.engines.experts.services.profiles import check_rate, own_profile, plain
from majlis.engines.experts.types import ExpertStatus
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit.errors import Invalid, NotFound, Refusal


class LastSubject(Refusal):
    """A profile on the shelf teaches something."""

    code = "last_subject"
    sentence = _(
        "This is the last subject of a profile that visitors see. Add another one first, or pause the profile."
    )


@dataclass(frozen=True, slots=True)
class Teaching:
    """One row of what somebody teaches: subject and level by slug, an hourly rate of its own (minor units) or None."""

    subject: str
    level: str
    hourly_rate: int | None = None
    description: str = ""


@transaction.atomic
def add_subject(
    *, actor: Any, subject_id: UUID, level: str, hourly_rate: int | None = None, description: str = ""
) -> ExpertSubject:
    """Teach a subject at a level, or change its price and description when it is taught already. Refuses with
    `Invalid` (unknown or retired subject, a level the subject is not taught at, a price out of bounds, too many)."""
    profile = own_profile(actor)
    row = _put(profile, Teaching(catalogue.subject_by_id(subject_id).slug, level, hourly_rate, description))
    _check_number(profile)
    refresh_listings([profile.pk])
    return row


@transaction.atomic
def add_subjects(*, actor: Any, teachings: Iterable[Teaching]) -> None:
    """Teach these too. Refuses as `add_subject`; then none of them is added."""
    profile = own_profile(actor)
    for teaching in teachings:
        _put(profile, teaching)
    _check_number(profile)
    refresh_listings([profile.pk])


@transaction.atomic
def set_subjects(*, actor: Any, teachings: Iterable[Teaching]) -> None:
    """Teach exactly these from now on. Refuses as `add_subject`, and with `LastSubject`."""
    profile = own_profile(actor)
    kept = [_put(profile, teaching).pk for teaching in teachings]
    profile.subjects.exclude(pk__in=kept).delete()
    _check_number(profile)
    refresh_listings([profile.pk])


@transaction.atomic
def remove_subject(*, actor: Any, subject_id: UUID, level: str) -> None:
    """Teach it no longer; lessons that are booked stay. Harmless when it was not taught. Refuses with `LastSubject`."""
    profile = own_profile(actor)
    profile.subjects.filter(subject_id=subject_id, level_id=level).delete()
    _check_number(profile)
    refresh_listings([profile.pk])


def _put(profile: ExpertProfile, teaching: Teaching) -> ExpertSubject:
    errors: dict[str, Any] = {}
    try:
        subject = catalogue.subject(teaching.subject)
    except NotFound:
        raise Invalid(errors={"subject": _("We do not know this subject.")}) from None
    if not subject.active:
        errors["subject"] = _("This subject is no longer offered.")
    if teaching.level not in {level.slug for level in catalogue.levels_of(subject)}:
        errors["level"] = _("This subject is not taught at that level.")
    if wrong := check_rate(teaching.hourly_rate, profile.currency):
        errors["hourly_rate"] = wrong
    description = plain(teaching.description)
    if len(description) > 500:
        errors["description"] = _("Please keep this under %(limit)d characters.") % {"limit": 500}
    if errors:
        raise Invalid(errors=errors)
    row, _new = ExpertSubject.objects.update_or_create(
        expert=profile,
        subject=subject,
        level_id=teaching.level,
        defaults={"hourly_rate": teaching.hourly_rate, "description": description, "active": True},
    )
    return row


def _check_number(profile: ExpertProfile) -> None:
    number = profile.subjects.filter(active=True).count()
    limit = admission().subjects_max
    if number > limit:
        raise Invalid(errors={"subject": _("At most %(limit)d subjects and levels.") % {"limit": limit}})
    if number == 0 and profile.status == ExpertStatus.ACTIVE:
        raise LastSubject
