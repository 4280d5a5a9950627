"""Money somebody gives to somebody else, as a code."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import OrderLine
from majlis.engines.billing.types import GiftStatus
from majlis.kit.db import Record
from majlis.kit.money import MoneyOf


class GiftRows(models.QuerySet["GiftCode"]):
    """Filters on gift codes."""

    def visible_to(self, person: Any) -> "GiftRows":
        """Those the person bought or redeemed."""
        return self.filter(Q(buyer=person) | Q(redeemed_by=person))


class GiftCode(Record):
    """A gift: paid for, held in escrow, and given to whoever redeems its code first. The code itself is not stored: it
    is made from the row's id and the installation's key; `digest` finds the row for a code."""

    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    line = models.OneToOneField(OrderLine, on_delete=models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=10, choices=GiftStatus.choices, default=GiftStatus.ORDERED)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    for_kind = models.CharField(max_length=32, blank=True)
    """What it is meant for, bought with it when it is redeemed if it can still be had; empty: money."""
    for_choice = models.JSONField(null=True)
    for_title = models.CharField(max_length=300, blank=True)
    from_name = models.CharField(max_length=100)
    to_name = models.CharField(max_length=100)
    to_email = models.EmailField(blank=True)
    """Empty: the buyer hands it over."""
    message = models.CharField(max_length=500, blank=True)
    language = models.CharField(max_length=5)
    """In which it is written."""
    digest = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField(null=True)
    redeemed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    redeemed_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)

    objects = GiftRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("gift code"), _("gift codes")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="gift_is_of_something"),
            models.CheckConstraint(
                condition=Q(status="redeemed", redeemed_by__isnull=False, redeemed_at__isnull=False)
                | (~Q(status="redeemed") & Q(redeemed_by__isnull=True, redeemed_at__isnull=True)),
                name="gift_is_redeemed_by_somebody",
            ),
        ]
        indexes = [
            models.Index(fields=["buyer", "-id"], name="gifts_of_a_buyer"),
            models.Index(fields=["expires_at"], name="gifts_that_expire", condition=Q(status="active")),
        ]

    def __str__(self) -> str:
        return str(self.money)

    money = MoneyOf("amount")
    """What it is worth."""
