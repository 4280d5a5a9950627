"""What a gateway is: everything calls ever asks of whoever carries sound and picture.

A gateway never touches our rooms or people: it gets the facts it needs and answers with the values below. Neither
method speaks over the network: tickets are signed here, and messages come to us.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from django.utils.translation import gettext_lazy as _

from majlis.engines.calls.types import Ticket
from majlis.kit.errors import Refusal


class BadSignature(Refusal):
    """A message that claims to come from a call provider and does not prove it."""

    code = "bad_signature"
    sentence = _("The signature of this message is missing, wrong or too old.")
    status = 401


@dataclass(frozen=True, slots=True)
class Guest:
    """One person's wish to take part in one call."""

    room_id: UUID
    opens_at: datetime
    shuts_at: datetime
    person_id: UUID
    name: str
    language: str
    hosts: bool
    """Whether they may send others out: who gives the lesson."""


@dataclass(frozen=True, slots=True)
class Heard:
    """What a provider's message says: somebody came or went, or the call is over."""

    what: str
    """`joined`, `left` or `finished`."""
    room_id: UUID
    person_id: UUID | None
    """None when the call is over."""
    at: datetime


class CallGateway(Protocol):
    """One way to carry calls."""

    code: str

    def ticket(self, guest: Guest, *, now: datetime) -> Ticket:
        """Asked each time a member enters an open room. The ticket is for this person and this room alone and ends with
        the room. Must not let anybody else's name be taken."""

    def hear(self, headers: Mapping[str, str], body: bytes, *, now: datetime) -> list[Heard]:
        """Asked for each message at the webhook address, before anything of it is believed. Refuses with
        `BadSignature` what the provider did not sign, or signed too long ago; returns nothing for messages of no
        interest. Must not do anything else."""
