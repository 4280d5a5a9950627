"""Sending."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Sum
from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging.events import ConversationAnswered, ConversationOpened
from majlis.engines.messaging.models import Attachment, Conversation, Member, Message
from majlis.engines.messaging.refusals import Blocked, NotReachable
from majlis.engines.messaging.types import LONGEST_TEXT, MOST_FILES
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts import services as people
from majlis.kernel.files import services as files
from majlis.kernel.notices import services as notices
from majlis.kit import clock, events
from majlis.kit.errors import Invalid, NotFound


def send_message(
    *,
    actor: Any,
    conversation_id: UUID,
    text: str,
    file_ids: Sequence[UUID] = (),
    key: str | None = None,
    reply_to: int | None = None,
    now: datetime | None = None,
) -> Message:
    """Write into a conversation: at most 4,000 characters and 5 files the sender uploaded as `attachment`; one of the
    two at least. With a `key` (the sender's own name for it, at most 64 characters) sending again returns the message
    already stored. `reply_to` is the number of the message it answers. Refuses with `NotFound` a stranger, `Blocked`,
    `NotReachable`, `Invalid`, and beyond 60 a minute `TooMany`."""
    text = _checked(text, file_ids, key)
    people.throttle(scope="messaging.send", key=str(actor.pk), limit=60, seconds=60)
    return _store(actor, conversation_id, text, list(dict.fromkeys(file_ids)), key, reply_to, now or clock.now())


def _checked(text: str, file_ids: Sequence[UUID], key: str | None) -> str:
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    if not text and not file_ids:
        raise Invalid(errors={"text": _("Write something, or add a file.")})
    if len(text) > LONGEST_TEXT:
        raise Invalid(errors={"text": _("This message is too long. At most 4,000 characters are possible.")})
    if len(file_ids) > MOST_FILES:
        raise Invalid(errors={"file_ids": _("At most five files go with one message.")})
    if key is not None and not 8 <= len(key) <= 64:
        raise Invalid(errors={"key": _("A key has 8 to 64 characters.")})
    return text


@transaction.atomic
def _store(
    actor: Any,
    conversation_id: UUID,
    text: str,
    file_ids: list[UUID],
    key: str | None,
    answers: int | None,
    now: datetime,
) -> Message:
    # The conversation's lock puts its messages in a row: numbers have no gap, and the same key waits for its first.
    conversation = locked(conversation_id, actor)
    if key is not None:
        stored = Message.objects.filter(sender=actor, key=key).first()
        if stored is not None:
            if stored.conversation_id != conversation.pk:
                raise Invalid(errors={"key": _("This key was used in another conversation.")})
            return stored
    other = accounts.person(conversation.other_id(actor))
    _check_open(conversation, other)
    number = conversation.last_number + 1
    quoted = Message.objects.filter(conversation=conversation, number=answers).first() if answers else None
    message = Message.objects.create(
        conversation=conversation, number=number, sender=actor, key=key, text=text, reply_to=quoted, created_at=now
    )
    for file_id in file_ids:
        files.claim_file(file_id=file_id, actor=actor, by=f"messaging.message:{message.pk}")
        Attachment.objects.create(message=message, file_id=file_id)
    _note_answer(conversation, actor, other, now)
    conversation.last_number = number
    conversation.save(update_fields=["last_number", "asked_at", "answered_at"])
    mine = Member.objects.get(conversation=conversation, person=actor)
    Member.objects.filter(pk=mine.pk).update(read_to=number, unread=0, stirred_at=now)
    if mine.unread:  # whoever answers has read
        signal_unread(actor.pk)
        notices.mark_read_by_key(person_id=actor.pk, starts=unread_key(conversation.pk), now=now)
    theirs = Member.objects.get(conversation=conversation, person=other)
    Member.objects.filter(pk=theirs.pk).update(unread=F("unread") + 1, stirred_at=now)
    _tell(conversation, message, actor, other, theirs, now)
    return message


def _check_open(conversation: Conversation, other: Any) -> None:
    if Member.objects.filter(conversation=conversation, blocked_at__isnull=False).exists():
        raise Blocked
    if not other.is_active:
        raise NotReachable


def _note_answer(conversation: Conversation, actor: Any, other: Any, now: datetime) -> None:
    if conversation.opened_by_id == actor.pk:
        if conversation.asked_at is None:
            conversation.asked_at = now
            events.publish(ConversationOpened(conversation.pk, actor.pk, other.pk, now))
    elif conversation.asked_at is not None and conversation.answered_at is None:
        conversation.answered_at = now
        events.publish(ConversationAnswered(conversation.pk, other.pk, actor.pk, conversation.asked_at, now))


def _tell(conversation: Conversation, message: Message, actor: Any, other: Any, theirs: Member, now: datetime) -> None:
    notices.signal(
        people=[actor.pk, other.pk],
        kind="message",
        payload={
            "conversation": str(conversation.pk),
            "number": message.number,
            "from": str(actor.pk),
            "key": message.key or "",
        },
    )
    signal_unread(other.pk)
    if not theirs.muted:
        notices.notify(
            person_id=other.pk,
            kind="message_received",
            facts={"name": actor.name, "text": message.text[:200]},
            link=f"/inbox/{conversation.pk}/",
            # One mail per stretch of unread messages, however many they are.
            key=f"{unread_key(conversation.pk)}{theirs.read_to}",
            now=now,
        )


def unread_key(conversation_id: UUID) -> str:
    """How the keys of notices about a conversation begin."""
    return f"messaging.conversation:{conversation_id}:"


def signal_unread(person_id: UUID) -> None:
    """The counter beside the inbox moves on every open page of that person."""
    total = Member.objects.filter(person_id=person_id, unread__gt=0).aggregate(all=Sum("unread"))["all"] or 0
    notices.signal(people=[person_id], kind="counter", payload={"name": "inbox", "value": total})


def locked(conversation_id: UUID, person: Any) -> Conversation:
    """The conversation, locked to the end of the transaction. Refuses with `NotFound` whoever is not in it."""
    conversation = (
        Conversation.objects.visible_to(person).select_for_update(of=("self",)).filter(pk=conversation_id).first()
    )
    if conversation is None:
        raise NotFound
    return conversation
