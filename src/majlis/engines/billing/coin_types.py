"""The states of coins: what was asked for, and what came."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.state import Transitions


class CoinInvoiceStatus(models.TextChoices):
    # The row stands; its address was not shown yet.
    CREATED = "created", _("Starting")
    # Waits for coins; some may be on their way.
    PENDING = "pending", _("Waiting")
    # Coins worth all that was asked for are settled.
    PAID = "paid", _("Paid")
    # The time was over before enough came. The address is watched for ever.
    EXPIRED = "expired", _("Expired")
    # Staff sent the coins back.
    REFUNDED = "refunded", _("Refunded")
    # The order ended, or was paid otherwise.
    CANCELED = "canceled", _("Cancelled")


COIN_INVOICE_MOVES = Transitions(
    {
        CoinInvoiceStatus.CREATED: [CoinInvoiceStatus.PENDING, CoinInvoiceStatus.CANCELED],
        CoinInvoiceStatus.PENDING: [
            CoinInvoiceStatus.PAID,
            CoinInvoiceStatus.EXPIRED,
            CoinInvoiceStatus.CANCELED,
            CoinInvoiceStatus.REFUNDED,
        ],
        # Coins that come late are coins; a new rate may be locked while the order is open.
        CoinInvoiceStatus.EXPIRED: [
            CoinInvoiceStatus.PENDING,
            CoinInvoiceStatus.PAID,
            CoinInvoiceStatus.CANCELED,
            CoinInvoiceStatus.REFUNDED,
        ],
        CoinInvoiceStatus.CANCELED: [CoinInvoiceStatus.PAID, CoinInvoiceStatus.REFUNDED],
        # A chain that was rewritten deeper than anybody waits takes the coins back.
        CoinInvoiceStatus.PAID: [CoinInvoiceStatus.PENDING, CoinInvoiceStatus.REFUNDED],
    }
)


class CoinPaymentStatus(models.TextChoices):
    # The row stands; nothing was asked for yet.
    CREATED = "created", _("Starting")
    # Asked for; nothing was seen.
    PENDING = "pending", _("Waiting")
    # Seen on the network, in no block.
    DETECTED = "detected", _("Seen")
    # In a block, not deep enough.
    CONFIRMED = "confirmed", _("Being confirmed")
    # Final, and in the wallet.
    SETTLED = "settled", _("Settled")
    # Replaced, or its coins were spent otherwise.
    FAILED = "failed", _("Failed")
    # Nothing came in time.
    EXPIRED = "expired", _("Expired")
    # Staff sent the coins back.
    REFUNDED = "refunded", _("Refunded")


COIN_PAYMENT_MOVES = Transitions(
    {
        CoinPaymentStatus.CREATED: [CoinPaymentStatus.PENDING],
        CoinPaymentStatus.PENDING: [CoinPaymentStatus.DETECTED, CoinPaymentStatus.CONFIRMED, CoinPaymentStatus.EXPIRED],
        CoinPaymentStatus.EXPIRED: [CoinPaymentStatus.PENDING, CoinPaymentStatus.DETECTED, CoinPaymentStatus.CONFIRMED],
        CoinPaymentStatus.DETECTED: [CoinPaymentStatus.CONFIRMED, CoinPaymentStatus.FAILED],
        # Back to detected when its block is left by the chain.
        CoinPaymentStatus.CONFIRMED: [
            CoinPaymentStatus.SETTLED,
            CoinPaymentStatus.DETECTED,
            CoinPaymentStatus.FAILED,
            CoinPaymentStatus.REFUNDED,
        ],
        CoinPaymentStatus.SETTLED: [CoinPaymentStatus.FAILED],
        # A transaction the node had lost was mined after all.
        CoinPaymentStatus.FAILED: [CoinPaymentStatus.DETECTED, CoinPaymentStatus.CONFIRMED],
    }
)
