"""Texts that are kept and read in another language later: one that was written in several, in one JSON column (`{"en":
"Arabic", "ar": "العربية"}`), and a sentence of the house, which the catalogues know by its source."""

from typing import Any

from django.db import models
from django.utils import translation
from django.utils.functional import Promise
from django.utils.translation import gettext

from majlis.kit.locale import code


def in_language(texts: dict[str, str] | None, language: str | None = None) -> str:
    """The text in `language` (the active one by default), else English, else any; `""` when there is none."""
    if not texts:
        return ""
    return texts.get(code(language)) or texts.get("en") or next(iter(texts.values()), "")


def source_text(words: Any) -> str:
    """How a sentence is kept: one that is marked for translation in its source, English, whoever is asking; what
    somebody wrote as they wrote it."""
    if not isinstance(words, Promise):
        return str(words)
    with translation.override("en"):
        return str(words)


def said(kept: str) -> str:
    """A sentence that was kept as `source_text`, in the active language; what somebody wrote as they wrote it."""
    return gettext(kept) if kept else ""


class TranslatedField(models.JSONField):
    """A JSON object from language code to text. Read it through `in_language`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)
