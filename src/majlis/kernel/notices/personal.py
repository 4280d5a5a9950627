"""What notices keeps about a person: what they were told, what they will be reminded of, and how they want it."""

from typing import Any
from uuid import UUID

from majlis.kernel.accounts import services as accounts
from majlis.kernel.notices.models import Notice, Presence, Reminder, Rhythm, StreamEvent, Wish
from majlis.kernel.notices.types import ReminderState


def notices(person_id: UUID) -> dict[str, Any]:
    """Every notice with what became of its mail, the reminders still to come, and the person's wishes."""
    told = Notice.objects.filter(person_id=person_id).order_by("id")
    ahead = Reminder.objects.filter(person_id=person_id, state=ReminderState.WAITING).order_by("id")
    wishes = Wish.objects.filter(person_id=person_id).order_by("about")
    rhythm = Rhythm.objects.filter(person_id=person_id)
    return {
        "notices": list(
            told.values("kind", "category", "facts", "link", "created_at", "read_at", "mail__state", "mail__sent_at")
        ),
        "reminders": list(ahead.values("kind", "facts", "link", "at")),
        "wishes": list(wishes.values("about", "in_app", "email")),
        "rhythm": rhythm.values("quiet_from", "quiet_until", "digest_hour").first(),
    }


def forget(person_id: UUID) -> None:
    """All of it goes, mails still waiting too: what was told to nobody proves nothing."""
    for rows in (
        Notice.objects.filter(person_id=person_id),
        Reminder.objects.filter(person_id=person_id),
        Wish.objects.filter(person_id=person_id),
        Rhythm.objects.filter(person_id=person_id),
        Presence.objects.filter(person_id=person_id),
        StreamEvent.objects.filter(people=[person_id]),
    ):
        rows.delete()


accounts.register_export("notices", notices)
accounts.register_eraser("notices", forget)
