"""What the ledger does."""

from majlis.kernel.ledger.services.holds import CaptureTooLarge, HoldResolved, capture, expire_holds, hold, release
from majlis.kernel.ledger.services.journals import InsufficientFunds, KeyReused, Unbalanced, post
from majlis.kernel.ledger.services.many import post_all
from majlis.kernel.ledger.services.upkeep import make_months, roll_up

__all__ = [
    "CaptureTooLarge",
    "HoldResolved",
    "InsufficientFunds",
    "KeyReused",
    "Unbalanced",
    "capture",
    "expire_holds",
    "hold",
    "make_months",
    "post",
    "post_all",
    "release",
    "roll_up",
]
