"""Packages: so many sessions, bought at once, taken one by one.

The whole price waits in escrow; with each session that took place its share goes to the teacher. The sessions
themselves are an allowance of the ledger, so that none is used twice and every line explains itself.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import queries as money
from majlis.engines.billing import services as billing
from majlis.engines.experts import queries as experts
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts import services as trail
from majlis.kernel.accounts.types import Role
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.locale import digits
from majlis.kit.money import Money
from majlis.kit.state import promised
from majlis.products.lessons.models import Lesson, Package, PackagePurchase
from majlis.products.lessons.types import (
    PURCHASE_MOVES,
    BookingRequest,
    LessonStatus,
    PackageRefund,
    PurchaseStatus,
    Terms,
)

MOST_PACKAGES = 20
S = PurchaseStatus


class TooManyPackages(Refusal):
    """A teacher offers only so many at once."""

    code = "too_many_packages"
    sentence = _("You offer as many packages as one can survey. End one of them first.")


class PackageEnded(Refusal):
    """It is not offered any more, or what was bought is used up or over."""

    code = "package_ended"
    sentence = _("This package is not available any more.")


class PackageDoesNotFit(Refusal):
    """The lesson is not what the package is for."""

    code = "package_does_not_fit"
    sentence = _("This package is for other lessons: another subject, another length, or another time.")
    status = 422


class NothingUnused(Refusal):
    """Every session is taken or booked."""

    code = "nothing_unused"
    sentence = _("Every session of this package has been taken or booked. There is nothing to give back.")


@transaction.atomic
def offer_package(
    *,
    actor: Any,
    sessions: int,
    minutes: int,
    price: Money,
    valid_days: int,
    subject_id: UUID | None = None,
    level: str = "",
    name: str = "",
) -> Package:
    """The teacher offers a package from now on. Refuses `TooManyPackages`, and `Invalid` for numbers that make no
    sense, a subject they do not teach or another currency than theirs."""
    profile = experts.expert(actor.id, seen_by=actor)
    errors: dict[str, Any] = {}
    if not 2 <= sessions <= 100:
        errors["sessions"] = _("Between 2 and 100 sessions.")
    if not 5 <= minutes <= 480:
        errors["minutes"] = _("Between 5 and 480 minutes.")
    if not 7 <= valid_days <= 730:
        errors["valid_days"] = _("Between 7 and 730 days.")
    if price.amount <= 0 or price.unit != profile.currency:
        errors["price"] = _("A price in your currency, above nothing.")
    if subject_id is not None and subject_id not in {each.subject_id for each in profile.subjects.all()}:
        errors["subject"] = _("Choose one of your subjects.")
    if errors:
        raise Invalid(errors=errors)
    if Package.objects.filter(teacher=actor, active=True).count() >= MOST_PACKAGES:
        raise TooManyPackages
    return Package.objects.create(
        teacher=actor,
        subject_id=subject_id,
        level=level,
        name=name.strip()[:100],
        sessions=sessions,
        minutes=minutes,
        price_amount=price.amount,
        price_unit=price.unit,
        valid_days=valid_days,
    )


@transaction.atomic
def end_package(*, actor: Any, package_id: UUID, reason: str = "") -> Package:
    """The teacher does not offer it any more, or the office ends it for a reason (audited); who bought it keeps it.
    NotFound for another's."""
    package = Package.objects.select_for_update().filter(id=package_id).first()
    if package is None or not _may(actor, package.teacher_id):
        raise NotFound
    _record(actor, package.teacher_id, "lessons.package_ended", f"lessons.package:{package.id}", reason)
    Package.objects.filter(id=package_id).update(active=False, updated_at=clock.now())
    package.active = False
    return package


STAFF = (Role.SUPPORT, Role.FINANCE, Role.ADMIN, Role.OWNER)
"""Who in the office may end a package, or give what is unused of one back."""


def _may(actor: Any, owner_id: UUID) -> bool:
    return actor.id == owner_id or accounts.has_role(actor, *STAFF)


def _record(actor: Any, owner_id: UUID, action: str, target: str, reason: str, **facts: Any) -> None:
    """What the office did with somebody else's."""
    if actor.id != owner_id:
        trail.record_act(actor=actor, action=action, target=target, facts=facts, reason=reason)


def _locked(purchase_id: UUID) -> PackagePurchase:
    rows = PackagePurchase.objects.select_for_update(of=("self",)).select_related("package__teacher", "student")
    purchase = rows.filter(id=purchase_id).first()
    if purchase is None:
        raise NotFound
    return purchase


def _move(purchase: PackagePurchase, to: str, now: datetime, **fields: Any) -> None:
    PURCHASE_MOVES.check(purchase.status, to)
    PackagePurchase.objects.filter(id=purchase.id).update(status=to, updated_at=now, **fields)
    purchase.status = to
    for name, value in fields.items():
        setattr(purchase, name, value)


def bought_by(actor: Any, purchase_id: UUID) -> PackagePurchase:
    """A package the person bought, locked. NotFound for another's."""
    purchase = _locked(purchase_id)
    if purchase.student_id != actor.id:
        raise NotFound
    return purchase


def usable(actor: Any, request: BookingRequest, now: datetime) -> PackagePurchase:
    """The student's package this lesson would be a session of, locked. Refuses NotFound for another's,
    `PackageEnded`, `PackageDoesNotFit`."""
    purchase = bought_by(actor, promised(request.purchase_id))
    package = purchase.package
    if purchase.status != S.ACTIVE or promised(purchase.expires_at) <= now:
        raise PackageEnded
    fits = (
        package.teacher_id == request.teacher_id
        and package.minutes == request.minutes
        and (package.subject_id in (None, request.subject_id))
        and (package.level in ("", request.level))
        and not request.trial
        and request.starts_at < promised(purchase.expires_at)
    )
    if not fits:
        raise PackageDoesNotFit
    return purchase


def use_session(purchase: PackagePurchase, lesson: Lesson, *, actor: Any, now: datetime) -> None:
    """Take one session for a lesson. Refuses billing's `AllowanceShort` when there is none left."""
    billing.use_allowance(
        person_id=purchase.student_id,
        unit="session",
        amount=1,
        key=_use_key(lesson),
        subject=f"lessons.lesson:{lesson.id}",
        scope=purchase.scope,
        at=lesson.starts_at,
        actor=actor,
        now=now,
    )


def _use_key(lesson: Lesson) -> str:
    return f"lesson:{lesson.id}:session"


def session_words(lesson: Lesson) -> str:
    """Which session of its package a lesson is, in a sentence."""
    purchase = promised(lesson.purchase)
    left = money.allowance_left(purchase.student_id, "session", scope=purchase.scope, at=lesson.starts_at).amount
    booked = purchase.lessons.exclude(status__in=[LessonStatus.CANCELLED, LessonStatus.EXPIRED])
    number = purchase.sessions - left - booked.filter(id__gt=lesson.id).count()
    return gettext("Session %(number)s of %(sessions)s of your package.") % {
        "number": digits(number),
        "sessions": digits(purchase.sessions),
    }


def session_returns(purchase: PackagePurchase, terms: Terms, now: datetime) -> bool:
    """Whether a session that ends by these terms comes back to its package, and not in money."""
    return terms.percent == 100 and purchase.status == S.ACTIVE and now < promised(purchase.expires_at)


def settle_session(lesson: Lesson, terms: Terms, *, reason: Any, actor: Any, now: datetime) -> None:
    """The money of a session goes by the terms of its lesson. If the student would get everything back and the package
    still runs, they get the session back instead."""
    purchase = _locked(promised(lesson.purchase_id))
    if session_returns(purchase, terms, now):
        billing.return_use(key=_use_key(lesson), actor=actor, now=now)
        return
    share = purchase.share(1)
    back = share.share(terms.percent * 100)
    _pay(purchase, 1, share, back, key=f"lesson:{lesson.id}:settled", reason=reason, actor=actor, now=now)


def _pay(
    purchase: PackagePurchase,
    sessions: int,
    share: Money,
    back: Money,
    *,
    key: str,
    reason: Any,
    actor: Any,
    now: datetime,
) -> None:
    billing.settle_part(
        line_id=promised(purchase.line_id),
        share=share,
        buyer=back,
        seller=share - back,
        key=key,
        reason=reason,
        actor=actor,
        now=now,
    )
    purchase.settled += sessions
    PackagePurchase.objects.filter(id=purchase.id).update(settled=purchase.settled, updated_at=now)
    if purchase.settled == purchase.sessions and purchase.status == S.ACTIVE:
        _move(purchase, S.USED, now)


def unused(purchase: PackagePurchase) -> int:
    """Sessions that are neither paid out nor booked."""
    booked = Lesson.objects.filter(purchase=purchase, settled_at__isnull=True).exclude(
        status__in=[LessonStatus.CANCELLED, LessonStatus.EXPIRED]
    )
    return purchase.sessions - purchase.settled - booked.count()


def preview_refund(purchase: PackagePurchase, *, expired: bool = False) -> PackageRefund:
    """What giving the unused sessions back would return now, to the last cent, by the same objects that do it. Refuses
    `PackageEnded`, `NothingUnused`."""
    if purchase.status != S.ACTIVE:
        raise PackageEnded
    sessions = unused(purchase)
    if sessions <= 0:
        raise NothingUnused
    share = purchase.share(sessions)
    terms = purchase.terms.on_package(share, expired=expired)
    parts = money.preview_part(promised(purchase.line_id), share, terms.student, terms.teacher)
    return PackageRefund(sessions, share, terms.percent, terms.student, parts.buyer)


@transaction.atomic
def refund_package(
    *,
    actor: Any,
    purchase_id: UUID,
    shown_amount: int | None = None,
    reason: str = "",
    now: datetime | None = None,
) -> PackageRefund:
    """The student gives the unused sessions back and gets their money by the policy, or the office does it for them
    (audited); booked lessons stay. Exactly what `preview_refund` said; `shown_amount` (minor units) is what the student
    was shown, and less than that is refused (`PackageEnded`). NotFound for another's; refuses as `preview_refund`."""
    now = now or clock.now()
    purchase = _locked(purchase_id)
    if not _may(actor, purchase.student_id):
        raise NotFound
    told = preview_refund(purchase)
    if shown_amount is not None and told.back.amount < shown_amount:
        raise PackageEnded
    _end(purchase, told, S.REFUNDED, _("Unused sessions given back."), actor, now)
    target, back = f"lessons.purchase:{purchase.id}", told.back
    _record(actor, purchase.student_id, "lessons.package_refunded", target, reason, amount=back.amount, unit=back.unit)
    return told


def _end(purchase: PackagePurchase, told: PackageRefund, to: str, reason: Any, actor: Any, now: datetime) -> None:
    billing.withdraw_allowances(subject=f"lessons.purchase:{purchase.id}", actor=actor, now=now)
    _pay(
        purchase,
        told.sessions,
        told.share,
        told.student,
        key=f"purchase:{purchase.id}:{to}",
        reason=reason,
        actor=actor,
        now=now,
    )
    if purchase.status == S.ACTIVE:
        _move(purchase, to, now)
    else:
        PackagePurchase.objects.filter(id=purchase.id).update(status=to)
    for person_id in (purchase.student_id, purchase.package.teacher_id):
        notices.notify(
            person_id=person_id,
            kind="package_refunded" if to == S.REFUNDED else "package_expired",
            facts={"sessions": told.sessions, "back": told.back, "teacher": purchase.package.teacher.name},
            link=link(purchase),
            key=f"purchase:{purchase.id}:{to}:{person_id}",
        )


def expire_packages(*, now: datetime | None = None, limit: int = 200) -> int:
    """End packages whose time is over: the policy divides what was not used; booked lessons still take place. How
    many."""
    now = now or clock.now()
    due = PackagePurchase.objects.filter(status=S.ACTIVE, expires_at__lte=now).order_by("expires_at")
    ids = list(due.values_list("id", flat=True)[:limit])
    for purchase_id in ids:
        with transaction.atomic():
            purchase = _locked(purchase_id)
            if purchase.status != S.ACTIVE:
                continue
            try:
                told = preview_refund(purchase, expired=True)
            except NothingUnused:
                _move(purchase, S.EXPIRED, now)
            else:
                _end(purchase, told, S.EXPIRED, _("Its time was over."), None, now)
    return len(ids)


def remind_of_packages(*, now: datetime | None = None) -> int:
    """Tell students, once and a week before, that a package with unused sessions runs out. How many."""
    now = now or clock.now()
    soon = PackagePurchase.objects.filter(status=S.ACTIVE, expires_at__gt=now, expires_at__lte=now + timedelta(days=7))
    told = 0
    for purchase in soon.select_related("package__teacher"):
        sessions = unused(purchase)
        if sessions > 0:
            notices.notify(
                person_id=purchase.student_id,
                kind="package_ends_soon",
                facts={
                    "sessions": sessions,
                    "teacher": purchase.package.teacher.name,
                    "expires_at": promised(purchase.expires_at),
                },
                link=link(purchase),
                key=f"purchase:{purchase.id}:ends-soon",
            )
            told += 1
    return told


def link(purchase: PackagePurchase) -> str:
    """The page of a bought package."""
    return f"/packages/{purchase.id}/"
