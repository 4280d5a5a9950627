"""Notices for later."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.kernel.notices import registry, words
from majlis.kernel.notices.models import Reminder
from majlis.kernel.notices.services.telling import notify
from majlis.kernel.notices.types import ReminderState
from majlis.kit import clock


@transaction.atomic
def remind(*, person_id: UUID, kind: str, facts: dict[str, Any], link: str, at: datetime, key: str) -> Reminder | None:
    """Tell the person at `at` (by the house's clock). `key` is `"<subject>:<version>:<which>"`: asking again with the
    same key changes nothing, so that a repeated job reminds once. A time already past is told at the next minute.
    Returns the reminder, or None when it was set before."""
    registry.kind_of(kind)
    reminder = Reminder(person_id=person_id, kind=kind, facts=words.stored(facts), link=link, at=at, key=key)
    Reminder.objects.bulk_create([reminder], ignore_conflicts=True)
    return Reminder.objects.filter(pk=reminder.pk).first()


@transaction.atomic
def forget_reminders(*, subject: str) -> int:
    """Cancel every waiting reminder whose key begins with `"<subject>:"`: the thing moved or is gone. Returns how many.
    Their keys stay used; what is set anew carries the next version."""
    return Reminder.objects.filter(key__startswith=f"{subject}:", state=ReminderState.WAITING).update(
        state=ReminderState.FORGOTTEN
    )


def tell_due_reminders(*, now: datetime | None = None, limit: int = 500) -> int:
    """Turn the reminders that are due into notices, each in its own transaction. Returns how many. Run by the worker
    every minute; two workers at once share the work."""
    now = now or clock.now()
    told = 0
    while told < limit:
        with transaction.atomic():
            reminder = (
                Reminder.objects.select_for_update(skip_locked=True)
                .filter(state=ReminderState.WAITING, at__lte=now)
                .order_by("at")
                .first()
            )
            if reminder is None:
                return told
            reminder.state = ReminderState.TOLD
            reminder.save(update_fields=["state"])
            notify_stored(reminder, now)
        told += 1
    return told


def notify_stored(reminder: Reminder, now: datetime) -> None:
    """The reminder's notice; its facts are stored already."""
    notify(
        person_id=reminder.person_id,
        kind=reminder.kind,
        facts=words.Stored(reminder.facts),
        link=reminder.link,
        key=f"reminder:{reminder.key}",
        now=now,
    )
