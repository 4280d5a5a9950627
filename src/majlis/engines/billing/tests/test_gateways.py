"""The contract of a gateway, run against every gateway the house ships; the real ones speak over HTTP to a double of
their provider (`tests/providers`)."""

from datetime import timedelta

import pytest
from django.db import transaction

from majlis.engines.billing import gateways, services
from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.gateways.base import BadSignature, Delivery, GatewayUnreachable, KeysRefused, Reading
from majlis.engines.billing.gateways.chains.networks import NETWORKS
from majlis.engines.billing.models import Payment
from majlis.engines.billing.services.payments import bill_of
from majlis.engines.billing.tests.factories import draft, order, usd
from majlis.engines.billing.tests.providers import DOUBLES
from majlis.engines.billing.types import Mode, MovementKind, PaymentStatus
from majlis.kit import clock, testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db
LITTLE, MUCH = 10_000, 10_000_000
"""What the buyer owes, in minor units: a hundred dollars; as many rupiah as the Indonesian providers take at least."""


class SandboxProvider:
    """How money comes to the sandbox."""

    unit, owed = "USD", LITTLE

    def charge(self, payment, amount):
        sandbox.charge_at_provider(payment.provider_ref, usd(amount))


class Bank:
    """How money comes to the bank account: staff finds it."""

    unit, owed = "USD", LITTLE
    found = 0

    def charge(self, payment, amount):
        sent = services.send_receipt(payment_id=payment.id, file_id=None, actor=payment.payer)
        Bank.found += 1
        services.confirm_transfer(
            transfer_id=sent.id, found=usd(amount), bank_ref=f"BANK-{Bank.found}", actor=testing.person()
        )


class Real:
    """How money comes to a real provider: the buyer pays at its double."""

    owed = MUCH

    def __init__(self, double):
        self.double, self.unit = double, double.unit

    def charge(self, payment, amount):
        self.double.pay(payment.provider_ref, Money(amount, self.unit))


@pytest.fixture
def buyer(db):
    return testing.person("Salma Hassan", country="EG", phone="+201012345678")


@pytest.fixture(params=[each.code for each in gateways.ALL if each.code not in NETWORKS])
def gateway(request):
    """Coins need chains: `test_coin_gateways` runs this contract against them."""
    return gateways.gateway(request.param)


@pytest.fixture
def double(gateway, doubles):
    return doubles.get(gateway.provider)


@pytest.fixture
def provider(gateway, double):
    return Real(double) if double else {"sandbox": SandboxProvider(), "manual": Bank()}[gateway.code]


@pytest.fixture
def payment(gateway, provider, buyer):
    bought = order(buyer, draft(provider.owed, unit=provider.unit))
    started = services.start_payment(order_id=bought.id, gateway=gateway.code, actor=buyer, return_url="/back/?a=1")
    return Payment.objects.get(id=started.payment_id)


class PaidSeveralTimes:
    """The part of the contract for gateways one attempt of which can bring several payments."""

    def test_reads_all_that_came(self, gateway, provider, payment):
        provider.charge(payment, 6_000)
        first = gateway.read(payment.provider_ref)
        provider.charge(payment, 4_000)
        second = gateway.read(payment.provider_ref)
        assert [charge.money for charge in second.charges] == [usd(6_000), usd(4_000)]
        assert second.charges[0] == first.charges[0]


@pytest.mark.parametrize("gateway", ["manual", "sandbox"], indirect=True)
class TestAttemptsPaidSeveralTimes(PaidSeveralTimes):
    """A real provider's attempt is paid once."""


class TestEveryGateway:
    def test_has_a_name_and_says_how_it_goes(self, gateway):
        assert str(gateway.name)
        assert str(gateway.summary)
        assert gateway.first_look.total_seconds() > 0

    def test_is_ready_with_its_keys_and_says_whether_they_are_real(self, gateway, provider):
        assert gateway.ready()
        assert gateway.mode() == (Mode.LIVE if gateway.code == "manual" else Mode.TEST)
        gateway.greet()

    def test_takes_its_currency_and_refuses_what_it_does_not_know(self, gateway, provider):
        assert gateway.takes(Money(provider.owed, provider.unit), "EG")
        assert gateway.code == "sandbox" or not gateway.takes(Money(provider.owed, "XXX"), "EG")

    def test_leads_the_buyer_somewhere(self, payment):
        assert payment.redirect_url or payment.steps

    def test_asked_twice_begins_one_attempt(self, gateway, payment):
        again = gateway.begin(bill_of(Payment.objects.get(id=payment.id))).ref
        if gateway.code in ("midtrans", "paymob"):  # they never tell their first answer again
            assert again != payment.provider_ref
        else:
            assert again == payment.provider_ref

    def test_reads_nothing_before_anything_came(self, gateway, payment):
        assert gateway.read(payment.provider_ref) == Reading(PaymentStatus.PENDING)

    def test_reads_what_came_with_a_name_that_stays(self, gateway, provider, payment):
        provider.charge(payment, provider.owed)
        first, second = gateway.read(payment.provider_ref), gateway.read(payment.provider_ref, wanted=False)
        assert first.status == PaymentStatus.SUCCEEDED
        assert [charge.money for charge in first.charges] == [Money(provider.owed, provider.unit)]
        assert first.charges == second.charges

    def test_what_was_asked_pays_the_order(self, provider, payment):
        provider.charge(payment, provider.owed)
        services.refresh_payment(payment.id)
        assert payment.order.__class__.objects.get().status == "paid"

    def test_a_part_leaves_the_order_open_and_is_kept_for_it(self, provider, payment):
        part = provider.owed * 6 // 10
        provider.charge(payment, part)
        fresh = services.refresh_payment(payment.id)
        assert payment.order.__class__.objects.get().status == "open"
        assert (fresh.received_amount, fresh.hold_amount) == (part, part)

    def test_believes_nobody_without_a_signature(self, gateway):
        with pytest.raises(BadSignature):
            gateway.open_envelope(Delivery({}, b"{}"))

    def test_stopping_it_twice_or_what_was_never_there_is_harmless(self, gateway, payment):
        gateway.stop(payment.provider_ref)
        gateway.stop(payment.provider_ref)
        gateway.stop("never-there")
        assert gateway.read(payment.provider_ref).charges == ()

    def test_money_after_stopping_is_still_found(self, gateway, provider, payment):
        gateway.stop(payment.provider_ref)
        provider.charge(payment, provider.owed)
        assert gateway.read(payment.provider_ref).charges

    def test_gives_back_once_per_key_and_never_more_than_came(self, gateway, provider, payment):
        provider.charge(payment, provider.owed)
        part, nothing = Money(provider.owed * 6 // 10, provider.unit), Money(0, provider.unit)
        first = gateway.give_back(payment.provider_ref, part, "key", "Test", before=nothing)
        again = gateway.give_back(payment.provider_ref, part, "key", "Test", before=nothing, again=True)
        assert again == first
        assert first.done == gateway.refunds
        assert bool(first.problem) == (not gateway.refunds)
        if gateway.refunds:
            more = gateway.give_back(payment.provider_ref, part, "other", "Test", before=part)
            assert more.problem
            assert not more.done
            rest = Money(provider.owed, provider.unit) - part
            assert gateway.give_back(payment.provider_ref, rest, "rest", "Test", before=part).done

    def test_tells_what_moved_on_a_day(self, gateway, provider, payment):
        provider.charge(payment, provider.owed)
        name = gateway.read(payment.provider_ref).charges[0].ref
        today = clock.now().date()
        report = gateway.movements(today, [payment.provider_ref])
        (moved,) = [each for each in report.movements if each.kind == MovementKind.CHARGE]
        assert moved.money == Money(provider.owed, provider.unit)
        assert moved.ref == name or moved.attempt in (payment.provider_ref, str(payment.id))
        assert gateway.movements(today - timedelta(days=3), [payment.provider_ref]).movements == ()

    def test_never_speaks_inside_a_transaction(self, gateway, payment):
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            gateway.read(payment.provider_ref)
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            gateway.begin(bill_of(Payment.objects.get(id=payment.id)))
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            gateway.movements(clock.now().date(), [payment.provider_ref])


REAL = sorted(cls.codes[0] for cls in DOUBLES)


@pytest.mark.parametrize("code", REAL)
class TestARealProvider:
    @pytest.fixture
    def gateway(self, code):
        return gateways.gateway(code)

    def test_without_keys_is_not_offered(self, gateway, settings):
        settings.PAYMENTS = {}
        assert not gateway.ready()
        assert gateway.mode() == Mode.NONE
        assert gateway.code not in [way.code for way in gateways.offered(Money(MUCH, "USD"), "EG")]
        with pytest.raises(BadSignature):
            gateway.open_envelope(Delivery({"x-callback-token": ""}, b'{"type": "TRANSACTION", "obj": {}}'))

    def test_that_refuses_our_keys_says_so_and_quotes_none(self, gateway, double, settings, caplog):
        good = double.settings()
        wrong = {name: value if name == "url" else f"wrong-{value}" for name, value in good.items()}
        settings.PAYMENTS = {gateway.provider: wrong}
        with pytest.raises(KeysRefused) as refused:
            gateway.greet()
        assert not [value for value in wrong.values() if value in str(refused.value) + caplog.text]

    def test_that_is_away_leaves_nothing_taken(self, gateway, double, buyer):
        double.away = True
        bought = order(buyer, draft(MUCH, unit=double.unit))
        with pytest.raises(GatewayUnreachable):
            services.start_payment(order_id=bought.id, gateway=gateway.code, actor=buyer, return_url="/")
        assert Payment.objects.get().status == PaymentStatus.FAILED
        with pytest.raises(GatewayUnreachable):
            gateway.read("anything")

    def test_is_asked_once_and_not_again(self, gateway, double):
        double.away = True
        with pytest.raises(GatewayUnreachable):
            gateway.greet()
        assert len(double.asked) == 1

    def test_says_when_the_buyer_failed(self, gateway, double, payment):
        double.fail(payment.provider_ref)
        status = gateway.read(payment.provider_ref).status
        assert status == (PaymentStatus.EXPIRED if gateway.code == "xendit" else PaymentStatus.FAILED)


class TestServicesThatSpeakToGateways:
    def test_refuse_to_run_inside_a_transaction(self, buyer):
        bought = order(buyer)
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            services.top_up(person=buyer, amount=usd(500), gateway="sandbox", return_url="/", key="a", actor=buyer)

    def test_a_gateway_that_does_not_answer_leaves_nothing_taken(self, buyer, settings):
        bought = order(buyer)
        settings.SANDBOX = False
        with pytest.raises(services.GatewayNotOffered):
            services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")

    def test_without_keys_a_gateway_cannot_be_chosen(self, buyer, settings):
        settings.PAYMENTS = {}
        with pytest.raises(services.GatewayNotOffered):
            services.start_payment(order_id=order(buyer).id, gateway="stripe", actor=buyer, return_url="/")
