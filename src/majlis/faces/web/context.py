"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.middleware.csrf import get_token
from markupsafe import Markup

from majlis.faces.web.navigation import Navigation
from majlis.kit.edition import edition

THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """`member` (or None), `csrf_token` and `csrf_input`, the edition, the theme, the stream's address and where one can
    go (`nav`)."""
    user = getattr(request, "user", None)
    member = user if user is not None and user.is_authenticated else None
    theme = request.COOKIES.get("theme", "")
    token = get_token(request)
    return {
        "request": request,
        "member": member,
        "csrf_token": token,
        # Django's own is made anew, mask and all, by each of a page's forms.
        "csrf_input": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(token),
        "edition_now": edition(),
        "stream_url": settings.STREAM_URL,
        "theme": theme if theme in THEMES else "auto",
        "nav": Navigation(request, member),
    }
