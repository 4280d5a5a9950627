"""How one stands in a conversation: what was read, who is blocked, who is typing, who is here."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.messaging.models import Conversation, Member, Message
from majlis.engines.messaging.queries import correspondents
from majlis.engines.messaging.services.sending import locked, signal_unread, unread_key
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import NotFound


@transaction.atomic
def mark_read(*, actor: Any, conversation_id: UUID, number: int | None = None, now: datetime | None = None) -> int:
    """`actor` has seen everything up to message `number` (to the last one, without it). Reading never goes back.
    Returns what is left unread here. The other's page shows it; a mail that waits is not sent."""
    conversation = locked(conversation_id, actor)
    mine = Member.objects.get(conversation=conversation, person=actor)
    number = min(conversation.last_number if number is None else number, conversation.last_number)
    if number <= mine.read_to and not mine.unread:
        return 0
    mine.read_to = max(mine.read_to, number)
    others = Message.objects.filter(conversation=conversation, number__gt=mine.read_to, hidden_at__isnull=True)
    mine.unread = others.exclude(sender=actor).count()
    mine.save(update_fields=["read_to", "unread"])
    notices.signal(
        people=[conversation.one_id, conversation.two_id],
        kind="read",
        payload={"conversation": str(conversation.pk), "by": str(actor.pk), "number": mine.read_to},
    )
    signal_unread(actor.pk)
    notices.mark_read_by_key(person_id=actor.pk, starts=unread_key(conversation.pk), now=now)
    return mine.unread


@transaction.atomic
def block(*, actor: Any, conversation_id: UUID) -> None:
    """Nothing more is delivered in either direction until `unblock`. The other is told only when they try."""
    _stand(actor, conversation_id, blocked_at=clock.now())


@transaction.atomic
def unblock(*, actor: Any, conversation_id: UUID) -> None:
    """Take back one's own block; the other's stays."""
    _stand(actor, conversation_id, blocked_at=None)


@transaction.atomic
def mute(*, actor: Any, conversation_id: UUID, muted: bool = True) -> None:
    """Be mailed no more about this conversation, or again."""
    _stand(actor, conversation_id, muted=muted)


@transaction.atomic
def pin(*, actor: Any, conversation_id: UUID, pinned: bool = True) -> None:
    """Keep it at the top of one's list, or no longer."""
    _stand(actor, conversation_id, pinned=pinned)


def _stand(actor: Any, conversation_id: UUID, **fields: Any) -> None:
    conversation = locked(conversation_id, actor)
    Member.objects.filter(conversation=conversation, person=actor).update(**fields)
    notices.signal(people=[actor.pk], kind="conversation", payload={"conversation": str(conversation.pk)})


@transaction.atomic
def set_typing(*, actor: Any, conversation_id: UUID) -> None:
    """The other's page shows for a few seconds that `actor` is writing. Nothing is kept, and nothing is said across a
    block."""
    conversation = Conversation.objects.visible_to(actor).filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound
    if not Member.objects.filter(conversation=conversation, blocked_at__isnull=False).exists():
        notices.signal(
            people=[conversation.other_id(actor)],
            kind="typing",
            payload={"conversation": str(conversation.pk), "person": str(actor.pk)},
            stored=False,
        )


@transaction.atomic
def tell_presence(*, came: Iterable[UUID], gone: Iterable[UUID]) -> None:
    """Let those who write with these people see that they came or left. Called by the realtime process. Whoever hides
    their presence, or has been blocked, is passed over."""
    here = dict.fromkeys(gone, False) | dict.fromkeys(came, True)
    for person, others in correspondents(here).items():
        notices.signal(
            people=others, kind="presence", payload={"person": str(person), "here": here[person]}, stored=False
        )
