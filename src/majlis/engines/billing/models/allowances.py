"""What people may use up: minutes, sessions, messages, tokens, bytes."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.kit.db import Record
from majlis.kit.money import MoneyOf


class AllowanceGrantRows(models.QuerySet["AllowanceGrant"]):
    """Filters on grants."""

    def visible_to(self, person: Any) -> "AllowanceGrantRows":
        """The person's own."""
        return self.filter(person=person)


class AllowanceGrant(Record):
    """So much of one unit, to be used from `valid_from` to before `valid_until`: one week of a subscription, one
    package, one present. What became of it is in four columns that never add up to more than was granted; the ledger
    has a journal for each change (`billing.allowance:<batch>`).

    There is no remaining column: it is what is left of the amount.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    unit = models.CharField(max_length=12)
    amount = models.BigIntegerField()
    used = models.BigIntegerField(default=0)
    expired = models.BigIntegerField(default=0)
    """Written off, since nobody used it in time."""
    carried = models.BigIntegerField(default=0)
    """Rolled over into a later grant."""
    withdrawn = models.BigIntegerField(default=0)
    """Taken back: what it came from was refunded or changed."""
    carry_limit = models.BigIntegerField(default=0)
    """How much of what is left may be rolled over into the grant that follows it."""
    key = models.CharField(max_length=200)
    batch = models.UUIDField()
    """Grants made together (the weeks of one period) share it, and one journal."""
    subject = models.CharField(max_length=80)
    """What it came from: `billing.subscription:<id>`, `billing.line:<id>`."""
    scope = models.CharField(max_length=64, blank=True, default="")
    """What it may be used for (`lesson`, `teacher:<id>`); empty: anything counted in this unit."""
    memo = models.CharField(max_length=200, blank=True)
    """What the member calls it: the plan's or package's name when it was granted."""
    valid_from = models.DateTimeField()
    valid_until = models.DateTimeField(null=True)
    """None: for ever."""
    kept_until = models.DateTimeField(null=True)
    """When what is left is written off: `valid_until`, or later while a roll-over may still come. None: never."""

    objects = AllowanceGrantRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("allowance"), _("allowances")
        constraints = [
            models.UniqueConstraint("person", "key", name="allowance_is_granted_once_per_key"),
            models.CheckConstraint(
                condition=Q(used__gte=0, expired__gte=0, carried__gte=0, withdrawn__gte=0, carry_limit__gte=0)
                & Q(amount__gte=F("used") + F("expired") + F("carried") + F("withdrawn")),
                name="allowance_is_not_used_beyond_its_amount",
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="allowance_is_of_something"),
            models.CheckConstraint(
                condition=Q(valid_until__isnull=True, kept_until__isnull=True)
                | Q(valid_until__gt=F("valid_from"), kept_until__gte=F("valid_until")),
                name="allowance_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["person", "unit", "valid_until"], name="allowances_of_a_person"),
            models.Index(
                fields=["kept_until"],
                name="allowances_to_write_off",
                condition=Q(amount__gt=F("used") + F("expired") + F("carried") + F("withdrawn")),
            ),
            models.Index(fields=["subject", "id"], name="allowances_of_a_subject"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.unit}"

    @property
    def left(self) -> int:
        """What is not used, written off, rolled over or taken back."""
        return self.amount - self.used - self.expired - self.carried - self.withdrawn

    remaining = MoneyOf("left")
    """`left` with its unit."""
    granted = MoneyOf("amount")
    """The amount with its unit."""


class AllowanceUse(Record):
    """A part of one grant that was used for one thing. A use over several grants is several rows with one key."""

    grant = models.ForeignKey(AllowanceGrant, on_delete=models.PROTECT, related_name="uses")
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=80)
    """What it was used for: `lessons.lesson:<id>`."""
    amount = models.BigIntegerField()
    returned = models.BigIntegerField(default=0)
    at = models.DateTimeField()
    """When the thing takes place: within the grant's time."""
    returned_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("key", "grant", name="allowance_is_used_once_per_key"),
            models.CheckConstraint(
                condition=Q(amount__gt=0, returned__gte=0, returned__lte=F("amount")),
                name="no_more_allowance_returned_than_used",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} for {self.subject}"
