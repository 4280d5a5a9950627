"""The contract of a gateway, run against every gateway the house ships."""

import pytest
from django.db import transaction

from majlis.engines.billing import gateways, services
from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.gateways.base import BadSignature, Bill, Delivery, Reading
from majlis.engines.billing.gateways.chains.networks import NETWORKS
from majlis.engines.billing.models import Payment
from majlis.engines.billing.tests.factories import order, usd
from majlis.engines.billing.types import PaymentStatus
from majlis.kit import testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db


class SandboxProvider:
    """How money comes to the sandbox."""

    sends_webhooks = True

    def charge(self, payment, amount):
        sandbox.charge_at_provider(payment.provider_ref, usd(amount))


class Bank:
    """How money comes to the bank account: staff finds it."""

    sends_webhooks = False
    found = 0

    def charge(self, payment, amount):
        sent = services.send_receipt(payment_id=payment.id, file_id=None, actor=payment.payer)
        Bank.found += 1
        services.confirm_transfer(
            transfer_id=sent.id, found=usd(amount), bank_ref=f"BANK-{Bank.found}", actor=testing.person()
        )


PROVIDERS = {"sandbox": SandboxProvider(), "manual": Bank()}


@pytest.fixture(params=sorted(set(gateways.KNOWN) - set(NETWORKS)))  # coins need chains: test_coin_gateways
def gateway(request):
    return gateways.gateway(request.param)


@pytest.fixture
def provider(gateway):
    return PROVIDERS[gateway.code]


@pytest.fixture
def payment(gateway, buyer):
    started = services.start_payment(
        order_id=order(buyer).id, gateway=gateway.code, actor=buyer, return_url="/back/?a=1"
    )
    return Payment.objects.get(id=started.payment_id)


def bill(payment):
    return Bill(
        payment_id=payment.id,
        reference="K7Q2-9FXD",
        amount=payment.money,
        description="Order",
        payer_name="Salma",
        payer_email="salma@example.test",
        language="en",
        return_url="/back/",
        expires_at=None,
    )


class TestEveryGateway:
    def test_has_a_name_and_says_how_it_goes(self, gateway):
        assert str(gateway.name)
        assert str(gateway.summary)
        assert gateway.first_look.total_seconds() > 0

    def test_has_a_provider_in_this_test(self, provider):
        assert provider

    def test_takes_dollars_and_refuses_what_it_does_not_know(self, gateway):
        assert gateway.takes(usd(1_000), "EG")
        assert isinstance(gateway.takes(Money(1_000, "XXX"), "EG"), bool)

    def test_leads_the_buyer_somewhere(self, payment):
        assert payment.redirect_url or payment.steps

    def test_asked_twice_begins_one_attempt(self, gateway, payment):
        assert gateway.begin(bill(payment)).ref == payment.provider_ref

    def test_reads_nothing_before_anything_came(self, gateway, payment):
        assert gateway.read(payment.provider_ref) == Reading(PaymentStatus.PENDING)

    def test_reads_all_that_came_with_names_that_stay(self, gateway, provider, payment):
        provider.charge(payment, 6_000)
        first = gateway.read(payment.provider_ref)
        provider.charge(payment, 4_000)
        second = gateway.read(payment.provider_ref)
        assert [charge.money for charge in second.charges] == [usd(6_000), usd(4_000)]
        assert second.charges[0] == first.charges[0]
        assert second.status == PaymentStatus.SUCCEEDED

    def test_a_part_then_the_rest_pays_the_order(self, provider, payment):
        provider.charge(payment, 6_000)
        services.refresh_payment(payment.id)
        assert payment.order.__class__.objects.get().status == "open"
        provider.charge(payment, 4_000)
        services.refresh_payment(payment.id)
        assert payment.order.__class__.objects.get().status == "paid"

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
        provider.charge(payment, 10_000)
        assert gateway.read(payment.provider_ref).charges

    def test_gives_back_once_per_key_or_says_that_it_cannot(self, gateway, provider, payment):
        provider.charge(payment, 10_000)
        first = gateway.give_back(payment.provider_ref, usd(6_000), "key", "Test", before=usd(0))
        assert gateway.give_back(payment.provider_ref, usd(6_000), "key", "Test", before=usd(0)) == first
        assert first.done == gateway.refunds
        assert bool(first.problem) == (not gateway.refunds)
        if gateway.refunds:
            assert gateway.give_back(payment.provider_ref, usd(6_000), "other", "Test", before=usd(6_000)).problem

    def test_never_speaks_inside_a_transaction(self, gateway, payment):
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            gateway.read(payment.provider_ref)
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            gateway.begin(bill(payment))


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
