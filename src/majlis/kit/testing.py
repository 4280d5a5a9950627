"""For tests: people and clocks."""

import itertools
from datetime import UTC, datetime
from typing import Any

from django.contrib.auth import get_user_model

_numbers = itertools.count(1)

SOME_MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
"""A Monday without a clock change in any zone of the tests, for examples that need a fixed now."""


def person(name: str = "Salma Hassan", **fields: Any) -> Any:
    """A saved, active member with a verified e-mail address nobody else has. Its password is never usable."""
    number = next(_numbers)
    fields.setdefault("email", f"person{number}@example.test")
    user = get_user_model()(name=name, **fields)
    user.set_unusable_password()
    user.save()
    return user
