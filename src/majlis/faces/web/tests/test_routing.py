"""The index of routes finds what Django finds without it."""

import pytest
from django.http import HttpResponse
from django.urls import Resolver404, URLResolver, include, path, re_path, resolve, reverse
from django.urls.resolvers import RoutePattern

from majlis.faces.api import urls as api
from majlis.faces.routing import indexed
from majlis.faces.web import urls as web


def view(request, **parts):
    return HttpResponse("")


ROUTES = [
    path("", view, name="home"),
    path("about", view, name="about"),
    path("about/", view, name="about_folder"),
    path("teachers/", view, name="list"),
    path("teachers/<slug:who>/", view, name="one"),
    path("<slug:anything>/last/", view, name="anything"),
    path("teachers/new/last/", view, name="too_late"),
    path("ab", include([path("out", view, name="half"), path("-ove/", view, name="above")])),
    path("files/", include(([path("<int:number>", view, name="file")], "files"))),
    re_path(r"^teach(ers)?/(?P<year>\d{4})/x$", view, name="expression"),
]
ADDRESSES = [
    "/",
    "/about",
    "/about/",
    "/above/",
    "/ab-ove/",
    "/about-us",
    "/teachers",
    "/teachers/",
    "/teachers/amal/",
    "/teachers/new/last/",
    "/x/last/",
    "/files/7",
    "/files/x",
    "/teach/2026/x",
    "/teachers/2026/x",
    "/nothing",
    "/nothing/at/all",
    "//teachers/",
]


def found(resolver, address):
    """What an address leads to, in every respect that a view, a log line or a reverse lookup sees."""
    try:
        match = resolver.resolve(address)
    except Resolver404:
        return None
    return match.func, match.args, match.kwargs, match.view_name, match.route, match.app_names, match.namespaces


def plainly(routes, app_name=None, namespace=None):
    return URLResolver(RoutePattern("", is_endpoint=False), routes, None, app_name, namespace)


def under_root(resolver):
    return URLResolver(RoutePattern("/"), [resolver])


class TestIndexOfRoutes:
    @pytest.mark.parametrize("address", ADDRESSES)
    def test_leads_where_django_leads(self, address):
        with_index, without = under_root(indexed(ROUTES, "app", "space")), under_root(plainly(ROUTES, "app", "space"))
        assert found(with_index, address) == found(without, address)

    def test_leads_where_django_leads_for_every_address_of_the_house(self):
        for module in (api, web):
            (index,) = module.urlpatterns
            without = plainly(index.url_patterns, index.app_name, index.namespace)
            for route in index.url_patterns:
                address = str(route.pattern).replace("<name:slug>", "amal").replace("<str:secret>", "s3cret")
                address = address.replace("<uuid:order_id>", "0199d2f4-0000-7000-8000-000000000000")
                assert found(index, address) == found(without, address), address

    def test_compares_an_address_with_few_routes(self):
        (index,) = web.urlpatterns
        assert len(index._parts["teachers"].url_patterns) < len(index.url_patterns) / 10

    def test_keeps_the_names_of_addresses(self):
        assert reverse("search") == "/teachers/"
        assert reverse("api:search_experts") == "/api/v1/experts"
        assert resolve("/api/v1/experts").route == "api/v1/experts"
        assert resolve("/teachers/amal/").route == "teachers/<name:slug>/"
