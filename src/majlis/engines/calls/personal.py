"""What calls keeps about a person. Visits, consents and recordings stay when an account is deleted, without its name:
they say whether a lesson took place."""

from typing import Any
from uuid import UUID

from majlis.engines.calls.models import Recording, RecordingConsent, RoomMessage, Visit
from majlis.kernel.accounts import services as accounts


def calls(person_id: UUID) -> dict[str, Any]:
    """When the person was in which room, what they wrote there, what they recorded and agreed to."""
    visits = Visit.objects.filter(person_id=person_id).order_by("id")
    lines = RoomMessage.objects.filter(person_id=person_id).order_by("id")
    recordings = Recording.objects.filter(person_id=person_id).order_by("id")
    answers = RecordingConsent.objects.filter(person_id=person_id).order_by("id")
    room = ("room__kind", "room__subject_id")
    return {
        "visits": list(visits.values(*room, "joined_at", "left_at", "quality")),
        "chat": list(lines.values(*room, "created_at", "text")),
        "recordings": list(recordings.values(*room, "status", "started_at", "stopped_at", "size", "seconds")),
        "consents": list(answers.values("recording_id", "agreed_at", "refused_at")),
    }


accounts.register_export("calls", calls)
