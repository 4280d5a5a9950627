"""What billing knows about allowances (told through `queries`)."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import F, Q

from majlis.engines.billing.models import AllowanceGrant, AllowanceUse
from majlis.engines.billing.services.allowances import LEFT, usable
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose, StatementLine
from majlis.kit import clock
from majlis.kit.money import Money
from majlis.kit.pages import Page


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a person has of one unit for one scope: what can be used now, and what comes later of what is paid."""

    unit: str
    scope: str
    now: Money
    """What is left of the grants whose time it is."""
    granted: Money
    """What those grants were given."""
    later: Money
    """What is left of grants whose time comes, which may be booked already."""
    until: datetime | None
    """When the first of today's ends; None: never."""
    grants: tuple[AllowanceGrant, ...]
    """Today's and coming ones, the soonest to expire first."""

    @property
    def total(self) -> Money:
        """Now and later together."""
        return self.now + self.later


def allowances_of(person: Any, *, now: datetime | None = None) -> list[Allowance]:
    """The person's allowances by unit and scope, those with something left or in their time now."""
    now = now or clock.now()
    rows = AllowanceGrant.objects.visible_to(person).filter(Q(valid_until__isnull=True) | Q(valid_until__gt=now))
    rows = rows.alias(rest=LEFT).filter(Q(rest__gt=0) | Q(valid_from__lte=now, valid_until__isnull=False, used__gt=0))
    found: dict[tuple[str, str], list[AllowanceGrant]] = {}
    for grant in rows.order_by("unit", "scope", F("valid_until").asc(nulls_last=True), "id"):
        found.setdefault((grant.unit, grant.scope), []).append(grant)
    return [_summary(unit, scope, grants, now) for (unit, scope), grants in found.items()]


def _summary(unit: str, scope: str, grants: list[AllowanceGrant], now: datetime) -> Allowance:
    current = [grant for grant in grants if grant.valid_from <= now]
    return Allowance(
        unit=unit,
        scope=scope,
        now=Money(sum(grant.left for grant in current), unit),
        granted=Money(sum(grant.amount for grant in current), unit),
        later=Money(sum(grant.left for grant in grants if grant.valid_from > now), unit),
        until=min((grant.valid_until for grant in current if grant.valid_until), default=None),
        grants=tuple(grants),
    )


def allowance_left(person_id: UUID, unit: str, *, scope: str | Iterable[str] = "", at: datetime | None = None) -> Money:
    """How much of a unit the person could use for something that takes place `at` (now by default)."""
    return Money(sum(grant.left for grant in usable(person_id, unit, at or clock.now(), scope)), unit)


def allowance_statement(person: Any, unit: str, cursor: str | None = None, *, limit: int = 25) -> Page[StatementLine]:
    """Every line of the person's allowance in one unit, the latest first: granted, used, returned, rolled over,
    written off, with what was left after it."""
    return ledger.statement(person.id, unit, cursor, purpose=Purpose.ALLOWANCE, limit=limit)


def allowance_uses(key: str) -> list[AllowanceUse]:
    """What was used under a key, each with its `grant`; empty when nothing was."""
    return list(AllowanceUse.objects.filter(key=key).select_related("grant").order_by("id"))
