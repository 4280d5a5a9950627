"""Changing and taking back."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging.models import EarlierText, Member, Message
from majlis.engines.messaging.refusals import TooLate
from majlis.engines.messaging.services.sending import locked, signal_unread
from majlis.engines.messaging.types import EDITABLE, LONGEST_TEXT
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound


@transaction.atomic
def edit_message(*, actor: Any, message_id: UUID, text: str, now: datetime | None = None) -> Message:
    """Change one's own message within 15 minutes; the earlier text is kept for disputes. Refuses with `NotFound` for
    others' and hidden ones, `TooLate`, `Invalid`."""
    message = _own(actor, message_id, now or clock.now())
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(text) > LONGEST_TEXT or not (text or message.attachments.exists()):
        raise Invalid(errors={"text": _("Write between 1 and 4,000 characters.")})
    if text != message.text:
        EarlierText.objects.create(message=message, text=message.text)
        message.text, message.edited_at = text, now or clock.now()
        message.save(update_fields=["text", "edited_at"])
        _tell(message)
    return message


@transaction.atomic
def delete_message(*, actor: Any, message_id: UUID, now: datetime | None = None) -> Message:
    """Take one's own message back for both within 15 minutes; it is hidden and kept for disputes. Refuses like
    `edit_message`."""
    now = now or clock.now()
    message = _own(actor, message_id, now)
    message.hidden_at = now
    message.save(update_fields=["hidden_at"])
    theirs = Member.objects.exclude(person=actor).get(conversation_id=message.conversation_id)
    if theirs.read_to < message.number and theirs.unread:
        theirs.unread -= 1
        theirs.save(update_fields=["unread"])
        signal_unread(theirs.person_id)
    _tell(message)
    return message


def _own(actor: Any, message_id: UUID, now: datetime) -> Message:
    found = Message.objects.filter(pk=message_id, sender=actor).first()
    if found is None:
        raise NotFound
    locked(found.conversation_id, actor)
    message = Message.objects.select_for_update().get(pk=message_id)
    if message.hidden_at is not None:
        raise NotFound
    if now >= message.created_at + EDITABLE:
        raise TooLate
    return message


def _tell(message: Message) -> None:
    people = Member.objects.filter(conversation_id=message.conversation_id).values_list("person_id", flat=True)
    notices.signal(
        people=list(people),
        kind="message_changed",
        payload={"conversation": str(message.conversation_id), "number": message.number},
    )
