"""A text in several languages in one JSON column: `{"en": "Arabic", "ar": "العربية"}`."""

from typing import Any

from django.db import models

from majlis.kit.locale import code


def in_language(texts: dict[str, str] | None, language: str | None = None) -> str:
    """The text in `language` (the active one by default), else English, else any; `""` when there is none."""
    if not texts:
        return ""
    return texts.get(code(language)) or texts.get("en") or next(iter(texts.values()), "")


class TranslatedField(models.JSONField):
    """A JSON object from language code to text. Read it through `in_language`."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        kwargs.setdefault("default", dict)
        super().__init__(*args, **kwargs)
