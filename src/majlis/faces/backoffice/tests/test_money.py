"""The office's money: pages for those whose work it is, and buttons that end in the trail."""

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.models import (
    Charge,
    CommissionRule,
    Coupon,
    OrderLine,
    PayoutBatch,
    WebhookEvent,
    WithdrawalMethod,
)
from majlis.engines.billing.tests.factories import draft, give, house, order, pay, press, usd, wallet
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.ledger.types import Purpose
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
MODELS = (
    "order",
    "orderline",
    "payment",
    "webhookevent",
    "refund",
    "transfer",
    "invoice",
    "withdrawal",
    "withdrawalmethod",
    "payoutbatch",
    "commissionrule",
)


@pytest.fixture
def buyer():
    return person("Salma Hassan", country="EG")


@pytest.fixture
def seller():
    return person("Omar Farouk")


@pytest.fixture
def desk(client):
    client.force_login(person("Fatma Finance", roles=["finance"]))
    return client


def press_button(desk, row, act, **data):
    name = f"admin:billing_{row._meta.model_name}_act"
    return desk.post(reverse(name, args=[row.pk, act]), data, follow=True)


def _in_the_bank(boss):
    """A withdrawal of somebody else, in a file for the bank."""
    other, paypal = person("Mona Adel"), WithdrawalMethod.objects.get(code="paypal")
    give(other, 1_000)
    asked = services.request_withdrawal(
        person=other,
        amount=usd(1_000),
        method_id=paypal.id,
        destination={"email": "mona@example.org"},
        key="b",
        actor=other,
    )
    services.approve_withdrawal(withdrawal_id=asked.id, actor=boss)
    services.export_batch(method_id=paypal.id, actor=boss)


@pytest.fixture
def business(buyer, seller):
    """Something of everything."""
    services.load_withdrawal_methods()
    bought = order(buyer, draft(11_400, seller), draft(5_000, seller))
    payment_id = pay(bought)
    services.settle_line(line_id=bought.lines[0].id, buyer=usd(11_400), seller=usd(0), key="a", reason="Test")
    boss = person(roles=["owner"])
    services.refund_payment(payment_id=payment_id, amount=usd(400), key="r", reason="Asked", actor=boss)
    waits = order(buyer)
    started = services.start_payment(order_id=waits.id, gateway="manual", actor=buyer, return_url="/")
    services.send_receipt(payment_id=started.payment_id, file_id=None, actor=buyer)
    services.add_commission_rule(actor=boss, basis_points=1_500, seller=seller, note="Trial")
    give(seller, 10_000)
    services.request_withdrawal(
        person=seller,
        amount=usd(5_000),
        method_id=WithdrawalMethod.objects.get(code="iban").id,
        destination={"holder": "Omar", "iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"},
        key="a",
        actor=seller,
    )
    _in_the_bank(boss)
    return bought


class TestPages:
    @pytest.mark.parametrize("language", ["en", "ar"])
    def test_each_list_and_each_row_opens(self, desk, business, language):
        desk.cookies["language"] = language
        for name in MODELS:
            answer = desk.get(reverse(f"admin:billing_{name}_changelist"))
            assert answer.status_code == 200, name
            row = answer.context["cl"].queryset.first()
            assert row is not None, name
            assert desk.get(reverse(f"admin:billing_{name}_change", args=[row.pk])).status_code == 200, name

    def test_the_dashboard_shows_what_waits(self, desk, business):
        figures = {str(figure.label): figure.value for figure in desk.get("/office/").context["figures"]}
        assert figures["Transfers to check"] == 1
        assert figures["Withdrawals to decide"] == 1

    def test_the_dashboard_draws_what_was_paid_and_says_it_in_words(self, desk, business):
        answer = desk.get("/office/")
        paid = [figure for figure in answer.context["drawn"] if str(figure.label) == "Paid in 14 days"]
        assert [sum(figure.points) for figure in paid] == [
            sum(charge.amount for charge in Charge.objects.filter(unit=unit))
            for unit in sorted(set(Charge.objects.values_list("unit", flat=True)))
        ]
        assert f"<td>{paid[0].days[-1][1]}</td>" in answer.content.decode()

    def test_a_moderator_sees_none_of_it(self, client, business):
        client.force_login(person(roles=["moderator"]))
        for name in MODELS:
            assert client.get(reverse(f"admin:billing_{name}_changelist")).status_code == 403, name

    def test_support_looks_but_moves_no_money(self, client, business):
        client.force_login(person(roles=["support"]))
        line = OrderLine.objects.get(position=1)
        assert press_button(client, line, "refund", amount="1", reason="x").status_code == 403
        assert OrderLine.objects.get(id=line.id).status == "held"


class TestButtons:
    def test_refund_of_a_held_line(self, desk, business, buyer):
        before = wallet(buyer)
        line = OrderLine.objects.get(position=1)
        press_button(desk, line, "refund", amount="20.00", reason="The room was noisy.")
        assert wallet(buyer) == before + 2_000
        assert AuditEntry.objects.filter(action="billing.line_refunded", reason="The room was noisy.").exists()

    def test_refund_beyond_what_was_paid_is_refused_in_words(self, desk, business):
        line = OrderLine.objects.get(position=1)
        page = press_button(desk, line, "refund", amount="50.01", reason="x").content.decode()
        assert "At most" in page
        assert OrderLine.objects.get(id=line.id).status == "held"

    def test_an_amount_that_is_none_is_marked_at_its_field(self, desk, business):
        line = OrderLine.objects.get(position=1)
        assert press_button(desk, line, "refund", amount="lots", reason="x").status_code == 422

    def test_release(self, desk, business, seller):
        before = wallet(seller)
        press_button(desk, OrderLine.objects.get(position=1), "release", reason="Taught")
        assert wallet(seller) > before

    def test_a_webhook_run_again(self, desk, buyer):
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        ref = queries.payment(started.payment_id, buyer).provider_ref
        sandbox.charge_at_provider(ref, usd(10_000))
        headers, body = sandbox.signed_event(ref, "payment.succeeded")
        services.receive_webhook(gateway="sandbox", headers=headers, body=body)
        press_button(desk, WebhookEvent.objects.get(), "run_again")
        assert queries.order(bought.id, buyer).status == "paid"

    def test_a_payment_looked_at_again(self, desk, buyer):
        bought = order(buyer)
        paid = queries.payment(pay(bought, "silent"), buyer)
        press_button(desk, paid, "look")
        assert queries.order(bought.id, buyer).status == "paid"

    def test_a_withdrawal_approved_and_paid_with_its_receipt(self, desk, business, seller):
        (asked,) = queries.withdrawals_of(seller).items
        press_button(desk, asked, "approve", note="Tomorrow")
        receipt = SimpleUploadedFile("receipt.png", PNG, content_type="image/png")
        press_button(desk, asked, "paid", transfer_ref="CIB-1", receipt=receipt, note="")
        (paid,) = queries.withdrawals_of(seller).items
        assert (paid.status, paid.transfer_ref) == ("paid", "CIB-1")
        assert paid.receipt_id is not None
        assert house(Purpose.WITHDRAWALS) == 1_000  # the other one, which is at the bank

    def test_a_method_switched_off_and_its_limits_set(self, desk, business, client):
        client.force_login(person(roles=["admin"]))
        method = WithdrawalMethod.objects.get(code="iban")
        press_button(client, method, "set_limits", minimum="30", maximum="500", fee="5", reason="Bank fees rose")
        press_button(client, method, "switch_off", reason="Holidays")
        method.refresh_from_db()
        assert (method.min_amount, method.max_amount, method.fee_fixed, method.enabled) == (3_000, 50_000, 500, False)
        page = press_button(client, method, "set_limits", minimum="3", maximum="500", fee="5", reason="x")
        assert page.status_code == 422

    def test_a_commission_rule_added_and_ended(self, client, seller):
        client.force_login(person(roles=["owner"]))
        where = reverse("admin:billing_commissionrule_list_act", args=["add_rule"])
        client.post(where, {"percent": "12.5", "seller": seller.email, "kind": "seat", "reason": "Star teacher"})
        rule = CommissionRule.objects.get()
        assert (rule.basis_points, rule.seller, rule.kind) == (1_250, seller, "seat")
        press_button(client, rule, "end_rule")
        rule.refresh_from_db()
        assert rule.ends_at is not None

    def test_money_of_a_late_payment_can_go_back_to_the_card(self, desk, buyer):
        bought = order(buyer)
        payment_id = pay(bought)
        press(payment_id, "pay")
        assert wallet(buyer) == 10_000
        press_button(desk, queries.payment(payment_id, None), "send_back", amount="100", reason="Paid twice")
        assert wallet(buyer) == 0


class TestPayouts:
    def test_the_file_for_the_bank_is_made_taken_and_marked_paid(self, desk, seller):
        services.load_withdrawal_methods()
        method = WithdrawalMethod.objects.get(code="paypal")
        give(seller, 10_000)
        asked = services.request_withdrawal(
            person=seller,
            amount=usd(10_000),
            method_id=method.id,
            destination={"email": "omar@example.org"},
            key="a",
            actor=seller,
        )
        press_button(desk, asked, "approve", note="Soon")
        press_button(desk, method, "export")
        batch = PayoutBatch.objects.get()
        page = desk.get(reverse("admin:billing_payoutbatch_change", args=[batch.pk])).content.decode()
        address = reverse("admin:billing_payoutbatch_file", args=[batch.pk])
        assert address in page
        assert batch.checksum in page
        file = desk.get(address)
        assert file.content.decode() == batch.content
        assert "omar@example.org" in batch.content
        press_button(desk, batch, "paid", transfer_ref="BANK-7", receipt=SimpleUploadedFile("r.png", PNG, "image/png"))
        batch.refresh_from_db()
        assert (batch.status, queries.withdrawal(asked.id, seller).status) == ("paid", "paid")
        assert batch.receipt_id is not None
        assert AuditEntry.objects.filter(action="billing.batch_downloaded").exists()

    def test_the_file_is_for_finance_only(self, client, seller):
        client.force_login(person("Sami Support", roles=["support"]))
        assert client.get(reverse("admin:billing_payoutbatch_file", args=[seller.id])).status_code == 404

    def test_earnings_are_taken_back_by_a_button(self, desk, buyer, seller):
        bought = order(buyer, draft(10_000, seller))
        pay(bought)
        line = services.release_line(line_id=bought.lines[0].id, key="a")
        press_button(desk, line, "claw_back", amount="10", reason="The bank took it.")
        assert queries.line(line.id).clawed_amount == 1_000


class TestCoupons:
    def test_added_changed_and_switched_off(self, desk, buyer):
        address = reverse("admin:billing_coupon_list_act", args=["add_coupon"])
        wish = {"code": "spring", "percent": "25", "year": "40", "borne_by": "house", "reason": "Spring", "stacks": ""}
        answer = desk.post(address, {**wish, "once_per_person": "on", "total_uses": "10"}, follow=True)
        assert answer.status_code == 200
        made = Coupon.objects.get()
        assert (made.code, made.total_uses, made.once_per_person) == ("SPRING", 10, True)
        assert {(each.cycle, each.basis_points) for each in made.discounts.all()} == {("", 2_500), ("year", 4_000)}
        press_button(desk, made, "change", total_uses="20", reason="More")
        press_button(desk, made, "switch_off", reason="Over")
        made.refresh_from_db()
        assert (made.total_uses, made.enabled) == (20, False)
        assert desk.get(reverse("admin:billing_coupon_change", args=[made.pk])).status_code == 200

    def test_a_commission_for_trials_and_for_volume(self, client):
        client.force_login(person(roles=["owner"]))
        address = reverse("admin:billing_commissionrule_list_act", args=["add_rule"])
        client.post(address, {"percent": "100", "trial": "on", "reason": "Trials are ours"})
        client.post(address, {"percent": "10", "turnover": "1000", "unit": "USD", "reason": "Many"})
        assert set(CommissionRule.objects.values_list("variant", "turnover_amount")) == {("trial", 0), ("", 100_000)}
