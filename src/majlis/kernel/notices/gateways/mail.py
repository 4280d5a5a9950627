"""Mail through Django's backends: SMTP, the console or a folder, as `EMAIL_URL` says."""

import smtplib
from typing import Any

from django.core.mail import EmailMessage, get_connection

from majlis.kernel.notices.gateways.base import MailDelayed, MailRefused
from majlis.kit.db import refuse_transaction


class DjangoPostman:
    """One connection for a batch."""

    def __init__(self) -> None:
        self.connection: Any = get_connection()

    def post(self, message: EmailMessage) -> None:
        refuse_transaction()
        try:
            self.connection.send_messages([message])
        except smtplib.SMTPRecipientsRefused as wrong:
            code, words = next(iter(wrong.recipients.values()))
            self._raise(code, words, wrong)
        except smtplib.SMTPResponseException as wrong:
            self._raise(wrong.smtp_code, wrong.smtp_error, wrong)
        except (smtplib.SMTPException, OSError) as wrong:
            self.close()
            raise MailDelayed(f"{type(wrong).__name__}: {wrong}") from wrong

    def close(self) -> None:
        try:
            self.connection.close()
        except (smtplib.SMTPException, OSError):
            # The line was already dead; the next post opens another.
            self.connection.connection = None

    def _raise(self, code: int, words: Any, cause: Exception) -> None:
        self.close()
        text = words.decode(errors="replace") if isinstance(words, bytes) else str(words)
        raise (MailRefused if code >= 500 else MailDelayed)(f"{code} {text}") from cause
