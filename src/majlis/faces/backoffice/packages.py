"""Packages of lessons: what teachers offer, and who bought them."""

from typing import Any, ClassVar

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from majlis.faces.backoffice.billing import LOOKERS, MONEY
from majlis.faces.backoffice.site import ReadOnlyAdmin, ReadOnlyRows, ReasonForm, link_to, office, service_action
from majlis.kit.errors import Refusal
from majlis.products.lessons import queries, services
from majlis.products.lessons.models import Lesson, Package, PackagePurchase
from majlis.products.lessons.types import PurchaseStatus


@admin.register(Package, site=office)
class PackagePage(ReadOnlyAdmin):
    """What teachers offer."""

    view_roles = LOOKERS
    labels: ClassVar = {
        "sessions": _("Sessions"),
        "minutes": _("Minutes"),
        "valid_days": _("Days"),
        "active": _("Offered"),
        "price_unit": _("Currency"),
    }
    list_display = ("teacher_link", "called", "sessions", "minutes", "asked", "valid_days", "sold", "active")
    list_filter = ("active", "price_unit")
    search_fields = ("teacher__name", "teacher__email", "name", "=id")
    ordering = ("-id",)
    list_select_related = ("teacher", "subject")
    fields = ("teacher_link", "called", "sessions", "minutes", "asked", "valid_days", "sold", "active", "created_at")
    readonly_fields = ("teacher_link", "called", "asked", "sold")

    @admin.display(description=_("Teacher"))
    def teacher_link(self, package: Package) -> Any:
        return link_to(package.teacher)

    @admin.display(description=_("Package"))
    def called(self, package: Package) -> str:
        return services.title_of(package)

    @admin.display(description=_("Price"), ordering="price_amount")
    def asked(self, package: Package) -> str:
        return package.price.display()

    @admin.display(description=_("Sold"))
    def sold(self, package: Package) -> int:
        return package.purchases.exclude(status__in=[PurchaseStatus.PENDING, PurchaseStatus.LAPSED]).count()

    @service_action(
        _("Sell no more"),
        roles=LOOKERS,
        form=ReasonForm,
        danger=True,
        shown=lambda package: package.active,
        consequence=lambda package: _("Nobody can buy it any more; who bought it keeps it."),
    )
    def end(self, request: HttpRequest, package: Package, data: dict[str, Any]) -> None:
        services.end_package(actor=request.user, package_id=package.id, reason=data["reason"])


class Sessions(ReadOnlyRows):
    """The lessons booked out of it."""

    model = Lesson
    fk_name = "purchase"
    fields = readonly_fields = ("starts_at", "status", "settled_at")
    ordering = ("-starts_at",)
    show_change_link = True


@admin.register(PackagePurchase, site=office)
class PurchasePage(ReadOnlyAdmin):
    """Who bought which package, and what is left of it."""

    view_roles = LOOKERS
    labels: ClassVar = {
        "status": _("State"),
        "sessions": _("Sessions"),
        "settled": _("Paid out"),
        "starts_at": _("From"),
        "expires_at": _("Until"),
        "price_unit": _("Currency"),
    }
    list_display = ("student_link", "teacher", "status", "sessions", "settled", "paid", "expires_at")
    list_filter = ("status", "price_unit")
    search_fields = ("student__name", "student__email", "package__teacher__name", "=id")
    ordering = ("-id",)
    list_select_related = ("student", "package__teacher")
    inlines = (Sessions,)
    fields = (
        "student_link",
        "teacher",
        "status",
        "sessions",
        "left",
        "settled",
        "paid",
        "starts_at",
        "expires_at",
        "line_link",
    )
    readonly_fields = ("student_link", "teacher", "left", "paid", "line_link")

    @admin.display(description=_("Student"))
    def student_link(self, purchase: PackagePurchase) -> Any:
        return link_to(purchase.student)

    @admin.display(description=_("Teacher"))
    def teacher(self, purchase: PackagePurchase) -> Any:
        return link_to(purchase.package.teacher)

    @admin.display(description=_("Left"))
    def left(self, purchase: PackagePurchase) -> int:
        return queries.sessions_left(purchase)

    @admin.display(description=_("Price"), ordering="price_amount")
    def paid(self, purchase: PackagePurchase) -> str:
        return purchase.price.display()

    @admin.display(description=_("Order"))
    def line_link(self, purchase: PackagePurchase) -> Any:
        return link_to(purchase.line) if purchase.line else "–"

    @service_action(
        _("Give back what is unused"),
        roles=MONEY,
        form=ReasonForm,
        danger=True,
        shown=lambda purchase: _returns(purchase) is not None,
        consequence=lambda purchase: (
            _("%(amount)s goes back into the student's wallet; booked lessons stay.")
            % {"amount": services.preview_refund(purchase).back.display()}
        ),
    )
    def give_back(self, request: HttpRequest, purchase: PackagePurchase, data: dict[str, Any]) -> None:
        services.refund_package(actor=request.user, purchase_id=purchase.id, reason=data["reason"])


def _returns(purchase: PackagePurchase) -> Any:
    """What giving the rest back would do now; None when nothing can be given back."""
    try:
        return services.preview_refund(purchase)
    except Refusal:
        return None
