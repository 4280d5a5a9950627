"""A plan is made in the office: its words in every language, its prices, what it gives."""

import pytest
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Plan, PlanBenefit, PlanPrice
from majlis.engines.billing.tests.plans import join, left, plan
from majlis.kernel.accounts.models import AuditEntry
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db
GOLD = {
    "slug": "gold",
    "family": "membership",
    "name_en": "Gold",
    "name_ar": "ذهبية",
    "summary_en": "For every day.",
    "features_en": "Speak every day\r\nWrite to your teacher",
    "features_ar": "\r\nاكتب إلى معلّمك",
    "trial_days": "7",
    "position": "3",
    "highlighted": "on",
}


@pytest.fixture
def desk(client):
    client.force_login(person("Fatma Finance", roles=["finance"]))
    return client


def press(desk, row, act, **data):
    return desk.post(reverse(f"admin:billing_{row._meta.model_name}_act", args=[row.pk, act]), data)


def new(desk, **changes):
    return desk.post(reverse("admin:billing_plan_list_act", args=["new"]), {**GOLD, **changes})


def errors(answer):
    assert answer.status_code == 422
    return {name: str(said[0]) for name, said in answer.context["form"].errors.items()}


class TestNewPlan:
    def test_from_the_first_word_to_the_first_member(self, desk):
        new(desk)
        gold = Plan.objects.get(slug="gold")
        assert (gold.name["ar"], gold.trial_days, gold.highlighted, gold.active) == ("ذهبية", 7, True, False)
        assert gold.features == [
            {"en": "Speak every day"},
            {"en": "Write to your teacher", "ar": "اكتب إلى معلّمك"},
        ]
        for cycle, currency, amount, off in (("month", "USD", "20", 0), ("year", "USD", "240", 10)):
            press(desk, gold, "price", cycle=cycle, currency=currency, amount=amount, discount_percent=off)
        press(desk, gold, "allowance", unit="minute", amount="٢٤٠", per="week", scope="lesson")
        press(desk, gold, "allowance", unit="byte", amount="1.5", per="period", carry_limit="0.5")
        press(desk, gold, "access", access="course")
        press(desk, gold, "open")
        benefits = gold.benefits.order_by("id").values_list("unit", "amount", "per", "carry_limit", "scope", "access")
        assert list(benefits) == [
            ("minute", 240, "week", 0, "lesson", ""),
            ("byte", 1_500_000_000, "period", 500_000_000, "", ""),
            ("", 0, "period", 0, "", "course"),
        ]
        salma = person(country="XX")
        assert join(salma, Plan.objects.get(), trial=False).status == "active"
        assert left(salma, scope="lesson") == 240
        assert queries.has_access(salma, "course", "arabic-1")
        done = set(AuditEntry.objects.filter(target=f"billing.plan:{gold.id}").values_list("action", flat=True))
        assert done >= {f"billing.plan_{what}" for what in ("saved", "priced", "benefit_added", "opened")}

    def test_a_short_name_that_is_taken_changes_nothing(self, desk):
        plan("gold")
        assert "already" in errors(new(desk))["slug"]
        assert Plan.objects.get().name["en"] == "Gold"
        assert Plan.objects.get().trial_days == 0

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"slug": "not a slug!"}, "slug"),
            ({"name_en": ""}, "name"),
            ({"features_en": "One", "features_ar": "واحد\r\nاثنان"}, "features"),
            ({"trial_days": "400"}, "trial_days"),
            ({"family": ""}, "family"),
        ],
    )
    def test_what_makes_no_sense_is_said_at_its_field(self, desk, wrong, field):
        assert set(errors(new(desk, **wrong))) == {field}
        assert not Plan.objects.exists()


class TestChangeThePlan:
    def test_the_form_begins_with_what_is_there_and_keeps_it(self, desk):
        new(desk)
        gold = Plan.objects.get()
        page = desk.get(reverse("admin:billing_plan_act", args=[gold.pk, "change"])).content.decode()
        assert "Speak every day\nWrite to your teacher" in page
        assert "\nاكتب إلى معلّمك" in page
        same = {key: value for key, value in GOLD.items() if key != "slug"}
        press(desk, gold, "change", **{**same, "name_fa": "طلایی", "trial_days": "14"})
        again = Plan.objects.get()
        assert (again.name, again.trial_days) == ({"en": "Gold", "ar": "ذهبية", "fa": "طلایی"}, 14)
        assert (again.features, again.summary, again.slug) == (gold.features, gold.summary, "gold")

    def test_its_family_stays_once_somebody_has_it(self, desk):
        gold = plan("gold")
        join(person(country="XX"), gold)
        assert set(errors(press(desk, gold, "change", **{**GOLD, "family": "other"}))) == {"family"}


class TestPrices:
    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"amount": "lots"}, "amount"),
            ({"amount": "-5"}, "amount"),
            ({"amount": "99999999999999999"}, "amount"),
            ({"cycle": "days"}, "days"),
            ({"days": "10"}, "days"),
            ({"discount_percent": "120"}, "discount_percent"),
        ],
    )
    def test_what_makes_no_sense_is_said_at_its_field(self, desk, wrong, field):
        gold = plan("gold")
        facts = {"cycle": "year", "currency": "USD", "amount": "5", "discount_percent": "0", **wrong}
        assert set(errors(press(desk, gold, "price", **facts))) == {field}
        assert PlanPrice.objects.count() == 1

    def test_one_is_offered_no_more(self, desk):
        gold = plan("gold", prices=[("year", 100_000, 10)])
        press(desk, gold.prices.get(cycle="year"), "end")
        assert [price.cycle for price in gold.prices.filter(ended_at=None)] == ["month"]


class TestBenefits:
    @pytest.fixture
    def gold(self):
        return plan("gold", benefits=[{"unit": "minute", "amount": 60, "per": "week"}, {"access": "course"}])

    @pytest.mark.parametrize(
        ("act", "wrong", "field"),
        [
            ("allowance", {"amount": "many"}, "amount"),
            ("allowance", {"amount": "0"}, "amount"),
            ("allowance", {"amount": "1.5"}, "amount"),
            ("allowance", {"amount": "9" * 20}, "amount"),
            ("allowance", {"unit": "hour"}, "unit"),
            ("allowance", {"carry_limit": "20"}, "carry_limit"),
            ("allowance", {"carry_limit": "x"}, "carry_limit"),
            ("allowance", {"per": "week", "carry_limit": "5"}, "carry_limit"),
            ("allowance", {"scope": "nothing"}, "scope"),
            ("allowance", {"unit": "minute", "per": "week"}, "unit"),
            ("access", {"access": "course"}, "access"),
            ("access", {"access": "house"}, "access"),
            ("access", {"amount": "-1"}, "amount"),
        ],
    )
    def test_what_makes_no_sense_is_said_at_its_field(self, desk, gold, act, wrong, field):
        facts = {"unit": "session", "amount": "10", "per": "period"} if act == "allowance" else {"access": "device"}
        assert set(errors(press(desk, gold, act, **{**facts, **wrong}))) == {field}
        assert gold.benefits.count() == 2

    def test_are_changed_and_taken_away_and_lead_back_to_the_plan(self, desk, gold):
        minutes, course = gold.benefits.order_by("id")
        page = desk.get(reverse("admin:billing_planbenefit_act", args=[minutes.pk, "change_allowance"]))
        assert page.context["form"].initial["amount"] == "60"
        answer = press(desk, minutes, "change_allowance", unit="minute", amount="90", per="week")
        assert answer.url == reverse("admin:billing_plan_change", args=[gold.pk])
        press(desk, course, "change_access", access="course", ref="arabic-1")
        minutes.refresh_from_db()
        course.refresh_from_db()
        assert (minutes.amount, course.ref) == (90, "arabic-1")
        assert press(desk, course, "remove").url == answer.url
        assert list(PlanBenefit.objects.all()) == [minutes]
        changed = AuditEntry.objects.get(action="billing.plan_benefit_changed", facts__to__unit="minute")
        assert (changed.facts["from"]["amount"], changed.facts["to"]["amount"]) == (60, 90)

    def test_what_members_were_given_stays_until_their_next_period(self, desk, gold):
        salma = person(country="XX")
        it = join(salma, gold)
        press(desk, gold.benefits.get(unit="minute"), "change_allowance", unit="minute", amount="90", per="week")
        assert left(salma) == 60
        services.renew_subscriptions(now=it.ends_at)
        assert left(salma, at=it.ends_at) == 90

    def test_are_told_in_words_on_the_plans_page(self, desk, gold):
        page = desk.get(reverse("admin:billing_plan_change", args=[gold.pk])).content.decode()
        assert "60 minutes every week" in page
        assert "Every course" in page
        assert desk.get(reverse("admin:billing_planbenefit_changelist")).status_code == 200

    def test_are_looked_at_by_support_and_changed_by_nobody_there(self, client, gold):
        client.force_login(person(roles=["support"]))
        minutes = gold.benefits.get(unit="minute")
        assert client.get(reverse("admin:billing_planbenefit_change", args=[minutes.pk])).status_code == 200
        for row, act in ((gold, "allowance"), (gold, "access"), (gold, "change"), (minutes, "remove")):
            assert press(client, row, act).status_code == 403, act
