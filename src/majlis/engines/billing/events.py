"""What billing announces."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True)
class OrderPaid:
    """An order was covered in full and its lines were fulfilled (or refunded, where they could not be)."""

    order_id: UUID


@dataclass(frozen=True, slots=True)
class OrderVoided:
    """An order ended without payment."""

    order_id: UUID
    reason: str


@dataclass(frozen=True, slots=True)
class LineSettled:
    """A line's escrow was divided, by its product or by staff."""

    line_id: UUID
    subject_id: UUID
    kind: str


@dataclass(frozen=True, slots=True)
class PaymentFailed:
    """An attempt to pay ended without money."""

    payment_id: UUID


@dataclass(frozen=True, slots=True)
class WithdrawalPaid:
    """Money was transferred to a person."""

    withdrawal_id: UUID
    person_id: UUID


@dataclass(frozen=True, slots=True)
class SubscriptionChanged:
    """A subscription began, renewed, was paused, is late, changed its plan or ended: what it gives may be different
    now. `status` and `entitlement` are words of `types.SubscriptionStatus` and `types.Entitlement`."""

    subscription_id: UUID
    person_id: UUID
    family: str
    status: str
    entitlement: str
