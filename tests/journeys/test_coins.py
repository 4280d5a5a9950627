"""Paying in coins on a real chain: late, in two parts, at two rates."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect
from tests.journeys.conftest import look

from majlis.engines.billing import services
from majlis.engines.billing.models import CoinInvoice, Order
from majlis.engines.billing.tests import nodes
from majlis.engines.billing.tests.factories import draft, order, wallet
from majlis.kit import audit, clock, testing
from majlis.kit.jobs import run_due_jobs


@pytest.fixture(scope="module")
def litecoin(tmp_path_factory):
    with nodes.litecoin(tmp_path_factory.mktemp("ltc")) as chain:
        yield chain


@pytest.fixture
def moved(settings, tmp_path):
    """The sandbox clock, put back afterwards."""
    settings.CLOCK_FILE = tmp_path / "clock"
    return clock.set_offset


@pytest.mark.journey
@pytest.mark.django_db(transaction=True)
class TestCoins:
    @pytest.mark.parametrize(("language", "width", "dark"), [("en", 1280, False), ("ar", 360, True)])
    def test_late_and_in_two_parts(self, page_of, litecoin, settings, monkeypatch, moved, language, width, dark):
        nodes.operate(settings, monkeypatch)
        settings.COINS["ltc"] = {"node": litecoin.url, "xpub": nodes.ACCOUNT, "chain": "regtest"}
        member = testing.person("سلمى حسن", country="XX", currency="USD", language=language)
        bought = order(member, draft(10_000), minutes=None)
        tag = f"{language}-{width}"
        page = page_of(member, language=language, width=width, dark=dark)

        # Litecoin is chosen; the page has address, amount and code.
        page.goto(f"/checkout/{bought.id}/")
        page.check("[name=gateway][value=ltc]")
        page.click("form[data-once] button[type=submit]")
        page.wait_for_url("**/payments/**")
        invoice = CoinInvoice.objects.get(payment__order=bought)
        expect(page.locator(f"[data-copies='{invoice.address}']")).to_be_visible()
        expect(page.locator("[data-copies='1.25']")).to_be_visible()
        look(page, f"coins-{tag}")

        # A part is sent: it is seen at once, and the page asks for the rest.
        litecoin.send(invoice.address, "0.5")
        services.watch_chains()
        expect(page.locator("[data-copies='0.75']")).to_be_visible()
        look(page, f"coins-part-{tag}")
        litecoin.mine(2)
        services.watch_chains()

        # The rest comes late: the rate is over, a new one is locked for what is missing.
        moved(timedelta(minutes=40))
        nodes.rate({"LTC": "60"})
        services.expire_coin_invoices()
        page.reload()
        look(page, f"coins-over-{tag}")
        page.click("form[action$='/rate/'] button")
        expect(page.locator("[data-copies='1']")).to_be_visible()
        litecoin.send(invoice.address, "1")
        litecoin.mine(2)
        services.watch_chains()
        run_due_jobs()

        # The page goes on by itself to what was bought.
        page.wait_for_url(f"**/orders/{bought.id}/")
        look(page, f"coins-paid-{tag}")
        assert Order.objects.get(id=bought.id).status == "paid"
        assert wallet(member) == 0
        assert [finding for outcome in audit.run() for finding in outcome.findings] == []
