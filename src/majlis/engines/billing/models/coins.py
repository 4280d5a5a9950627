"""Coins: what was asked for, what came, at which rate, and how far each chain was read."""

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.coin_types import CoinInvoiceStatus, CoinPaymentStatus
from majlis.engines.billing.models.payments import Payment
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class CoinRate(Record):
    """What one coin cost in a currency, who says so, and since when. Never changed: a rate is evidence."""

    asset = models.CharField(max_length=5)
    unit = models.CharField(max_length=5)
    price = models.DecimalField(max_digits=38, decimal_places=12)
    """Units of the currency for one coin (pounds, not piastres)."""
    source = models.CharField(max_length=100)
    at = models.DateTimeField()

    class Meta:
        verbose_name, verbose_name_plural = _("coin rate"), _("coin rates")
        constraints = [models.CheckConstraint(condition=Q(price__gt=0), name="coin_rate_is_positive")]
        indexes = [models.Index("asset", "unit", models.F("at").desc(), name="newest_coin_rates")]

    def __str__(self) -> str:
        return f"{self.asset} = {self.price.normalize():f} {self.unit}"


class CoinInvoice(Record):
    """An address that waits for coins: one per payment, never used for another.

    `amount` in `unit` is what its payment asks for; `due_amount` what that is in coins at the rate that holds until
    `rate_locked_until`. Coins seen later count at the rate of their block's time.
    """

    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, related_name="coin_invoice")
    network = models.CharField(max_length=12)
    asset = models.CharField(max_length=5)
    index = models.PositiveIntegerField()
    """The address's number under the operator's public key."""
    address = models.CharField(max_length=100)
    status = models.CharField(max_length=8, choices=CoinInvoiceStatus.choices, default=CoinInvoiceStatus.CREATED)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    """What the rate was locked for: at first all of it, after a new lock what was missing then."""
    due_amount = models.DecimalField(max_digits=30, decimal_places=0)
    """In the asset's minor units, rounded up."""
    rate = models.DecimalField(max_digits=38, decimal_places=12)
    rate_source = models.CharField(max_length=100)
    rate_locked_until = models.DateTimeField()
    lock = models.PositiveSmallIntegerField(default=1)
    """Which lock of the rate this is."""
    confirmations = models.PositiveSmallIntegerField()
    """How many blocks, its own included, make a payment of this size final."""

    class Meta:
        verbose_name, verbose_name_plural = _("coin invoice"), _("coin invoices")
        constraints = [
            models.UniqueConstraint("network", "index", name="coin_address_number_is_used_once"),
            models.UniqueConstraint("network", "address", name="coin_address_is_used_once"),
            models.CheckConstraint(condition=Q(amount__gt=0, due_amount__gt=0), name="coin_invoice_asks_for_something"),
        ]

    def __str__(self) -> str:
        return f"{self.network} {self.address}"

    @property
    def due(self) -> Money:
        """What the lock asks for, in coins."""
        return Money(int(self.due_amount), self.asset)

    money = MoneyOf("amount")
    """What the lock asks for, in the order's currency."""


class CoinPaymentRows(models.QuerySet["CoinPayment"]):
    """Filters on coins that came."""

    def seen(self) -> "CoinPaymentRows":
        """Those that are, or were, on a chain."""
        return self.filter(txid__isnull=False)


class CoinPayment(Record):
    """Coins sent to an invoice's address: one row per output or token event. Before the first is seen, the row of the
    one that is expected has no `txid`."""

    invoice = models.ForeignKey(CoinInvoice, on_delete=models.PROTECT, related_name="coin_payments")
    network = models.CharField(max_length=12)
    status = models.CharField(max_length=9, choices=CoinPaymentStatus.choices, default=CoinPaymentStatus.CREATED)
    asset = models.CharField(max_length=5)
    txid = models.CharField(max_length=70, null=True)
    position = models.PositiveIntegerField(null=True)
    coin_amount = models.DecimalField(max_digits=30, decimal_places=0, null=True)
    """In the asset's minor units."""
    seen_at = models.DateTimeField(null=True)
    """When it was first seen, or its block was mined, whichever was earlier: decides which rate counts."""
    height = models.PositiveIntegerField(null=True)
    """The block it is in."""
    lock = models.PositiveSmallIntegerField(null=True)
    """The lock of the invoice's rate it came under; None: it came too late, or in another coin."""
    value = models.BigIntegerField(null=True)
    """What it counted, in the invoice's currency, once settled."""
    rate = models.DecimalField(max_digits=38, decimal_places=12, null=True)
    rate_source = models.CharField(max_length=100, blank=True)
    settled_at = models.DateTimeField(null=True)
    undone = models.PositiveSmallIntegerField(default=0)
    """How often it was settled and taken back by a rewritten chain."""
    returned_txid = models.CharField(max_length=70, blank=True)
    """The transaction in which staff sent it back."""

    objects = CoinPaymentRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("coin payment"), _("coin payments")
        constraints = [
            models.UniqueConstraint("network", "txid", "position", name="coins_are_taken_once"),
            models.UniqueConstraint("invoice", name="one_expected_payment_per_invoice", condition=Q(txid__isnull=True)),
            models.CheckConstraint(
                condition=Q(txid__isnull=True) | Q(position__isnull=False, coin_amount__gt=0, seen_at__isnull=False),
                name="seen_coins_say_how_many_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(status="settled") | Q(value__gte=0, rate__isnull=False, settled_at__isnull=False),
                name="settled_coins_say_what_they_counted",
            ),
        ]
        indexes = [
            models.Index(
                fields=["network", "height"],
                name="coins_to_watch",
                condition=Q(status__in=["detected", "confirmed"]),
            ),
            models.Index(fields=["network", "-height"], name="coins_by_height"),
        ]

    def __str__(self) -> str:
        return f"{self.txid or '…'} {self.status}"

    @property
    def coins(self) -> Money | None:
        """What came."""
        return None if self.coin_amount is None else Money(int(self.coin_amount), self.asset)

    @property
    def ref(self) -> str:
        """Its name among the gateway's charges: a new one each time it was taken back."""
        return f"{self.txid}:{self.position}:{self.undone}"


class CoinCursor(models.Model):
    """How far a chain was read: every block up to `height`, whose hash was `hash`. And the next unused address."""

    network = models.CharField(max_length=12, primary_key=True)
    height = models.PositiveIntegerField()
    hash = models.CharField(max_length=70)
    next_index = models.PositiveIntegerField(default=0)
    looked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("chain"), _("chains")

    def __str__(self) -> str:
        return f"{self.network} {self.height}"


class CoinBlock(models.Model):
    """The hash a block had when it was read, of the latest blocks: to find where a rewritten chain parts from ours."""

    network = models.CharField(max_length=12)
    height = models.PositiveIntegerField()
    hash = models.CharField(max_length=70)

    class Meta:
        constraints = [models.UniqueConstraint("network", "height", name="one_block_per_height")]

    def __str__(self) -> str:
        return f"{self.network} {self.height}"
