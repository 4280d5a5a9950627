"""The web process: pages and API, on WSGI (measured faster than ASGI for both; see the ADR on the web stack)."""

import gc
import os
from collections.abc import Callable, Iterable
from typing import Any

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django's answer; one that is there as a whole goes out as a list. Only that the server takes over at once: of
    anything else it asks for part after part, through a queue. Closed here, it gives its connection back before it
    is sent."""
    response: Any = django(environ, start_response)
    if getattr(response, "streaming", True):  # a file is in its server's own wrapper, where that has one
        return response
    try:
        return [response.content]
    finally:
        response.close()


# Every address with its views is read now: else the first visitors would wait for it, seconds on a busy machine, in
# all threads at once.
resolve("/healthz")
# What is here now stays to the end: the collector need not walk through it again and again.
gc.collect()
gc.freeze()
# An answer makes a thousand things and hardly a circle: the young ones need not be gone through twice an answer.
gc.set_threshold(20_000, 10, 10)
