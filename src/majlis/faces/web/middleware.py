"""What happens around every request. Middleware is counted work: each one here earns its place."""

import re
import time
import zoneinfo
from collections.abc import Callable
from functools import partial
from urllib.parse import unquote
from zoneinfo import ZoneInfo

from django.conf import settings
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.messages.storage import default_storage
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation
from django.utils.functional import SimpleLazyObject, empty

from majlis.faces.web.observation import observe
from majlis.faces.web.refusals import refusal_page
from majlis.kernel.files import queries as files
from majlis.kit.context import request_id
from majlis.kit.edition import edition
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id

Answer = Callable[[HttpRequest], HttpResponse]
SAFE_ID = re.compile(r"^[A-Za-z0-9-]{8,64}$")


class RequestIdentity:
    """Gives each request an id (or takes the proxy's), for logs and the answer's `X-Request-Id`; counts the answer and
    writes its line."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.META.get("HTTP_X_REQUEST_ID", "")
        token = request_id.set(given if SAFE_ID.match(given) else str(new_id()))
        began = time.perf_counter()
        try:
            response = self.answer(request)
            response["X-Request-Id"] = request_id.get()
            observe(request, response, time.perf_counter() - began)
            return response
        finally:
            request_id.reset(token)


class SecurityHeaders:
    """The content security policy (no inline script or style, nothing from other hosts) and its companions."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        stream = "/".join(settings.STREAM_URL.split("/")[:3])
        policy = "; ".join(
            [
                "default-src 'self'",
                "script-src 'self'",
                "style-src 'self'",
                # Where files lie in a bucket, a link of ours leads the browser there.
                f"img-src 'self' data: blob: {files.store_origin()}".rstrip(),
                f"media-src 'self' blob: {files.store_origin()}".rstrip(),
                "font-src 'self'",
                f"connect-src 'self' {stream}",
                "worker-src 'self' blob:",
                " ".join(["frame-src", *(settings.CALLS_FRAMES or ["'none'"])]),
                "frame-ancestors 'none'",
                "base-uri 'self'",
                " ".join(["form-action 'self'", *settings.SIGN_IN_ORIGINS]),
                "object-src 'none'",
            ]
        )

        callers = " ".join(["self", *(f'"{origin}"' for origin in settings.CALLS_FRAMES)])
        senses = [f"{sense}=({callers})" for sense in ("camera", "microphone", "display-capture")]
        permissions = ", ".join([*senses, "geolocation=(self)"])
        ready = HttpResponse(
            headers={
                "Content-Security-Policy": policy,
                "Permissions-Policy": permissions,
                # Django's middleware sets these too, one by one, where it does not find them.
                "X-Content-Type-Options": "nosniff",
                "Referrer-Policy": settings.SECURE_REFERRER_POLICY,
                "Cross-Origin-Opener-Policy": settings.SECURE_CROSS_ORIGIN_OPENER_POLICY,
            }
        )
        del ready["Content-Type"]
        self.ready = ready.headers._store

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.answer(request)
        # Checked once, for all answers; what a view set itself stands.
        response.headers._store = {**self.ready, **response.headers._store}
        return response


class Reader:
    """Activates the reader's language and time zone: a member's own, else the cookie's, else the browser's."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        member = request.user if request.user.is_authenticated else None
        offered = edition().languages
        chosen = request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
        language = (
            chosen
            if chosen in offered
            else member.language
            if member and member.language in offered
            else self._of_browser(request, offered)
        )
        zone = member.zone if member else unquote(request.COOKIES.get("zone", "")) or edition().zone
        try:
            zone_info = ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            zone_info = ZoneInfo(edition().zone)
        with translation.override(language), timezone.override(zone_info):
            request.LANGUAGE_CODE = language
            response = self.answer(request)
            response.setdefault("Content-Language", language)
        return response

    @staticmethod
    def _of_browser(request: HttpRequest, offered: tuple[str, ...]) -> str:
        best = translation.get_language_from_request(request).split("-")[0]
        return best if best in offered else offered[0]


def nothing_to_say(request: HttpRequest) -> bool:
    """Whether surely no message waits for this reader: nobody said one just now, and none came with a cookie."""
    store = getattr(request, "_messages", None)
    came = request.COOKIES.keys() & {CookieStorage.cookie_name, settings.SESSION_COOKIE_NAME}
    return store is not None and store._wrapped is empty and not came


class Messages(MessageMiddleware):
    """Django's messages, whose store is made when somebody looks into it or says something."""

    def process_request(self, request: HttpRequest) -> None:
        request._messages = SimpleLazyObject(partial(default_storage, request))  # type: ignore[attr-defined]

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:
        if request._messages._wrapped is empty:  # type: ignore[attr-defined]
            return response
        return super().process_response(request, response)


class Refusals:
    """Turns a refusal that a view let fly into the page that says so."""

    def __init__(self, answer: Answer) -> None:
        self.answer = answer

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.answer(request)

    def process_exception(self, request: HttpRequest, wrong: Exception) -> HttpResponse | None:
        return refusal_page(request, wrong) if isinstance(wrong, Refusal) else None
