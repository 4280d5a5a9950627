"""E-mails and text messages about an account: composed here, sent by a job once the transaction has committed."""

import logging
from collections.abc import Sequence
from datetime import datetime
from smtplib import SMTPRecipientsRefused
from typing import Any

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.functional import lazy

from majlis.kernel.accounts.gateways import TextRefused, gateway, sandbox
from majlis.kit.edition import edition
from majlis.kit.translated import in_language

logger = logging.getLogger(__name__)


def send_letter(
    *,
    to: str,
    subject: Any,
    paragraphs: Sequence[Any],
    code: str = "",
    button: tuple[Any, str] | None = None,
    language: str | None = None,
) -> None:
    """Post an e-mail (text and HTML, right to left where the language runs so): `paragraphs`, then a `code` in large
    figures or a `button` (label, absolute address). In `language`, else the active one. Lazily translated texts are
    translated in it. Sent after the caller's transaction commits."""
    from majlis.kernel.accounts.tasks import deliver_letter

    with translation.override(language or translation.get_language()):
        title = str(subject)
        facts = {
            "house": in_language(edition().name),
            "subject": title,
            "paragraphs": [str(p) for p in paragraphs],
            "code": code,
            "button": (str(button[0]), button[1]) if button else None,
            "language": translation.get_language(),
            "direction": "rtl" if translation.get_language_bidi() else "ltr",
        }
        text = render_to_string("accounts/mail/letter.txt", facts)
        html = render_to_string("accounts/mail/letter.html", facts)
    deliver_letter.defer(to=to, subject=title, text=text, html=html)


def filled(sentence: Any, **facts: Any) -> Any:
    """A lazily translated sentence with its placeholders filled, still lazy: it is translated where the letter is
    composed, in its reader's language."""
    return lazy(lambda: str(sentence) % facts, str)()


def send_text(*, to: str, text: Any, language: str | None = None) -> None:
    """Post a text message to a telephone (E.164), after the caller's transaction commits."""
    from majlis.kernel.accounts.tasks import deliver_text

    with translation.override(language or translation.get_language()):
        deliver_text.defer(to=to, text=str(text))


def deliver_letter(*, to: str, subject: str, text: str, html: str) -> None:
    """Hand an e-mail to the mail server; raises when it is not taken now. What it refuses for good (there is no such
    mailbox) is given up: anybody may type any address. In a sandbox without a mail server it is also put on the page
    of messages."""
    message = EmailMultiAlternatives(subject, text, settings.DEFAULT_FROM_EMAIL, [to])
    message.attach_alternative(html, "text/html")
    try:
        message.send()
    except SMTPRecipientsRefused as refused:
        ((code, words),) = refused.recipients.values()
        if code < 500:
            raise
        logger.warning("A letter was refused for good: %s %s", code, _without_address(words, to))
        return
    if settings.SANDBOX and settings.EMAIL_URL.startswith("console"):
        sandbox.write(channel="email", to=to, subject=subject, text=text)


def deliver_text(*, to: str, text: str) -> None:
    """Hand a text message to the gateway; raises when it is not taken now. What it refuses for good is given up.
    Nothing happens without a gateway."""
    network = gateway()
    if network is None:
        return
    try:
        network.deliver(to=to, text=text)
    except TextRefused as refused:
        logger.warning("A text message was refused for good: %s", refused)


def _without_address(words: bytes | str, address: str) -> str:
    """What a mail server said, without the address it may repeat: logs carry no personal data."""
    said = words.decode(errors="replace") if isinstance(words, bytes) else words
    return said.replace(address, "…")


def sandbox_messages() -> list[dict[str, Any]]:
    """What a sandbox would have sent lately, newest first: `at` (datetime), `channel` (email, text), `to`, `subject`,
    `text`."""
    return [{**message, "at": datetime.fromisoformat(message["at"])} for message in sandbox.recent()]
