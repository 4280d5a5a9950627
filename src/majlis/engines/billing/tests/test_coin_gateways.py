"""The contract of a gateway, run against every coin, each on a real chain.

Bitcoin has no node in Debian: Litecoin's, which is the same program with other numbers, plays its part.
"""

from decimal import Decimal

import pytest

from majlis.engines.billing import gateways, services
from majlis.engines.billing.gateways import chains
from majlis.engines.billing.gateways.chains import networks
from majlis.engines.billing.gateways.chains.addresses import evm_bytes
from majlis.engines.billing.models import CoinInvoice
from majlis.engines.billing.tests import test_gateways
from majlis.engines.billing.tests.factories import usd
from majlis.engines.billing.tests.nodes import ACCOUNT, anvil, litecoin, operate, rate


@pytest.fixture(scope="module")
def bitcoin_like(tmp_path_factory):
    with litecoin(tmp_path_factory.mktemp("coin")) as chain:
        yield chain


@pytest.fixture(scope="module")
def ethereum_like():
    with anvil() as chain:
        yield chain


class OnTheChain:
    """How money comes in coins: somebody sends them, and blocks are mined."""

    unit, owed = "USD", test_gateways.LITTLE

    def __init__(self, send, mine, code):
        self.send, self.mine, self.code = send, mine, code

    def charge(self, payment, amount):
        invoice = CoinInvoice.objects.get(payment=payment)
        self.send(invoice.address, amount)
        self.mine(3)
        services.watch_chain(self.code)


@pytest.fixture(params=sorted(networks.NETWORKS))
def gateway(request, settings, monkeypatch):
    operate(settings, monkeypatch)
    return gateways.gateway(request.param)


@pytest.fixture(autouse=True)
def provider(gateway, request, settings, monkeypatch):
    code = gateway.code
    if gateway.network.family == "bitcoin":
        chain = request.getfixturevalue("bitcoin_like")
        monkeypatch.setitem(networks.PREFIXES, ("btc", "regtest"), "rltc")
        settings.COINS = {code: {"node": chain.url, "xpub": ACCOUNT, "chain": "regtest"}}
        rate({gateway.network.asset: "80"})
        return OnTheChain(lambda to, cents: chain.send(to, str(Decimal(cents) / 8000)), chain.mine, code)
    chain = request.getfixturevalue("ethereum_like")
    token = chain.token(0xB1)
    settings.COINS = {code: {"node": chain.url, "xpub": ACCOUNT, "tokens": f"USDT={token}", "chain_id": "31337"}}
    return OnTheChain(lambda to, cents: chain.send(token, "0x" + evm_bytes(to).hex(), cents * 10_000), chain.mine, code)


@pytest.mark.django_db
class TestEveryCoin(test_gateways.TestEveryGateway, test_gateways.PaidSeveralTimes):
    """Every sentence of the contract, for coins."""

    def test_says_whether_its_coins_are_worth_something(self, gateway):
        assert gateway.mode() == "test"
        gateway.greet()

    def test_is_offered_only_with_node_key_and_rate(self, gateway, settings):
        assert gateway.ready()
        settings.COINS = {}
        assert not gateway.ready()
        assert not gateway.takes(usd(1_000), "EG")
        assert chains.configured() == []


buyer, payment = test_gateways.buyer, test_gateways.payment
