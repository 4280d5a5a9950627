"""Refusals: what a service says when the answer is no.

A refusal is an expected answer, not a fault: it has a code a program can read, a sentence a person can read, and an
HTTP status. Each face turns refusals into its own form in one place. Anything else that is raised is a bug and is
reported.
"""

from typing import Any

from django.utils.translation import gettext_lazy as _


class Refusal(Exception):
    """The base of all refusals. A subclass sets `code`, `sentence` (translatable, named placeholders) and `status`;
    keyword arguments fill the placeholders and travel to the API as facts."""

    code = "refused"
    sentence: Any = _("This cannot be done.")
    status = 409

    def __init__(self, sentence: Any = None, **facts: Any) -> None:
        self.facts = facts
        if sentence is not None:
            self.sentence = sentence
        super().__init__(self.code)

    def __str__(self) -> str:
        text = str(self.sentence)
        return text % self.facts if self.facts and "%(" in text else text

    @property
    def words(self) -> Any:
        """What it says, for one who keeps it to be read later (`source_text`): still translatable, unless facts fill
        its placeholders."""
        return str(self) if self.facts else self.sentence


class NotFound(Refusal):
    """It does not exist, or not for you: the two are never told apart."""

    code = "not_found"
    sentence = _("This page or thing does not exist, or it is not yours.")
    status = 404


class Forbidden(Refusal):
    """You may see it but not do this."""

    code = "forbidden"
    sentence = _("You may not do this.")
    status = 403


class Invalid(Refusal):
    """The input is wrong. `errors` maps a field name to a sentence (`__all__` for the whole)."""

    code = "invalid"
    sentence = _("Please correct the marked fields.")
    status = 422

    def __init__(self, sentence: Any = None, *, errors: dict[str, Any] | None = None, **facts: Any):
        super().__init__(sentence, **facts)
        self.errors = errors or {}


class TooMany(Refusal):
    """Too often. `retry_after` in seconds."""

    code = "too_many_requests"
    sentence = _("That was too often. Please wait a little and try again.")
    status = 429

    def __init__(self, sentence: Any = None, *, retry_after: int = 60, **facts: Any):
        super().__init__(sentence, **facts)
        self.retry_after = retry_after
