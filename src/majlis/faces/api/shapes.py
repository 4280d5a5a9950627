"""Shapes that several areas of the API answer with."""

from typing import Any
from uuid import UUID

from ninja import Schema
from pydantic import BaseModel

from majlis.kit.money import Money


class MoneyOut(BaseModel):
    """Money in minor units, and how its reader writes it."""

    amount: int
    currency: str
    display: str

    @classmethod
    def of(cls, money: Money) -> "MoneyOut":
        """As the API shows it, in the reader's language."""
        return cls(**money.as_json())


class PersonOut(Schema):
    """Somebody, by name."""

    id: UUID
    name: str


class ProblemOut(Schema):
    """A refusal (RFC 9457, `application/problem+json`): `code` is for programs, `detail` for people; `errors` maps a
    field to a sentence."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    errors: dict[str, Any]
