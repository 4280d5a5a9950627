"""The web process: pages and API, on WSGI (measured faster than ASGI for both; see the ADR on the web stack)."""

import gc
import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")

from django.core.wsgi import get_wsgi_application
from django.urls import resolve

application = get_wsgi_application()
# Every address with its views is read now: else the first visitors would wait for it, seconds on a busy machine, in
# all threads at once.
resolve("/healthz")
# What is here now stays to the end: the collector need not walk through it again and again.
gc.collect()
gc.freeze()
