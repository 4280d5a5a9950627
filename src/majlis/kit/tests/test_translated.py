from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from majlis.kit.errors import NotFound, TooMany
from majlis.kit.translated import said, source_text

CANCELLED = "The lesson was cancelled."


class TestASentenceKept:
    def test_is_said_to_each_reader_in_their_language_whoever_kept_it(self):
        with override("ar"):
            kept = source_text(_("The lesson was cancelled."))
        with override("fa"):
            assert said(kept) == "جلسه لغو شد."
        with override("en"):
            assert said(kept) == CANCELLED

    def test_of_a_persons_own_stays_as_they_wrote_it(self):
        with override("ar"):
            assert said(source_text("Ich komme % nicht.")) == "Ich komme % nicht."
            assert said(source_text("")) == ""

    def test_of_a_refusal_stays_translatable_unless_facts_fill_it(self):
        with override("ar"):
            assert source_text(NotFound().words).startswith("This page or thing")
            assert source_text(TooMany("%(n)s times", n=3).words) == "3 times"
