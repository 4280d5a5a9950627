"""Coins on real chains: a Litecoin node in regtest mode, which speaks Bitcoin's RPC, and an Ethereum chain."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from types import SimpleNamespace

import pytest

from majlis.engines.billing import services
from majlis.engines.billing.gateways.chains import addresses
from majlis.engines.billing.gateways.chains.bitcoin import BitcoinChain
from majlis.engines.billing.gateways.chains.networks import NETWORKS
from majlis.engines.billing.models import Charge, CoinCursor, CoinInvoice, CoinPayment, Order, Payment
from majlis.engines.billing.tests import factories, nodes
from majlis.engines.billing.tests.nodes import ACCOUNT, operate, rate
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, clock
from majlis.kit.errors import NotFound


@pytest.fixture(scope="module")
def litecoin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[nodes.Litecoin]:
    with nodes.litecoin(tmp_path_factory.mktemp("ltc")) as chain:
        yield chain


@pytest.fixture(scope="module")
def anvil() -> Iterator[nodes.Anvil]:
    with nodes.anvil() as chain:
        yield chain


@pytest.fixture
def operator(settings, monkeypatch):
    operate(settings, monkeypatch)
    return settings


@pytest.fixture
def ltc(litecoin, operator):
    operator.COINS["ltc"] = {"node": litecoin.url, "xpub": ACCOUNT, "chain": "regtest"}
    return litecoin


@pytest.fixture
def erc(anvil, operator):
    usdt, usdc = anvil.token(0xA1), anvil.token(0xA2)
    tokens = f"USDT={usdt},USDC={usdc}"
    operator.COINS["usdt_erc20"] = {"node": anvil.url, "xpub": ACCOUNT, "tokens": tokens, "chain_id": "31337"}
    return SimpleNamespace(chain=anvil, usdt=usdt, usdc=usdc, mine=anvil.mine)


def begin(buyer, network: str = "ltc", amount: int = 10_000) -> SimpleNamespace:
    """An order of so many cents, and the address to pay it at."""
    order = factories.order(buyer, factories.draft(amount))
    started = services.start_payment(order_id=order.id, gateway=network, actor=buyer, return_url="/x/")
    invoice = CoinInvoice.objects.get(payment_id=started.payment_id)
    return SimpleNamespace(order=order, payment_id=started.payment_id, invoice=invoice, at=invoice.address)


def stands(bought: SimpleNamespace) -> tuple[str, str, list[str]]:
    """The states of order, invoice and its coins."""
    order = Order.objects.get(id=bought.order.id)
    invoice = CoinInvoice.objects.get(id=bought.invoice.id)
    coins = invoice.coin_payments.order_by("id").values_list("status", flat=True)
    return str(order.status), str(invoice.status), [str(status) for status in coins]


def books_are_clean() -> None:
    assert [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestAddresses:
    def test_are_those_of_the_standards(self):
        # The first two receiving addresses of BIP 84's own example.
        account = (
            "zpub6rFR7y4Q2AijBEqTUquhVz398htDFrtymD9xYYfG1m4wAcvPhXNfE3EfH1r1ADqtfSdVCToUG868RvUUkgDKf31mGDtKsAYz2oz2AGut"
            "ZYs"
        )
        written = [addresses.segwit_address(addresses.public_key(account, n), "bc") for n in range(2)]
        assert written == [
            "bc1qcr8te4kr609gcawutmrza0j4xv80jy8z306fyu",
            "bc1qnjg0jd8228aq7egyzacy8cys3knf9xvrerkf9g",
        ]

    def test_of_ethereum_carry_their_checksum(self):
        raw = bytes.fromhex("5aaeb6053f3e94c9b9a09f33669435e7ef1beaed")
        assert addresses.evm_address(raw) == "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"

    def test_of_tron_are_the_same_bytes_in_another_writing(self):
        token = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
        assert addresses.evm_bytes(token).hex() == "a614f803b6fd780986a42c78ec9c7f77e6ded13c"
        assert addresses.tron_address(addresses.evm_bytes(token)) == token

    @pytest.mark.django_db
    def test_are_accepted_by_the_node(self, ltc):
        for number in range(5):
            said = ltc.node.ask("validateaddress", NETWORKS["ltc"].address(number))
            assert said["isvalid"], said


@pytest.mark.django_db
class TestPayInTime:
    def test_is_seen_confirmed_settled_and_pays_the_order(self, ltc, buyer):
        bought = begin(buyer)
        assert bought.invoice.due.display("en") == "1.25 LTC"
        assert stands(bought) == ("open", "pending", ["pending"])
        ltc.send(bought.at, "1.25")
        assert services.watch_chain("ltc") == 1
        assert stands(bought) == ("open", "pending", ["detected"])
        ltc.mine()
        services.watch_chain("ltc")
        assert stands(bought) == ("open", "pending", ["confirmed"])
        ltc.mine()
        services.watch_chain("ltc")
        assert stands(bought) == ("paid", "paid", ["settled"])
        coins = CoinPayment.objects.get(invoice=bought.invoice)
        assert (coins.value, coins.rate, coins.rate_source) == (10_000, Decimal(80), "the operator")
        assert factories.wallet(buyer) == 0
        assert factories.house(Purpose.EXCHANGE, "LTC") == 125_000_000
        assert factories.house(Purpose.EXCHANGE, "USD") == -10_000
        books_are_clean()

    def test_in_two_parts_covers_it_to_the_cent(self, ltc, buyer):
        bought = begin(buyer, amount=9_999)
        first = "0.33333333"
        ltc.send(bought.at, first)
        ltc.mine(2)
        services.watch_chain("ltc")
        assert stands(bought)[:2] == ("open", "pending")
        rest = bought.invoice.due.decimal - Decimal(first)
        ltc.send(bought.at, f"{rest:f}")
        ltc.mine(2)
        services.watch_chain("ltc")
        assert stands(bought) == ("paid", "paid", ["settled", "settled"])
        assert sum(CoinPayment.objects.values_list("value", flat=True)) == 9_999
        books_are_clean()

    def test_too_much_leaves_the_rest_in_the_wallet(self, ltc, buyer):
        bought = begin(buyer)
        ltc.send(bought.at, "1.5")
        ltc.mine(2)
        services.watch_chain("ltc")
        assert stands(bought)[:2] == ("paid", "paid")
        assert factories.wallet(buyer) == 2_000

    def test_looking_again_changes_nothing(self, ltc, buyer):
        bought = begin(buyer)
        ltc.send(bought.at, "1.25")
        ltc.mine(2)
        services.watch_chain("ltc")
        assert services.watch_chain("ltc") == 0
        assert Charge.objects.filter(gateway="ltc").count() == 1

    def test_each_payment_has_an_address_of_its_own(self, ltc, buyer):
        first, second = begin(buyer), begin(buyer)
        assert first.at != second.at
        assert first.invoice.index + 1 == second.invoice.index

    def test_a_crash_between_settling_and_taking_loses_nothing(self, ltc, buyer, monkeypatch):
        bought = begin(buyer)
        ltc.send(bought.at, "1.25")
        ltc.mine(2)
        with monkeypatch.context() as crash:
            crash.setattr("majlis.engines.billing.services.chain_watch.refresh_payment", _dies)
            with pytest.raises(KeyboardInterrupt):
                services.watch_chain("ltc")
        assert stands(bought)[0] == "open"
        services.watch_chain("ltc")
        assert stands(bought)[0] == "paid"

    def test_no_block_is_left_out_however_long_nobody_looked(self, ltc, buyer):
        bought = begin(buyer)
        ltc.send(bought.at, "1.25")
        ltc.mine(25)
        services.watch_chain("ltc", limit=3)
        assert stands(bought) == ("paid", "paid", ["settled"]) or CoinCursor.objects.get().height < ltc.node.ask(
            "getblockcount"
        )
        for _ in range(10):
            services.watch_chain("ltc", limit=3)
        assert stands(bought) == ("paid", "paid", ["settled"])


def _dies(*_args, **_more):
    raise KeyboardInterrupt


@pytest.mark.django_db
class TestPayLate:
    def test_counts_at_the_rate_of_the_time_it_came(self, ltc, buyer):
        bought = begin(buyer)
        with clock.travel(by=timedelta(hours=2)):
            services.expire_coin_invoices()
            services.expire_orders()
            assert stands(bought) == ("void", "expired", ["expired"])
            rate({"LTC": "60"}, now=clock.now() - timedelta(minutes=1))
            ltc.send(bought.at, "1.25")
            services.watch_chain("ltc")
            ltc.mine(2)
            services.watch_chain("ltc")
            assert stands(bought) == ("void", "expired", ["settled"])
            assert factories.wallet(buyer) == 7_500
        books_are_clean()

    def test_what_was_seen_in_time_keeps_the_order_open_and_its_rate(self, ltc, buyer):
        bought = begin(buyer)
        factories.SEATS.keep_until = clock.now() + timedelta(days=1)
        ltc.send(bought.at, "1.25")
        services.watch_chain("ltc")
        with clock.travel(by=timedelta(minutes=35)):
            rate({"LTC": "60"}, now=clock.now() - timedelta(minutes=1))
            services.expire_coin_invoices()
            services.expire_orders()
            ltc.mine(2)
            services.watch_chain("ltc")
            assert stands(bought) == ("paid", "paid", ["settled"])

    def test_a_new_lock_asks_for_what_is_missing_at_the_new_rate(self, ltc, buyer):
        bought = begin(buyer)
        ltc.send(bought.at, "0.5")
        ltc.mine(2)
        services.watch_chain("ltc")
        later = clock.now() + timedelta(minutes=25)
        rate({"LTC": "60"}, now=later - timedelta(minutes=1))
        again = services.lock_rate_again(payment_id=bought.payment_id, actor=buyer, now=later)
        assert (again.amount, again.due.display("en"), again.lock) == (6_000, "1 LTC", 2)
        assert again.address == bought.at
        same = services.lock_rate_again(payment_id=bought.payment_id, actor=buyer, now=later)
        assert same.lock == 2

    def test_another_cannot_lock_for_me(self, ltc, buyer, seller):
        bought = begin(buyer)
        with pytest.raises(NotFound):
            services.lock_rate_again(payment_id=bought.payment_id, actor=seller)


@pytest.mark.django_db
class TestChainsThatChangeTheirMind:
    def test_a_replaced_payment_fails_and_its_replacement_counts(self, ltc, buyer):
        bought = begin(buyer)
        txid = ltc.send(bought.at, "1.25", replaceable=True)
        services.watch_chain("ltc")
        bumped = ltc.node.ask("bumpfee", txid)["txid"]
        services.watch_chain("ltc")
        states = {c.txid: str(c.status) for c in CoinPayment.objects.filter(invoice=bought.invoice)}
        assert states == {txid: "failed", bumped: "detected"}
        ltc.mine(2)
        services.watch_chain("ltc")
        assert stands(bought)[:2] == ("paid", "paid")
        assert Charge.objects.filter(gateway="ltc").count() == 1
        books_are_clean()

    def test_a_left_block_unconfirms_what_was_in_it(self, ltc, buyer):
        bought = begin(buyer)
        ltc.send(bought.at, "1.25")
        block = ltc.mine()[0]
        services.watch_chain("ltc")
        assert stands(bought)[2] == ["confirmed"]
        ltc.rewrite(block)
        ltc.node.ask("generateblock", ltc.node.ask("getnewaddress"), [])
        ltc.node.ask("generateblock", ltc.node.ask("getnewaddress"), [])
        services.watch_chain("ltc")
        assert stands(bought)[2] == ["detected"]
        ltc.mine(2)
        services.watch_chain("ltc")
        assert stands(bought) == ("paid", "paid", ["settled"])

    def test_a_double_spend_under_settled_coins_is_undone(self, ltc, buyer):
        bought = begin(buyer)
        coin = next(c for c in ltc.node.ask("listunspent") if c["amount"] > 2)
        spend = _signed(ltc, coin, bought.at, Decimal("1.25"))
        other = _signed(ltc, coin, ltc.node.ask("getnewaddress"), Decimal("1.3"))
        ltc.node.ask("sendrawtransaction", spend)
        blocks = ltc.mine(2)
        services.watch_chain("ltc")
        assert stands(bought) == ("paid", "paid", ["settled"])
        factories.give(buyer, 4_000)
        ltc.rewrite(*blocks)
        ltc.node.ask("generateblock", ltc.node.ask("getnewaddress"), [other])
        for _ in range(2):
            ltc.node.ask("generateblock", ltc.node.ask("getnewaddress"), [])
        services.watch_chain("ltc")
        assert stands(bought)[1:] == ("pending", ["failed"])
        assert Payment.objects.get(id=bought.payment_id).received_amount == 0
        assert factories.wallet(buyer) == 0
        assert ledger.balance(buyer.id, "USD", Purpose.DEBT).amount == -6_000
        assert factories.house(Purpose.EXCHANGE, "LTC") == 0
        books_are_clean()

    def test_a_node_that_is_merely_behind_takes_nothing_back(self, ltc, buyer, monkeypatch):
        bought = begin(buyer)
        ltc.send(bought.at, "1.25")
        ltc.mine(2)
        services.watch_chain("ltc")
        top = ltc.node.ask("getblockcount")
        monkeypatch.setattr(BitcoinChain, "tip", lambda self: top - 1)
        services.watch_chain("ltc")
        assert CoinCursor.objects.get(network="ltc").height == top
        assert stands(bought)[1:] == ("paid", ["settled"])


def _signed(ltc: nodes.Litecoin, coin: dict, to: str, amount: Decimal) -> str:
    """A transaction that spends this very coin."""
    change = coin["amount"] - amount - Decimal("0.001")
    raw = ltc.node.ask(
        "createrawtransaction",
        [{"txid": coin["txid"], "vout": coin["vout"]}],
        [{to: f"{amount:f}"}, {ltc.node.ask("getnewaddress"): f"{change:f}"}],
    )
    return str(ltc.node.ask("signrawtransactionwithwallet", raw)["hex"])


@pytest.mark.django_db
class TestTokens:
    def test_are_found_by_their_events_and_pay_the_order(self, erc, buyer):
        bought = begin(buyer, "usdt_erc20")
        erc.chain.send(erc.usdt, bought.at, 100_000_000)
        services.watch_chain("usdt_erc20")
        assert stands(bought) == ("open", "pending", ["confirmed"])
        erc.mine()
        services.watch_chain("usdt_erc20")
        assert stands(bought) == ("paid", "paid", ["settled"])
        books_are_clean()

    def test_of_another_kind_count_at_their_own_rate(self, erc, buyer):
        bought = begin(buyer, "usdt_erc20")
        rate({"USDC": "0.5"})
        erc.chain.send(erc.usdc, bought.at, 100_000_000)
        erc.mine(3)
        services.watch_chain("usdt_erc20")
        assert stands(bought)[:2] == ("open", "pending")
        assert Payment.objects.get(id=bought.payment_id).received_amount == 5_000
        assert factories.wallet(buyer) == 5_000

    def test_nobody_can_price_wait_for_staff(self, erc, buyer):
        from majlis.kernel.accounts.types import Role
        from majlis.kit import testing

        bought = begin(buyer, "usdt_erc20")
        erc.chain.send(erc.usdc, bought.at, 100_000_000)
        erc.mine(3)
        services.watch_chain("usdt_erc20")
        assert stands(bought)[2] == ["confirmed"]
        coins = CoinPayment.objects.get(invoice=bought.invoice)
        finance = testing.person("Fin", roles=[Role.FINANCE])
        services.coins_sent_back(coin_payment_id=coins.id, txid="0xback", reason="no rate", actor=finance)
        assert stands(bought)[1:] == ("refunded", ["refunded"])

    def test_in_a_left_block_are_taken_back(self, erc, buyer):
        bought = begin(buyer, "usdt_erc20")
        erc.mine()
        erc.chain.send(erc.usdt, bought.at, 100_000_000)
        services.watch_chain("usdt_erc20")
        assert stands(bought)[2] == ["confirmed"]
        erc.chain.rewrite(1)
        erc.mine(3)
        services.watch_chain("usdt_erc20")
        assert stands(bought)[2] in (["failed"], ["detected"])
        assert Payment.objects.get(id=bought.payment_id).received_amount == 0

    def test_wallets_get_the_amount_with_the_address(self, erc, buyer):
        bought = begin(buyer, "usdt_erc20")
        uri = NETWORKS["usdt_erc20"].uri(bought.at, bought.invoice.due)
        token = addresses.evm_address(addresses.evm_bytes(erc.usdt))
        assert uri == f"ethereum:{token}@31337/transfer?address={bought.at}&uint256=100000000"
