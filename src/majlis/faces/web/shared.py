"""Whole pages that are drawn once for all visitors who would see the same."""

from collections.abc import Callable, Hashable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import get_template
from django.utils import timezone

from majlis.faces.web.context import page
from majlis.faces.web.middleware import nothing_to_say
from majlis.faces.web.remembered import in_parts, own_of, put_together
from majlis.kit import locale
from majlis.kit.memo import Memory

pages = Memory(most=60)


def shared_page(
    request: HttpRequest, template: str, key: Hashable, context: Callable[[], dict[str, Any]]
) -> HttpResponse:
    """What `render` answers. For a visitor to whom there is nothing to say the page is drawn once and found again by
    `key`, which names everything it is drawn from; language, zone, theme and the place in the navigation go without
    saying. Such a page knows no `request`, and what is this answer's own is put in last, as in every page."""
    if request.user.is_authenticated or not nothing_to_say(request):
        return render(request, template, context())
    around = page(request)
    del around["request"]

    def drawn() -> list[bytes]:
        text = get_template(template).render({"messages": [], **around, **context()})
        return [part.encode() for part in in_parts(text)]

    reader = locale.code(), timezone.get_current_timezone(), around["theme"], around["nav"].here
    parts = pages.recall((template, key, reader), drawn)
    own = {mark.encode(): value.encode() for mark, value in own_of(request).items()}
    return HttpResponse(b"".join(put_together(parts, own)))
