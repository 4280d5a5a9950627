"""Identifiers."""

from uuid import UUID

from uuid_utils.compat import uuid7


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): sorts by time of creation, reveals no count, safe to show in a URL."""
    return uuid7()
