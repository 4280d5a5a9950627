from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.core.cache import cache

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import ExpertSubject
from majlis.engines.experts.tests.factories import expert
from majlis.engines.experts.types import ExpertStatus, FreeWish, Search, Sort
from majlis.kit import clock, memo
from majlis.kit.errors import Invalid
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _forget_counts():
    """Counts are remembered twice: by the shared cache and by this process."""
    cache.clear()
    memo.forget()


def found(**wanted):
    cache.clear()
    memo.forget()
    return [card.name for card in queries.search(Search(**wanted)).items]


class TestWords:
    @pytest.mark.parametrize(
        "typed",
        [
            "layla",  # any case
            "Laila Mansor",  # misspelt, both words
            "الانجليزية",  # without the hamza
            "اللُّغَة الإنجليزيّة",  # with diacritics
            "انگلیسی",  # Persian letters
            "Inggris",
            "englsh",  # a letter short
            "ENGLISH teacher",  # a word that says nothing
            "engli",  # still typing
        ],
    )
    def test_find_an_english_teacher_however_they_are_typed(self, typed):
        expert("Layla Mansour")
        expert("Budi Santoso", subjects=(("mathematics", "sma"),))
        assert found(text=typed) == ["Layla Mansour"]

    @pytest.mark.parametrize("typed", ["مى خواهم", "می‌خواهم", "می خواهم"])
    def test_persian_joiners_and_both_forms_of_ye_are_alike(self, typed):
        expert("Sara Ahmadi", about="می‌خواهم زبان را آسان کنم")
        assert found(text=typed) == ["Sara Ahmadi"]

    @pytest.mark.parametrize("typed", ["احمد", "أحمد", "أَحْمَد", "آحمد"])
    def test_forms_of_alef_are_alike_in_names(self, typed):
        expert("أحمد حسن")
        assert found(text=typed) == ["أحمد حسن"]

    def test_accents_do_not_matter(self):
        expert("Élodie Müller")
        assert found(text="elodie muller") == ["Élodie Müller"]
        assert found(text="ÉLODIE") == ["Élodie Müller"]

    @pytest.mark.parametrize("others", [0, 2, 20])
    def test_a_beginning_finds_each_word_that_begins_so(self, others):
        expert("Salma Nabil", about="I prepare for toefl2026 and more")
        expert("Karim Fathy", about="Toefler of old")
        for number in range(others):
            expert(f"Other {number}", about=f"toefl{chr(97 + number)}x")
        assert set(found(text="toefl", limit=50)) >= {"Salma Nabil", "Karim Fathy"}
        assert len(found(text="toefl", limit=50)) == 2 + others

    def test_a_word_like_none_finds_nothing(self):
        expert()
        assert found(text="xylqwzzk") == []

    @pytest.mark.parametrize(
        "typed", ["' | !", "a:* & (", "\\", "\x00", "%_%", "🙂", "((((((" * 50, "a" * 10_000, "<->"]
    )
    def test_nothing_that_is_typed_breaks_it(self, typed):
        expert("Salma Nabil")
        assert queries.search(Search(text=typed)).total in (0, 1)
        assert found(text="salma") == ["Salma Nabil"]

    def test_markup_in_texts_is_not_searched_as_markup(self):
        expert("Adel Samir", headline="<script>alert(1)</script> maths")
        assert found(text="alert") == ["Adel Samir"]


class TestFilters:
    def test_subject_and_level_belong_together(self):
        expert("Amal", subjects=(("english", "b1"), ("arabic", "c1")))
        assert found(subject="english", level="b1") == ["Amal"]
        assert found(subject="english", level="c1") == []

    def test_languages_are_asked_all_together(self):
        expert("Amal", languages=(("ar", "native"), ("en", "c1")))
        expert("Dina", languages=(("ar", "native"),))
        assert found(languages=("ar", "en")) == ["Amal"]

    def test_a_city_with_its_surroundings(self):
        expert("Amal", city="giza", modes=["offline"])
        expert("Dina", city="aswan", modes=["offline"])
        assert found(city="cairo") == []
        assert found(city="cairo", radius_km=40) == ["Amal"]
        assert found(city="atlantis") == []

    def test_mode_gender_rating_and_trial(self):
        amal = expert("Amal", modes=["offline"], rating_total=9, rating_count=2, trial_price=0, trial_minutes=30)
        amal.person.gender = "female"
        amal.person.save()
        services.refresh_stale_listings()
        expert("Hany")
        for wanted in ({"mode": "offline"}, {"gender": "female"}, {"rating_min": Decimal("4.5")}, {"trial": True}):
            assert found(**wanted) == ["Amal"], wanted
        assert found(rating_min=Decimal("4.6")) == []

    def test_a_range_in_the_visitors_money_includes_its_ends(self):
        expert("Amal", hourly_rate=30_000, currency="EGP")
        expert("Budi", hourly_rate=16_450_000, currency="IDR")  # ten dollars by the base rates
        assert found(price_min=30_000, price_max=30_000, currency="EGP") == ["Amal"]
        assert found(price_min=1000, price_max=1000, currency="USD") == ["Budi"]
        assert set(found(price_max=100_000, currency="EGP")) == {"Amal", "Budi"}

    def test_the_price_of_the_subject_counts_when_one_is_asked_for(self):
        amal = expert("Amal", hourly_rate=30_000, subjects=(("english", "b1"), ("chess", "general")))
        ExpertSubject.objects.filter(expert=amal, subject__slug="chess").update(hourly_rate=10_000)
        services.refresh_listings([amal.pk])
        assert found(price_max=10_000, currency="EGP") == ["Amal"]
        assert found(price_max=10_000, currency="EGP", subject="english") == []
        (card,) = queries.search(Search(subject="english")).items
        assert card.price == Money(30_000, "EGP")

    def test_refuses_a_range_that_is_upside_down(self):
        with pytest.raises(Invalid):
            queries.search(Search(price_min=500, price_max=100))

    @pytest.mark.parametrize("status", [s for s in ExpertStatus if s != ExpertStatus.ACTIVE])
    def test_only_active_profiles_are_found(self, status):
        expert("Amal", status=status)
        assert found() == []

    def test_a_blocked_person_disappears(self):
        amal = expert("Amal")
        amal.person.status, amal.person.is_active = "blocked", False
        amal.person.save()
        services.refresh_listings([amal.pk])
        assert found() == []


MONDAY = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)


def free(person_id, day: date, *hours: float) -> None:
    bits = sum(1 << int(h * 2) for h in hours)
    services.take_free_time(person_id=person_id, next_free_at=None, first_day=day, bits=[bits])


class TestFreeAt:
    def ask(self, **wish):
        cache.clear()
        wanted = Search(free=FreeWish(zone=wish.pop("zone", "Africa/Cairo"), **wish))
        return [card.name for card in queries.search(wanted, now=MONDAY).items]

    def test_hours_are_the_visitors_own(self):
        free(expert("Amal").person_id, date(2026, 3, 3), 16, 16.5)  # 18:00–19:00 in Cairo
        assert self.ask(starts=time(18), ends=time(21)) == ["Amal"]
        assert self.ask(starts=time(16), ends=time(18)) == []
        assert self.ask(starts=time(16), ends=time(18), zone="UTC") == ["Amal"]

    def test_days_are_the_visitors_own(self):
        free(expert("Amal").person_id, date(2026, 3, 2), 22.5, 23)  # Tuesday 00:30 in Cairo
        assert self.ask(weekdays=frozenset({1})) == ["Amal"]
        assert self.ask(weekdays=frozenset({0})) == []

    def test_the_whole_lesson_must_fit(self):
        free(expert("Amal").person_id, date(2026, 3, 3), 16)
        assert self.ask(starts=time(18), ends=time(21), minutes=60) == []
        assert self.ask(starts=time(18), ends=time(21), minutes=30) == ["Amal"]

    def test_a_lesson_may_cross_midnight_of_the_world(self):
        amal = expert("Amal").person_id
        free(amal, date(2026, 3, 3), 23.5)
        assert self.ask(starts=time(1), ends=time(3)) == []
        free(amal, date(2026, 3, 4), 0)
        assert self.ask(starts=time(1), ends=time(3)) == ["Amal"]  # 01:30–02:30 in Cairo

    def test_what_is_over_does_not_count(self):
        free(expert("Amal").person_id, date(2026, 3, 2), 6, 6.5)
        assert self.ask(on=date(2026, 3, 2)) == []

    def test_a_clock_change_moves_the_hours(self):
        # Berlin: 18:00 is 17:00 UTC on 28 March, 16:00 UTC on 30 March.
        free(expert("Amal").person_id, date(2026, 3, 30), 16, 16.5)
        cache.clear()
        wish = FreeWish(zone="Europe/Berlin", starts=time(18), ends=time(19))
        now = datetime(2026, 3, 28, 9, 0, tzinfo=UTC)
        assert [c.name for c in queries.search(Search(free=wish), now=now).items] == ["Amal"]

    def test_refuses_a_zone_nobody_has(self):
        with pytest.raises(Invalid):
            self.ask(zone="../../etc/passwd")


class TestOrder:
    def test_by_price_rating_and_next_free_time(self):
        now = clock.now()
        cheap = expert("Cheap", hourly_rate=10_000, rating_total=3, rating_count=1)
        dear = expert("Dear", hourly_rate=90_000, rating_total=5, rating_count=1)
        for profile, days in ((cheap, 2), (dear, 1)):
            services.take_free_time(
                person_id=profile.person_id, next_free_at=now + timedelta(days=days), first_day=now.date(), bits=[]
            )
        expert("Middle", hourly_rate=50_000)
        assert found(sort=Sort.PRICE_LOW) == ["Cheap", "Middle", "Dear"]
        assert found(sort=Sort.PRICE_HIGH) == ["Dear", "Middle", "Cheap"]
        assert found(sort=Sort.RATING) == ["Dear", "Cheap", "Middle"]
        assert found(sort=Sort.NEXT_FREE) == ["Dear", "Cheap", "Middle"]
        assert found(sort=Sort.PRICE_LOW, subject="english") == ["Cheap", "Middle", "Dear"]
        assert found(sort="nonsense")[0] in {"Cheap", "Dear", "Middle"}

    @pytest.mark.parametrize("sort", Sort.values)
    def test_pages_neither_repeat_nor_leave_out(self, sort):
        for n in range(7):
            expert(f"Expert {n}", hourly_rate=20_000 + n % 3)
        seen, cursor = [], None
        for _page in range(4):
            page = queries.search(Search(sort=sort, limit=2, cursor=cursor, subject="english"))
            seen += [card.person_id for card in page.items]
            cursor = page.next
        assert cursor is None
        assert len(seen) == len(set(seen)) == 7

    def test_refuses_a_cursor_of_its_own_making(self):
        for cursor in ("x", "AAAA", "МММ"):
            with pytest.raises(Invalid):
                queries.search(Search(cursor=cursor))


class TestFacets:
    def test_count_what_each_choice_would_find(self):
        expert("Amal", subjects=(("english", "b1"), ("english", "b2")))
        expert("Budi", subjects=(("english", "b1"),), languages=(("id", "native"),))
        expert("Cyrus", subjects=(("chess", "general"),))
        result = queries.search(Search(subject="english"))
        counts = {name: {v.value: v.hits for v in values} for name, values in result.facets.items()}
        assert result.total == 2
        assert not result.more
        assert counts["subject"] == {"english": 2, "chess": 1}  # its own choice does not narrow it
        assert counts["language"] == {"ar": 1, "en": 1, "id": 1}

    def test_a_long_list_is_counted_up_to_the_cap(self, monkeypatch):
        monkeypatch.setattr("majlis.engines.experts.queries.finding.CAP", 2)
        for n in range(4):
            expert(f"Expert {n}")
        result = queries.search(Search(limit=3))
        assert (result.total, result.more, result.facets_capped) == (2, True, True)
        assert len(result.items) == 3
        assert result.next is not None


class TestFreeTimeBeforeTheShelf:
    def test_is_known_when_the_profile_is_listed(self):
        amal = expert("Amal", status=ExpertStatus.DRAFT)
        tomorrow = clock.now().date() + timedelta(days=1)
        free(amal.person_id, tomorrow, 10)
        amal.verified_at, amal.status = clock.now(), ExpertStatus.ACTIVE
        amal.save()
        services.refresh_listings([amal.pk])
        (card,) = queries.search(Search()).items
        assert card.next_free_at == datetime.combine(tomorrow, time(10), UTC)
