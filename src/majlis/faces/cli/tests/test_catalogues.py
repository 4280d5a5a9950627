import pytest
from babel.messages.catalog import Catalog

from majlis.faces.cli import catalogues


@pytest.fixture
def house(tmp_path, monkeypatch):
    """A house with one Python file, one page, one script, and catalogues of its own."""
    source = tmp_path / "src" / "majlis" / "tea"
    pages = tmp_path / "src" / "majlis" / "faces" / "web" / "templates"
    pages.mkdir(parents=True)
    (source / "static").mkdir(parents=True)
    (source / "services.py").write_text(
        "from django.utils.translation import gettext_lazy as _, ngettext\n"
        'A = _("Hello %(name)s")\nB = ngettext("%(n)s cup", "%(n)s cups", 2)\n'
    )
    (pages / "page.html").write_text(
        "<p>{{ _('Brew') }}</p>{% trans count=n %}\n  one pot\n{% pluralize %}\n  {{ count }} pots\n{% endtrans %}\n"
    )
    (source / "static" / "tea.js").write_text('export const said = gettext("Pour");\n')
    monkeypatch.setattr(catalogues, "HOME", tmp_path)
    monkeypatch.setattr(catalogues, "LOCALE", tmp_path / "locale")
    return tmp_path


class TestCatalogues:
    def test_hold_every_sentence_of_python_pages_and_scripts(self, house):
        found = {m.id for m in catalogues.extract() if m.id}
        assert "Hello %(name)s" in found
        assert ("%(n)s cup", "%(n)s cups") in found
        assert "Brew" in found
        assert ("one pot", "%(count)s pots") in found
        assert "Pour" in found

    def test_are_broken_until_every_language_is_complete(self, house):
        assert len(catalogues.problems()) == len(catalogues.LANGUAGES)
        for language in catalogues.LANGUAGES:
            wanted = catalogues.missing(language)
            filled = {key: [key.split("\0")[1]] * len(v) if v else key for key, v in wanted.items()}
            taken, refused = catalogues.merge(language, filled)
            assert (taken, refused) == (len(wanted), [])
        assert catalogues.problems() == []

    def test_arabic_wants_six_forms_of_a_count(self, house):
        wanted = catalogues.missing("ar")
        assert wanted["%(n)s cup\0%(n)s cups"] == [""] * 6
        _, refused = catalogues.merge("ar", {"%(n)s cup\0%(n)s cups": ["%(n)s", "%(n)s"]})
        assert "6 forms are needed" in refused[0]

    def test_refuse_a_translation_that_loses_a_placeholder(self, house):
        _, refused = catalogues.merge("fa", {"Hello %(name)s": "سلام"})
        assert "placeholders" in refused[0]

    def test_compile_to_what_django_reads(self, house):
        catalogues.merge("id", {"Brew": "Seduh"})
        assert catalogues.stale()
        catalogues.compile_all()
        assert not catalogues.stale()
        assert (house / "locale/id/LC_MESSAGES/django.mo").read_bytes().count(b"Seduh") == 1

    def test_forget_what_the_sources_no_longer_say(self, house):
        catalogues.write("id", Catalog(locale="id", domain="django"))
        catalogues.merge("id", {"Brew": "Seduh"})
        (house / "src/majlis/faces/web/templates/page.html").write_text("nothing\n")
        catalogues.update()
        assert "Seduh" not in catalogues.path_of("id").read_text()
