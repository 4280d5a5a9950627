"""What a gateway is that runs subscriptions itself: its clock, its invoices, its page for members.

As in `base`: it never touches our rows, answers with the values below, and is called outside any transaction.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways.base import Began
from majlis.engines.billing.plan_types import SubscriptionStatus
from majlis.kit.errors import NotFound, Refusal
from majlis.kit.money import Money


class Declined(Refusal):
    """The provider could not take what was due at once; nothing was changed."""

    code = "payment_declined"
    sentence = _("The payment was declined, so nothing was changed. Check your way to pay and try again.")
    status = 402


class UnknownThere(NotFound):
    """The provider has nothing of this name."""

    code = "unknown_at_provider"
    sentence = _("The payment service does not know this name.")


class NoMemberPage(Refusal):
    """The provider's page for members is not switched on."""

    code = "no_member_page"
    sentence = _("The payment service's page for members is not set up yet. Please write to us.")
    status = 503


@dataclass(frozen=True, slots=True)
class PriceSeen:
    """A price as the provider has it."""

    ref: str
    money: Money | None
    """None where it is not one fixed amount."""
    cycle: str
    """A word of `Cycle`; empty for a cycle we do not have."""
    days: int | None
    active: bool


@dataclass(frozen=True, slots=True)
class PriceWish:
    """A price to be made at the provider."""

    price_id: UUID
    """Also the idempotency key."""
    plan: str
    name: str
    money: Money
    cycle: str
    days: int | None


@dataclass(frozen=True, slots=True)
class SubscriptionWish:
    """A subscription to be begun on the provider's page."""

    subscription_id: UUID
    """Also the idempotency key, and what the provider gives back as `SubscriptionSeen.ours`."""
    price_ref: str
    trial_days: int
    person_id: UUID
    name: str
    email: str
    customer_ref: str
    language: str
    return_url: str


@dataclass(frozen=True, slots=True)
class PageSeen:
    """How the page stands on which a subscription is begun."""

    url: str
    """Empty when it is over."""
    subscription_ref: str
    """What was begun there; empty while nothing is."""


@dataclass(frozen=True, slots=True)
class SubscriptionSeen:
    """How a subscription stands at the provider, in our words for states."""

    ref: str
    status: SubscriptionStatus
    price_ref: str
    customer_ref: str
    unit: str
    ours: str = ""
    """Our subscription's id, where it was begun by us."""
    trial: tuple[datetime, datetime] | None = None
    ends_at: datetime | None = None
    """When what runs there now is over."""
    pauses: bool = False
    """Whether it takes no payments for now."""
    resumes_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class InvoiceSeen:
    """An invoice of a subscription."""

    ref: str
    state: str
    """`open`, `paid` or `void`."""
    paid: Money
    """There or, where it was marked as paid without a charge, elsewhere."""
    due: Money
    """What it asks for."""
    listed: Money | None
    """Before discounts, tax and balances: what its whole periods cost; None where it is only about parts of periods."""
    credit: Money
    """What it credits of a period that a change cut short."""
    price_ref: str
    starts_at: datetime
    ends_at: datetime
    changes: bool
    """Whether a change of plan made it."""
    made_at: datetime


@dataclass(frozen=True, slots=True)
class ChangeSeen:
    """What a change of plan would do, by the provider's arithmetic."""

    credit: Money
    charge: Money
    due: Money
    starts_at: datetime
    ends_at: datetime


@runtime_checkable
class Biller(Protocol):
    """A gateway that can run subscriptions: renew, charge, dun and end them by its own clock."""

    code: str
    provider: str

    def ready(self) -> bool:
        """Whether its keys are set."""
        ...

    def find_price(self, ref: str) -> PriceSeen:
        """Called when staff names a price. Raises `UnknownThere`, `GatewayUnreachable`."""
        ...

    def make_price(self, wish: PriceWish) -> str:
        """Called when staff has a price made there: its name. The same wish again is the same price."""
        ...

    def open_page(self, wish: SubscriptionWish) -> Began:
        """Called once our row stands, again after a crash: the same wish is the same page. Must not wait for the
        member. `Began.ref` is a name for which `is_page` holds."""
        ...

    def is_page(self, ref: str) -> bool:
        """Whether a name is a page's and not a subscription's. Must not speak over the network."""
        ...

    def names_subscription(self, ref: str) -> bool:
        """Whether a name in a webhook can be a subscription's. Must not speak over the network."""
        ...

    def read_page(self, ref: str) -> PageSeen:
        """Called when the member returns, after webhooks, and from time to time while nothing is known."""
        ...

    def read_subscription(self, ref: str) -> SubscriptionSeen:
        """Called after each webhook about it and from time to time. Must ask the provider, never a memory of its own.
        Raises `UnknownThere`, `GatewayUnreachable`."""
        ...

    def read_invoices(self, ref: str, done: Collection[str] = ()) -> Iterator[InvoiceSeen]:
        """Called with every reading: all its invoices that are more than a draft, the oldest period first, without
        those named in `done`."""
        ...

    def charges_of(self, invoice_ref: str) -> list[str]:
        """Called for a paid invoice: the attempts that paid it, as `Gateway.read` knows them. Empty where it was paid
        elsewhere."""
        ...

    def subscription_of_charge(self, charge_ref: str) -> str:
        """Called when a day is compared, for money we do not know: the subscription it paid for, or an empty string."""
        ...

    def subscriptions_of(self, customer_ref: str) -> list[str]:
        """Called when staff brings a customer over: the names of what they have running. Raises `UnknownThere`."""
        ...

    def preview_change(self, ref: str, price_ref: str, at: datetime) -> ChangeSeen:
        """Called while the member looks at a change of plan: what `change` would do. Changes nothing."""
        ...

    def change(self, ref: str, price_ref: str, at: datetime) -> None:
        """Called when the member changes the plan: at once, the difference invoiced and taken at once; where it cannot
        be taken nothing changes. Raises `Declined`."""
        ...

    def cancel(self, ref: str, *, at_once: bool) -> None:
        """Called when it must not renew, or must end. Must not fail for one that ended already, nor prorate: what was
        not used is ours to give back. A page is closed."""
        ...

    def keep(self, ref: str) -> None:
        """Called when a cancellation is taken back before it took effect."""
        ...

    def pause(self, ref: str, until: datetime) -> None:
        """Called when no payment is to be taken until then. What is paid runs on."""
        ...

    def resume(self, ref: str, *, afresh: bool) -> None:
        """Called when payments are to be taken again; `afresh`: with a new period, from now on. Raises `Declined`."""
        ...

    def member_page(self, customer_ref: str, return_url: str, language: str) -> str:
        """Called when the member wants to manage what they have there: an address good for a few minutes, theirs alone.
        Raises `NoMemberPage`."""
        ...
