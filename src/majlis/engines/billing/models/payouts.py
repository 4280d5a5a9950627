"""Withdrawals given to a bank together, and earnings taken back."""

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import OrderLine
from majlis.engines.billing.models.withdrawals import WithdrawalMethod
from majlis.engines.billing.types import BatchStatus
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class PayoutBatch(Record):
    """Approved withdrawals of one method, written into one file for the bank. The file is kept as it was given."""

    number = models.CharField(max_length=12, unique=True)
    method = models.ForeignKey(WithdrawalMethod, on_delete=models.PROTECT, related_name="+")
    unit = models.CharField(max_length=5)
    status = models.CharField(max_length=10, choices=BatchStatus.choices, default=BatchStatus.EXPORTED)
    count = models.PositiveIntegerField()
    amount = models.BigIntegerField()
    """What the bank transfers in all."""
    content = models.TextField()
    """The CSV, byte for byte."""
    checksum = models.CharField(max_length=64)
    """SHA-256 of `content`, to compare with the file the bank received."""
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    transfer_ref = models.CharField(max_length=100, blank=True)
    receipt_id = models.UUIDField(null=True)
    """The bank's proof, a stored file; only staff sees it, since it names everybody in the batch."""
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("payout batch"), _("payout batches")
        constraints = [
            models.CheckConstraint(condition=Q(count__gt=0, amount__gt=0), name="batch_pays_somebody_something"),
            models.CheckConstraint(
                condition=Q(status="exported", ended_at__isnull=True)
                | (~Q(status="exported") & Q(ended_at__isnull=False)),
                name="batch_ends_once",
            ),
        ]

    def __str__(self) -> str:
        return self.number

    money = MoneyOf("amount")
    """What the bank transfers in all."""


class ClawBack(Record):
    """Earnings taken back from a seller: out of the wallet as far as it reached, the rest became a debt that the next
    earnings settle. Written once."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="claw_backs")
    key = models.CharField(max_length=200, unique=True)
    unit = models.CharField(max_length=5)
    taken_amount = models.BigIntegerField()
    """Out of the wallet."""
    owed_amount = models.BigIntegerField()
    """What was not there any more."""
    reason = models.CharField(max_length=300)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        verbose_name, verbose_name_plural = _("claw-back"), _("claw-backs")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_amount__gte=0, owed_amount__gte=0, taken_amount__gt=-F("owed_amount")),
                name="claw_back_takes_something",
            ),
        ]

    def __str__(self) -> str:
        return str(self.money)

    taken = MoneyOf("taken_amount")
    owed = MoneyOf("owed_amount")

    @property
    def money(self) -> Money:
        """The whole."""
        return self.taken + self.owed
