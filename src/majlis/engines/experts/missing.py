"""What a profile still lacks before it can be handed in."""

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.policy import admission
from majlis.engines.experts.types import DocumentKind, DocumentStatus, Missing, Mode
from majlis.kernel.accounts import queries as people
from majlis.kit.locale import number

STEPS = ("about", "subjects", "price", "media", "documents", "review")
"""The steps of onboarding, in their order."""


def missing_from(profile: ExpertProfile) -> list[Missing]:
    """Everything that is missing, in the order of the steps; empty when it can be handed in."""
    found = sorted(_missing(profile), key=lambda item: STEPS.index(item[1]))
    return [Missing(code, step, str(sentence)) for code, step, sentence in found]


def _missing(profile: ExpertProfile) -> Iterator[tuple[str, str, Any]]:
    asked = admission()
    if len(profile.headline) < 10:
        yield "headline", "about", _("Write a headline of at least 10 letters.")
    if len(profile.about) < asked.about_min:
        yield (
            "about",
            "about",
            _("Tell about yourself in at least %(count)s letters.") % {"count": number(asked.about_min)},
        )
    if not profile.languages.exists():
        yield "languages", "about", _("Say which languages you speak.")
    if not profile.subjects.filter(active=True).exists():
        yield "subjects", "subjects", _("Add at least one subject.")
    if profile.hourly_rate is None:
        yield "hourly_rate", "price", _("Set your price for an hour.")
    if not profile.modes:
        yield "modes", "price", _("Choose whether you teach online, in person, or both.")
    if Mode.OFFLINE in profile.modes and profile.city_id is None:
        yield "city", "price", _("Name the city where you teach in person.")
    if asked.require_picture and not profile.person.avatar_id:
        yield "picture", "media", _("Add a picture of yourself.")
    if asked.require_video and profile.video_id is None:
        yield "video", "media", _("Add an intro video.")
    handed_in = set(profile.documents.exclude(status=DocumentStatus.REJECTED).values_list("kind", flat=True))
    for kind in asked.require_documents:
        if kind not in handed_in:
            sentence = _("Hand in this document: %(kind)s.") % {"kind": DocumentKind(kind).label}
            yield f"{kind}_document", "documents", sentence
    if asked.require_verified_email and profile.person.email and not people.has_verified_email(profile.person):
        yield "verified_email", "review", _("Confirm your e-mail address.")
