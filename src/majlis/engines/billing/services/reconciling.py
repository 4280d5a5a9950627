"""A provider's day beside ours: what it says moved, what our books say, and where the two differ.

Days are UTC. What our books merely had not heard of is taken first, as after a webhook; only what still differs then is
written down for a person. Checking a day again is harmless, and closes what has come right meanwhile.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import DayReport, GatewayUnreachable, KeysRefused, Movement
from majlis.engines.billing.gateways.provider import bounds
from majlis.engines.billing.models import Charge, DayCheck, Difference, Dispute, Payment, Refund
from majlis.engines.billing.services.mirroring import follow
from majlis.engines.billing.services.payments import refresh_payment
from majlis.engines.billing.services.webhooks import payment_named
from majlis.engines.billing.types import DifferenceKind, MovementKind, RefundStatus
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.notices import services as notices
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.money import Money

log = logging.getLogger(__name__)
ONE = timedelta(days=1)
LATE = timedelta(days=7)
"""How much later than it began an attempt may still bring money that is asked for."""
LOOKED_BACK = 7
"""Days whose open differences are checked again every night."""


class DayNotOver(Refusal):
    """A day is compared when it is over everywhere."""

    code = "day_not_over"
    sentence = _("This day is not over yet. Choose an earlier one.")
    status = 422


@dataclass(frozen=True, slots=True)
class Found:
    """A difference, before it is a row."""

    kind: DifferenceKind
    movement: MovementKind
    ref: str
    unit: str
    ours: int | None
    theirs: int | None
    payment: Payment | None


def check_day(*, provider: str, day: date, actor: Any = None, now: datetime | None = None) -> DayCheck:
    """Compare one day of a provider with our books; the row that says so, its open `differences` told to finance.

    Speaks over the network: must not run inside a transaction. Refuses `DayNotOver`, `GatewayUnreachable`,
    `KeysRefused`, and NotFound for a provider we do not have.
    """
    db.refuse_transaction()
    now = now or clock.now()
    if bounds(day)[1] > now:
        raise DayNotOver()
    ways = gateways.of_provider(provider)
    codes = [way.code for way in ways]
    report = ways[0].movements(day, _refs(codes, day))
    found = [*_theirs(ways, codes, report), *_ours(ways[0], codes, day, report)]
    check = _store(provider, day, report, found, now)
    if actor is not None:
        accounts.record_act(
            actor=actor,
            action="billing.day_checked",
            target=f"billing.daycheck:{check.id}",
            facts={"provider": provider, "day": day.isoformat(), "differences": len(found)},
        )
    return check


def check_last_days(*, now: datetime | None = None) -> int:
    """Compare yesterday of every provider whose keys are set, and again the days that still differ; how many days. A
    provider that does not answer is left for the next night."""
    now = now or clock.now()
    yesterday = now.date() - ONE
    done = 0
    for way in gateways.configured():
        open_days = DayCheck.objects.filter(
            provider=way.provider, day__gte=yesterday - timedelta(days=LOOKED_BACK), differences__settled_at=None
        )
        again = open_days.filter(differences__isnull=False).values_list("day", flat=True).distinct()
        for day in sorted({yesterday, *again}):
            try:
                check_day(provider=way.provider, day=day, now=now)
                done += 1
            except (GatewayUnreachable, KeysRefused) as fault:
                log.warning("%s could not be compared for %s: %s.", way.provider, day, fault.code)
    return done


@transaction.atomic
def settle_difference(*, difference_id: UUID, note: str, actor: Any, now: datetime | None = None) -> Difference:
    """Staff found out why a day differs, and says it. Settling it twice keeps the first word. `Invalid` without one."""
    now = now or clock.now()
    found = Difference.objects.select_for_update().filter(id=difference_id).first()
    if found is None:
        raise NotFound()
    if not note.strip():
        raise Invalid(errors={"note": _("Say what it was.")})
    if found.settled_at is None:
        found.note, found.settled_by, found.settled_at = note.strip()[:300], actor, now
        Difference.objects.filter(id=difference_id).update(note=found.note, settled_by=actor, settled_at=now)
        accounts.record_act(
            actor=actor,
            action="billing.difference_settled",
            target=f"billing.difference:{difference_id}",
            facts={"ref": found.ref},
            reason=found.note,
        )
    return found


def _refs(codes: list[str], day: date) -> list[str]:
    """The attempts that may have moved something on that day."""
    begins, ends = bounds(day)
    rows = Payment.objects.filter(gateway__in=codes, provider_ref__isnull=False, created_at__lt=ends)
    lately = Q(created_at__gte=begins - LATE)
    back = Q(refunds__ended_at__gte=begins - ONE, refunds__ended_at__lt=ends + ONE)
    charged = Q(charges__created_at__gte=begins - ONE, charges__created_at__lt=ends + ONE)
    named = rows.filter(lately | back | charged).values_list("provider_ref", flat=True).distinct()
    return [ref for ref in named if ref]


def _theirs(ways: list[gateways.Gateway], codes: list[str], report: DayReport) -> Iterator[Found]:
    """What the provider says moved and we do not know, or know otherwise."""
    provider = ways[0].provider
    for moved in report.movements:
        payment = payment_named(provider, moved.attempt or moved.ref)
        if payment is None and moved.kind == MovementKind.CHARGE and _mirror(ways[0], moved.ref):
            payment = payment_named(provider, moved.ref)
        ours = _known(codes, moved, payment)
        if ours is None and payment is not None and moved.kind != MovementKind.REFUND:
            _catch_up(payment)
            ours = _known(codes, moved, payment)
        if ours == moved.money:
            continue
        kind = DifferenceKind.UNKNOWN_HERE if ours is None else DifferenceKind.AMOUNT
        known = ours.amount if ours is not None else None
        yield Found(kind, moved.kind, moved.ref, moved.money.unit, known, moved.money.amount, payment)


def _mirror(way: gateways.Gateway, ref: str) -> bool:
    """Whether money nobody told us of paid for a subscription that the provider runs for us; it is taken then."""
    if not isinstance(way, gateways.Biller):
        return False
    try:
        return follow(way.code, way.subscription_of_charge(ref), now=clock.now()) is not None
    except Refusal:
        log.warning("What %s paid for could not be read while its day was compared.", ref)
        return False


def _catch_up(payment: Payment) -> None:
    try:
        refresh_payment(payment.id)
    except Refusal:
        log.warning("Payment %s could not be read while its day was compared.", payment.id)


def _known(codes: list[str], moved: Movement, payment: Payment | None) -> Money | None:
    """What our books say of a movement; None if they do not know it."""
    if moved.kind == MovementKind.DISPUTE:
        dispute = Dispute.objects.filter(gateway__in=codes, ref=moved.ref).first()
        return dispute.money if dispute else None
    if moved.kind == MovementKind.REFUND:
        sent = Refund.objects.filter(payment__gateway__in=codes, provider_ref=moved.ref, status=RefundStatus.SENT)
        refund = sent.first()
        return refund.money if refund else None
    charge = Charge.objects.filter(gateway__in=codes, ref=moved.ref).first()
    if charge is None and payment is not None:
        # A provider's list may name the same money otherwise than its reading of the attempt: there is only one.
        charges = list(payment.charges.all()[:2])
        charge = charges[0] if len(charges) == 1 else None
    return charge.money if charge else None


def _ours(way: gateways.Gateway, codes: list[str], day: date, report: DayReport) -> Iterator[Found]:
    """What our books say moved on that day and the provider does not, neither then nor on the days beside it."""
    begins, ends = bounds(day)
    named = {(moved.kind, moved.ref) for moved in report.movements}
    named |= {(moved.kind, moved.attempt) for moved in report.movements if moved.attempt}
    beside: set[tuple[MovementKind, str]] | None = None
    charges = Charge.objects.filter(gateway__in=codes, created_at__gte=begins, created_at__lt=ends)
    for charge in charges.select_related("payment"):
        names = {charge.ref, charge.payment.provider_ref or "", str(charge.payment_id)}
        if any((MovementKind.CHARGE, name) in named for name in names):
            continue
        read = way.read(charge.payment.provider_ref or "", wanted=False)
        if charge.ref not in {seen.ref for seen in read.charges}:
            yield Found(
                *(DifferenceKind.UNKNOWN_THERE, MovementKind.CHARGE, charge.ref, charge.unit, charge.amount, None),
                payment=charge.payment,
            )
    if not report.complete:
        return  # asked attempt by attempt, such a provider tells little of when money went back
    sent = Refund.objects.filter(
        payment__gateway__in=codes, status=RefundStatus.SENT, ended_at__gte=begins, ended_at__lt=ends
    )
    for refund in sent.select_related("payment"):
        if (MovementKind.REFUND, refund.provider_ref) in named:
            continue
        if beside is None:
            around = [way.movements(day - ONE, ()), way.movements(day + ONE, ())]
            beside = {(moved.kind, moved.ref) for each in around for moved in each.movements}
        if (MovementKind.REFUND, refund.provider_ref) not in beside:
            ref = refund.provider_ref or str(refund.id)
            yield Found(
                *(DifferenceKind.UNKNOWN_THERE, MovementKind.REFUND, ref, refund.unit, refund.amount, None),
                payment=refund.payment,
            )


@transaction.atomic
def _store(provider: str, day: date, report: DayReport, found: list[Found], now: datetime) -> DayCheck:
    db.lock("billing.check_day", f"{provider}:{day}")
    check, _new = DayCheck.objects.update_or_create(
        provider=provider,
        day=day,
        defaults={
            "checked_at": now,
            "complete": report.complete,
            "movements": len(report.movements),
            "totals": _totals(report),
        },
    )
    still = {(each.movement, each.ref) for each in found}
    for known in check.differences.open():
        if (known.movement, known.ref) not in still:
            Difference.objects.filter(id=known.id).update(
                settled_at=now, note=gettext("It came right by itself: both tell the same now.")
            )
    news = 0
    for each in found:
        _row, new = Difference.objects.get_or_create(
            day_check=check,
            movement=each.movement,
            ref=each.ref,
            defaults={
                "kind": each.kind,
                "unit": each.unit,
                "ours": each.ours,
                "theirs": each.theirs,
                "payment": each.payment,
                "created_at": now,
            },
        )
        news += new
    if news:
        for person in people.people_with_role(Role.FINANCE):
            notices.notify(
                person_id=person.id,
                kind="money_differs",
                facts={"gateway": provider, "day": day.isoformat(), "count": news},
                link=f"/office/billing/difference/?day_check__id__exact={check.id}",
                key=f"day:{provider}:{day}:{now.date()}",
            )
    return check


def _totals(report: DayReport) -> list[dict[str, Any]]:
    sums: dict[str, dict[str, Any]] = {}

    def of(unit: str) -> dict[str, Any]:
        return sums.setdefault(unit, {"unit": unit, "taken": 0, "given_back": 0, "disputed": 0, "fees": 0})

    columns = {MovementKind.CHARGE: "taken", MovementKind.REFUND: "given_back", MovementKind.DISPUTE: "disputed"}
    for moved in report.movements:
        of(moved.money.unit)[columns[moved.kind]] += moved.money.amount
        if moved.fee is not None:
            of(moved.fee.unit)["fees"] += moved.fee.amount
    return [sums[unit] for unit in sorted(sums)]
