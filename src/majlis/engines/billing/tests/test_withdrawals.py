"""Money people take out."""

from datetime import timedelta

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import WithdrawalMethod
from majlis.engines.billing.tests.factories import IBAN, draft, free, give, house, order, usd, wallet
from majlis.engines.billing.types import WithdrawalStatus
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.ledger.services import InsufficientFunds
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices.models import Notice
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import Money
from majlis.kit.state import IllegalTransition

pytestmark = pytest.mark.django_db


def ask(person, method, amount=10_000, key="a", **destination):
    return services.request_withdrawal(
        person=person,
        amount=usd(amount),
        method_id=method.id,
        destination={**IBAN, **destination},
        key=key,
        actor=person,
    )


class TestRequest:
    def test_sets_the_money_aside_and_tells_what_arrives(self, seller, method):
        give(seller, 15_000)
        asked = ask(seller, method)
        assert (wallet(seller), house(Purpose.WITHDRAWALS)) == (5_000, 10_000)
        assert (asked.fee, asked.payout) == (usd(300), usd(9_700))

    def test_the_same_key_asks_once(self, seller, method):
        give(seller, 20_000)
        assert ask(seller, method).id == ask(seller, method).id
        assert wallet(seller) == 10_000

    def test_refuses_more_than_there_is(self, seller, method):
        give(seller, 9_999)
        with pytest.raises(InsufficientFunds):
            ask(seller, method)

    def test_refuses_less_than_the_method_allows(self, seller, method):
        give(seller, 10_000)
        with pytest.raises(services.AmountOutOfRange):
            ask(seller, method, 1_999)

    def test_refuses_a_method_that_is_switched_off(self, seller, method):
        WithdrawalMethod.objects.update(enabled=False)
        give(seller, 10_000)
        with pytest.raises(services.MethodNotOffered):
            ask(seller, method)

    @pytest.mark.parametrize(
        ("number", "right"),
        [
            ("01012345678", True),
            ("01512345678", True),
            (" 01012345678 ", True),
            ("٠١٠١٢٣٤٥٦٧٨", True),
            ("01312345678", False),
            ("0101234567", False),
            ("010123456789", False),
            ("01012345678\n0", False),
            ("", False),
        ],
    )
    def test_knows_an_egyptian_mobile_number(self, seller, method, number, right):
        mobile = WithdrawalMethod.objects.get(code="mobile-wallet-eg")
        give(seller, 20_000, "EGP")
        request = {
            "person": seller,
            "amount": Money(20_000, "EGP"),
            "method_id": mobile.id,
            "destination": {"mobile": number},
            "key": "a",
            "actor": seller,
        }
        if right:
            assert services.request_withdrawal(**request).destination["mobile"] in {"01012345678", "01512345678"}
        else:
            with pytest.raises(Invalid) as refused:
                services.request_withdrawal(**request)
            assert "mobile" in refused.value.errors

    def test_keeps_nothing_but_the_fields_the_method_asks_for(self, seller, method):
        give(seller, 10_000)
        assert "status" not in ask(seller, method, status="paid").destination


class TestDecide:
    def test_approved_and_paid_with_a_receipt_in_the_trail(self, seller, method, staff):
        give(seller, 10_000)
        asked = ask(seller, method)
        services.approve_withdrawal(withdrawal_id=asked.id, actor=staff, note="Soon")
        paid = services.mark_withdrawal_paid(withdrawal_id=asked.id, actor=staff, transfer_ref="BANK-1")
        assert paid.status == WithdrawalStatus.PAID
        assert (house(Purpose.WITHDRAWALS), house(Purpose.CLEARING, name="payouts"), house(Purpose.FEES)) == (
            0,
            9_700,
            300,
        )
        assert set(AuditEntry.objects.values_list("action", flat=True)) == {"withdrawal.approved", "withdrawal.paid"}
        assert Notice.objects.filter(person_id=seller.id, kind="withdrawal_paid").exists()

    def test_rejected_the_money_is_back_and_the_reason_told(self, seller, method, staff):
        give(seller, 10_000)
        asked = ask(seller, method)
        services.reject_withdrawal(withdrawal_id=asked.id, reason="The name does not match.", actor=staff)
        assert (wallet(seller), house(Purpose.WITHDRAWALS)) == (10_000, 0)
        assert queries.withdrawal(asked.id, seller).note == "The name does not match."

    def test_rejecting_needs_a_reason(self, seller, method, staff):
        give(seller, 10_000)
        with pytest.raises(Invalid):
            services.reject_withdrawal(withdrawal_id=ask(seller, method).id, reason=" ", actor=staff)

    def test_is_not_paid_before_it_is_approved(self, seller, method, staff):
        give(seller, 10_000)
        with pytest.raises(IllegalTransition):
            services.mark_withdrawal_paid(withdrawal_id=ask(seller, method).id, actor=staff, transfer_ref="x")

    def test_is_not_decided_twice(self, seller, method, staff):
        give(seller, 10_000)
        asked = ask(seller, method)
        services.reject_withdrawal(withdrawal_id=asked.id, reason="No", actor=staff)
        with pytest.raises(IllegalTransition):
            services.reject_withdrawal(withdrawal_id=asked.id, reason="No", actor=staff)
        assert wallet(seller) == 10_000


class TestChangeAndCancel:
    def test_taken_back_at_once_while_it_waits(self, seller, method):
        give(seller, 10_000)
        asked = ask(seller, method)
        assert services.cancel_withdrawal(withdrawal_id=asked.id, actor=seller).status == WithdrawalStatus.CANCELLED
        assert wallet(seller) == 10_000

    @pytest.mark.parametrize(("agree", "left"), [(True, 10_000), (False, 0)])
    def test_once_approved_staff_is_asked(self, seller, method, staff, agree, left):
        give(seller, 10_000)
        asked = ask(seller, method)
        services.approve_withdrawal(withdrawal_id=asked.id, actor=staff)
        services.cancel_withdrawal(withdrawal_id=asked.id, actor=seller)
        assert wallet(seller) == 0
        services.answer_withdrawal_request(withdrawal_id=asked.id, agree=agree, actor=staff)
        assert wallet(seller) == left

    def test_other_details_once_approved_are_asked_for(self, seller, method, staff):
        give(seller, 10_000)
        asked = ask(seller, method)
        services.approve_withdrawal(withdrawal_id=asked.id, actor=staff)
        other = {**IBAN, "holder": "Omar F. Ali"}
        services.change_withdrawal(withdrawal_id=asked.id, method_id=method.id, destination=other, actor=seller)
        assert queries.withdrawal(asked.id, seller).destination["holder"] == "Omar Farouk"
        answered = services.answer_withdrawal_request(withdrawal_id=asked.id, agree=True, actor=staff)
        assert (answered.status, answered.destination["holder"]) == (WithdrawalStatus.PENDING, "Omar F. Ali")

    def test_anothers_does_not_exist(self, seller, buyer, method):
        give(seller, 10_000)
        with pytest.raises(NotFound):
            services.cancel_withdrawal(withdrawal_id=ask(seller, method).id, actor=buyer)


class TestWithdrawable:
    def test_explains_what_comes_when_and_why_then(self, buyer, seller):
        give(buyer, 10_000)
        placed = order(buyer, draft(10_000, seller))
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        at = clock.now() + timedelta(days=2)
        services.expect_release(line_id=placed.lines[0].id, at=at, because="Two days after the lesson.")
        told = queries.withdrawable(seller, "USD")
        assert (told.now, told.held_total) == (usd(0), usd(8_000))
        assert (told.held[0].releases_at, told.held[0].because) == (at, "Two days after the lesson.")
        services.release_line(line_id=placed.lines[0].id, key="done")
        told = queries.withdrawable(seller, "USD")
        assert (told.now, told.held) == (usd(8_000), ())

    def test_money_set_aside_for_an_order_is_not_withdrawable(self, buyer, method):
        give(buyer, 10_000)
        placed = order(buyer)
        services.start_payment(
            order_id=placed.id, gateway="sandbox", actor=buyer, return_url="/", from_wallet=usd(9_000)
        )
        assert free(buyer) == 1_000
        with pytest.raises(InsufficientFunds):
            ask(buyer, method, 2_000)
