"""For machines that watch this one."""

import hmac

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

from majlis.faces.web.observation import figures
from majlis.kit.errors import NotFound


@require_safe
def healthz(request: HttpRequest) -> HttpResponse:
    """This process answers. Asks nothing else: a restart would not mend a database."""
    return JsonResponse({"status": "ok"})


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Whether this process can serve: 200, or 503 with what is away."""
    parts: dict[str, str] = {}
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        parts["database"] = "ok"
    except DatabaseError:
        parts["database"] = "away"
    try:
        cache.get("readyz")
        parts["cache"] = "ok"
    except Exception:
        parts["cache"] = "away"
    ready = set(parts.values()) == {"ok"}
    return JsonResponse({"status": "ok" if ready else "away", **parts}, status=200 if ready else 503)


@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Prometheus' figures, for who brings the token, or asks from this machine and not through a proxy."""
    token = settings.METRICS_TOKEN
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    forwarded = "X-Forwarded-For" in request.headers or "Forwarded" in request.headers
    local = request.META.get("REMOTE_ADDR", "") in {"127.0.0.1", "::1"} and not forwarded
    if not local and not (token and hmac.compare_digest(given.encode(), token.encode())):
        raise NotFound
    return HttpResponse(figures(), content_type="text/plain; version=0.0.4; charset=utf-8")
