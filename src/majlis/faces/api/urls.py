"""The API: one `NinjaAPI`, every area's router found by itself."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import path
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, ValidationError

import majlis.faces.api as here
from majlis.faces.api.auth import signed_in
from majlis.faces.api.problems import SignInFirst, problem
from majlis.faces.collect import areas
from majlis.kit.errors import Invalid, Refusal

api = NinjaAPI(
    title="Majlis",
    version="1",
    description="Everything the web can do. Times are ISO 8601 with offset; money is in minor units.",
    urls_namespace="api",
    docs_url=None,
    auth=signed_in,
)

for area in areas(here):
    if hasattr(area, "router"):
        api.add_router(getattr(area, "PREFIX", ""), area.router)


@api.exception_handler(Refusal)
def on_refusal(request: HttpRequest, wrong: Refusal) -> HttpResponse:
    return problem(request, wrong)


@api.exception_handler(ValidationError)
def on_invalid(request: HttpRequest, wrong: ValidationError) -> HttpResponse:
    errors: dict[str, Any] = {}
    for error in wrong.errors:
        errors[".".join(str(p) for p in error["loc"][1:]) or "__all__"] = error["msg"]
    return problem(request, Invalid(errors=errors))


@api.exception_handler(AuthenticationError)
def on_anonymous(request: HttpRequest, wrong: AuthenticationError) -> HttpResponse:
    return problem(request, SignInFirst())


@api.exception_handler(HttpError)
def on_http_error(request: HttpRequest, wrong: HttpError) -> HttpResponse:
    refusal = Refusal(str(wrong))
    refusal.status = wrong.status_code
    return problem(request, refusal)


urlpatterns = [path("", api.urls)]
