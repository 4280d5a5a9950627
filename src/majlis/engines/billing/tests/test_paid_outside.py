"""Invoices at Stripe that a hand marked as paid outside of it: staff says where the money is."""

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Charge, Payment, Subscription, Transfer
from majlis.engines.billing.tests.factories import usd, wallet
from majlis.engines.billing.tests.mirrored import MONTH, nothing_is_wrong, states, tell
from majlis.engines.billing.tests.plans import fresh, left, told
from majlis.kit import clock, testing
from majlis.kit.ids import new_id

COUNTED = pytest.mark.parametrize("counted", [True, False], ids=["counted as paid", "not counted"])


def marked(double, it, *, counted=True):
    """The card declines, and somebody marks the renewal's invoice as paid; Stripe's word of it."""
    double.declines = True
    invoice = double.renew(it.provider_ref)
    double.mark_paid(invoice, counted=counted)
    return tell(double, "invoice.paid", invoice)


def confirm(found=10_000, ref="bank 1"):
    return services.confirm_transfer(transfer_id=Transfer.objects.get().id, found=usd(found), bank_ref=ref, actor=None)


@pytest.mark.django_db
class TestPaidOutside:
    @COUNTED
    def test_a_renewal_waits_for_staff_and_begins_when_they_found_the_money(self, double, buyer, member, counted):
        with clock.travel(member.ends_at):
            event = marked(double, member, counted=counted)
            waits = Transfer.objects.get()
            assert (waits.status, waits.payment.money) == ("submitted", usd(10_000))
            assert "Stripe" in waits.note
            assert "in_" in waits.note
            assert event.problem
            assert (fresh(member).number, states(member)) == (1, ("active", "full"))
            assert Charge.objects.count() == 1
            confirm()
            assert (fresh(member).number, fresh(member).ends_at) == (2, member.ends_at + MONTH)
            assert (left(buyer), wallet(buyer)) == (240, 0)
        paid = Charge.objects.order_by("id").last()
        assert (paid.gateway, paid.amount) == ("manual", 10_000)
        assert nothing_is_wrong()

    def test_the_first_one_too(self, double, buyer, price):
        double.declines = True
        services.start_subscription(person=buyer, price_id=price.id, key=str(new_id()), actor=buyer)
        it = Subscription.objects.get()
        ref = double.complete(it.provider_ref)
        (invoice,) = double.invoices
        double.mark_paid(invoice, counted=False)
        tell(double, "invoice.paid", invoice)
        assert states(it) == ("incomplete", "none")
        confirm()
        services.mirror_subscription(it.id)
        assert (states(it), fresh(it).provider_ref, left(buyer)) == (("active", "full"), ref, 240)
        assert nothing_is_wrong()

    def test_is_asked_for_once_however_often_it_is_read(self, double, member):
        with clock.travel(member.ends_at):
            marked(double, member)
            for _time in range(2):
                services.mirror_subscription(member.id)
            assert Transfer.objects.count() == 1
            services.reject_transfer(transfer_id=Transfer.objects.get().id, reason="Nothing came.", actor=None)
            services.mirror_subscription(member.id)
        assert [each.status for each in Transfer.objects.all()] == ["rejected"]
        assert nothing_is_wrong()

    def test_less_is_kept_for_the_order_which_waits_for_the_rest(self, double, buyer, member):
        with clock.travel(member.ends_at):
            marked(double, member)
            confirm(found=6_000)
        order = queries.open_order_of(fresh(member))
        assert queries.remaining(order) == usd(4_000)
        assert "paid_in_part" in told(buyer)
        assert nothing_is_wrong()

    def test_what_came_for_one_that_ended_meanwhile_is_the_wallets(self, double, buyer, member):
        with clock.travel(member.ends_at):
            marked(double, member)
            services.cancel_subscription(subscription_id=member.id, actor=buyer, at_once=True)
            confirm()
        assert (fresh(member).status, wallet(buyer)) == ("ended", 10_000)
        assert nothing_is_wrong()

    def test_an_invoice_that_asks_for_nothing_was_paid_nowhere(self, double, member):
        with clock.travel(member.ends_at):
            double.prices[member.price.provider_ref]["unit_amount"] = 0
            tell(double, "invoice.paid", double.renew(member.provider_ref))
        assert not Transfer.objects.exists()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRaces:
    def test_eight_words_of_it_at_once_ask_staff_once(self, double, member):
        with clock.travel(member.ends_at):
            double.declines = True
            double.mark_paid(double.renew(member.provider_ref), counted=True)
            answers = testing.at_once([lambda: services.mirror_subscription(member.id)] * 8)
        assert not [each for each in answers if isinstance(each, Exception)]
        assert (Transfer.objects.count(), Payment.objects.filter(gateway="manual").count()) == (1, 1)
