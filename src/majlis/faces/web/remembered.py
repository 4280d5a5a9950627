"""Pieces of pages that are drawn once and remembered for everybody who would see the same:

    {% remember card, currency, times %}…{% endremember %}
    {% remember theme, nav.here if not member %}…{% endremember %}

A piece is found again by where it stands, the reader's language and zone, and what the tag names: name everything it is
drawn from. With a condition that does not hold it is drawn as if the tag were not there.

What belongs to one answer alone is in no piece: for the form token and the page's own address stands a mark, in every
template, and `filled_in` puts them in when the whole page is drawn.
"""

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser
from markupsafe import Markup, escape

from majlis.faces.web.form_token import form_token
from majlis.kit import locale
from majlis.kit.memo import Memory

# Nobody outside of this process can know it, so that no text of a member's can ask for another's token.
MARK = f"\x1a{secrets.token_hex(16)}"
TOKEN, PAGE = f"{MARK}t", f"{MARK}p"
MARKS: dict[str, Any] = {
    "csrf_token": TOKEN,
    "csrf_input": Markup('<input type="hidden" name="csrfmiddlewaretoken" value="{}">').format(TOKEN),
    "this_page": PAGE,
}
"""What templates know the token, its hidden field and the page's own address by."""
OWN = frozenset({"request", "messages"})
"""What a remembered piece must not look at."""
pieces = Memory(most=3000)
_reader: ContextVar[Any] = ContextVar("reader", default=None)
"""The language and zone that the page is drawn in."""


@contextmanager
def one_reader() -> Iterator[None]:
    """For the drawing of a page: it has one language and one zone, and they are looked up once."""
    token = _reader.set((locale.code(), timezone.get_current_timezone()))
    try:
        yield
    finally:
        _reader.reset(token)


class Remember(Extension):
    """The tag `{% remember key, … if condition %}`."""

    tags = {"remember"}

    def parse(self, parser: Parser) -> nodes.Node:
        """The tag as a call of `drawn`, with the piece as its block."""
        line = next(parser.stream).lineno
        key = parser.parse_tuple(with_condexpr=False)
        shared = parser.parse_expression() if parser.stream.skip_if("name:if") else nodes.Const(True)
        body = parser.parse_statements(("name:endremember",), drop_needle=True)
        for name in (name for node in body for name in node.find_all(nodes.Name)):
            if name.name in OWN:
                parser.fail(f"A remembered piece is drawn for all: it cannot look at {name.name!r}.", name.lineno)
        place = nodes.Const(f"{parser.name}:{line}")
        return nodes.CallBlock(self.call_method("drawn", [place, key, shared]), [], [], body).set_lineno(line)

    def drawn(self, place: str, key: Any, shared: bool, caller: Callable[[], str]) -> str:
        """The piece, remembered or drawn."""
        if not shared:
            return caller()
        return pieces.recall((place, key, _reader.get()), caller)


def in_parts(text: str) -> list[str]:
    """A drawn page taken apart at its marks: every second part says what is to stand there."""
    first, *rest = text.split(MARK)
    return [first, *(part for each in rest for part in (each[0], each[1:]))]


def put_together(parts: list[Any], own: dict[Any, Any]) -> list[Any]:
    """The parts with what is this answer's `own` in the place of its marks."""
    filled = parts.copy()
    filled[1::2] = [own[mark] for mark in parts[1::2]]
    return filled


def own_of(request: HttpRequest) -> dict[str, str]:
    """What belongs to one answer alone, by its mark."""
    return {"t": form_token(request), "p": str(escape(request.get_full_path()))}


def filled_in(text: str, request: HttpRequest) -> str:
    """The page with what is this answer's own in the place of its marks."""
    parts = in_parts(text)
    return "".join(put_together(parts, own_of(request))) if len(parts) > 1 else text
