"""Packages of lessons."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from ninja.decorators import decorate_view
from pydantic import Field

from majlis.engines.experts import queries as experts
from majlis.faces.api.auth import requires
from majlis.faces.api.idempotency import idempotent
from majlis.faces.api.lessons import LessonOut
from majlis.faces.api.shapes import MoneyOut
from majlis.kit.money import Money
from majlis.products.lessons import queries, services
from majlis.products.lessons.types import PurchaseStatus

PREFIX = "/packages"
router = Router(tags=["packages"])


class PackageOut(Schema):
    """What a teacher offers. Buy it by putting `{"kind": "package", "choice": {"package": id}}` into the cart."""

    id: UUID
    teacher_id: UUID
    title: str
    sessions: int
    minutes: int
    price: MoneyOut
    valid_days: int

    @classmethod
    def of(cls, package: Any) -> "PackageOut":
        return cls(
            id=package.id,
            teacher_id=package.teacher_id,
            title=services.title_of(package),
            sessions=package.sessions,
            minutes=package.minutes,
            price=MoneyOut.of(package.price),
            valid_days=package.valid_days,
        )


class PackageIn(Schema):
    """A package to offer; `price` in minor units of your currency."""

    sessions: int
    minutes: int
    price: int = Field(gt=0, le=10**15)
    valid_days: int
    subject_id: UUID | None = None


class PurchaseOut(Schema):
    """A bought package. `refund` is what giving the unused sessions back returns now; null when nothing does."""

    id: UUID
    package: PackageOut
    status: PurchaseStatus
    sessions: int
    left: int
    expires_at: datetime | None
    refund: MoneyOut | None
    policy: list[str]

    @classmethod
    def of(cls, purchase: Any) -> "PurchaseOut":
        try:
            refund = MoneyOut.of(services.preview_refund(purchase).back)
        except (services.PackageEnded, services.NothingUnused):
            refund = None
        return cls(
            id=purchase.id,
            package=PackageOut.of(purchase.package),
            status=purchase.status,
            sessions=purchase.sessions,
            left=queries.sessions_left(purchase),
            expires_at=purchase.expires_at,
            refund=refund,
            policy=services.policy_words(purchase),
        )


class PurchasesOut(Schema):
    """A page of bought packages, newest first."""

    items: list[PurchaseOut]
    next: str | None


@router.get("/of/{uuid:teacher_id}", response=list[PackageOut], auth=None)
def list_packages(request: HttpRequest, teacher_id: UUID) -> list[PackageOut]:
    """What a teacher offers as packages."""
    return [PackageOut.of(package) for package in queries.packages_of(teacher_id)]


@router.post("", response={201: PackageOut}, auth=requires("lessons:write"))
@decorate_view(idempotent)
def offer_package(request: HttpRequest, wish: PackageIn) -> Status:
    """Offer a package, as a teacher."""
    person: Any = request.user
    unit = experts.expert(person.pk, seen_by=person).currency
    package = services.offer_package(
        actor=person,
        sessions=wish.sessions,
        minutes=wish.minutes,
        price=Money(wish.price, unit),
        valid_days=wish.valid_days,
        subject_id=wish.subject_id,
    )
    return Status(201, PackageOut.of(package))


@router.delete("/{uuid:package_id}", response=PackageOut, auth=requires("lessons:write"))
def end_package(request: HttpRequest, package_id: UUID) -> PackageOut:
    """Offer a package of yours no more; who bought it keeps it."""
    return PackageOut.of(services.end_package(actor=request.user, package_id=package_id))


@router.get("", response=PurchasesOut, auth=requires("lessons:read"))
def list_purchases(
    request: HttpRequest, cursor: str | None = None, limit: int = Query(25, ge=1, le=100)
) -> PurchasesOut:
    """The packages you bought or sold, newest first. Book with one by `package` in a booking."""
    page = queries.purchases_of(request.user, cursor, limit=limit)
    return PurchasesOut(items=[PurchaseOut.of(each) for each in page.items], next=page.next)


@router.get("/bought/{uuid:purchase_id}", response=PurchaseOut, auth=requires("lessons:read"))
def show_purchase(request: HttpRequest, purchase_id: UUID) -> PurchaseOut:
    """One bought package."""
    return PurchaseOut.of(queries.purchase(purchase_id, seen_by=request.user))


@router.get("/bought/{uuid:purchase_id}/lessons", response=list[LessonOut], auth=requires("lessons:read"))
def list_lessons_of_purchase(request: HttpRequest, purchase_id: UUID) -> Any:
    """The lessons booked out of a package, the latest first."""
    return queries.lessons_in(queries.purchase(purchase_id, seen_by=request.user))


@router.post("/bought/{uuid:purchase_id}/refund", response=PurchaseOut, auth=requires("money:write"))
@decorate_view(idempotent)
def refund_purchase(request: HttpRequest, purchase_id: UUID) -> PurchaseOut:
    """Give the unused sessions back; what returns is what `refund` said."""
    services.refund_package(actor=request.user, purchase_id=purchase_id)
    return PurchaseOut.of(queries.purchase(purchase_id, seen_by=request.user))
