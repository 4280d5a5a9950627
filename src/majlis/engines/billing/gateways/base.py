"""What a gateway is: everything billing ever asks of a payment provider.

A gateway never touches our orders, our ledger or our people: it speaks with its provider and answers with the values
below. All methods but `takes` and `open_envelope` may speak over the network and are called outside any transaction.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.types import PaymentStatus
from majlis.kit.errors import Refusal
from majlis.kit.money import Money


class GatewayUnreachable(Refusal):
    """The provider did not answer, or not in a way we understand. Nothing was taken."""

    code = "gateway_unreachable"
    sentence = _("The payment service does not answer just now. Nothing was taken. Please try again or choose another.")
    status = 503


class BadSignature(Refusal):
    """A message that claims to come from a provider and does not prove it."""

    code = "bad_signature"
    sentence = _("The signature of this message is missing, wrong or too old.")
    status = 401


@dataclass(frozen=True, slots=True)
class Bill:
    """What a gateway is asked to collect."""

    payment_id: UUID
    """Also the idempotency key towards the provider."""
    reference: str
    """What the buyer quotes: the order's number, or the top-up's."""
    amount: Money
    description: str
    payer_name: str
    payer_email: str
    language: str
    return_url: str
    """Where the provider sends the buyer back to, whatever happened."""
    expires_at: datetime | None


@dataclass(frozen=True, slots=True)
class Began:
    """The provider's answer to a bill."""

    ref: str
    """The provider's name of this attempt; webhooks and `read` use it."""
    redirect_url: str | None = None
    instructions: dict[str, str] | None = None
    """What the buyer has to do where there is no page: label → value, in the buyer's language."""


@dataclass(frozen=True, slots=True)
class ChargeSeen:
    """Money the provider says has arrived."""

    ref: str
    """The provider's name of this very movement of money: taken once, however often it is seen."""
    money: Money


@dataclass(frozen=True, slots=True)
class Reading:
    """How an attempt stands at the provider."""

    status: PaymentStatus
    charges: tuple[ChargeSeen, ...] = ()
    """All that arrived so far, not only what is new."""
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Notification:
    """What an authentic webhook is about. Nothing else in it is believed: the attempt is read again."""

    event_id: str
    """The provider's id of the event, or a digest of the body where there is none."""
    ref: str
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The provider's answer to a refund."""

    ref: str
    done: bool
    """False: it will take time; ask again."""
    problem: str = ""
    """Not empty: refused for good."""


class Gateway(Protocol):
    """One payment provider."""

    code: str
    """Stored with every payment; never changes."""
    name: Any
    """What the buyer reads on the button, translatable."""
    summary: Any
    """One sentence under it: how it goes and how long it takes."""
    first_look: timedelta
    """How long after the start the provider is asked when no webhook came."""
    refunds: bool
    """Whether it can send money back."""

    def takes(self, money: Money, country: str) -> bool:
        """Called while the checkout page is drawn and again when a payment starts: whether this amount can be paid
        this way from `country`. Must not speak over the network, and must not look at the order."""
        ...

    def begin(self, bill: Bill) -> Began:
        """Called once the payment row stands, possibly twice for the same payment after a crash: with the same
        `payment_id` it must return the same attempt. Must not retry by itself and must not wait for the buyer.
        Raises `GatewayUnreachable`."""
        ...

    def read(self, ref: str) -> Reading:
        """Called after each webhook, when the buyer returns, and from time to time while nothing is known. Must ask
        the provider, never a memory of its own. Raises `GatewayUnreachable`."""
        ...

    def open_envelope(self, headers: Mapping[str, str], body: bytes) -> Notification:
        """Called for each incoming webhook before anything is stored, with lower-case header names and the body byte
        for byte. Must check the signature in constant time and the age against replays; must not act on what it says.
        Raises `BadSignature`."""
        ...

    def give_back(self, ref: str, money: Money, key: str, reason: str) -> GivenBack:
        """Called by a job after the money left the person's wallet, again with the same `key` until the answer is
        final: the provider must see one refund. Must not be asked for more than was charged: billing sees to that."""
        ...

    def stop(self, ref: str) -> None:
        """Called when the order ended or another attempt took this one's place. Asks the provider to take no more
        money for it. Must not fail when there is nothing to stop; money that comes all the same goes to the wallet."""
        ...
