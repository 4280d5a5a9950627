"""Bank transfers with a receipt."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.tests.factories import SEATS, free, order, usd
from majlis.kernel.notices.models import Notice
from majlis.kit import clock, testing
from majlis.kit.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db


@pytest.fixture
def staff(db):
    return testing.person("Fatma Finance", roles=["finance"])


@pytest.fixture
def bought(buyer):
    return order(buyer)


@pytest.fixture
def sent(bought, buyer):
    started = services.start_payment(order_id=bought.id, gateway="manual", actor=buyer, return_url="/")
    return services.send_receipt(payment_id=started.payment_id, file_id=None, actor=buyer)


def confirm(sent, staff, amount=10_000, ref="B1"):
    return services.confirm_transfer(transfer_id=sent.id, found=usd(amount), bank_ref=ref, actor=staff)


class TestTransfer:
    def test_tells_where_the_money_goes_and_what_to_write(self, bought, buyer):
        started = services.start_payment(order_id=bought.id, gateway="manual", actor=buyer, return_url="/")
        assert started.redirect_url is None
        assert started.instructions["Reference"] == bought.number
        assert next(iter(started.instructions)) == "Bank"

    def test_found_in_the_account_the_order_is_paid(self, sent, staff, bought, buyer):
        confirm(sent, staff)
        assert queries.order(bought.id, buyer).status == "paid"

    def test_is_decided_once(self, sent, staff):
        confirm(sent, staff)
        with pytest.raises(services.TransferDecided):
            confirm(sent, staff, ref="B2")

    def test_the_same_money_pays_one_order_only(self, sent, staff, buyer):
        confirm(sent, staff)
        second = services.start_payment(order_id=order(buyer).id, gateway="manual", actor=buyer, return_url="/")
        again = services.send_receipt(payment_id=second.payment_id, file_id=None, actor=buyer)
        with pytest.raises(services.BankReferenceUsed):
            confirm(again, staff)

    def test_not_found_the_buyer_reads_why_and_may_send_another(self, sent, staff, buyer):
        services.reject_transfer(transfer_id=sent.id, reason="No such amount.", actor=staff)
        assert Notice.objects.filter(person_id=buyer.id, kind="transfer_rejected").exists()
        assert services.send_receipt(payment_id=sent.payment_id, file_id=None, actor=buyer)

    def test_a_second_receipt_waits_for_the_answer_to_the_first(self, sent, buyer):
        with pytest.raises(services.ReceiptWaits):
            services.send_receipt(payment_id=sent.payment_id, file_id=None, actor=buyer)

    def test_anothers_payment_does_not_exist(self, sent, seller):
        with pytest.raises(NotFound):
            services.send_receipt(payment_id=sent.payment_id, file_id=None, actor=seller)

    def test_a_card_payment_takes_no_receipt(self, bought, buyer):
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        with pytest.raises(Invalid):
            services.send_receipt(payment_id=started.payment_id, file_id=None, actor=buyer)

    def test_found_after_the_order_ended_it_is_in_the_wallet(self, sent, staff, bought, buyer):
        services.expire_orders(now=clock.now() + timedelta(hours=1))
        confirm(sent, staff)
        assert (queries.order(bought.id, buyer).status, free(buyer)) == ("void", 10_000)

    def test_the_order_waits_as_long_as_its_product_can_keep_it(self, bought, buyer):
        until = SEATS.keep_until = clock.now() + timedelta(days=1)
        started = services.start_payment(order_id=bought.id, gateway="manual", actor=buyer, return_url="/")
        services.send_receipt(payment_id=started.payment_id, file_id=None, actor=buyer)
        assert queries.order(bought.id, buyer).expires_at == until
