"""Payment providers in the office."""

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.models import DayCheck, Difference
from majlis.engines.billing.tests.providers import DOUBLES
from majlis.kit import clock, testing

pytestmark = pytest.mark.django_db


@pytest.fixture
def finance(client):
    person = testing.person("Fatma Finance", roles=["finance"])
    client.force_login(person)
    return person


@pytest.fixture
def doubles(settings):
    running = {kind.provider: kind() for kind in DOUBLES}
    settings.PAYMENTS = {provider: double.settings() for provider, double in running.items()}
    yield running
    for double in running.values():
        double.close()


class TestProvidersInTheOffice:
    def test_are_shown_where_they_are_set_up_and_no_key_is_shown(self, client, finance, doubles, settings):
        del settings.PAYMENTS["paypal"]
        morning = client.get("/office/")
        page = morning.content.decode()
        assert "/api/v1/webhooks/stripe" in page
        assert "PayPal" not in {str(figure.label) for figure in morning.context["figures"]}
        (quiet,) = [remark.text for remark in morning.context["remarks"]]
        assert quiet.startswith("Not set up: PayPal")
        assert "Stripe" not in quiet
        assert quiet in page
        keys = [value for double in doubles.values() for name, value in double.settings().items() if name != "url"]
        assert not [key for key in keys if key in page]

    def test_alarm_where_a_key_is_missing_beside_others(self, client, finance, doubles, settings):
        settings.PAYMENTS["paypal"]["webhook_id"] = ""
        (paypal,) = [each for each in client.get("/office/").context["figures"] if str(each.label) == "PayPal"]
        assert paypal.alarm
        assert paypal.note == "Missing: MAJLIS_PAYPAL_WEBHOOK_ID"

    def test_a_difference_stays_until_somebody_says_what_it_was(self, client, finance):
        check = DayCheck.objects.create(
            provider="stripe", day="2026-03-01", checked_at=clock.now(), complete=True, movements=1
        )
        row = Difference.objects.create(
            day_check=check, kind="unknown_here", movement="charge", ref="pi_1", unit="USD", theirs=900
        )
        address = f"/office/billing/difference/{row.id}"
        assert "pi_1" in client.get(f"{address}/change/").content.decode()
        client.post(f"{address}/act/explain/", {"reason": "The old shop's."})
        row.refresh_from_db()
        assert (row.note, row.settled_by) == ("The old shop's.", finance)

    def test_a_day_is_compared_by_hand(self, client, finance, doubles):
        client.post("/office/billing/daycheck/act/compare/", {"provider": "stripe", "day": "2026-03-01"})
        check = DayCheck.objects.get()
        assert (check.provider, check.movements) == ("stripe", 0)


class TestGreetingProviders:
    def test_says_who_accepts_our_keys_and_whose_are_missing(self, doubles, settings):
        settings.PAYMENTS["paypal"]["webhook_id"] = ""
        settings.PAYMENTS["xendit"]["secret_key"] = "wrong"
        doubles["midtrans"].away = True
        said = {each.provider: each for each in services.greet_providers()}
        assert (said["stripe"].answer, said["stripe"].mode) == ("ok", "test")
        assert said["paypal"].lacks == ("MAJLIS_PAYPAL_WEBHOOK_ID",)
        assert (said["xendit"].answer, said["midtrans"].answer) == ("refused", "away")
        assert (said["fawry"].answer, said["paymob"].answer) == ("ok", "ok")
