"""Paying on another company's page, and coming back."""

from types import SimpleNamespace

import pytest
from tests.journeys.conftest import look

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Payment
from majlis.engines.billing.tests.factories import draft, order
from majlis.engines.billing.tests.providers import DOUBLES
from majlis.kit import testing


@pytest.fixture
def doubles(settings, live):
    """The providers' doubles, each at an origin of its own."""
    settings.PUBLIC_URL = live.url
    running = {kind.provider: kind() for kind in DOUBLES if kind.provider in ("stripe", "fawry")}
    settings.PAYMENTS = {provider: double.settings() for provider, double in running.items()}
    yield SimpleNamespace(**running)
    for double in running.values():
        double.close()


@pytest.fixture
def member(db):
    return testing.person("سلمى حسن", country="EG", currency="USD", language="en")


def the_payment(bought):
    return Payment.objects.get(order=bought)


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestPayingElsewhere:
    @pytest.mark.parametrize("scripts", [True, False])
    def test_the_buyer_is_led_to_the_other_page_and_back(self, page_of, browser, doubles, member, live, scripts):
        bought = order(member, draft(11_400))
        page = page_of(member, width=360)
        if not scripts:
            cookies = page.context.cookies()
            context = browser.new_context(base_url=live.url, java_script_enabled=False, locale="en")
            context.add_cookies(cookies)
            page = context.new_page()
        page.goto(f"/checkout/{bought.id}/")
        page.check("[name=gateway][value=stripe]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url(f"{doubles.stripe.url}/page/**")
        assert page.inner_text("h1") == "Provider"
        doubles.stripe.pay(the_payment(bought).provider_ref)
        page.click("#back")
        page.wait_for_url(f"**/orders/{bought.id}/")
        assert queries.order(bought.id, member).status == "paid"
        if not scripts:
            page.context.close()

    def test_who_comes_back_unpaid_waits_or_goes_on_or_chooses_again(self, page_of, doubles, member):
        bought = order(member, draft(11_400))
        page = page_of(member, width=360, language="ar", dark=True)
        page.goto(f"/checkout/{bought.id}/")
        look(page, "gateways-checkout")
        page.check("[name=gateway][value=stripe]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url(f"{doubles.stripe.url}/page/**")
        page.click("#back")
        page.wait_for_selector("#outcome")
        look(page, "gateways-pending")
        doubles.stripe.fail(the_payment(bought).provider_ref)
        page.reload()
        page.wait_for_url(f"**/checkout/{bought.id}/")
        assert page.is_visible("[role=alert]")
        look(page, "gateways-failed")

    @pytest.mark.parametrize(("language", "width"), [("ar", 360), ("en", 1280)])
    def test_a_number_to_pay_in_a_shop_is_shown_until_it_is_paid(self, page_of, doubles, member, language, width):
        bought = order(member, draft(11_400, unit="EGP"))
        page = page_of(member, language=language, width=width)
        page.goto(f"/checkout/{bought.id}/")
        page.check("[name=gateway][value=fawry]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_selector("#standing")
        attempt = the_payment(bought)
        assert doubles.fawry.orders[attempt.provider_ref]["fawryRefNumber"] in page.inner_text("main")
        look(page, f"gateways-fawry-{language}-{width}")
        doubles.fawry.pay(attempt.provider_ref)
        delivery = doubles.fawry.event(attempt.provider_ref)
        services.process_webhook(
            services.receive_webhook(gateway="fawry", headers=delivery.headers, body=delivery.body)
        )
        page.wait_for_url(f"**/orders/{bought.id}/")
