"""Money people take out."""

from typing import Any

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.types import WithdrawalStatus
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf
from majlis.kit.translated import TranslatedField


class WithdrawalMethod(Record):
    """A way to be paid out: where it exists, its limits, its fee, and what the person must tell us for it."""

    code = models.SlugField(max_length=32)
    name = TranslatedField()
    help = TranslatedField()
    """How long it takes and what to mind."""
    countries = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    """ISO codes; empty: everywhere."""
    unit = models.CharField(max_length=5)
    min_amount = models.BigIntegerField()
    max_amount = models.BigIntegerField()
    fee_fixed = models.BigIntegerField(default=0)
    fee_basis_points = models.PositiveIntegerField(default=0)
    fields = models.JSONField(default=list)
    """`[{"name", "label": {en, ar, …}, "pattern", "hint": {…}, "choices": [..]}]`: what is asked, and what is valid."""
    enabled = models.BooleanField(default=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = _("withdrawal method"), _("withdrawal methods")
        constraints = [
            models.UniqueConstraint("code", "unit", name="withdrawal_method_is_defined_once_per_currency"),
            models.CheckConstraint(
                condition=Q(min_amount__gt=0, max_amount__gte=F("min_amount"), fee_fixed__gte=0)
                & Q(fee_basis_points__lte=10_000, fee_fixed__lt=F("min_amount")),
                name="withdrawal_method_limits_are_sane",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.unit}"

    minimum = MoneyOf("min_amount")
    maximum = MoneyOf("max_amount")

    def fee_of(self, amount: Money) -> Money:
        """What is taken from `amount` for the transfer."""
        return Money(self.fee_fixed, self.unit) + amount.share(self.fee_basis_points)


class WithdrawalRows(models.QuerySet["Withdrawal"]):
    """Filters on withdrawals."""

    def visible_to(self, person: Any) -> "WithdrawalRows":
        """The person's own."""
        return self.filter(person=person)


class Withdrawal(Record):
    """A person asks for money out of their wallet. It leaves the wallet when asked for, and comes back if refused."""

    number = models.CharField(max_length=12, unique=True)
    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    method = models.ForeignKey(WithdrawalMethod, on_delete=models.PROTECT, related_name="+")
    destination = models.JSONField()
    """What the method's fields asked for."""
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    """What leaves the wallet."""
    fee_amount = models.BigIntegerField()
    status = models.CharField(max_length=20, choices=WithdrawalStatus.choices, default=WithdrawalStatus.PENDING)
    change = models.JSONField(null=True)
    """The details asked for instead: `{"method_id", "destination"}`, while a change is requested."""
    note = models.CharField(max_length=300, blank=True)
    """What staff told the person."""
    batch = models.ForeignKey("billing.PayoutBatch", on_delete=models.PROTECT, null=True, related_name="withdrawals")
    """The file for the bank it was written into."""
    receipt_id = models.UUIDField(null=True)
    """The proof of the transfer, a stored file."""
    transfer_ref = models.CharField(max_length=100, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    objects = WithdrawalRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("withdrawal"), _("withdrawals")
        constraints = [
            models.UniqueConstraint("person", "key", name="withdrawal_is_requested_once_per_key"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, fee_amount__gte=0, fee_amount__lt=F("amount")),
                name="withdrawal_leaves_something_to_pay",
            ),
            models.CheckConstraint(
                condition=Q(status="change_requested", change__isnull=False)
                | (~Q(status="change_requested") & Q(change__isnull=True)),
                name="withdrawal_change_is_named_while_requested",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "-id"], name="withdrawals_of_a_person"),
            models.Index(fields=["status", "id"], name="withdrawals_by_state"),
        ]

    def __str__(self) -> str:
        return self.number

    money = MoneyOf("amount")
    """What leaves the wallet."""
    fee = MoneyOf("fee_amount")

    @property
    def payout(self) -> Money:
        """What arrives."""
        return Money(self.amount - self.fee_amount, self.unit)
