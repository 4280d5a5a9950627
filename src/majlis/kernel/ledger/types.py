"""The words of the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from hashlib import sha256
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.money import Money


class Purpose(models.TextChoices):
    """What an account is for. The first two lines are what people see; the rest is the house's own."""

    # What a person can spend or withdraw; of the house: what it owes nobody yet.
    WALLET = "wallet", _("Wallet")
    # What a person may use up: lesson minutes, messages, bytes.
    ALLOWANCE = "allowance", _("Allowance")
    # Paid for and not yet earned: belongs to a buyer or a seller, not to the house.
    ESCROW = "escrow", _("Escrow")
    # What the house has earned.
    FEES = "fees", _("Fees")
    # Collected for the state.
    TAX = "tax", _("Tax")
    # The outside world: what a gateway holds for us (its balance is negative: it came from there).
    CLEARING = "clearing", _("Clearing")
    # On its way out to people's banks.
    WITHDRAWALS = "withdrawals", _("Withdrawals")
    # What the house gave away.
    GOODWILL = "goodwill", _("Goodwill")
    # What a person owes the house: below zero until their next earnings have settled it, never above.
    DEBT = "debt", _("Debt")
    # One unit changed into another: what the house took on in one, and gave in the other.
    EXCHANGE = "exchange", _("Exchange")


class JournalKind(models.TextChoices):
    """Why money moved."""

    # Money came in through a gateway for an order.
    PAYMENT = "payment", _("Payment")
    # An order was paid from a wallet.
    WALLET_PAYMENT = "wallet_payment", _("Paid from the wallet")
    # Money came in through a gateway for the wallet.
    TOP_UP = "top_up", _("Top-up")
    # Escrow went to the seller, less commission.
    ESCROW_RELEASE = "escrow_release", _("Released from escrow")
    # Money went back to the buyer.
    REFUND = "refund", _("Refund")
    # A person asked for their money; it left the wallet and waits.
    WITHDRAWAL_REQUEST = "withdrawal_request", _("Withdrawal requested")
    # It left the house.
    WITHDRAWAL_PAID = "withdrawal_paid", _("Withdrawal paid")
    # It was refused, failed or was called back, and is in the wallet again.
    WITHDRAWAL_RETURNED = "withdrawal_returned", _("Withdrawal returned")
    # From one person to another.
    GIFT = "gift", _("Gift")
    # Staff put something right, with a reason in the memo.
    ADJUSTMENT = "adjustment", _("Adjustment")
    # An allowance was given: a package was bought, a week began.
    GRANT = "grant", _("Granted")
    # An allowance was used.
    USE = "use", _("Used")
    # What was not used in time went back.
    EXPIRY = "expiry", _("Expired")
    # A present of the house.
    GOODWILL = "goodwill", _("Goodwill")
    # Earnings were taken back, because what they were for was given back to the buyer.
    CLAWBACK = "clawback", _("Taken back")
    # Earnings went into what was owed.
    DEBT = "debt", _("Debt settled")
    # One unit was changed into another.
    EXCHANGE = "exchange", _("Exchanged")
    # A buyer's bank took a payment back.
    CHARGEBACK = "chargeback", _("Chargeback")


class HoldState(models.TextChoices):
    """A hold is opened once and resolved once."""

    OPEN = "open", _("Held")
    # In part or whole; what was not captured is free again.
    CAPTURED = "captured", _("Captured")
    RELEASED = "released", _("Released")
    # Nobody resolved it in time.
    EXPIRED = "expired", _("Expired")


@dataclass(frozen=True, slots=True)
class AccountName:
    """Who, what for and in what unit: says which account is meant, whether it was opened yet or not."""

    person_id: UUID | None
    """None: the house."""
    purpose: str
    unit: str
    name: str = ""
    """Of a house account: which of several, such as the gateway of a clearing account."""

    @property
    def id(self) -> UUID:
        """The account's key: a digest of its name, so that nobody has to look it up. The database makes the same."""
        return _digest(f"{self.person_id or ''}:{self.purpose}:{self.unit}:{self.name}")

    def __str__(self) -> str:
        return ":".join(str(part) for part in (self.person_id or "house", self.purpose, self.unit, self.name) if part)


@lru_cache(maxsize=4096)
def _digest(name: str) -> UUID:
    return UUID(bytes=sha256(name.encode()).digest()[:16])


DEEPEST_DEBT = -(10**15)
"""The floor of a debt account, which has one like every person's account: no honest debt comes near it."""


def of_person(person_id: UUID, purpose: str, unit: str) -> AccountName:
    """A person's account. It never goes below its floor (zero; a debt account's is `DEEPEST_DEBT`)."""
    return AccountName(person_id, str(purpose), unit)


def of_house(purpose: str, unit: str, name: str = "") -> AccountName:
    """An account of the house. It has no floor, and no cached balance: its balance is rolled up."""
    return AccountName(None, str(purpose), unit, name)


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a journal to be posted: positive, and the account's owner has more."""

    account: AccountName
    amount: Money

    def __post_init__(self) -> None:
        if self.amount.unit != self.account.unit:
            raise ValueError(f"{self.amount.unit} cannot be entered in an account of {self.account.unit}.")


@dataclass(frozen=True, slots=True)
class Posting:
    """A journal to be posted (`services.post` says what each is)."""

    key: str
    kind: str
    lines: Sequence[Line]
    subject: str = ""
    memo: str = ""


@dataclass(frozen=True, slots=True)
class StatementLine:
    """One entry with what its journal says about it."""

    journal_id: UUID
    kind: str
    """A word of `JournalKind`."""
    subject: str
    """What it was about: `billing.order:<uuid>`; empty when about nothing else."""
    memo: str
    amount: Money
    """Signed: positive came in."""
    balance_after: Money | None
    """The account's balance right after it; None for a house account, which keeps none."""
    sequence: int | None
    """1, 2, 3 … within the account; None for a house account."""
    at: datetime
    account: AccountName

    @property
    def kind_name(self) -> str:
        """The kind in the reader's words."""
        return str(JournalKind(self.kind).label)
