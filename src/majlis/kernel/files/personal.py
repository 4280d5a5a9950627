"""What files keeps about a person. Their own files go when the account is deleted (`handlers.py`)."""

from typing import Any
from uuid import UUID

from majlis.kernel.accounts import services as accounts
from majlis.kernel.files.models import StoredFile
from majlis.kernel.files.types import FileState


def files(person_id: UUID) -> list[dict[str, Any]]:
    """What the person sent, without the bytes: those are behind the links of the pages they were sent on."""
    rows = StoredFile.objects.filter(owner_id=person_id).exclude(state=FileState.GONE).order_by("id")
    return [dict(row) for row in rows.values("id", "name", "purpose", "mime", "size", "sha256", "created_at")]


accounts.register_export("files", files)
