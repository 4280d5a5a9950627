"""Facts in, sentences out."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import get_language, gettext

from majlis.kernel.notices.registry import kind_of
from majlis.kernel.notices.types import Said
from majlis.kit import locale
from majlis.kit.money import Money
from majlis.kit.translated import in_language, said, source_text


class Stored(dict[str, Any]):
    """Facts that come from the database and need no storing again."""


def stored(facts: dict[str, Any]) -> dict[str, Any]:
    """Facts as JSON that remembers what each was."""
    if isinstance(facts, Stored):
        return dict(facts)
    return {name: _stored(value) for name, value in facts.items()}


def _stored(value: Any) -> Any:
    if isinstance(value, datetime):
        return {"$at": value.isoformat()}
    if isinstance(value, date):
        return {"$on": value.isoformat()}
    if isinstance(value, Money):
        return {"$money": [value.amount, value.unit]}
    if isinstance(value, Promise):
        return {"$say": source_text(value)}
    if isinstance(value, dict):
        return {"$text": {str(k): str(v) for k, v in value.items()}}
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    raise TypeError(f"A fact is a text, a number, a time, Money or a translated text, not {value!r}.")


def told(facts: dict[str, Any], zone: str) -> dict[str, Any]:
    """Facts as texts in the active language, times on the wall in `zone`."""
    return {name: _told(value, zone) for name, value in facts.items()}


def _told(value: Any, zone: str) -> Any:
    if isinstance(value, int) and not isinstance(value, bool):
        return locale.digits(str(value))
    if isinstance(value, dict):
        ((how, what),) = value.items()
        if how == "$at":
            text = locale.moment(datetime.fromisoformat(what), zone)
        elif how == "$on":
            text = locale.date_text(date.fromisoformat(what), "EEE d MMM")
        elif how == "$money":
            text = Money(*what).display()
        elif how == "$say":
            text = said(what)
        else:
            text = in_language(what)
        return locale.isolated(text)
    return locale.isolated(value) if isinstance(value, str) and value else value


def say(kind_code: str, facts: dict[str, Any], *, language: str | None = None, zone: str = "UTC") -> Said:
    """The notice's title, body and button in `language` (the active one by default). A notice whose kind is no longer
    registered says so plainly rather than breaking the list it stands in."""
    with translation.override(language or get_language() or "en"):
        try:
            kind = kind_of(kind_code)
        except LookupError:
            return Said(gettext("A notice from a part of the site that is switched off"), "", gettext("Open"))
        known = told(facts, zone)
        return Said(_filled(kind.title, known), _filled(kind.body, known), str(kind.action))


def _filled(sentence: Any, facts: dict[str, Any]) -> str:
    return str(sentence) % _Facts(facts)


class _Facts(dict[str, Any]):
    """A missing fact leaves an ellipsis: an old notice must stay readable after its sentence has learned a new fact."""

    def __missing__(self, name: str) -> str:
        return "…"
