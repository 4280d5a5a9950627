"""Texts in every language of the house, as fields of the office's forms."""

from itertools import zip_longest
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class LanguagesWidget(forms.MultiWidget):
    """One input per language, each in its own direction."""

    template_name = "office/languages.html"

    def __init__(self, *, long: bool, rows: int = 2) -> None:
        self.codes = [code for code, _label in settings.LANGUAGES]
        make: type[forms.Widget] = forms.Textarea if long else forms.TextInput
        looks: dict[str, Any] = {"rows": rows, "cols": 60} if long else {"size": 60}
        super().__init__({code: make(attrs={"lang": code, "dir": "auto", **looks}) for code in self.codes})

    def decompress(self, value: dict[str, str] | None) -> list[str]:
        return [(value or {}).get(code, "") for code in self.codes]

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        context = super().get_context(name, value, attrs)
        labels = [label for _code, label in settings.LANGUAGES]
        for part, label in zip(context["widget"]["subwidgets"], labels, strict=True):
            part["label"] = label
        return context


class LanguagesField(forms.MultiValueField):
    """A text in all languages as a form field; English must be there, the others fall back to it."""

    def __init__(self, *, required: bool = True, long: bool = False, rows: int = 2, **options: Any) -> None:
        parts = [forms.CharField(required=False, max_length=2000 if long else 100) for _language in settings.LANGUAGES]
        super().__init__(
            parts, widget=LanguagesWidget(long=long, rows=rows), required=required, require_all_fields=False, **options
        )
        self.codes = [code for code, _label in settings.LANGUAGES]

    def compress(self, values: list[str]) -> dict[str, str]:
        return {code: text.strip() for code, text in zip(self.codes, values, strict=False) if text and text.strip()}

    def clean(self, value: Any) -> Any:
        texts = super().clean(value) or {}
        if self.required and not texts.get("en"):
            raise forms.ValidationError(_("The English text is needed: it stands in for those that are missing."))
        return texts


class SentencesField(LanguagesField):
    """A list of sentences, one per line, in all languages: `[{"en": "…", "ar": "…"}, …]`. The same line says the same
    in each; one that is left empty falls back to the English."""

    def __init__(self, **options: Any) -> None:
        super().__init__(long=True, rows=4, **options)
        for part in self.fields:
            part.strip = False  # type: ignore[attr-defined] # an empty first line is a sentence not translated yet

    def compress(self, values: list[str]) -> Any:
        columns = [[line.strip() for line in (text or "").splitlines()] for text in values]
        rows = [
            {code: text for code, text in zip(self.codes, row, strict=False) if text}
            for row in zip_longest(*columns, fillvalue="")
        ]
        return [row for row in rows if row]

    def clean(self, value: Any) -> Any:
        sentences = super(LanguagesField, self).clean(value) or []
        for number, sentence in enumerate(sentences, start=1):
            if "en" not in sentence:
                raise forms.ValidationError(
                    _("Line %(number)s has no English text: it stands in for those that are missing."),
                    params={"number": number},
                )
        return sentences

    def prepare_value(self, value: Any) -> Any:
        """The sentences as the lines of each language; what was typed, as it was."""
        if value and isinstance(value[0], dict):
            return {code: "\n".join(each.get(code, "") for each in value) for code in self.codes}
        return value
