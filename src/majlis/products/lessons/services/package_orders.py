"""How billing sells and delivers a package (registered in `apps.ready`)."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from majlis.engines.billing import services as billing
from majlis.engines.billing.services import Fulfiller
from majlis.engines.billing.types import LineDraft, Offered
from majlis.engines.experts import queries as experts
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.notices import services as notices
from majlis.kit.errors import NotFound
from majlis.kit.ids import new_id
from majlis.kit.locale import isolated, number
from majlis.kit.translated import in_language
from majlis.products.lessons.models import Package, PackagePurchase
from majlis.products.lessons.policy import current_policy
from majlis.products.lessons.services.booking import OwnLesson, TeacherNotBookable
from majlis.products.lessons.services.packages import PackageEnded, _locked, _move, link
from majlis.products.lessons.types import PurchaseStatus

KIND = "package"


class PackageFulfiller(Fulfiller):
    """Billing calls it; see `Fulfiller`."""

    def terms(self, line: Any) -> list[str]:
        """The policy the package was bought under."""
        return policy_words(PackagePurchase.objects.select_related("package").get(id=line.subject_id))

    def offer(self, choice: dict[str, Any], buyer: Any, now: datetime) -> Offered:
        """`choice`: `{"package": id}`."""
        package = _wanted(choice, buyer)
        return Offered(
            title=title_of(package),
            words=_("With %(name)s") % {"name": isolated(package.teacher.name)},
            amount=package.price,
            seller_id=package.teacher_id,
            link=f"/teachers/{experts.expert(package.teacher_id).slug}/",
            traits={"family": str(package.id)},
        )

    def take(self, choice: dict[str, Any], buyer: Any, key: str, until: datetime, now: datetime) -> LineDraft:
        """A package is never out of stock: what is kept is its price and its terms."""
        package, policy = _wanted(choice, buyer), current_policy()
        purchase = PackagePurchase.objects.create(
            id=new_id(),
            student=buyer,
            package=package,
            sessions=package.sessions,
            price_amount=package.price_amount,
            price_unit=package.price_unit,
            valid_days=package.valid_days,
            policy=policy.as_facts(),
            created_at=now,
        )
        return LineDraft(
            kind=KIND,
            subject_id=purchase.id,
            title=title_of(package),
            amount=package.price,
            seller_id=package.teacher_id,
            policy={"words": policy_words(purchase)},
            traits={"family": str(package.id)},
        )

    def placed(self, line: Any, now: datetime) -> None:
        """The purchase knows the line whose money it divides."""
        PackagePurchase.objects.filter(id=line.subject_id).update(line_id=line.id)

    def fulfil(self, line: Any, now: datetime) -> None:
        """Paid: its time begins, and its sessions can be booked."""
        purchase = _locked(line.subject_id)
        expires_at = now + timedelta(days=purchase.valid_days)
        _move(purchase, PurchaseStatus.ACTIVE, now, starts_at=now, expires_at=expires_at)
        billing.grant_allowance(
            person_id=purchase.student_id,
            unit="session",
            amount=purchase.sessions,
            key=f"purchase:{purchase.id}",
            subject=f"lessons.purchase:{purchase.id}",
            scope=purchase.scope,
            valid_from=now,
            valid_until=expires_at,
            memo=line.title[:200],
            now=now,
        )
        notices.notify(
            person_id=purchase.package.teacher_id,
            kind="package_sold",
            facts={"student": purchase.student.name, "sessions": purchase.sessions, "amount": purchase.price},
            link=link(purchase),
            key=f"purchase:{purchase.id}:sold",
        )

    def lapse(self, line: Any, now: datetime) -> None:
        """Never paid."""
        purchase = _locked(line.subject_id)
        if purchase.status == PurchaseStatus.PENDING:
            _move(purchase, PurchaseStatus.LAPSED, now)

    def titles(self, lines: list[Any]) -> dict[UUID, str]:
        """Sessions, length and subject, in the reader's language."""
        ids = [line.subject_id for line in lines]
        bought = PackagePurchase.objects.select_related("package").in_bulk(ids)
        return {line.id: title_of(bought[line.subject_id].package) for line in lines if line.subject_id in bought}

    def describe(self, line: Any) -> str:
        """With whom, and within how many days."""
        purchase = PackagePurchase.objects.select_related("package__teacher").get(id=line.subject_id)
        days = ngettext(
            "With %(name)s, within %(days)s day", "With %(name)s, within %(days)s days", purchase.valid_days
        )
        return days % {"name": isolated(purchase.package.teacher.name), "days": number(purchase.valid_days)}

    def landing(self, line: Any) -> str:
        """Where the buyer goes after paying."""
        return link(PackagePurchase(id=line.subject_id))


def _wanted(choice: dict[str, Any], buyer: Any) -> Package:
    try:
        wanted = UUID(str(choice.get("package")))
    except ValueError:
        raise NotFound from None
    package = Package.objects.select_related("teacher").filter(id=wanted).first()
    if package is None:
        raise NotFound
    if not package.active:
        raise PackageEnded
    if package.teacher_id == buyer.id:
        raise OwnLesson
    if not experts.is_bookable(package.teacher_id):
        raise TeacherNotBookable
    return package


def title_of(package: Package) -> str:
    """What a package is called in the active language: its subject, how many sessions, how long each."""
    facts = {"sessions": number(package.sessions), "minutes": number(package.minutes)}
    if package.subject_id is None:
        words = ngettext(
            "Package of %(sessions)s lesson of %(minutes)s minutes",
            "Package of %(sessions)s lessons of %(minutes)s minutes",
            package.sessions,
        )
        return words % facts
    words = ngettext(
        "%(subject)s: package of %(sessions)s lesson of %(minutes)s minutes",
        "%(subject)s: package of %(sessions)s lessons of %(minutes)s minutes",
        package.sessions,
    )
    return words % {**facts, "subject": in_language(catalogue.subject_by_id(package.subject_id).name)}


def policy_words(purchase: PackagePurchase) -> list[str]:
    """The policy of a package in sentences, by the object that computes it."""
    terms = purchase.terms
    each = purchase.price.prorate(1, purchase.sessions)
    days = ngettext(
        "Take the sessions within %(days)s day of paying.",
        "Take the sessions within %(days)s days of paying.",
        purchase.valid_days,
    )
    words = [days % {"days": number(purchase.valid_days)}]
    back = terms.on_package(each, expired=False)
    words.append(
        _("Give back what you have not used at any time: %(percent)s %% of what you paid for it comes back.")
        % {"percent": number(back.percent)}
    )
    late = terms.on_package(each, expired=True)
    if late.percent:
        words.append(
            _("What is unused when the time is over: %(percent)s %% of what you paid for it comes back.")
            % {"percent": number(late.percent)}
        )
    else:
        words.append(_("What is unused when the time is over is not refunded."))
    words.append(_("A session cancelled in time comes back to your package."))
    return words
