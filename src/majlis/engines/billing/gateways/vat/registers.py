"""What a register of VAT numbers can be asked."""

from dataclasses import dataclass
from typing import Protocol


class RegisterAway(Exception):
    """The register does not answer, or not now: it is asked again later."""


@dataclass(frozen=True, slots=True)
class RegisterAnswer:
    """What a register says of a number. `name` and `address` as it writes them, where it tells; `ref` proves that it
    was asked."""

    known: bool
    name: str = ""
    address: str = ""
    ref: str = ""


class VatRegister(Protocol):
    """A register outside. Which one is asked is said by `MAJLIS_VAT_REGISTER`."""

    code: str

    def covers(self, country: str) -> bool:
        """Whether it knows numbers of this country. Called before each question; asks nobody."""

    def look_up(self, country: str, number: str) -> RegisterAnswer:
        """What it says of a normal number. Called by a job, never inside a transaction. Raises `RegisterAway`; must not
        take "I cannot say now" for "unknown"."""
