"""What was used of an allowance, when the thing it was used for takes place at another time: it goes back where it
came from, and is taken from what covers the new time."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import AllowanceGrant, AllowanceUse
from majlis.engines.billing.services.allowances import AllowanceShort, return_use, usable, use_allowance
from majlis.kit import clock, db
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.money import Money


class AllowanceNotThen(Refusal):
    """Nothing was granted for the new time: it lies outside of what is paid."""

    code = "allowance_not_then"
    sentence = _("Your allowance does not reach to that time.")


@dataclass(frozen=True, slots=True)
class UseMove:
    """What moving a use does: `amount` goes back where it came from and is taken from the new time, where `left` is
    left after it."""

    amount: Money
    left: Money


def preview_move_use(*, key: str, at: datetime, scope: str | Iterable[str] = "") -> UseMove | None:
    """What `move_use` would do; None when the grants that pay cover the new time too, so that nothing moves. NotFound
    for a key under which nothing is used; refuses `AllowanceNotThen`, `AllowanceShort`."""
    uses = _live(key)
    if all(_covers(use.grant, at) for use in uses):
        return None
    person_id, unit, amount = uses[0].grant.person_id, uses[0].grant.unit, sum(use.amount for use in uses)
    scopes = {"", *([scope] if isinstance(scope, str) else scope)}
    there = sum(grant.left for grant in usable(person_id, unit, at, scopes))
    there += sum(use.amount for use in uses if _covers(use.grant, at))
    if there < amount:
        granted = AllowanceGrant.objects.filter(
            Q(valid_until__isnull=True) | Q(valid_until__gt=at),
            person_id=person_id,
            unit=unit,
            scope__in=scopes,
            valid_from__lte=at,
            amount__gt=F("withdrawn"),
        )
        if not granted.exists():
            raise AllowanceNotThen
        raise AllowanceShort(left=Money(there, unit).display(), needed=Money(amount, unit).display())
    return UseMove(Money(amount, unit), Money(there - amount, unit))


@transaction.atomic
def move_use(
    *, key: str, at: datetime, scope: str | Iterable[str] = "", actor: Any = None, now: datetime | None = None
) -> UseMove | None:
    """What was used under `key` takes place `at` now: where the grants that pay do not cover the new time, everything
    goes back to them and is used of those that do, each by its own journal. Returns and refuses as
    `preview_move_use`. Later calls with the key speak of what pays then."""
    now = now or clock.now()
    db.lock("billing.allowance", _live(key)[0].grant.person_id)
    uses, moved = _live(key), preview_move_use(key=key, at=at, scope=scope)
    if moved is None:
        AllowanceUse.objects.filter(id__in=[use.id for use in uses]).update(at=at)
        return None
    return_use(key=key, actor=actor, now=now)
    for use in uses:
        AllowanceUse.objects.filter(id=use.id).update(key=f"{key}:moved:{use.id}")
    use_allowance(
        person_id=uses[0].grant.person_id,
        unit=moved.amount.unit,
        amount=moved.amount.amount,
        key=key,
        subject=uses[0].subject,
        scope=scope,
        at=at,
        actor=actor,
        now=now,
    )
    return moved


def _live(key: str) -> list[AllowanceUse]:
    uses = list(AllowanceUse.objects.filter(key=key, returned_at__isnull=True).select_related("grant").order_by("id"))
    if not uses:
        raise NotFound
    return uses


def _covers(grant: AllowanceGrant, at: datetime) -> bool:
    return grant.valid_from <= at and (grant.valid_until is None or at < grant.valid_until)
