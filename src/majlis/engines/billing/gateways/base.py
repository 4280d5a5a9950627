"""What a gateway is: everything billing ever asks of a payment provider.

A gateway never touches our orders, our ledger or our people: it speaks with its provider and answers with the values
below. All methods but `takes` and `open_envelope` may speak over the network and are called outside any transaction.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, Protocol, runtime_checkable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.types import DisputeStatus, Mode, MovementKind, PaymentStatus
from majlis.kit.errors import Refusal
from majlis.kit.money import Money


class GatewayUnreachable(Refusal):
    """The provider did not answer, or not in a way we understand. Nothing was taken."""

    code = "gateway_unreachable"
    sentence = _("The payment service does not answer just now. Nothing was taken. Please try again or choose another.")
    status = 503


class KeysRefused(Refusal):
    """The provider answers and does not accept our keys."""

    code = "keys_refused"
    sentence = _("The payment service does not accept our keys.")
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
    payer_id: UUID | None = None
    payer_phone: str = ""
    country: str = ""
    """The payer's, ISO code; empty when nobody knows."""
    customer_ref: str = ""
    """What this provider called the payer before (`Began.customer_ref`)."""
    keep: bool = False
    """Whether the payer agreed that the way they pay now is kept, for later charges without them."""


@dataclass(frozen=True, slots=True)
class Began:
    """The provider's answer to a bill."""

    ref: str
    """The provider's name of this attempt; webhooks and `read` use it."""
    redirect_url: str | None = None
    instructions: dict[str, str] | None = None
    """What the buyer has to do where there is no page: label → value, in the buyer's language."""
    expires_at: datetime | None = None
    """Until when the provider takes the money, if it says so."""
    customer_ref: str = ""
    """What the provider calls the payer, where it keeps people: given back with the next bill."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message that came to our webhook address, as it came."""

    headers: Mapping[str, str]
    """Names in lower case."""
    body: bytes
    query: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class ChargeSeen:
    """Money the provider says has arrived."""

    ref: str
    """The provider's name of this very movement of money: taken once, however often it is seen."""
    money: Money


@dataclass(frozen=True, slots=True)
class DisputeSeen:
    """A charge the buyer contests with their bank (chargeback)."""

    ref: str
    """The provider's name of the dispute."""
    money: Money
    status: DisputeStatus
    reason: str = ""
    """The provider's word for it."""
    answer_by: datetime | None = None
    """Until when evidence can be sent."""


@dataclass(frozen=True, slots=True)
class KeptMethod:
    """A way to pay that the provider keeps for us."""

    ref: str
    """The provider's name of it; `charge_saved` uses it. Never a card number."""
    label: str
    """What the payer recognises it by: `Visa •••• 4242`."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How an attempt stands at the provider."""

    status: PaymentStatus
    charges: tuple[ChargeSeen, ...] = ()
    """All that arrived so far, not only what is new."""
    problem: Any = ""
    """Why it failed: the provider's words, or a lazily translated sentence."""
    disputes: tuple[DisputeSeen, ...] = ()
    kept: KeptMethod | None = None
    """What the provider keeps of this attempt, when the bill asked for it (`Bill.keep`)."""
    asks_payer: bool = False
    """Of one that failed: the payer's bank wants them to confirm it, so it cannot be taken while they are away."""


@dataclass(frozen=True, slots=True)
class Notification:
    """What an authentic webhook is about. Nothing else in it is believed: the attempt is read again."""

    event_id: str
    """The provider's id of the event, or a digest of the body where there is none."""
    ref: str
    """The attempt's name, or that of one of its charges, or our own payment's id, whichever the message has."""
    kind: str = ""


@dataclass(frozen=True, slots=True)
class GivenBack:
    """The provider's answer to a refund."""

    ref: str
    done: bool
    """False: it will take time; ask again."""
    problem: Any = ""
    """Not empty: refused for good, and why: the provider's words, or a lazily translated sentence."""


@dataclass(frozen=True, slots=True)
class Movement:
    """One line of a provider's own account of a day."""

    kind: MovementKind
    ref: str
    """As in `ChargeSeen.ref`, `GivenBack.ref`, `DisputeSeen.ref`."""
    money: Money
    """Positive, whichever way it went."""
    attempt: str = ""
    """The attempt it belongs to, as in `Began.ref`; empty where the provider does not say."""
    at: datetime | None = None
    fee: Money | None = None
    """What the provider kept of it."""


@dataclass(frozen=True, slots=True)
class DayReport:
    """What a provider says moved on a day."""

    movements: tuple[Movement, ...]
    complete: bool = True
    """Whether money we know nothing of would be in it. False where the provider has no list and was asked attempt by
    attempt."""


class Gateway(Protocol):
    """One payment provider, or one of the ways to pay it offers."""

    code: str
    """Stored with every payment; never changes."""
    provider: str
    """Who stands behind it: where its webhooks arrive and whose keys it uses. Several ways may share one."""
    name: Any
    """What the buyer reads on the button, translatable."""
    summary: Any
    """One sentence under it: how it goes and how long it takes."""
    first_look: timedelta
    """How long after the start the provider is asked when no webhook came."""
    patience: timedelta
    """How long a buyer who chose it has at least to pay, as far as what they ordered can be kept so long; zero where
    paying takes minutes."""
    refunds: bool
    """Whether it can send money back."""

    @property
    def keys(self) -> tuple[str, ...]:
        """The environment variables it needs; empty: none."""
        ...

    def ready(self) -> bool:
        """Called wherever gateways are listed: whether its keys are set. One that is not ready is never offered."""
        ...

    def mode(self) -> Mode:
        """Called for staff and the doctor: whether its keys move real money."""
        ...

    def greet(self) -> None:
        """Called by `./majlis doctor`: one cheap request that shows whether the keys are accepted. Raises
        `GatewayUnreachable` or `KeysRefused`, neither of which may quote a key."""
        ...

    def takes(self, money: Money, country: str) -> bool:
        """Called while the checkout page is drawn and again when a payment starts: whether this amount can be paid
        this way from `country`. Must not speak over the network, and must not look at the order."""
        ...

    def begin(self, bill: Bill) -> Began:
        """Called once the payment row stands, possibly twice for the same payment after a crash: with the same
        `payment_id` it must return the same attempt; only where the provider cannot be asked for its first answer,
        another, since the first was shown to nobody. Must not retry by itself and must not wait for the buyer.
        Raises `GatewayUnreachable`."""
        ...

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        """Called after each webhook, when the buyer returns, and from time to time while nothing is known. Must ask
        the provider, never a memory of its own. `wanted` is whether the money still is: a provider that takes money
        only when told so (after the buyer agreed) is told so here. Raises `GatewayUnreachable`."""
        ...

    def open_envelope(self, delivery: Delivery) -> Notification:
        """Called for each incoming webhook before anything is stored. Must check the signature in constant time, and
        the age where the provider signs one; must not act on what it says. May fetch a provider's certificate, and
        nothing else. Raises `BadSignature`; `Invalid` for a signed message of another shape."""
        ...

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        """Called by a job after the money left the person's wallet, again with the same `key` until the answer is
        final: the provider must see one refund. For providers that know refunds only by their sum: `before` is what
        earlier refunds of this attempt sent, of one attempt never two are under way, and `again` says that it was
        asked for before. Must not be asked for more than was charged: billing sees to that."""
        ...

    def stop(self, ref: str) -> None:
        """Called when the order ended or another attempt took this one's place. Asks the provider to take no more
        money for it. Must not fail when there is nothing to stop; money that comes all the same goes to the wallet."""
        ...

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        """Called once a day for the day before (UTC), and by staff for any: every charge, refund and dispute of that
        day by the provider's own list; where it has none, by asking for each attempt of `refs`, the ones we know.
        Raises `GatewayUnreachable`."""
        ...


@runtime_checkable
class Keeper(Protocol):
    """A gateway that can keep a way to pay and charge it while the payer is away; for renewals."""

    def charge_saved(self, bill: Bill, method_ref: str) -> Began:
        """Called instead of `begin` when a subscription renews: charges what `Reading.kept` named, without the payer.
        Idempotent by `payment_id` as `begin`; the attempt is read right afterwards, and a declined one reads as failed.
        Must not raise for a decline, nor where the bank wants the payer to confirm it (`Reading.asks_payer`). Raises
        `GatewayUnreachable`."""
        ...
