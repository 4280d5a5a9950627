"""Sessions sold together."""

from typing import Any

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.kit import clock
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf
from majlis.products.lessons.models.lessons import person, points_at
from majlis.products.lessons.policy import RefundPolicy
from majlis.products.lessons.types import PurchaseStatus


class Package(Record):
    """What a teacher offers: so many sessions of one length at one price, to be taken within so many days. What was
    bought keeps the terms it was bought under."""

    teacher = person()
    subject = models.ForeignKey("catalogue.Subject", on_delete=models.PROTECT, related_name="+", null=True, blank=True)
    """None: any subject of the teacher."""
    level = models.CharField(max_length=32, blank=True)
    name = models.CharField(max_length=100, blank=True)
    """What the teacher calls it; empty: the house says what is in it."""
    sessions = models.PositiveSmallIntegerField()
    minutes = models.PositiveSmallIntegerField()
    """Of each session."""
    price_amount = models.BigIntegerField()
    price_unit = models.CharField(max_length=5)
    valid_days = models.PositiveSmallIntegerField()
    active = models.BooleanField(default=True)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name, verbose_name_plural = _("package"), _("packages")
        constraints = [
            models.CheckConstraint(
                condition=Q(sessions__range=(2, 100), minutes__range=(5, 480), valid_days__range=(7, 730)),
                name="package_is_of_a_sane_size",
            ),
            models.CheckConstraint(condition=Q(price_amount__gt=0), name="package_costs_something"),
        ]
        indexes = [models.Index(fields=["teacher", "id"], name="packages_of_a_teacher")]

    def __str__(self) -> str:
        return f"{self.sessions} × {self.minutes}"

    price = MoneyOf("price_amount", "price_unit")


class PurchaseSet(models.QuerySet["PackagePurchase"]):
    """Filters on bought packages."""

    def visible_to(self, person: Any) -> "PurchaseSet":
        """Those the person bought or teaches."""
        return self.filter(Q(student=person) | Q(package__teacher=person))


class PackagePurchase(Record):
    """A package somebody bought. How many sessions are left is an allowance of the ledger; how many have been paid
    out, `settled`, says which share of the price comes next."""

    student = person()
    package = models.ForeignKey(Package, on_delete=models.PROTECT, related_name="purchases")
    status = models.CharField(max_length=10, choices=PurchaseStatus.choices, default=PurchaseStatus.PENDING)
    sessions = models.PositiveSmallIntegerField()
    settled = models.PositiveSmallIntegerField(default=0)
    """Sessions whose money has left escrow, to whomever."""
    price_amount = models.BigIntegerField()
    price_unit = models.CharField(max_length=5)
    valid_days = models.PositiveSmallIntegerField()
    policy = models.JSONField(default=dict)
    """The refund policy under which it was bought (`RefundPolicy.as_facts`)."""
    starts_at = models.DateTimeField(null=True, blank=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    line = points_at("billing.OrderLine")
    updated_at = models.DateTimeField(default=clock.now)

    objects = PurchaseSet.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("bought package"), _("bought packages")
        constraints = [
            models.CheckConstraint(condition=Q(settled__lte=F("sessions")), name="package_pays_its_sessions_once"),
            models.CheckConstraint(
                condition=Q(status__in=["pending", "lapsed"]) | Q(starts_at__isnull=False, expires_at__isnull=False),
                name="bought_package_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["student", "-id"], name="packages_of_a_student"),
            models.Index(fields=["expires_at"], condition=Q(status="active"), name="packages_that_expire"),
        ]

    def __str__(self) -> str:
        return f"{self.sessions} of {self.package_id}"

    price = MoneyOf("price_amount", "price_unit")

    @property
    def terms(self) -> RefundPolicy:
        """The refund policy under which it was bought."""
        return RefundPolicy.from_facts(self.policy)

    @property
    def scope(self) -> str:
        """What its sessions may be used for, as allowances know it."""
        return f"package:{self.id}"

    def share(self, sessions: int) -> Money:
        """The share of the list price of the next `sessions` sessions whose money still waits. All shares add up."""
        upto = self.price.prorate(self.settled + sessions, self.sessions)
        return upto - self.price.prorate(self.settled, self.sessions)
