"""What every page knows."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from majlis.faces.web.navigation import Navigation
from majlis.faces.web.remembered import MARKS
from majlis.kit.edition import edition

THEMES = ("auto", "light", "dark")


def page(request: HttpRequest) -> dict[str, Any]:
    """`member` (or None), the edition, the theme, the stream's address and where one can go (`nav`); and the marks of
    what is filled in last: `csrf_token`, `csrf_input` and `this_page`."""
    user = getattr(request, "user", None)
    member = user if user is not None and user.is_authenticated else None
    theme = request.COOKIES.get("theme", "")
    return {
        "request": request,
        "member": member,
        **MARKS,  # Django's own token is made anew, mask and all, by each of a page's forms.
        "edition_now": edition(),
        "stream_url": settings.STREAM_URL,
        "theme": theme if theme in THEMES else "auto",
        "nav": Navigation(request, member),
    }
