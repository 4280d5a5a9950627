"""The words of coupons, gift codes, payouts and VAT numbers (told through `types`)."""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.money import Money
from majlis.kit.state import Transitions


class Bearer(models.TextChoices):
    # The seller earns as if the list price had been paid; the house pays the difference.
    HOUSE = "house", _("The house")
    # The seller earns of what was paid.
    SELLER = "seller", _("The seller")


class GiftStatus(models.TextChoices):
    # In an order that is not paid yet.
    ORDERED = "ordered", _("Not paid yet")
    # Paid: whoever has the code can redeem it.
    ACTIVE = "active", _("Ready to give")
    REDEEMED = "redeemed", _("Redeemed")
    # Nobody redeemed it in time; the money went back to whoever bought it.
    EXPIRED = "expired", _("Expired")
    # Its order ended unpaid, or it was refunded.
    VOID = "void", _("Cancelled")


GIFT_MOVES = Transitions(
    {
        GiftStatus.ORDERED: [GiftStatus.ACTIVE, GiftStatus.VOID],
        GiftStatus.ACTIVE: [GiftStatus.REDEEMED, GiftStatus.EXPIRED, GiftStatus.VOID],
    }
)


class BatchStatus(models.TextChoices):
    # Written for the bank; nobody said yet that it was transferred.
    EXPORTED = "exported", _("Given to the bank")
    # Transferred: each of its withdrawals is paid.
    PAID = "paid", _("Paid")
    # Never sent: its withdrawals wait again.
    CANCELLED = "cancelled", _("Cancelled")


BATCH_MOVES = Transitions({BatchStatus.EXPORTED: [BatchStatus.PAID, BatchStatus.CANCELLED]})


class Waits(models.TextChoices):
    """Why money of a seller is not withdrawable yet."""

    # In escrow, until what was sold has taken place and nobody contests it.
    ESCROW = "escrow", _("Held until what you sold has taken place")
    # Earned; a part of it is kept for a while in case a buyer's bank takes money back.
    RESERVE = "reserve", _("Kept in reserve in case a payment is contested")
    # Set aside by the person for an order of their own.
    ORDER = "order", _("Set aside for an order of yours")


@dataclass(frozen=True, slots=True)
class HeldLine:
    """Money of a seller that still waits, and until when."""

    line_id: UUID
    title: str
    amount: Money
    """What the seller will get if it is released whole."""
    releases_at: datetime | None
    because: str
    waits: Waits = Waits.ESCROW


@dataclass(frozen=True, slots=True)
class PayoutDay:
    """One day of the payout calendar: what becomes withdrawable then."""

    on: date | None
    """None: the day is not known yet."""
    amount: Money
    so_far: Money
    """What can be withdrawn by then if nothing else happens: now, and every day up to and with this one."""
    held: tuple[HeldLine, ...]


@dataclass(frozen=True, slots=True)
class Withdrawable:
    """What a person can take out now, and what comes later."""

    now: Money
    held: tuple[HeldLine, ...]
    """Escrow and reserve, the soonest first; what is set aside for an order is not in it."""
    held_total: Money
    on_its_way: Money
    """Set aside by withdrawals that are not paid yet."""
    owed: Money
    """What the person owes the house; it comes off first, so `now` is without it."""

    def days(self, zone: str) -> tuple[PayoutDay, ...]:
        """The calendar: what comes free on which day on the wall of `zone` (IANA); what has no day is last."""
        by_day: dict[date | None, list[HeldLine]] = {}
        for line in self.held:
            on = line.releases_at.astimezone(ZoneInfo(zone)).date() if line.releases_at else None
            by_day.setdefault(on, []).append(line)
        days, so_far = [], self.now
        for on in sorted(by_day, key=lambda day: (day is None, day or date.min)):
            amount = sum((line.amount for line in by_day[on]), Money(0, self.now.unit))
            so_far = so_far + amount
            days.append(PayoutDay(on, amount, so_far, tuple(by_day[on])))
        return tuple(days)


class TaxCheck(models.TextChoices):
    """What is known of a VAT number."""

    # Its form and its check figures are right; no register is asked about that country here.
    PLAUSIBLE = "plausible", _("Plausible")
    # A register is being asked.
    ASKED = "asked", _("Being checked")
    # The register knows it.
    CONFIRMED = "confirmed", _("Confirmed")
    # The register does not know it.
    UNKNOWN = "unknown", _("Not known there")
