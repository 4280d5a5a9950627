"""The contract of a gateway that keeps a way to pay and charges it while the payer is away, run against every one the
house ships; the real ones speak over HTTP to a double of their provider."""

import pytest
from django.db import transaction

from majlis.engines.billing import gateways, services
from majlis.engines.billing.gateways.base import Keeper
from majlis.engines.billing.models import (
    Charge,
    GatewayCustomer,
    Payment,
    SandboxCard,
    SandboxCharge,
    SandboxSession,
    SavedMethod,
)
from majlis.engines.billing.services.payments import bill_of, prepare
from majlis.engines.billing.tests.factories import draft, order, usd, wallet
from majlis.engines.billing.tests.plans import fresh, join, plan, told
from majlis.engines.billing.types import PaymentStatus
from majlis.kernel.notices import queries as notices
from majlis.kit import audit, clock

pytestmark = pytest.mark.django_db
KEEPERS = sorted(code for code, way in gateways.KNOWN.items() if isinstance(way, Keeper))


class SandboxBank:
    """The card the sandbox keeps."""

    def __init__(self, person):
        self.card = SandboxCard.objects.create(ref="card_kept", label="Test •••• 4242")

    def declines(self, declines=True):
        SandboxCard.objects.filter(ref=self.card.ref).update(declines=declines)

    def away(self, settings):
        settings.SANDBOX = False

    def took(self):
        return [usd(row.amount) for row in SandboxCharge.objects.order_by("ref")]


class StripeBank:
    """The card Stripe keeps."""

    def __init__(self, person, double):
        self.double = double
        GatewayCustomer.objects.create(person=person, provider="stripe", ref="cus_kept")

    def declines(self, declines=True):
        self.double.declines = declines

    def away(self, settings):
        self.double.away = True

    def took(self):
        return [usd(row["amount"]) for row in self.double.intents.values() if row["status"] == "succeeded"]


@pytest.fixture(params=KEEPERS)
def way(request):
    return gateways.gateway(request.param)


@pytest.fixture
def bank(way, buyer, doubles):
    return SandboxBank(buyer) if way.code == "sandbox" else StripeBank(buyer, doubles[way.provider])


@pytest.fixture
def method(way, bank, buyer):
    ref = "card_kept" if way.code == "sandbox" else "pm_kept"
    return SavedMethod.objects.create(person=buyer, gateway=way.code, ref=ref, label="Visa •••• 4242")


@pytest.fixture
def bought(buyer):
    return order(buyer, draft(10_000))


@pytest.fixture
def bill(bought, method):
    payment = prepare(bought.id, method.gateway, method.person, "/", None, clock.now(), method=method)
    return bill_of(payment)


def is_paid(bought):
    bought.refresh_from_db()
    return bought.status == "paid"


class TestEveryKeeper:
    def test_there_are_some(self):
        assert {"sandbox", "stripe"} <= set(KEEPERS)

    def test_charges_what_is_missing_and_the_order_is_paid(self, bank, method, bought, buyer):
        assert services.charge_saved(order_id=bought.id, method=method) is True
        assert (is_paid(bought), bank.took(), wallet(buyer)) == (True, [usd(10_000)], 0)
        assert Payment.objects.get().method == method

    def test_the_same_key_twice_charges_once(self, way, bank, method, bill):
        first, again = way.charge_saved(bill, method.ref), way.charge_saved(bill, method.ref)
        assert (first.ref, bank.took()) == (again.ref, [usd(10_000)])

    def test_an_order_that_is_paid_is_not_charged_again(self, bank, method, bought):
        services.charge_saved(order_id=bought.id, method=method)
        with pytest.raises(services.AlreadyPaid):
            services.charge_saved(order_id=bought.id, method=method)
        assert bank.took() == [usd(10_000)]

    def test_a_decline_reads_as_failed_and_raises_nothing(self, way, bank, method, bill):
        bank.declines()
        reading = way.read(way.charge_saved(bill, method.ref).ref)
        assert (reading.status, reading.charges, reading.asks_payer) == (PaymentStatus.FAILED, (), False)
        assert reading.problem

    def test_a_decline_is_told_and_takes_nothing(self, bank, method, bought, buyer):
        bank.declines()
        assert services.charge_saved(order_id=bought.id, method=method) is False
        assert (is_paid(bought), bank.took(), Charge.objects.count()) == (False, [], 0)
        assert (Payment.objects.get().status, told(buyer)) == (PaymentStatus.FAILED, ["payment_failed"])

    def test_the_same_declined_key_again_is_still_declined(self, way, bank, method, bill):
        bank.declines()
        first = way.charge_saved(bill, method.ref)
        bank.declines(False)
        assert way.read(way.charge_saved(bill, method.ref).ref).status == PaymentStatus.FAILED
        assert (first.ref, bank.took()) == (way.charge_saved(bill, method.ref).ref, [])

    def test_a_later_try_is_another_key_and_charges(self, bank, method, bought):
        bank.declines()
        services.charge_saved(order_id=bought.id, method=method)
        bank.declines(False)
        assert services.charge_saved(order_id=bought.id, method=method) is True
        assert (is_paid(bought), bank.took()) == (True, [usd(10_000)])

    def test_one_that_is_away_counts_as_declined(self, bank, method, bought, settings):
        bank.away(settings)
        assert services.charge_saved(order_id=bought.id, method=method) is False
        assert not is_paid(bought)

    def test_an_answer_that_was_lost_is_asked_for_again_and_charges_once(self, way, bank, method, bill, bought):
        way.charge_saved(bill, method.ref)  # and we crashed before writing it down
        assert services.charge_saved(order_id=bought.id, method=method) is True
        assert bank.took() == [usd(10_000)]

    def test_never_speaks_inside_a_transaction(self, way, method, bill):
        with pytest.raises(transaction.TransactionManagementError), transaction.atomic():
            way.charge_saved(bill, method.ref)

    def test_a_method_that_was_removed_is_not_charged(self, bank, method, buyer):
        services.forget_method(method_id=method.id, actor=buyer)
        it = join(buyer, plan(), paid=False)
        services.pay_covered_orders()
        assert (fresh(it).status, bank.took(), SandboxSession.objects.count()) == ("incomplete", [], 0)


class TestABankThatAsksForThePayer:
    @pytest.fixture
    def way(self):
        return gateways.gateway("stripe")

    @pytest.fixture
    def double(self, doubles):
        return doubles["stripe"]

    def test_is_told_with_a_link_to_where_they_can_pay_themselves(self, double, method, bought, buyer):
        double.asks_payer = True
        assert services.charge_saved(order_id=bought.id, method=method) is False
        (notice,) = notices.notices_of(buyer, None).items
        assert (notice.kind, notice.link) == ("payment_needs_you", f"/checkout/{bought.id}/")
        assert (is_paid(bought), Charge.objects.count()) == (False, 0)

    def test_and_confirmed_by_them_the_order_is_paid_once(self, double, method, bought, buyer):
        double.asks_payer = True
        services.charge_saved(order_id=bought.id, method=method)
        started = services.start_payment(order_id=bought.id, gateway="stripe", actor=buyer, return_url="/")
        double.pay(Payment.objects.get(id=started.payment_id).provider_ref)
        services.refresh_payment(started.payment_id)
        assert (is_paid(bought), Charge.objects.count(), wallet(buyer)) == (True, 1, 0)
        assert [finding for outcome in audit.run("billing") for finding in outcome.findings] == []
