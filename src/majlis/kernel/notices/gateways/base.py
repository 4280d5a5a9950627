"""What carries mail, and what carries signals between processes."""

from typing import Protocol

from django.core.mail import EmailMessage


class MailRefused(Exception):
    """The server refused the mail for good (5xx): trying again would not help. Its answer is the text."""


class MailDelayed(Exception):
    """The server could not take it now (4xx) or was not there: to be tried again later."""


class Postman(Protocol):
    """Hands mail to the world."""

    def post(self, message: EmailMessage) -> None:
        """Called outside a transaction, once per try. Returns when a server has taken responsibility; raises
        `MailRefused` or `MailDelayed`. Must not try again by itself."""

    def close(self) -> None:
        """Called when the batch is done."""


class Wire(Protocol):
    """Carries a nudge from any process to every realtime process."""

    def announce(self, words: str) -> None:
        """Called after a commit with what was written (`stream.announcement`). Losing it delays what is stored until
        the next look at the table."""
