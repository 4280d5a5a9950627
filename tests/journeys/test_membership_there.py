"""A membership that Stripe runs: taken on its page, managed on its page, and the house follows."""

import pytest
from tests.journeys.conftest import look

from majlis.engines.billing import queries
from majlis.engines.billing.models import Subscription
from majlis.engines.billing.tests.mirrored import nothing_is_wrong, sold_at_stripe
from majlis.engines.billing.tests.providers.stripe import StripeDouble
from majlis.kit import testing


@pytest.fixture
def double(settings, live):
    """Stripe's double, at an origin of its own."""
    settings.PUBLIC_URL = live.url
    running = StripeDouble()
    settings.PAYMENTS = {"stripe": running.settings()}
    yield running
    running.close()


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestMembershipThere:
    @pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ar", 360, True)])
    def test_subscribe_there_leave_there_and_stay_after_all(self, page_of, double, language, width, dark):
        price = sold_at_stripe(double)
        member = testing.person("سلمى حسن", country="XX", currency="USD", language=language)
        tag = f"{language}-{width}"
        page = page_of(member, language=language, width=width, dark=dark)

        page.goto(f"/plans/prices/{price.id}/")
        look(page, f"there-subscribe-{tag}")
        page.click("form[data-once] button >> nth=0")
        page.wait_for_url(f"{double.url}/page/**")
        double.complete(Subscription.objects.get().provider_ref)
        page.click("#back")
        page.wait_for_url("**/membership/")
        look(page, f"there-membership-{tag}")
        (taken,) = queries.subscriptions_of(member)
        assert taken.status == "active"

        page.click("a[href='/membership/manage/']")
        page.wait_for_url(f"{double.url}/page/portal**")
        double.subscriptions[taken.provider_ref]["cancel_at_period_end"] = True
        page.click("#back")
        page.wait_for_url("**/membership/")
        look(page, f"there-leaving-{tag}")
        assert queries.subscription(taken.id, member).status == "canceled"

        page.click(f"form[action='/membership/{taken.id}/keep/'] button")
        page.wait_for_url("**/membership/")
        assert queries.subscription(taken.id, member).status == "active"
        assert double.subscriptions[taken.provider_ref]["cancel_at_period_end"] is False
        assert nothing_is_wrong()
