"""What scheduling does."""

from majlis.engines.scheduling.services.free_time import pass_time, renew, roll
from majlis.engines.scheduling.services.reservations import (
    AlreadyReserved,
    DayFull,
    HoldExpired,
    OffGrid,
    OutsideHours,
    SlotTaken,
    TooFar,
    TooSoon,
    confirm,
    extend_hold,
    free,
    move,
    reserve,
    sweep_holds,
)

__all__ = [
    "AlreadyReserved",
    "DayFull",
    "HoldExpired",
    "OffGrid",
    "OutsideHours",
    "SlotTaken",
    "TooFar",
    "TooSoon",
    "confirm",
    "extend_hold",
    "free",
    "move",
    "pass_time",
    "renew",
    "reserve",
    "roll",
    "sweep_holds",
]
