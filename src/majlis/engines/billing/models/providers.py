"""What we keep about payment providers: whom they know, what is contested, and how their books compare with ours."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.payments import Payment
from majlis.engines.billing.types import DifferenceKind, DisputeStatus, MovementKind
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class GatewayCustomer(Record):
    """What a provider calls one of our people, so that it knows them again (Stripe's `cus_…`)."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    provider = models.CharField(max_length=20)
    ref = models.CharField(max_length=200)

    class Meta:
        constraints = [
            models.UniqueConstraint("person", "provider", name="person_has_one_name_at_a_provider"),
            models.UniqueConstraint("provider", "ref", name="name_at_a_provider_is_one_person"),
        ]

    def __str__(self) -> str:
        return f"{self.provider} {self.ref}"


class Dispute(Record):
    """A payment the buyer contests with their bank. Lost, its money is gone: a journal says so."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="disputes")
    gateway = models.CharField(max_length=20)
    ref = models.CharField(max_length=200)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=5, choices=DisputeStatus.choices, default=DisputeStatus.OPEN)
    reason = models.CharField(max_length=200, blank=True)
    """The provider's word for it."""
    answer_by = models.DateTimeField(null=True)
    """Until when evidence can be sent, at the provider's."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("dispute"), _("disputes")
        constraints = [
            models.UniqueConstraint("gateway", "ref", name="dispute_is_noted_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="dispute_is_about_something"),
        ]
        indexes = [models.Index(fields=["status", "id"], name="disputes_by_state")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.money}"

    money = MoneyOf("amount")


class DayCheck(Record):
    """One day (UTC) of one provider, compared with our books. Done again, the same row says what holds now."""

    provider = models.CharField(max_length=20)
    day = models.DateField()
    checked_at = models.DateTimeField()
    complete = models.BooleanField()
    """Whether the provider gave its own list, in which money unknown to us would stand."""
    movements = models.PositiveIntegerField()
    totals = models.JSONField(default=list)
    """`[{unit, taken, given_back, disputed, fees}]`, by the provider's word, minor units."""

    class Meta:
        verbose_name, verbose_name_plural = _("day of a provider"), _("days of providers")
        constraints = [models.UniqueConstraint("provider", "day", name="day_is_checked_once_per_provider")]
        indexes = [models.Index(fields=["-day", "provider"], name="day_checks_by_day")]

    def __str__(self) -> str:
        return f"{self.provider} {self.day}"


class DifferenceRows(models.QuerySet["Difference"]):
    """Filters on differences."""

    def open(self) -> "DifferenceRows":
        """Nobody has settled them."""
        return self.filter(settled_at__isnull=True)


class Difference(Record):
    """A movement that the provider and our books tell differently, until somebody found out why."""

    day_check = models.ForeignKey(DayCheck, on_delete=models.PROTECT, related_name="differences")
    kind = models.CharField(max_length=13, choices=DifferenceKind.choices)
    movement = models.CharField(max_length=7, choices=MovementKind.choices)
    ref = models.CharField(max_length=200)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="+")
    unit = models.CharField(max_length=5)
    ours = models.BigIntegerField(null=True)
    theirs = models.BigIntegerField(null=True)
    note = models.CharField(max_length=300, blank=True)
    """What staff found out."""
    settled_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)

    objects = DifferenceRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("difference"), _("differences")
        constraints = [
            models.UniqueConstraint("day_check", "movement", "ref", name="difference_is_noted_once"),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | ~Q(note=""), name="settled_difference_says_why"
            ),
        ]
        indexes = [models.Index(fields=["settled_at", "-id"], name="differences_to_settle")]

    def __str__(self) -> str:
        return f"{self.day_check} {self.ref}"

    def shown(self, amount: Any) -> str:
        """An amount of it, as people read it."""
        return Money(amount, self.unit).display() if amount is not None else "–"
