"""What a deliverer of text messages is."""

from typing import Protocol

from django.conf import settings
from django.utils.module_loading import import_string


class TextRefused(Exception):
    """The provider will never take this message: there is no such telephone, say. Trying again is no use."""


class TextGateway(Protocol):
    """Delivers short texts to telephones."""

    def deliver(self, *, to: str, text: str) -> None:
        """Hand over `text` for `to` (E.164). Called by a job, outside every transaction, at least once per message; a
        repetition is harmless. Must raise when the provider did not take it, so that the job is tried again
        (`TextRefused`: it is given up), and must not log the text: it may hold a code."""


def gateway() -> TextGateway | None:
    """The configured gateway (`settings.TEXT_GATEWAY`, a dotted path), or None: then telephones are not offered."""
    return import_string(settings.TEXT_GATEWAY)() if settings.TEXT_GATEWAY else None
