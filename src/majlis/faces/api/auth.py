"""Who is asking: the API's default sign-in, scopes, and how often one may ask.

Three ways, one answer in `request.auth` (a `User`) and `request.user`:
- the browser's session cookie, with Django's CSRF token on everything but reading;
- `Authorization: Bearer <JWT>`, the short access token of an app;
- `Authorization: Bearer majlis_…`, an access key a person made, limited to its scopes.

An operation names what a key needs: `@router.post("/lessons", auth=requires("lessons:write"))`. Without a name, keys of
any scope are refused, so that a new operation is closed to them until somebody decides.
"""

import threading
import time
from collections import Counter
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _
from ninja.security.base import AuthBase
from ninja.utils import check_csrf

from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.types import Bearer, Scope
from majlis.kit.errors import Forbidden, TooMany

LIMIT, WINDOW = 600, 60
"""Requests of one person in so many seconds."""


class ScopeMissing(Forbidden):
    """The key is good, but was not made for this."""

    code = "scope_missing"
    sentence = _("This access key may not do this: it needs the scope “%(scope)s”.")


class FormTokenMissing(Forbidden):
    """A session's request that changes something came without the CSRF token."""

    code = "csrf_failed"
    sentence = _("The X-CSRFToken header is missing or wrong. Reload the page and try again.")


class SignedIn(AuthBase):
    """A session or bearer token; with `scope`, keys that hold it too."""

    openapi_type = "http"
    openapi_scheme = "bearer"
    openapi_description = "An access token (JWT) or an access key. Browsers use the session cookie with X-CSRFToken."

    def __init__(self, scope: str | None = None) -> None:
        if scope is not None and scope not in Scope.values:
            raise ValueError(f"{scope!r} is not a scope; see accounts.types.Scope.")
        self.scope = scope
        super().__init__()

    def __call__(self, request: HttpRequest) -> Any:
        person = identify(request)
        if person is None:
            return None
        held: Bearer | None = request._bearer  # type: ignore[attr-defined]
        if held is not None and held.scopes is not None and self.scope not in held.scopes:
            raise ScopeMissing(scope=self.scope or "-")
        count_request(request, f"person:{person.id}")
        return person


signed_in = SignedIn()
"""The default: any session or signed-in app, no access keys."""


def requires(scope: str) -> SignedIn:
    """Like `signed_in`, and open to access keys that hold `scope` (`types.Scope`)."""
    return SignedIn(scope)


def identify(request: HttpRequest) -> Any:
    """The person behind the request, or None; looked up once. Refuses a session's unsafe request without the CSRF
    token. Sets `request.user` for tokens, and `request._bearer` (None for a session)."""
    if hasattr(request, "_identified"):
        return request._identified
    request._bearer = None  # type: ignore[attr-defined]
    kind, _space, token = request.META.get("HTTP_AUTHORIZATION", "").partition(" ")
    person = None
    if token:
        found = queries.bearer(token.strip()) if kind.lower() == "bearer" else None
        if found:
            person, request._bearer = found  # type: ignore[attr-defined]
            request.user = person
    elif request.user.is_authenticated:
        if check_csrf(request):
            raise FormTokenMissing
        person = request.user
    request._identified = person  # type: ignore[attr-defined]
    return person


def count_request(request: HttpRequest, key: str, *, limit: int = LIMIT, seconds: int = WINDOW) -> None:
    """Count this request for `key`; what is left goes into the answer's rate-limit headers. Refuses `TooMany`.

    Without Redis a count is a write to the database, which costs more than the reads it would spare; there reads are
    counted by each process for itself."""
    if settings.REDIS_URL or request.method not in {"GET", "HEAD"}:
        left = services.throttle(scope="api", key=key, limit=limit, seconds=seconds)
    else:
        left = _reads.count(key, limit, seconds)
    request._rate = (limit, left, seconds)  # type: ignore[attr-defined]


def add_rate_headers(request: HttpRequest, response: HttpResponse) -> None:
    """`RateLimit-Limit`, `-Remaining`, `-Reset` (seconds to a full budget) of a counted request."""
    if hasattr(request, "_rate"):
        limit, left, seconds = request._rate
        response["RateLimit-Limit"] = str(limit)
        response["RateLimit-Remaining"] = str(left)
        response["RateLimit-Reset"] = str(seconds - int(time.time()) % seconds)


class _Reads:
    """Counts of this process in the current window."""

    def __init__(self) -> None:
        self.window, self.counts, self.lock = 0, Counter[str](), threading.Lock()

    def count(self, key: str, limit: int, seconds: int) -> int:
        now = int(time.time())
        with self.lock:
            if self.window != now // seconds:
                self.window = now // seconds
                self.counts.clear()
            self.counts[key] += 1
            count = self.counts[key]
        if count > limit:
            raise TooMany(retry_after=seconds - now % seconds)
        return limit - count


_reads = _Reads()
