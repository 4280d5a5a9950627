"""The books.

What these classes declare is only half of it. The laws (every journal sums to zero, nothing is ever changed, the
database itself counts the balances) are triggers in `migrations/0002_laws.py`; the README explains each. A CHECK is
evaluated with every row written, so the hot tables carry few: what can be asked when an account is opened is asked
there, by its trigger.
"""

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from majlis.kernel.ledger.types import AccountName, HoldState, JournalKind, Purpose
from majlis.kit.db import Record
from majlis.kit.money import Money


class Account(models.Model):
    """Somebody's pot of one unit for one purpose.

    `id` is the digest of (person, purpose, unit, name), checked by the database when the row is inserted. `balance`,
    `held` and `sequence` are written by triggers alone; a direct UPDATE of them is refused. A house account's stay zero
    for ever: everyone touches it, so nobody may lock it; its balance is the roll-up plus the tail (`RollUp`).
    """

    id = models.UUIDField(primary_key=True, editable=False)
    # Without an index of its own: the unique one begins with it, and every booking opens all of them.
    person = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    """Empty: the house."""
    purpose = models.CharField(max_length=16, choices=Purpose.choices)
    unit = models.CharField(max_length=12)
    """ISO 4217, a coin, or a counted unit (`kit.money`)."""
    name = models.CharField(max_length=40, blank=True, default="")
    """Which of several accounts of the house; empty for people."""
    balance = models.BigIntegerField(default=0, editable=False)
    held = models.BigIntegerField(default=0, editable=False)
    """The sum of the open holds."""
    sequence = models.BigIntegerField(default=0, editable=False)
    """How many entries it has; the number of its last."""
    floor = models.BigIntegerField(null=True, blank=True, default=None)
    """What `balance - held` may never go below; empty for the house."""
    created_at = models.DateTimeField(db_default=models.functions.Now(), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "purpose", "unit", "name"], nulls_distinct=False, name="one_account_per_owner_and_use"
            ),
            models.CheckConstraint(
                condition=Q(floor__isnull=True) | Q(balance__gte=F("floor") + F("held")),
                name="account_stays_above_its_floor",
            ),
            models.CheckConstraint(condition=Q(held__gte=0), name="nobody_holds_less_than_nothing"),
        ]

    def __str__(self) -> str:
        return str(self.named)

    @property
    def named(self) -> AccountName:
        """The name that leads to it."""
        return AccountName(self.person_id, self.purpose, self.unit, self.name)


class Journal(Record):
    """One movement of money: why, about what, by whom, when. Never changed, never deleted.

    The column `xid` (the transaction that wrote it) is the database's own business and absent here. There is no
    state: a journal that exists is booked; a mistake is corrected by another journal.
    """

    # Unique by a constraint below: `unique=True` on a text brings a second index, for LIKE, which every booking pays.
    key = models.CharField(max_length=200)
    """What makes it happen once, however often it is asked for: `billing.release:<line id>`."""
    kind = models.CharField(max_length=24, choices=JournalKind.choices)
    subject = models.CharField(max_length=80, blank=True, default="")
    memo = models.CharField(max_length=300, blank=True, default="")
    """For people: why, in the words of whoever caused it."""
    actor = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", null=True, blank=True, db_index=False
    )
    """Who caused it; empty: the system."""
    at = models.DateTimeField()
    """When it counts as having happened."""
    lines = models.SmallIntegerField()
    """How many entries it has. They come with it in one INSERT or not at all."""

    class Meta:
        indexes = [
            models.Index(fields=["subject"], condition=~Q(subject=""), name="journal_subject"),
            models.Index(fields=["at"], name="journal_at"),
            models.Index(fields=["actor"], condition=Q(actor__isnull=False), name="journal_actor"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_journal_per_key"),
            models.CheckConstraint(condition=Q(lines__gte=2) & ~Q(key=""), name="journal_has_a_key_and_two_lines"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Entry(models.Model):
    """One line of a journal: an account and a signed amount. Never changed, never deleted.

    The table is partitioned by the month of `at`; its key in the database is (id, at). There is no unit: it is the
    account's. There is no direction: a positive amount means that the account's owner has more. `xid` (the transaction
    that wrote it, by which house accounts are rolled up) is the database's own business and absent here.
    """

    id = models.BigAutoField(primary_key=True)
    journal = models.ForeignKey(
        Journal, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    account = models.ForeignKey(
        Account, on_delete=models.PROTECT, related_name="entries", db_constraint=False, db_index=False
    )
    line = models.SmallIntegerField()
    """1, 2, 3 … within the journal."""
    amount = models.BigIntegerField()
    """In minor units."""
    balance_after = models.BigIntegerField(null=True)
    """Of a person's account; written by the database."""
    sequence = models.BigIntegerField(null=True)
    """1, 2, 3 … within a person's account; written by the database."""
    at = models.DateTimeField()
    """The journal's."""

    def __str__(self) -> str:
        return f"{self.amount} ({self.account_id})"


class Hold(Record):
    """An amount set aside on a person's account until it is captured, released or expires: once.

    There is no remainder column: what was not captured is free again at the same moment.
    """

    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="holds")
    amount = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    state = models.CharField(max_length=10, choices=HoldState.choices, default=HoldState.OPEN)
    key = models.CharField(max_length=200)
    subject = models.CharField(max_length=80, blank=True, default="")
    expires_at = models.DateTimeField(null=True, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True)
    resolution_key = models.CharField(max_length=200, blank=True, default="")
    """The key of the call that resolved it, so that the same call again is not a mistake."""
    journal = models.OneToOneField(Journal, on_delete=models.PROTECT, related_name="hold", null=True, blank=True)
    """The one that captured it."""

    class Meta:
        indexes = [
            models.Index(fields=["expires_at"], condition=Q(state="open"), name="hold_expires_at"),
            models.Index(fields=["subject"], condition=~Q(subject=""), name="hold_subject"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["key"], name="one_hold_per_key"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="hold_is_of_something"),
            models.CheckConstraint(
                condition=Q(captured__gte=0, captured__lte=F("amount")), name="no_more_captured_than_held"
            ),
            models.CheckConstraint(
                condition=Q(state="captured", captured__gt=0, journal__isnull=False)
                | (~Q(state="captured") & Q(captured=0, journal__isnull=True)),
                name="captured_hold_names_its_journal",
            ),
            models.CheckConstraint(
                condition=Q(state="open", resolved_at__isnull=True) | (~Q(state="open") & Q(resolved_at__isnull=False)),
                name="hold_is_open_until_resolved",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.state}"

    @property
    def money(self) -> Money:
        """The amount with the account's unit."""
        return Money(self.amount, self.account.unit)


class RollUp(models.Model):
    """A house account's balance up to a certain transaction; what came later is added up when asked (`house_balance`).

    `upto` and `cluster` (which database cluster the transaction numbers are of) are the database's own business and
    absent here.
    """

    account = models.OneToOneField(Account, on_delete=models.PROTECT, primary_key=True, related_name="roll_up")
    balance = models.BigIntegerField(default=0)
    entries = models.BigIntegerField(default=0)
    """How many entries are in it."""
    rolled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.account_id}: {self.balance}"
