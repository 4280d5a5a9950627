"""The words of billing: states, what may follow them, and the values services take and give."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing import plan_types
from majlis.engines.billing.selling_types import (
    BATCH_MOVES as BATCH_MOVES,
)
from majlis.engines.billing.selling_types import (
    GIFT_MOVES as GIFT_MOVES,
)
from majlis.engines.billing.selling_types import (
    BatchStatus as BatchStatus,
)
from majlis.engines.billing.selling_types import (
    Bearer as Bearer,
)
from majlis.engines.billing.selling_types import (
    GiftStatus as GiftStatus,
)
from majlis.engines.billing.selling_types import (
    HeldLine as HeldLine,
)
from majlis.engines.billing.selling_types import (
    PayoutDay as PayoutDay,
)
from majlis.engines.billing.selling_types import (
    TaxCheck as TaxCheck,
)
from majlis.engines.billing.selling_types import (
    Waits as Waits,
)
from majlis.engines.billing.selling_types import (
    Withdrawable as Withdrawable,
)
from majlis.kit.money import Money
from majlis.kit.state import Transitions

AccessKind = plan_types.AccessKind
BenefitKind = plan_types.BenefitKind
CancelPreview = plan_types.CancelPreview
ChangePreview = plan_types.ChangePreview
Cycle = plan_types.Cycle
DunningStep = plan_types.DunningStep
Entitlement = plan_types.Entitlement
Per = plan_types.Per
PeriodKind = plan_types.PeriodKind
PeriodStatus = plan_types.PeriodStatus
Proration = plan_types.Proration
Subscribed = plan_types.Subscribed
SubscriptionStatus = plan_types.SubscriptionStatus


class OrderStatus(models.TextChoices):
    # Being put together; nobody can pay it yet.
    DRAFT = "draft", _("Draft")
    # Waits for money until it expires.
    OPEN = "open", _("Waiting for payment")
    # Covered in full; its lines are fulfilled.
    PAID = "paid", _("Paid")
    # Ended without payment. Money that still comes goes to the buyer's wallet.
    VOID = "void", _("Cancelled")


ORDER_MOVES = Transitions(
    {
        OrderStatus.DRAFT: [OrderStatus.OPEN, OrderStatus.VOID],
        OrderStatus.OPEN: [OrderStatus.PAID, OrderStatus.VOID],
    }
)


class LineStatus(models.TextChoices):
    # Not paid yet.
    OPEN = "open", _("Not paid yet")
    # Paid, and kept in escrow.
    HELD = "held", _("Held safely")
    # Escrow was divided; at least a part went to the seller or the house.
    SETTLED = "settled", _("Settled")
    # Escrow went back to the buyer entirely.
    REFUNDED = "refunded", _("Refunded")
    # The order ended unpaid.
    LAPSED = "lapsed", _("Lapsed")


LINE_MOVES = Transitions(
    {
        LineStatus.OPEN: [LineStatus.HELD, LineStatus.LAPSED],
        LineStatus.HELD: [LineStatus.SETTLED, LineStatus.REFUNDED],
    }
)


class PaymentStatus(models.TextChoices):
    # Our row stands; the gateway has not answered yet.
    CREATED = "created", _("Starting")
    # The gateway waits for the buyer, or we wait for the gateway.
    PENDING = "pending", _("Waiting")
    # The buyer or the gateway gave up. Money may still arrive and is then taken.
    FAILED = "failed", _("Failed")
    EXPIRED = "expired", _("Expired")
    # Another attempt took its place.
    CANCELLED = "cancelled", _("Cancelled")
    # Money arrived.
    SUCCEEDED = "succeeded", _("Paid")


PAYMENT_MOVES = Transitions(
    {
        PaymentStatus.CREATED: [
            PaymentStatus.PENDING,
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELLED,
            PaymentStatus.SUCCEEDED,
        ],
        PaymentStatus.PENDING: [
            PaymentStatus.FAILED,
            PaymentStatus.EXPIRED,
            PaymentStatus.CANCELLED,
            PaymentStatus.SUCCEEDED,
        ],
        # Forward only: what a late notice of failure says about a payment that succeeded is not believed, but money
        # that arrives after a failure is money.
        PaymentStatus.FAILED: [PaymentStatus.SUCCEEDED],
        PaymentStatus.EXPIRED: [PaymentStatus.SUCCEEDED],
        PaymentStatus.CANCELLED: [PaymentStatus.SUCCEEDED],
    }
)

LIVE_PAYMENTS = (PaymentStatus.CREATED, PaymentStatus.PENDING)
"""Attempts that may still bring money in the ordinary way."""


class TransferStatus(models.TextChoices):
    # The buyer sent the receipt; nobody has looked at the bank account yet.
    SUBMITTED = "submitted", _("Being checked")
    # Staff saw the money.
    CONFIRMED = "confirmed", _("Confirmed")
    # Staff did not find it.
    REJECTED = "rejected", _("Not found")


class WebhookStatus(models.TextChoices):
    # Stored, not worked on yet.
    RECEIVED = "received", _("Received")
    # Worked on; nothing is left to do.
    DONE = "done", _("Done")
    # About a payment we do not know: staff looks.
    UNKNOWN = "unknown", _("Unknown payment")
    # Working on it raised a fault; it can be run again.
    FAILED = "failed", _("Failed")


class RefundStatus(models.TextChoices):
    # Taken from the wallet, not sent yet.
    REQUESTED = "requested", _("On its way")
    # The gateway confirmed it.
    SENT = "sent", _("Sent")
    # The gateway refused; the money is back in the wallet.
    FAILED = "failed", _("Returned to the wallet")


REFUND_MOVES = Transitions({RefundStatus.REQUESTED: [RefundStatus.SENT, RefundStatus.FAILED]})


class RefundTo(models.TextChoices):
    """Where what a buyer gets back goes."""

    WALLET = "wallet", _("To the buyer's wallet")
    # As far as that can be: what the wallet paid stays in the wallet.
    SOURCE = "source", _("To where it was paid from")


class DisputeStatus(models.TextChoices):
    # The buyer's bank asked for the money; the provider set it aside or took it.
    OPEN = "open", _("Open")
    # Decided for us.
    WON = "won", _("Won")
    # Decided for the buyer: the money is gone.
    LOST = "lost", _("Lost")


DISPUTE_MOVES = Transitions(
    {
        DisputeStatus.OPEN: [DisputeStatus.WON, DisputeStatus.LOST],
        # A bank may look at it again.
        DisputeStatus.WON: [DisputeStatus.LOST],
        DisputeStatus.LOST: [DisputeStatus.WON],
    }
)


class MovementKind(models.TextChoices):
    # Money a provider took for us.
    CHARGE = "charge", _("Charge")
    # Money it gave back.
    REFUND = "refund", _("Refund")
    # Money a buyer's bank took back.
    DISPUTE = "dispute", _("Dispute")


class DifferenceKind(models.TextChoices):
    # The provider says it moved; our books do not know it.
    UNKNOWN_HERE = "unknown_here", _("Not in our books")
    # Our books say it moved; the provider does not know it.
    UNKNOWN_THERE = "unknown_there", _("Not in theirs")
    # Both know it, with different amounts.
    AMOUNT = "amount", _("Another amount")


class Mode(models.TextChoices):
    # Nothing to configure, or not configured.
    NONE = "", _("Not configured")
    # Keys of the provider's playground.
    TEST = "test", _("Test")
    # Real money.
    LIVE = "live", _("Live")


class InvoiceKind(models.TextChoices):
    INVOICE = "invoice", _("Invoice")
    # Takes back (a part of) an invoice, which itself never changes.
    CREDIT_NOTE = "credit_note", _("Credit note")


class WithdrawalStatus(models.TextChoices):
    # Waits for staff; the money is set aside.
    PENDING = "pending", _("Waiting for approval")
    # Approved already, and the person wants other details.
    CHANGE_REQUESTED = "change_requested", _("Change requested")
    # Approved already, and the person wants it back.
    CANCEL_REQUESTED = "cancel_requested", _("Cancellation requested")
    # Will be transferred.
    APPROVED = "approved", _("Approved")
    # Transferred.
    PAID = "paid", _("Paid")
    # Refused; the money is back in the wallet.
    REJECTED = "rejected", _("Rejected")
    # Taken back by the person; the money is back in the wallet.
    CANCELLED = "cancelled", _("Cancelled")


WITHDRAWAL_MOVES = Transitions(
    {
        WithdrawalStatus.PENDING: [WithdrawalStatus.APPROVED, WithdrawalStatus.REJECTED, WithdrawalStatus.CANCELLED],
        WithdrawalStatus.APPROVED: [
            WithdrawalStatus.PAID,
            WithdrawalStatus.REJECTED,
            WithdrawalStatus.CHANGE_REQUESTED,
            WithdrawalStatus.CANCEL_REQUESTED,
        ],
        # Staff agrees (pending again with the new details, or cancelled), or keeps it as it was approved.
        WithdrawalStatus.CHANGE_REQUESTED: [WithdrawalStatus.PENDING, WithdrawalStatus.APPROVED, WithdrawalStatus.PAID],
        WithdrawalStatus.CANCEL_REQUESTED: [
            WithdrawalStatus.CANCELLED,
            WithdrawalStatus.APPROVED,
            WithdrawalStatus.PAID,
        ],
    }
)

OPEN_WITHDRAWALS = (
    WithdrawalStatus.PENDING,
    WithdrawalStatus.APPROVED,
    WithdrawalStatus.CHANGE_REQUESTED,
    WithdrawalStatus.CANCEL_REQUESTED,
)
"""Withdrawals whose money is set aside."""


@dataclass(frozen=True)
class LineDraft:
    """What somebody wants to buy: one line of an order to be."""

    kind: str
    """The word its product registered a fulfiller under: `lesson`."""
    subject_id: UUID
    """The product's own row."""
    title: str
    """What stands on the order and the invoice, as it was called when bought."""
    amount: Money
    """The list price; whether VAT is in it is the edition's rule."""
    seller_id: UUID | None = None
    """Who earns it; None: the house."""
    held: bool = True
    """Whether the money waits in escrow until the product settles it; otherwise it is released at once."""
    policy: dict[str, Any] = field(default_factory=dict)
    """The product's refund policy as it was shown. `{"words": [...]}`: sentences for the checkout."""
    releases_at: datetime | None = None
    """When the seller may expect the money, as known now."""
    traits: dict[str, str] = field(default_factory=dict)
    """What commission rules and coupons may ask about it: `variant` (`trial`), `cycle` (`month`, `quarter`, …),
    `family` (a plan's or a course's)."""


@dataclass(frozen=True)
class Offered:
    """A thing in a cart, as its product offers it at this moment."""

    title: str
    words: str
    """What it is and when, in the active language."""
    amount: Money
    """The list price."""
    seller_id: UUID | None = None
    link: str = ""
    """The page it came from."""
    traits: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Commission:
    """What the house keeps of a seller's part."""

    basis_points: int
    fixed: int
    """Minor units, once per line."""
    rule_id: UUID | None = None
    """The rule it came from; None: the edition's default."""

    def of(self, part: Money) -> Money:
        """The commission on `part`, never more than `part`."""
        if part.amount <= 0:
            return Money(0, part.unit)
        return Money(min(part.amount, part.share(self.basis_points).amount + self.fixed), part.unit)


@dataclass(frozen=True, slots=True)
class QuotedLine:
    """One line as it will be charged: `net + tax + fee = total`."""

    draft: LineDraft
    net: Money
    tax: Money
    fee: Money
    total: Money
    tax_basis_points: int
    tax_included: bool
    commission: Commission
    seller_receives: Money
    """What the seller gets if the line is released whole; zero when the house is the seller."""
    discount: Money
    """What coupons took off the list price."""
    subsidy: Money
    """What the house adds to escrow of it."""


@dataclass(frozen=True, slots=True)
class Quote:
    """Exactly what `place_order` charges for the same lines at the same moment."""

    lines: tuple[QuotedLine, ...]
    net: Money
    tax: Money
    fee: Money
    total: Money
    discount: Money
    coupons: tuple[tuple[str, Money], ...] = ()
    """Each coupon's code with what it takes off."""
    reverse_charge: bool = False


@dataclass(frozen=True, slots=True)
class Split:
    """Where an escrowed line's money goes. Buyer, seller, fees, tax and coupons add up to the line's total and what the
    house added to it."""

    buyer: Money
    seller: Money
    fees: Money
    tax: Money
    commission: Money
    """The part of `fees` that is commission on the seller's part."""
    buyer_tax: Money
    """The part of `buyer` that is VAT given back, for the credit note."""
    coupons: Money
    """Of what the house added for a coupon, what comes back to it with the buyer's share."""


@dataclass(frozen=True, slots=True)
class Started:
    """A payment that was begun."""

    payment_id: UUID
    redirect_url: str | None
    """Where to send the buyer; None when there is nothing to visit or nothing left to pay."""
    instructions: dict[str, str] | None
    """What the buyer must do instead, label by label (bank, IBAN, reference)."""
