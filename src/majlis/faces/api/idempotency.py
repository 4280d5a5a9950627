"""`Idempotency-Key`: a request that moves money or time may be sent again without doing it again.

    @router.post("/orders", response=OrderOut, auth=requires("money:write"))
    @decorate_view(idempotent)
    def place_order(request, draft: OrderIn): ...

The same person, key and request get the stored answer back (with `Idempotent-Replayed: true`); the same key with
another body is refused with 422; a twin that arrives while the first still runs gets 409. `request.idempotency_key`
goes down into services that take a `key=`, so that even a crash between the act and the storing of its answer doubles
nothing.
"""

import hashlib
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from majlis.faces.api.auth import identify
from majlis.faces.api.problems import problem
from majlis.kernel.accounts import services
from majlis.kit.errors import Invalid, Refusal


class StillRunning(Refusal):
    """The first request with this key has not been answered yet."""

    code = "idempotency_in_progress"
    sentence = _("A request with this Idempotency-Key is still being carried out. Try again in a moment.")


class KeyRequired(Invalid):
    """The operation moves money or time and came without a key."""

    code = "idempotency_key_required"
    sentence = _("Send an Idempotency-Key header (any unique text of up to 200 characters) with this request.")


def idempotent(run: Callable[..., HttpResponse], *, required: bool = False) -> Callable[..., HttpResponse]:
    """Answer a repeated request from memory. Use below the route with ninja's `decorate_view`."""

    @wraps(run)
    def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
        key = request.headers.get("Idempotency-Key", "").strip()
        request.idempotency_key = key or None  # type: ignore[attr-defined]
        try:
            person = identify(request)
            if person is None:
                return run(request, **parts)
            if (not key and required) or len(key) > 200 or not key.isprintable():
                raise KeyRequired
            if not key:
                return run(request, **parts)
            asked = hashlib.sha256(
                b"\n".join([str(request.method).encode(), request.get_full_path().encode(), request.body])
            ).hexdigest()
            with services.hold_answer(person=person, key=key) as mine:
                if not mine:
                    raise StillRunning
                stored = services.recall_answer(person=person, key=key, request_hash=asked)
                if stored:
                    again = HttpResponse(stored.body, status=stored.status, content_type=stored.content_type)
                    again["Idempotent-Replayed"] = "true"
                    return again
                response = run(request, **parts)
                if response.status_code < 500 and response.status_code not in {401, 403, 409, 429}:
                    services.keep_answer(
                        person=person,
                        key=key,
                        request_hash=asked,
                        status=response.status_code,
                        content_type=response["Content-Type"],
                        body=response.content,
                    )
                return response
        except Refusal as wrong:
            return problem(request, wrong)

    return answer


def idempotency_required(run: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """Like `idempotent`, and refuses a request without the header."""
    return idempotent(run, required=True)


def key_of(request: HttpRequest) -> str:
    """The key that came with the request, for the service to make its act unique by; "" where none was required."""
    return getattr(request, "idempotency_key", None) or ""
