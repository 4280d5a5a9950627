"""The web process: pages and API, on WSGI (measured faster than ASGI for both; see the ADR on the web stack)."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
