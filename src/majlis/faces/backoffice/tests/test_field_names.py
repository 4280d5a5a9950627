"""Whoever works in the office reads no field names of the code."""

from types import SimpleNamespace

import pytest
from django.contrib.admin.utils import flatten_fieldsets, get_fields_from_path, label_for_field
from django.test import RequestFactory
from django.utils.functional import Promise
from django.utils.translation import override

from majlis.faces.backoffice import urls
from majlis.faces.backoffice.site import office
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


def pages():
    """Each registered page and each table below one, with its model."""
    assert urls.AREAS
    for model, page in office._registry.items():
        yield page, model
        for rows in page.inlines:
            yield rows(model, office), rows.model


@pytest.fixture
def named():
    """Every name the office shows: (where it stands, the code's name, what is written)."""
    request = RequestFactory().get("/office/")
    request.user = person("Boss", roles=["owner"])
    found = []
    for page, model in pages():
        columns = getattr(page, "list_display", ())
        details = flatten_fieldsets(page.get_fieldsets(request, SimpleNamespace(pk=None)))
        for shown in dict.fromkeys([*columns, *details, *page.readonly_fields, *(page.fields or ())]):
            if shown != "__str__":
                found.append((type(page).__name__, shown, label_for_field(shown, model, page)))
        for entry in getattr(page, "list_filter", ()):
            path = entry[0] if isinstance(entry, tuple) else entry
            field = get_fields_from_path(model, path)[-1]
            found.append((type(page).__name__, path, field.verbose_name))
    return found


class TestFieldNames:
    def test_are_words_that_can_be_translated(self, named):
        assert len(named) > 500
        assert [(page, shown) for page, shown, name in named if not isinstance(name, Promise)] == []

    def test_stand_below_titles_that_can_be_translated(self):
        tables = [(type(page), model) for page, model in pages()]
        raw = [t.__name__ for t, model in tables if isinstance(_title(t, model), str)]
        assert raw == []

    @pytest.mark.parametrize("language", ["ar", "fa", "id"])
    def test_are_translated(self, named, language):
        with override(language):
            raw = [(page, shown, str(name)) for page, shown, name in named if _is_raw(shown, str(name), language)]
        assert raw == []

    def test_a_page_may_say_it_otherwise(self):
        names = {page: dict(name) for page, name in _labelled()}
        assert names["ReviewPage"]["created_at"] == "Written"
        assert names["WithdrawalPage"]["person"] == "Person"


def _is_raw(shown, name, language):
    code = shown.split("__")[-1].replace("_", " ")
    latin = language in {"ar", "fa"} and name.isascii() and not name.isupper()  # a PDF is a PDF everywhere
    return latin or name in {shown, code}


def _title(page, model):
    return getattr(page, "verbose_name_plural", None) or model._meta.verbose_name


def _labelled():
    for page, model in pages():
        yield type(page).__name__, {f.name: str(f.verbose_name) for f in model._meta.concrete_fields}
