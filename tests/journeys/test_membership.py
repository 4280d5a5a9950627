"""A plan taken, not paid in time, paid after all, changed and cancelled."""

import re

import pytest
from tests.journeys.conftest import look

from majlis.engines.billing import queries, services
from majlis.engines.billing.tests.plans import findings
from majlis.kit import clock, testing
from majlis.kit.edition import edition


@pytest.fixture
def later(settings, tmp_path):
    """Moves the clock for the pages too; not that of the tests that run beside this one."""
    settings.CLOCK_FILE = tmp_path / "clock"
    return lambda at: clock.set_offset(clock.offset() + (at - clock.now()))


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestMembership:
    @pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ar", 360, True)])
    def test_subscribe_fail_be_dunned_pay_upgrade_and_cancel(self, page_of, later, language, width, dark):
        services.load_plans(edition().policies["plans"])
        member = testing.person("سلمى حسن", country="XX", currency="USD", language=language)
        tag = f"{language}-{width}"
        page = page_of(member, language=language, width=width, dark=dark)

        page.goto("/plans/")
        look(page, f"plans-{tag}")
        page.click(".cycles__one >> nth=2")
        page.wait_for_url("**cycle=year")
        page.click(".cycles__one >> nth=0")
        page.wait_for_url("**cycle=month")
        page.click(".offer >> nth=0 >> .button")
        look(page, f"subscribe-{tag}")
        page.click("form[data-once] button >> nth=0")
        page.wait_for_url("**/checkout/**")
        look(page, f"checkout-renews-{tag}")
        page.check("[name=gateway][value=sandbox]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/sandbox/**")
        page.click("[value=pay]")
        page.wait_for_url("**/membership/")
        look(page, f"membership-{tag}")
        (taken,) = queries.subscriptions_of(member)
        assert taken.status == "active"

        # A month later the card declines; a week after that the membership is reduced, and the member pays.
        page.click("[name=declines][value='1']")
        page.wait_for_load_state()
        later(taken.ends_at)
        services.renew_subscriptions()
        later(taken.ends_at + (taken.ends_at - taken.starts_at) / 4)
        services.renew_subscriptions()
        page.goto("/membership/")
        look(page, f"past-due-{tag}")
        assert queries.subscription(taken.id, member).status == "past_due"
        page.click(".notice .button--primary")
        page.wait_for_url("**/checkout/**")
        page.check("[name=gateway][value=sandbox]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/sandbox/**")
        page.click("[value=pay]")
        page.wait_for_url("**/membership/")
        assert queries.subscription(taken.id, member).status == "active"

        # Upgrade: what the page says is what the checkout asks for.
        page.goto("/plans/?cycle=month")
        page.click(".offer >> nth=1 >> .button")
        page.wait_for_url("**/change/**")
        look(page, f"change-{tag}")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/checkout/**")
        page.check("[name=gateway][value=sandbox]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/sandbox/**")
        page.click("[value=pay]")
        page.wait_for_url("**/membership/")
        assert queries.subscription(taken.id, member).plan.slug == "fluent"
        page.click("a[href*='allowances']")
        look(page, f"lines-{tag}")

        # And out again, with what was not used coming back.
        page.goto(f"/membership/{taken.id}/cancel/")
        look(page, f"cancel-{tag}")
        page.check("[name=when][value=now]")
        page.click("form.card button[type=submit]")
        page.wait_for_url(re.compile(r"/membership/$"))
        assert queries.subscription(taken.id, member).status == "ended"
        look(page, f"ended-{tag}")
        assert findings() == []
