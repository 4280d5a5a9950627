"""What experts keeps about a person: the profile they teach with, and whom they want to find again."""

from typing import Any
from uuid import UUID

from majlis.engines.experts.models import ExpertProfile, Favourite
from majlis.engines.experts.services import erase_profile
from majlis.kernel.accounts import services as accounts

PROFILE = (
    "slug status status_note submitted_at verified_at headline bio about education experience_years video_id modes"
    " city__slug zone tags links currency hourly_rate trial_price trial_minutes completed_lessons rating_total"
    " rating_count questions_asked questions_answered created_at"
)
PARTS = {
    "subjects": "subject__slug level_id hourly_rate description active",
    "languages": "code fluency",
    "certificates": "title issuer issued_on expires_on credential_url",
    "experiences": "title company employment location started_on ended_on",
    "documents": "kind file_id status reviewed_at note created_at",
    "history": "source target reason created_at",
}


def profile(person_id: UUID) -> dict[str, Any]:
    """The person's teaching profile with its parts (rates in minor units; empty when they have none), and the profiles
    they marked as favourites."""
    kept: dict[str, Any] = {}
    mine = ExpertProfile.objects.filter(person_id=person_id)
    if row := mine.first():
        kept = dict(mine.values(*PROFILE.split()).get())
        for part, columns in PARTS.items():
            kept[part] = list(getattr(row, part).order_by("id").values(*columns.split()))
    favourites = Favourite.objects.filter(person_id=person_id).order_by("id")
    return {"profile": kept, "favourites": list(favourites.values_list("expert__slug", flat=True))}


def forget(person_id: UUID) -> None:
    """What they wrote about themselves goes, and their favourites; figures, decisions and prices of old lessons
    stay."""
    Favourite.objects.filter(person_id=person_id).delete()
    erase_profile(person_id=person_id)


accounts.register_export("teaching", profile)
accounts.register_eraser("teaching", forget)
