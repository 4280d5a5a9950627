"""Reading the environment."""

import os
import secrets
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from majlis.config.postgres import socket_directory


def text(name: str, default: str) -> str:
    """The variable, or `default` when it is absent or empty."""
    return os.environ.get(name) or default


def flag(name: str, *, default: bool) -> bool:
    """`1 true yes on` and `0 false no off`."""
    value = os.environ.get(name, "").lower()
    if value in {"", "1", "true", "yes", "on", "0", "false", "no", "off"}:
        return default if not value else value in {"1", "true", "yes", "on"}
    raise ImproperlyConfigured(f"{name} is {value!r}; say 1 or 0.")


def required_in_production(name: str, *, sandbox: bool, stored_in: Path) -> str:
    """A secret. In a sandbox one is made once and kept beside the data; production must name its own."""
    if os.environ.get(name):
        return os.environ[name]
    if not sandbox:
        raise ImproperlyConfigured(f"{name} must be set.")
    if not stored_in.exists():
        stored_in.parent.mkdir(parents=True, exist_ok=True)
        # Exclusive creation: of two processes that start at once, one makes it and the other reads it.
        try:
            with os.fdopen(os.open(stored_in, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as file:
                file.write(secrets.token_urlsafe(50))
        except FileExistsError:
            pass
    return stored_in.read_text()


def database(data: Path) -> dict[str, Any]:
    """Django's database settings of `DATABASE_URL` (`postgresql://user:password@host:port/name?host=/socket`), or of
    the embedded server under `data`."""
    url = urlsplit(text("DATABASE_URL", f"postgresql://majlis@/majlis?host={quote(str(socket_directory(data)))}"))
    if url.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured("DATABASE_URL must begin with postgresql://")
    query = dict(parse_qsl(url.query))
    return {
        "ENGINE": "majlis.kit.postgres",
        "NAME": url.path.lstrip("/") or "majlis",
        "USER": unquote(url.username or ""),
        "PASSWORD": unquote(url.password or ""),
        "HOST": query.pop("host", "") or (url.hostname or ""),
        "PORT": str(url.port or query.pop("port", "") or ""),
        "CONN_MAX_AGE": 0,
        "OPTIONS": {
            **query,
            # Attempts to connect double their distance: given up early and begun anew by whoever needs one, they find a
            # server that was restarted within seconds, not minutes.
            "pool": {
                "min_size": 1,
                "max_size": int(text("MAJLIS_DB_POOL", "8")),
                "timeout": 10,
                "reconnect_timeout": 4,
            }
            if flag("MAJLIS_POOL", default=True)
            else False,
        },
    }
