"""Cursor pagination: stable under inserts, as fast on the last page as on the first."""

import base64
import binascii
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from majlis.kit.errors import Invalid

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """One page of a list. `next` is the cursor of the following page, or None at the end."""

    items: list[T]
    next: str | None


def encode_cursor(*values: Any) -> str:
    """An opaque, URL-safe cursor of the last row's sort values."""
    return base64.urlsafe_b64encode("\x1f".join(map(str, values)).encode()).decode().rstrip("=")


def decode_cursor(cursor: str, parts: int) -> list[str]:
    """The sort values in `cursor`. Refuses with `Invalid` what it did not make."""
    try:
        values = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("\x1f")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        values = []
    if len(values) != parts:
        raise Invalid(errors={"cursor": _("This cursor is not one of ours.")})
    return values


def paginate(rows: QuerySet[Any], cursor: str | None, limit: int = 25, *, by: str = "-id") -> Page[Any]:
    """The page after `cursor`, at most `limit` rows, ordered by one unique column (`-id`: newest first)."""
    descending, column = by.startswith("-"), by.lstrip("-")
    limit = max(1, min(limit, 100))
    if cursor:
        (value,) = decode_cursor(cursor, 1)
        try:
            rows = rows.filter(Q(**{f"{column}__{'lt' if descending else 'gt'}": value}))
        except (ValueError, TypeError, ValidationError):  # a forged value of the wrong type
            raise Invalid(errors={"cursor": _("This cursor is not one of ours.")}) from None
    found = list(rows.order_by(by)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    return Page(found, encode_cursor(getattr(found[-1], column)) if more else None)
