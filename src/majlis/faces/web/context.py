"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token

from majlis.faces.web.navigation import Navigation
from majlis.kit.edition import edition

THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """`member` (or None), `csrf_token`, the edition, the theme, the stream's address and where one can go (`nav`)."""
    user = getattr(request, "user", None)
    member = user if user is not None and user.is_authenticated else None
    theme = request.COOKIES.get("theme", "")
    return {
        "request": request,
        "member": member,
        "csrf_token": get_token(request),
        "edition_now": edition(),
        "stream_url": settings.STREAM_URL,
        "theme": theme if theme in THEMES else "auto",
        "nav": Navigation(request, member),
    }
