"""Money on its way in and out through gateways."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import Order, OrderLine
from majlis.engines.billing.models.saved import SandboxCard, SavedMethod
from majlis.engines.billing.types import (
    LIVE_PAYMENTS,
    DisputeStatus,
    PaymentStatus,
    RefundStatus,
    TransferStatus,
    WebhookStatus,
)
from majlis.kit import clock
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class PaymentRows(models.QuerySet["Payment"]):
    """Filters on payments."""

    def visible_to(self, person: Any) -> "PaymentRows":
        """The person's own payments."""
        return self.filter(payer=person)


class Payment(Record):
    """One attempt to pay through one gateway: an order, or (without an order) a top-up of the wallet.

    What really arrived are its charges: none, one, or, when a buyer pays twice, several.
    """

    payer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="payments")
    gateway = models.CharField(max_length=20)
    key = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=PaymentStatus.choices, default=PaymentStatus.CREATED)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    """What was asked for."""
    received_amount = models.BigIntegerField(default=0)
    """What arrived, in `unit`."""
    refunded_amount = models.BigIntegerField(default=0)
    """What went back to where it came from."""
    provider_ref = models.CharField(max_length=200, null=True)
    redirect_url = models.CharField(max_length=2000, blank=True)
    instructions = models.JSONField(null=True)
    """`[[label, value], …]`: what the buyer must do where there is no page. A list: JSON objects keep no order."""
    return_url = models.CharField(max_length=500, blank=True)
    keep = models.BooleanField(default=False)
    """The payer agreed that this way to pay is kept for renewals."""
    method = models.ForeignKey(SavedMethod, on_delete=models.PROTECT, null=True, related_name="+")
    """The kept way this attempt charged, without the payer; None: they paid themselves."""
    hold_id = models.UUIDField(null=True)
    """The hold that keeps what arrived for the order, until the order is covered or ends."""
    hold_amount = models.BigIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)
    """What the gateway said when it failed."""
    expires_at = models.DateTimeField(null=True)
    look_at = models.DateTimeField(null=True)
    """When the gateway is asked next, should no webhook come; None when there is nothing to ask."""
    looks = models.PositiveSmallIntegerField(default=0)

    objects = PaymentRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("payment"), _("payments")
        constraints = [
            models.UniqueConstraint("payer", "key", name="payment_is_started_once_per_key"),
            models.UniqueConstraint("gateway", "provider_ref", name="provider_ref_names_one_payment"),
            models.UniqueConstraint(
                "order", "gateway", name="one_live_payment_per_order_and_gateway", condition=Q(status__in=LIVE_PAYMENTS)
            ),
            models.CheckConstraint(condition=Q(amount__gt=0), name="payment_asks_for_something"),
            models.CheckConstraint(
                condition=Q(refunded_amount__gte=0, refunded_amount__lte=F("received_amount")),
                name="payment_is_not_refunded_beyond_what_arrived",
            ),
        ]
        indexes = [
            models.Index(fields=["look_at"], name="payments_to_look_at", condition=Q(look_at__isnull=False)),
            models.Index(fields=["payer", "-id"], name="payments_of_a_person"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.money}"

    money = MoneyOf("amount")
    """What was asked for."""

    @property
    def steps(self) -> dict[str, str] | None:
        """The instructions, label by label, in order."""
        return dict(self.instructions) if self.instructions else None

    received = MoneyOf("received_amount")
    """What arrived."""

    @property
    def refundable(self) -> Money:
        """What can still go back to where it came from."""
        return Money(self.received_amount - self.refunded_amount, self.unit)


class Charge(Record):
    """Money that a gateway says has arrived. One row per charge of the provider, whatever it was for."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="charges")
    gateway = models.CharField(max_length=20)
    ref = models.CharField(max_length=200)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    landed = models.CharField(max_length=12)
    """What became of it: `order`, `wallet` (all of it) or `both`."""

    class Meta:
        constraints = [
            models.UniqueConstraint("gateway", "ref", name="charge_is_taken_once"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="charge_is_something"),
        ]

    def __str__(self) -> str:
        return f"{self.gateway} {self.ref}"

    money = MoneyOf("amount")


class UndoneCharge(Record):
    """A charge that turned out not to have been: a blockchain was rewritten under it. Its journal was turned back."""

    charge = models.OneToOneField(Charge, on_delete=models.PROTECT, related_name="undone")
    unit = models.CharField(max_length=5)
    taken_amount = models.BigIntegerField()
    """What was found in the payer's wallet."""
    owed_amount = models.BigIntegerField()
    """What was not, and is owed: the payer's next earnings settle it."""
    reason = models.CharField(max_length=300)

    class Meta:
        verbose_name, verbose_name_plural = _("undone payment"), _("undone payments")
        constraints = [
            models.CheckConstraint(
                condition=Q(taken_amount__gte=0, owed_amount__gte=0),
                name="undone_charge_takes_and_leaves_nothing_negative",
            )
        ]

    def __str__(self) -> str:
        return str(self.charge)


class WebhookEvent(Record):
    """What a provider told us, byte for byte, once per event of theirs."""

    gateway = models.CharField(max_length=20)
    event_id = models.CharField(max_length=200)
    provider_ref = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=64, blank=True)
    headers = models.JSONField(default=dict)
    body = models.BinaryField()
    status = models.CharField(max_length=8, choices=WebhookStatus.choices, default=WebhookStatus.RECEIVED)
    problem = models.TextField(blank=True)
    deliveries = models.PositiveIntegerField(default=1)
    """How often the provider sent it."""
    worked_on_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("webhook"), _("webhooks")
        constraints = [models.UniqueConstraint("gateway", "event_id", name="webhook_event_is_stored_once")]
        indexes = [models.Index(fields=["status", "id"], name="webhook_events_by_state")]

    def __str__(self) -> str:
        return f"{self.gateway} {self.event_id}"


class Transfer(Record):
    """A bank transfer a buyer says they made, with their receipt, and what staff found in the account."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="transfers")
    file_id = models.UUIDField(null=True)
    """The receipt they uploaded."""
    note = models.CharField(max_length=300, blank=True)
    status = models.CharField(max_length=10, choices=TransferStatus.choices, default=TransferStatus.SUBMITTED)
    found_amount = models.BigIntegerField(null=True)
    bank_ref = models.CharField(max_length=100, null=True)
    """The bank's own reference of the incoming money: it can be confirmed for one payment only."""
    answer = models.CharField(max_length=300, blank=True)
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("bank transfer"), _("bank transfers")
        constraints = [
            models.UniqueConstraint("bank_ref", name="bank_reference_is_used_once"),
            models.CheckConstraint(
                condition=~Q(status="confirmed") | Q(found_amount__gt=0, bank_ref__isnull=False),
                name="confirmed_transfer_says_what_was_found",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id} {self.status}"


class Refund(Record):
    """Money given back: of a payment, from the wallet to where it came from; or of a settled line, from the house to
    the wallet. What is settled out of escrow needs no row here: the line says it."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, related_name="refunds")
    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, null=True, related_name="refunds")
    key = models.CharField(max_length=200, unique=True)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    status = models.CharField(max_length=10, choices=RefundStatus.choices, default=RefundStatus.REQUESTED)
    reason = models.CharField(max_length=300)
    provider_ref = models.CharField(max_length=200, blank=True)
    problem = models.CharField(max_length=300, blank=True)
    asked_at = models.DateTimeField(null=True)
    """When the gateway was last asked to send it."""
    answered_at = models.DateTimeField(null=True)
    """When that question came to an end, if only by failing; None while it is being asked, or whoever asked died."""
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("refund"), _("refunds")
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="refund_is_something"),
            models.CheckConstraint(
                condition=Q(payment__isnull=False, line__isnull=True) | Q(payment__isnull=True, line__isnull=False),
                name="refund_is_of_a_payment_or_a_line",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.payment_id or self.line_id} {self.money}"

    money = MoneyOf("amount")


class SandboxSession(models.Model):
    """A payment page at the sandbox provider. The sandbox's own books: billing reads them only through its gateway."""

    ref = models.CharField(max_length=64, primary_key=True)
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    description = models.CharField(max_length=200)
    return_url = models.CharField(max_length=500)
    idempotency_key = models.CharField(max_length=200, unique=True)
    state = models.CharField(max_length=10, default="open")
    """`open`, `paid`, `failed` or `expired`."""
    keeps_card = models.BooleanField(default=False)
    card = models.ForeignKey(SandboxCard, on_delete=models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return self.ref


class SandboxCharge(models.Model):
    """Pretended money the sandbox provider took, or (negative) gave back."""

    ref = models.CharField(max_length=64, primary_key=True)
    session = models.ForeignKey(SandboxSession, on_delete=models.PROTECT, related_name="charges")
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    settles_at = models.DateTimeField()
    """A delayed charge is not there before."""
    contested = models.CharField(max_length=4, choices=DisputeStatus.choices, blank=True, default="")
    """What became of it at the buyer's bank, if they contest it."""
    contested_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.ref
