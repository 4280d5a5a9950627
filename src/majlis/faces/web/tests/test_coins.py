"""Paying in coins, as the buyer sees it, against a real chain."""

import pytest
from django.urls import reverse

from majlis.engines.billing import services
from majlis.engines.billing.models import CoinInvoice
from majlis.engines.billing.tests import factories, nodes
from majlis.engines.billing.tests.nodes import ACCOUNT, operate
from majlis.kit import testing

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def anvil():
    with nodes.anvil() as chain:
        yield chain


@pytest.fixture
def bought(anvil, settings, monkeypatch):
    operate(settings, monkeypatch)
    token = anvil.token(0xC1)
    settings.COINS["usdt_erc20"] = {
        "node": anvil.url,
        "xpub": ACCOUNT,
        "tokens": f"USDT={token}",
        "chain_id": "31337",
    }
    buyer = testing.person("سلمى حسن", country="XX")
    order = factories.order(buyer, factories.draft(10_000))
    started = services.start_payment(order_id=order.id, gateway="usdt_erc20", actor=buyer, return_url="/x/")
    return buyer, started.payment_id, token


def page(client, payment_id) -> str:
    return client.get(reverse("payment", kwargs={"payment_id": payment_id}), follow=True).content.decode()


class TestPayWithCoins:
    def test_shows_the_address_the_amount_and_a_code(self, client, bought):
        buyer, payment_id, _token = bought
        client.force_login(buyer)
        said = page(client, payment_id)
        assert CoinInvoice.objects.get(payment_id=payment_id).address in said
        assert 'data-copies="100"' in said
        assert "<svg" in said
        assert "style=" not in said

    def test_shows_what_came_and_what_is_still_missing(self, client, bought, anvil):
        buyer, payment_id, token = bought
        client.force_login(buyer)
        anvil.send(token, CoinInvoice.objects.get(payment_id=payment_id).address, 40_000_000)
        services.watch_chain("usdt_erc20")
        said = page(client, payment_id)
        assert "1 of 2 blocks" in said
        assert 'data-copies="60"' in said

    def test_goes_on_to_what_was_bought_once_it_is_paid(self, client, bought, anvil):
        buyer, payment_id, token = bought
        client.force_login(buyer)
        anvil.send(token, CoinInvoice.objects.get(payment_id=payment_id).address, 100_000_000)
        anvil.mine(3)
        services.watch_chain("usdt_erc20")
        answer = client.get(reverse("payment", kwargs={"payment_id": payment_id}))
        assert answer.status_code == 302

    def test_another_member_sees_nothing(self, client, bought):
        client.force_login(testing.person("Somebody Else"))
        _buyer, payment_id, _token = bought
        assert client.get(reverse("payment", kwargs={"payment_id": payment_id})).status_code == 404
        assert client.post(reverse("payment_rate", kwargs={"payment_id": payment_id})).status_code == 404
        assert client.get(f"/api/v1/payments/{payment_id}/coins").status_code == 404

    def test_tells_the_same_through_the_api(self, client, bought):
        buyer, payment_id, _token = bought
        client.force_login(buyer)
        said = client.get(f"/api/v1/payments/{payment_id}/coins").json()
        assert (said["status"], said["asset"], said["missing"]["amount"]) == ("pending", "USDT", 100_000_000)
        assert said["uri"].startswith("ethereum:")
