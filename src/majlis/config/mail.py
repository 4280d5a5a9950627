"""Mail, from `EMAIL_URL`: `console://`, `file:///var/mail`, `smtp://user:password@host:25/?tls=1`, `smtps://…`, `memory://`."""

from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from majlis.config.environment import text

BACKENDS = "django.core.mail.backends"


def mail(url: str) -> dict[str, Any]:
    """Django's mail settings of an `EMAIL_URL`."""
    parts = urlsplit(url)
    query = dict(parse_qsl(parts.query))
    if parts.scheme == "console":
        return {"EMAIL_BACKEND": f"{BACKENDS}.console.EmailBackend"}
    if parts.scheme == "memory":
        return {"EMAIL_BACKEND": f"{BACKENDS}.locmem.EmailBackend"}
    if parts.scheme == "file":
        return {"EMAIL_BACKEND": f"{BACKENDS}.filebased.EmailBackend", "EMAIL_FILE_PATH": unquote(parts.path)}
    if parts.scheme not in {"smtp", "smtps"}:
        raise ImproperlyConfigured("EMAIL_URL must begin with smtp://, smtps://, console:// or file://")
    secure = parts.scheme == "smtps"
    return {
        "EMAIL_BACKEND": f"{BACKENDS}.smtp.EmailBackend",
        "EMAIL_HOST": parts.hostname or "localhost",
        "EMAIL_PORT": parts.port or (465 if secure else 587 if query.get("tls") == "1" else 25),
        "EMAIL_HOST_USER": unquote(parts.username or ""),
        "EMAIL_HOST_PASSWORD": unquote(parts.password or ""),
        "EMAIL_USE_SSL": secure,
        "EMAIL_USE_TLS": query.get("tls") == "1",
        "EMAIL_TIMEOUT": int(query.get("timeout", "20")),
    }


EMAIL_URL = text("EMAIL_URL", "console://")
DEFAULT_FROM_EMAIL = text("MAJLIS_MAIL_FROM", "Majlis <hello@majlis.example>")
globals().update(mail(EMAIL_URL))
