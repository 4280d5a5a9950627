"""Coupons: what they take off, for whom, for what and how often."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import Order
from majlis.engines.billing.types import Bearer
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class Coupon(Record):
    """A code that takes something off. How much stands in its discounts, one per cycle of what is bought."""

    code = models.CharField(max_length=32, unique=True)
    """Capital Latin letters, figures and hyphens: `RAMADAN-20`."""
    note = models.CharField(max_length=200, blank=True)
    """What staff knows it by."""
    kinds = ArrayField(models.CharField(max_length=32), default=list, blank=True)
    """Kinds of product it holds for; empty: all."""
    families = ArrayField(models.CharField(max_length=64), default=list, blank=True)
    """Families or single things it holds for: a line's `family` trait or its subject's id; empty: all."""
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """Only what this seller sells; None: everybody's."""
    borne_by = models.CharField(max_length=6, choices=Bearer.choices, default=Bearer.HOUSE)
    starts_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    total_uses = models.PositiveIntegerField(null=True, blank=True)
    """How often in all; None: as often as people come."""
    uses = models.PositiveIntegerField(default=0)
    """How often it was taken and not given back."""
    once_per_person = models.BooleanField(default=True)
    minimum_amount = models.BigIntegerField(default=0)
    """What the things it holds for must cost together, list prices."""
    minimum_unit = models.CharField(max_length=5, blank=True)
    first_purchase = models.BooleanField(default=False)
    """Only for people who have paid for nothing yet."""
    stacks = models.BooleanField(default=False)
    """Whether it may stand beside other coupons that stack; otherwise it is the order's only one."""
    enabled = models.BooleanField(default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    updated_at = models.DateTimeField(null=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("coupon"), _("coupons")
        constraints = [
            models.CheckConstraint(
                condition=Q(total_uses__isnull=True) | Q(uses__lte=F("total_uses")),
                name="coupon_is_not_used_beyond_its_total",
            ),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("starts_at")),
                name="coupon_expires_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(minimum_amount=0) | (Q(minimum_amount__gt=0) & ~Q(minimum_unit="")),
                name="coupon_minimum_has_a_currency",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    @property
    def minimum(self) -> Money | None:
        return Money(self.minimum_amount, self.minimum_unit) if self.minimum_amount else None


class CouponDiscount(Record):
    """What a coupon takes off things of one cycle (`month`, `quarter`; empty: whatever has none of its own): a share
    of the list price, or a fixed amount of one currency spread over what it holds for."""

    coupon = models.ForeignKey(Coupon, on_delete=models.CASCADE, related_name="discounts")
    cycle = models.CharField(max_length=16, blank=True)
    basis_points = models.PositiveIntegerField(default=0)
    amount = models.BigIntegerField(default=0)
    unit = models.CharField(max_length=5, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("coupon", "cycle", "unit", name="coupon_has_one_discount_per_cycle_and_currency"),
            models.CheckConstraint(
                condition=Q(basis_points__gt=0, basis_points__lte=10_000, amount=0, unit="")
                | (Q(basis_points=0, amount__gt=0) & ~Q(unit="")),
                name="coupon_discount_is_a_share_or_an_amount",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.basis_points / 100:g} %" if self.basis_points else str(Money(self.amount, self.unit))


class CouponUse(Record):
    """One order that took a coupon. Given back when the order ends unpaid."""

    coupon = models.ForeignKey(Coupon, on_delete=models.PROTECT, related_name="taken")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="coupon_uses")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    once = models.BooleanField()
    """The coupon's rule when it was taken."""
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    """What it took off the list prices."""
    returned_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("coupon use"), _("coupon uses")
        constraints = [
            models.UniqueConstraint(
                "coupon",
                "person",
                condition=Q(once=True, returned_at__isnull=True),
                name="coupon_is_used_once_per_person",
            ),
            models.UniqueConstraint(
                "coupon", "order", condition=Q(returned_at__isnull=True), name="coupon_is_used_once_per_order"
            ),
            models.CheckConstraint(condition=Q(amount__gte=0), name="coupon_takes_nothing_negative"),
        ]

    def __str__(self) -> str:
        return str(self.money)

    money = MoneyOf("amount")
    """What it took off."""
