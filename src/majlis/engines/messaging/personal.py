"""What messaging keeps about a person. Messages stay when an account is deleted, without its name: the other side and a
dispute may need them."""

from typing import Any
from uuid import UUID

from majlis.engines.messaging.models import Message
from majlis.kernel.accounts import services as accounts


def messages(person_id: UUID) -> list[dict[str, Any]]:
    """What the person wrote, oldest first."""
    rows = Message.objects.filter(sender_id=person_id).order_by("id")
    columns = ("conversation_id", "number", "created_at", "text", "edited_at", "hidden_at")
    return [dict(row) for row in rows.values(*columns)]


accounts.register_export("messages", messages)
