import pytest

from majlis.engines.experts import queries
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import ExpertStatus
from majlis.kernel.catalogue.tests.factories import subject
from majlis.kit.errors import NotFound
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


class TestPriceFor:
    def test_takes_the_rate_of_the_profile_by_the_minute(self):
        expert = factories.expert(hourly_rate=25_500, currency="EGP")
        price = queries.price_for(expert_id=expert.person_id, subject_id=subject("english").pk, level="b1", minutes=45)
        assert price == Money(19_125, "EGP")

    def test_prefers_the_price_of_the_subject_at_that_level(self):
        expert = factories.expert(hourly_rate=25_500, subjects=(("english", "b1"), ("english", "c1")))
        expert.subjects.filter(level="c1").update(hourly_rate=40_000)
        ask = {"expert_id": expert.person_id, "subject_id": subject("english").pk, "minutes": 60}
        assert queries.price_for(level="b1", **ask) == Money(25_500, "EGP")
        assert queries.price_for(level="c1", **ask) == Money(40_000, "EGP")

    def test_refuses_a_level_that_is_not_taught(self):
        expert = factories.expert()
        with pytest.raises(queries.NotTaught):
            queries.price_for(expert_id=expert.person_id, subject_id=subject("english").pk, level="a1", minutes=60)

    def test_a_trial_has_one_price_and_one_length(self):
        expert = factories.expert(trial_price=0, trial_minutes=30)
        ask = {"expert_id": expert.person_id, "subject_id": subject("english").pk, "level": "b1", "trial": True}
        assert queries.price_for(minutes=30, **ask) == Money(0, "EGP")
        with pytest.raises(queries.NoTrial):
            queries.price_for(minutes=90, **ask)

    def test_refuses_somebody_who_does_not_teach(self):
        with pytest.raises(NotFound):
            queries.price_for(expert_id=subject("english").pk, subject_id=subject("english").pk, level="b1", minutes=60)


class TestIsBookable:
    @pytest.mark.parametrize("status", [s for s in ExpertStatus if s != ExpertStatus.ACTIVE])
    def test_only_active_profiles_are(self, status):
        assert not queries.is_bookable(factories.expert(status=status).person_id)
        assert queries.is_bookable(factories.expert().person_id)

    def test_a_blocked_person_is_not(self):
        expert = factories.expert()
        person = expert.person
        person.status, person.is_active = "blocked", False
        person.save()
        assert not queries.is_bookable(person.pk)


class TestCards:
    def test_come_in_the_order_asked_and_leave_out_drafts(self):
        first, second = factories.expert(), factories.expert()
        draft = factories.expert(status=ExpertStatus.DRAFT)
        asked = [second.person_id, draft.person_id, first.person_id]
        assert [card.person_id for card in queries.cards(asked)] == [second.person_id, first.person_id]

    def test_show_the_lowest_price_and_the_exact_average(self):
        expert = factories.expert(subjects=(("english", "b1"), ("arabic", "a1")), rating_total=14, rating_count=3)
        expert.subjects.filter(level="a1").update(hourly_rate=9_000)
        (card,) = queries.cards([expert.person_id])
        assert card.price == Money(9_000, "EGP")
        assert str(card.rating) == "4.7"
