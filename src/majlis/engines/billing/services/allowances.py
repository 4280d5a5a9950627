"""Allowances: granted, used, returned, rolled over and written off, each by a journal of the ledger.

A grant lives in the person's ledger account of purpose `allowance` and its unit. The other side is the house's account
of the same purpose, named by what happened: `granted`, `used`, `expired`, `carried`, `withdrawn`, so that an accountant
reads there how much was given and how much of it nobody came for.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import AllowanceGrant, AllowanceUse
from majlis.kernel.ledger import services as ledger
from majlis.kernel.ledger.types import JournalKind, Line, Posting, Purpose, of_house, of_person
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.ids import new_id
from majlis.kit.money import COUNTED, Money

LEFT = F("amount") - F("used") - F("expired") - F("carried") - F("withdrawn")
"""What is left of a grant, for the database."""


class AllowanceShort(Refusal):
    """There is not enough left that may be used for this at that time."""

    code = "allowance_short"
    sentence = _("Your allowance is not enough: %(left)s left, %(needed)s needed.")


class AllowanceKeyReused(Refusal):
    """The same key came with another amount or unit."""

    code = "allowance_key_reused"
    sentence = _("This was already done under the same key, but with other particulars.")
    status = 422


@dataclass(frozen=True, slots=True)
class GrantDraft:
    """One of several grants made together."""

    amount: int
    key: str
    valid_from: datetime
    valid_until: datetime | None = None
    kept_until: datetime | None = None
    carry_limit: int = 0


def grant_allowance(
    *,
    person_id: UUID,
    unit: str,
    amount: int,
    key: str,
    subject: str,
    valid_from: datetime | None = None,
    valid_until: datetime | None = None,
    scope: str = "",
    memo: str = "",
    carry_limit: int = 0,
    kept_until: datetime | None = None,
    actor: Any = None,
    now: datetime | None = None,
) -> AllowanceGrant:
    """Give the person `amount` of a counted unit (`minute`, `session`, …), to be used from `valid_from` (now) to before
    `valid_until` (None: for ever), for `scope` only (empty: anything). Up to `carry_limit` of what is left then may be
    rolled over, and waits for that until `kept_until`. `memo` is what the member reads.

    The same `key` of the same person grants once. Refuses `AllowanceKeyReused` (other amount), `Invalid`.
    """
    now = now or clock.now()
    draft = GrantDraft(amount, key, valid_from or now, valid_until, kept_until, carry_limit)
    (grant,) = grant_allowances(
        person_id=person_id,
        unit=unit,
        drafts=[draft],
        subject=subject,
        scope=scope,
        memo=memo,
        actor=actor,
        now=now,
    )
    return grant


@transaction.atomic
def grant_allowances(
    *,
    person_id: UUID,
    unit: str,
    drafts: Sequence[GrantDraft],
    subject: str,
    scope: str = "",
    memo: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> list[AllowanceGrant]:
    """Several grants of one unit by one journal (the weeks of a period), in the order given. Refuses as
    `grant_allowance`; some of the keys granted before and others not is `AllowanceKeyReused`."""
    now = now or clock.now()
    if unit not in COUNTED or not drafts or any(draft.amount <= 0 for draft in drafts):
        raise Invalid(errors={"amount": _("An allowance is a positive number of a counted unit.")})
    db.lock("billing.allowance", person_id)
    known = {row.key: row for row in AllowanceGrant.objects.filter(person=person_id, key__in=[d.key for d in drafts])}
    if known:
        if any(
            draft.key not in known or (known[draft.key].amount, known[draft.key].unit) != (draft.amount, unit)
            for draft in drafts
        ):
            raise AllowanceKeyReused()
        return [known[draft.key] for draft in drafts]
    grants = grants_of(person_id, unit, drafts, subject=subject, scope=scope, memo=memo, now=now)
    AllowanceGrant.objects.bulk_create(grants)
    _book(grants[0], sum(draft.amount for draft in drafts), "granted", f"{grants[0].batch}:granted", memo, actor, now)
    return grants


def grants_of(
    person_id: UUID,
    unit: str,
    drafts: Sequence[GrantDraft],
    *,
    subject: str,
    scope: str,
    memo: str,
    now: datetime,
) -> list[AllowanceGrant]:
    """The grants of one batch, not written yet."""
    batch = new_id()
    return [
        AllowanceGrant(
            id=batch if number == 0 else new_id(),
            person_id=person_id,
            unit=unit,
            amount=draft.amount,
            key=draft.key,
            batch=batch,
            subject=subject,
            scope=scope,
            memo=memo[:200],
            valid_from=draft.valid_from,
            valid_until=draft.valid_until,
            kept_until=draft.kept_until or draft.valid_until,
            carry_limit=draft.carry_limit,
            created_at=now,
        )
        for number, draft in enumerate(drafts)
    ]


@transaction.atomic
def use_allowance(
    *,
    person_id: UUID,
    unit: str,
    amount: int,
    key: str,
    subject: str,
    scope: str | Iterable[str] = "",
    at: datetime | None = None,
    memo: str = "",
    actor: Any = None,
    now: datetime | None = None,
) -> list[AllowanceUse]:
    """Use `amount` of what the person has for something that takes place `at` (now by default): of the grants whose
    time covers it, the soonest to expire first. `scope` names what it is for, one word or several; grants of these
    scopes and of none are taken. Coming weeks of a paid period can be used already by an `at` that lies in them.

    Returns a row per grant touched. The same `key` uses once. Refuses `AllowanceShort`, `AllowanceKeyReused`.
    """
    now = now or clock.now()
    at = at or now
    if amount <= 0:
        raise Invalid(errors={"amount": _("An allowance is a positive number of a counted unit.")})
    db.lock("billing.allowance", person_id)
    known = list(AllowanceUse.objects.filter(key=key).select_related("grant").order_by("id"))
    if known:
        if sum(use.amount for use in known) != amount or {(u.grant.person_id, u.grant.unit) for u in known} != {
            (person_id, unit)
        }:
            raise AllowanceKeyReused()
        return known
    grants = usable(person_id, unit, at, scope)
    left = sum(grant.left for grant in grants)
    if left < amount:
        raise AllowanceShort(left=Money(left, unit).display(), needed=Money(amount, unit).display())
    uses, missing = [], amount
    for grant in grants:
        part = min(grant.left, missing)
        AllowanceGrant.objects.filter(id=grant.id).update(used=F("used") + part)
        grant.used += part
        use = AllowanceUse.objects.create(grant=grant, key=key, subject=subject, amount=part, at=at, created_at=now)
        _book(grant, -part, "used", f"{use.id}:used", memo or grant.memo, actor, now)
        uses.append(use)
        missing -= part
        if not missing:
            break
    return uses


def usable(person_id: UUID, unit: str, at: datetime, scope: str | Iterable[str] = "") -> list[AllowanceGrant]:
    """The grants something `at` then may be taken from, the soonest to expire first."""
    scopes = {"", *([scope] if isinstance(scope, str) else scope)}
    rows = AllowanceGrant.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gt=at),
        person_id=person_id,
        unit=unit,
        scope__in=scopes,
        valid_from__lte=at,
    )
    return list(rows.alias(rest=LEFT).filter(rest__gt=0).order_by(F("valid_until").asc(nulls_last=True), "id"))


@transaction.atomic
def return_use(*, key: str, amount: int | None = None, actor: Any = None, now: datetime | None = None) -> int:
    """Give back what was used under `key`, or `amount` of it, to the grants it came from, the last to expire first.
    What comes back to a grant that is over is written off at once. How much is usable again.

    A use is returned once: later calls change nothing and answer as the first. NotFound for an unknown key; refuses
    `Invalid` for more than was used.
    """
    now = now or clock.now()
    person_id = AllowanceUse.objects.filter(key=key).values_list("grant__person_id", flat=True).first()
    if person_id is None:
        raise NotFound()
    db.lock("billing.allowance", person_id)
    uses = list(
        AllowanceUse.objects.filter(key=key)
        .select_related("grant")
        .order_by(F("grant__valid_until").desc(nulls_first=True), "-id")
    )
    whole = sum(use.amount for use in uses)
    if any(use.returned_at for use in uses):
        return sum(use.returned for use in uses if not _over(use.grant.kept_until, use.returned_at or now))
    missing = whole if amount is None else amount
    if not 0 <= missing <= whole:
        raise Invalid(errors={"amount": _("More would be given back than was used.")})
    alive = 0
    for use in uses:
        part = min(use.amount, missing)
        missing -= part
        AllowanceUse.objects.filter(id=use.id).update(returned=part, returned_at=now)
        if not part:
            continue
        AllowanceGrant.objects.filter(id=use.grant_id).update(used=F("used") - part)
        _book(use.grant, part, "used", f"{use.id}:returned", use.grant.memo, actor, now)
        if _over(use.grant.kept_until, now):
            AllowanceGrant.objects.filter(id=use.grant_id).update(expired=F("expired") + part)
            _book(use.grant, -part, "expired", f"{use.id}:late", use.grant.memo, None, now)
        else:
            alive += part
    return alive


def _over(end: datetime | None, now: datetime) -> bool:
    return end is not None and end <= now


def expire_allowances(now: datetime | None = None, *, limit: int = 5_000) -> int:
    """Write off what is left of grants whose time is over; how many grants. Several may run side by side."""
    now = now or clock.now()
    due = AllowanceGrant.objects.alias(rest=LEFT).filter(kept_until__lte=now, rest__gt=0).order_by("kept_until")
    done = 0
    for person_id, grant_id in list(due.values_list("person_id", "id")[:limit]):
        with transaction.atomic():
            db.lock("billing.allowance", person_id)
            grant = AllowanceGrant.objects.get(id=grant_id)
            if grant.left and _over(grant.kept_until, now):
                _take_out(grant, grant.left, "expired", f"{grant.id}:expired:{grant.expired}", now=now)
                done += 1
    return done


@transaction.atomic
def withdraw_allowances(*, subject: str, actor: Any = None, now: datetime | None = None) -> dict[str, int]:
    """Take back what is left of everything granted for `subject` (a subscription that ends now, a package that is
    refunded); how much of each unit. Nothing is left for a second call."""
    now = now or clock.now()
    taken: dict[str, int] = {}
    rows = AllowanceGrant.objects.filter(subject=subject).alias(rest=LEFT).filter(rest__gt=0)
    db.lock("billing.allowance", *set(rows.values_list("person_id", flat=True)))
    for grant in rows.order_by("id"):
        taken[grant.unit] = taken.get(grant.unit, 0) + grant.left
        _take_out(grant, grant.left, "withdrawn", f"{grant.id}:withdrawn:{grant.withdrawn}", actor=actor, now=now)
    return taken


@transaction.atomic
def carry_allowances(
    *, from_subject: str, into: AllowanceGrant, ended_before: datetime, now: datetime | None = None
) -> AllowanceGrant | None:
    """Roll over what is left of the ended grants of `from_subject` that may be rolled over, within each one's limit,
    into one more grant with the time and scope of `into`; that grant, or None if there was nothing. Rolled over once:
    what was rolled over before does not roll on."""
    now = now or clock.now()
    db.lock("billing.allowance", into.person_id)
    rows = AllowanceGrant.objects.filter(
        subject=from_subject, unit=into.unit, scope=into.scope, carry_limit__gt=0, carried=0
    )
    ended = [
        row
        for row in rows.exclude(batch=into.batch).order_by("id")
        if row.valid_until and row.valid_until <= ended_before
    ]
    total = 0
    for grant in ended:
        part = min(grant.left, grant.carry_limit)
        if part > 0:
            _take_out(grant, part, "carried", f"{grant.id}:carried", now=now)
            total += part
    if not total:
        return None
    return grant_allowance(
        person_id=into.person_id,
        unit=into.unit,
        amount=total,
        key=f"{into.key}:carried",
        subject=into.subject,
        scope=into.scope,
        memo=into.memo,
        valid_from=into.valid_from,
        valid_until=into.valid_until,
        now=now,
    )


def _take_out(grant: AllowanceGrant, part: int, column: str, key: str, *, now: datetime, actor: Any = None) -> None:
    AllowanceGrant.objects.filter(id=grant.id).update(**{column: F(column) + part})
    _book(grant, -part, column, key, grant.memo, actor, now)


KINDS = {
    "granted": JournalKind.GRANT,
    "used": JournalKind.USE,
    "expired": JournalKind.EXPIRY,
    "carried": JournalKind.EXPIRY,
    "withdrawn": JournalKind.REFUND,
}


def _book(grant: AllowanceGrant, amount: int, house: str, key: str, memo: str, actor: Any, now: datetime) -> None:
    """The person has `amount` more (or less); the house's account of that name the opposite."""
    posting = _posting(grant, amount, house, key, memo)
    ledger.post(
        key=posting.key,
        kind=posting.kind,
        lines=posting.lines,
        subject=posting.subject,
        memo=memo,
        actor=actor,
        now=now,
    )


def _posting(grant: AllowanceGrant, amount: int, house: str, key: str, memo: str) -> Posting:
    return Posting(
        key=f"allowance:{key}",
        kind=KINDS[house],
        lines=[
            Line(of_person(grant.person_id, Purpose.ALLOWANCE, grant.unit), Money(amount, grant.unit)),
            Line(of_house(Purpose.ALLOWANCE, grant.unit, house), Money(-amount, grant.unit)),
        ],
        subject=f"billing.allowance:{grant.batch}",
        memo=memo,
    )


def grant_posting(grants: Sequence[AllowanceGrant]) -> Posting:
    """The journal of one new batch of grants."""
    first = grants[0]
    return _posting(first, sum(each.amount for each in grants), "granted", f"{first.batch}:granted", first.memo)
