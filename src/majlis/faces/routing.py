"""How a face finds the view of an address among hundreds."""

from collections.abc import Iterable
from functools import cached_property
from typing import Any

from django.urls import URLPattern, URLResolver
from django.urls.resolvers import ResolverMatch, RoutePattern

Route = URLPattern | URLResolver


class Index(URLResolver):
    """Routes looked up by the first part of an address (`teachers` of `teachers/amal/book/`). Django compares with one
    route after the other, which with two hundred of them was a tenth of an answer. Their order is kept; a route that
    does not begin with a fixed word is compared with every address."""

    def resolve(self, path: Any) -> ResolverMatch:
        inside = self.pattern.match(str(path))
        first = inside[0].partition("/")[0] if inside else ""
        return self._parts.get(first, self._rest).resolve(path)

    @cached_property
    def _parts(self) -> dict[str, URLResolver]:
        return {word: self._part(word) for word in map(first_word, self.url_patterns) if word is not None}

    @cached_property
    def _rest(self) -> URLResolver:
        return self._part(None)

    def _part(self, word: str | None) -> URLResolver:
        routes = [route for route in self.url_patterns if first_word(route) in (word, None)]
        return URLResolver(self.pattern, routes, self.default_kwargs, self.app_name, self.namespace)


def first_word(route: Route) -> str | None:
    """What an address must have before its first slash to belong to this route; None when that is not one word."""
    written = str(route.pattern)
    word, slash, _rest = written.partition("/")
    fixed = isinstance(route.pattern, RoutePattern) and "<" not in word
    # Of an `include` only a whole part is fixed: "about" may go on as "about-us/".
    return word if fixed and (slash or isinstance(route, URLPattern)) else None


def indexed(routes: Iterable[Route], app_name: str | None = None, namespace: str | None = None) -> Index:
    """These routes as one, with an index. Takes what `include` gives, and `NinjaAPI.urls`."""
    return Index(RoutePattern("", is_endpoint=False), list(routes), None, app_name, namespace)
