"""The sentences of templates in the reader's language. What Jinja offers calls itself through ten functions for each,
and a page has hundreds; what has been said once in a language is remembered."""

from functools import lru_cache
from typing import Any

from django.utils import translation
from markupsafe import Markup

from majlis.kit.locale import REMEMBERED, code


def gettext(text: str, /, **given: Any) -> Markup:
    """`text` translated, with what is `given` filled in (escaped). It is always a format: a percent sign is doubled."""
    language = code()
    return _sentence(text, language) % given if given else _whole(text, language)


def ngettext(one: str, many: str, num: int, /, **given: Any) -> Markup:
    """The same for a count, which is also given as `num`."""
    return _counted(one, many, num, code()) % {"num": num, **given}


def pgettext(context: str, text: str, /, **given: Any) -> Markup:
    """The same for a text that another context translates otherwise."""
    return _ours(translation.pgettext(context, text)) % given


def npgettext(context: str, one: str, many: str, num: int, /, **given: Any) -> Markup:
    """Both."""
    return _ours(translation.npgettext(context, one, many, num)) % {"num": num, **given}


# The language is part of what is remembered; it is the active one that translates.
@lru_cache(maxsize=REMEMBERED)
def _sentence(text: str, language: str) -> Markup:
    return _ours(translation.gettext(text))


@lru_cache(maxsize=REMEMBERED)
def _whole(text: str, language: str) -> Markup:
    return _sentence(text, language) % {}


@lru_cache(maxsize=REMEMBERED)
def _counted(one: str, many: str, num: int, language: str) -> Markup:
    return _ours(translation.ngettext(one, many, num))


def _ours(sentence: str) -> Markup:
    return Markup(sentence)  # noqa: S704 - written by us, and translated by us
