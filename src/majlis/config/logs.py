"""Logs: one JSON object a line on standard error, with the request's id and without personal data."""

import json
import logging
import re
import time
from typing import Any

from majlis.config.payments import secrets
from majlis.kit.context import request_id

FACTS = ("path", "method", "status", "milliseconds", "job", "code", "event")


SHAPES = re.compile(
    r"(?i)\b(?:(?:sk|rk)_(?:live|test)_|whsec_|xnd_(?:development|production)_|(?:SB-)?Mid-server-|[a-z]{3}_sk_(?:live|test)_)"
    r"[A-Za-z0-9_+/=-]+|\b(?:Bearer|Basic|Token) [A-Za-z0-9._~+/=-]{12,}"
)
"""What the keys of payment providers look like, and how keys travel in a request."""
SIGNS = ("sk_", "rk_", "whsec_", "xnd_", "mid-server-", "bearer ", "basic ", "token ")
"""One of these is in every text that has such a shape: a line without any need not be looked through, which for the
line of each answer costs ten times as much as writing it."""


def discreet(text: str) -> str:
    """The text without any key of a payment provider: neither ours, nor anything of their shape."""
    for secret in secrets():
        if len(secret) >= 6:
            text = text.replace(secret, "[secret]")
    folded = text.casefold()
    return SHAPES.sub("[secret]", text) if any(sign in folded for sign in SIGNS) else text


written = json.JSONEncoder(ensure_ascii=False, default=str).encode


class JsonLines(logging.Formatter):
    """A log record as one JSON line."""

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(record.created)),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request_id.get():
            line["request"] = request_id.get()
        line.update({k: getattr(record, k) for k in FACTS if hasattr(record, k)})
        if record.exc_info:
            line["trace"] = self.formatException(record.exc_info)
        return discreet(written(line))


# Which thread and process a line comes from is said by no line, so it need not be found out for each.
logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"json": {"()": "majlis.config.logs.JsonLines"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "json"}},
    "root": {"handlers": ["stderr"], "level": "WARNING"},
    "loggers": {
        "majlis": {"level": "INFO"},
        "django": {"handlers": ["stderr"], "level": "WARNING", "propagate": False},
        "procrastinate": {"level": "WARNING"},
    },
}
