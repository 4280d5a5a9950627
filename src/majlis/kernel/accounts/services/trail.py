"""The audit trail of the house, and each member's own log."""

from typing import Any

from majlis.kernel.accounts.models import Activity, AuditEntry, User
from majlis.kit import clock
from majlis.kit.context import request_id


def record_act(
    *, actor: User | None, action: str, target: str = "", facts: dict[str, Any] | None = None, reason: str = ""
) -> AuditEntry:
    """Write an act of staff (or of the house: `actor=None`) into the audit trail, for ever, in the caller's
    transaction. `action` is `noun.verb_in_the_past` (`withdrawal.approved`), `target` `"lessons.lesson:<uuid>"`.
    `facts` must be JSON and name people by id only, since an entry can never be mended."""
    return AuditEntry.objects.create(
        actor=actor,
        action=action,
        target=target,
        facts=facts or {},
        reason=reason,
        request=request_id.get(),
        created_at=clock.now(),
    )


def note_activity(
    *, person: User, kind: str, ip: str | None = None, device: str = "", facts: dict[str, Any] | None = None
) -> None:
    """Write into the person's own log what happened around their account (`types.ActivityKind`)."""
    Activity.objects.create(
        person=person, kind=kind, ip=ip or None, device=device[:200], facts=facts or {}, created_at=clock.now()
    )
