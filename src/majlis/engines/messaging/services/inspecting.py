"""Staff read a conversation: only for a stated reason, and it is written down."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.messaging.models import Conversation, Message
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts import services as people
from majlis.kernel.accounts.types import Role
from majlis.kit.errors import Invalid, NotFound

READERS = (Role.MODERATOR, Role.SUPPORT, Role.ADMIN, Role.OWNER)


@transaction.atomic
def read_for_a_reason(*, actor: Any, conversation_id: UUID, reason: str, limit: int = 500) -> list[Message]:
    """The last `limit` messages of somebody else's conversation, oldest first, also hidden ones, with `earlier` texts
    and `attachments` loaded. The reading and its reason (at least ten characters) stand in the audit trail. Refuses
    with `Forbidden`, `Invalid`, `NotFound`."""
    accounts.require_role(actor, *READERS)
    reason = reason.strip()
    if len(reason) < 10:
        raise Invalid(errors={"reason": _("Say in a sentence why you need to read this conversation.")})
    conversation = Conversation.objects.filter(pk=conversation_id).first()
    if conversation is None:
        raise NotFound
    people.record_act(
        actor=actor,
        action="messaging.read",
        target=f"messaging.conversation:{conversation.pk}",
        reason=reason,
    )
    rows = Message.objects.filter(conversation=conversation).select_related("sender")
    found = rows.prefetch_related("earlier", "attachments__file").order_by("-number")[:limit]
    return list(reversed(found))
