"""Withdrawals given to a bank in one file."""

import csv
import hashlib
import io

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import PayoutBatch, Withdrawal, WithdrawalMethod
from majlis.engines.billing.services.batches import row_checksum
from majlis.engines.billing.tests.factories import IBAN, give, house, usd, wallet
from majlis.engines.billing.types import BatchStatus, WithdrawalStatus
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices.models import Notice
from majlis.kit import audit
from majlis.kit.errors import Invalid
from majlis.kit.state import IllegalTransition

pytestmark = pytest.mark.django_db


def approved(person, method, staff, amount=10_000, **destination):
    give(person, amount)
    asked = services.request_withdrawal(
        person=person,
        amount=usd(amount),
        method_id=method.id,
        destination={**IBAN, **destination},
        key=str(amount),
        actor=person,
    )
    return services.approve_withdrawal(withdrawal_id=asked.id, actor=staff)


def read(batch):
    return list(csv.reader(io.StringIO(batch.content)))


class TestExport:
    def test_writes_every_approved_withdrawal_once(self, seller, buyer, method, staff):
        first, second = approved(seller, method, staff), approved(buyer, method, staff, 5_000)
        batch = services.export_batch(method_id=method.id, actor=staff)
        head, *rows, last = read(batch)
        assert head == ["batch", "withdrawal", "person", "holder", "iban", "bic", "amount", "currency", "checksum"]
        assert [(row[1], row[6]) for row in rows] == [(first.number, "97.00"), (second.number, "47.00")]
        assert (last[1], last[2], last[6], last[7]) == ("TOTAL", "2", "144.00", "USD")
        assert (batch.count, batch.money) == (2, usd(14_400))
        with pytest.raises(services.NothingToExport):
            services.export_batch(method_id=method.id, actor=staff)

    def test_every_row_vouches_for_those_before_it(self, seller, buyer, method, staff):
        approved(seller, method, staff), approved(buyer, method, staff, 5_000)
        batch = services.export_batch(method_id=method.id, actor=staff)
        before = batch.number
        for row in read(batch)[1:]:
            assert row[-1] == row_checksum(before, row[:-1])
            before = row[-1]
        assert batch.checksum == hashlib.sha256(batch.content.encode()).hexdigest()

    def test_leaves_out_what_waits_and_what_goes_another_way(self, seller, method, staff):
        give(seller, 20_000)
        services.request_withdrawal(
            person=seller, amount=usd(5_000), method_id=method.id, destination=IBAN, key="w", actor=seller
        )
        paypal = WithdrawalMethod.objects.get(code="paypal")
        asked = services.request_withdrawal(
            person=seller,
            amount=usd(5_000),
            method_id=paypal.id,
            destination={"email": "omar@example.org"},
            key="p",
            actor=seller,
        )
        services.approve_withdrawal(withdrawal_id=asked.id, actor=staff)
        with pytest.raises(services.NothingToExport):
            services.export_batch(method_id=method.id, actor=staff)

    @pytest.mark.parametrize("name", ['=HYPERLINK("http://evil.example")', "+49 Attack", "-1+1", "@SUM(A1)"])
    def test_a_name_is_no_formula(self, seller, method, staff, name):
        type(seller).objects.filter(id=seller.id).update(name=name)
        approved(seller, method, staff, holder=name)
        row = read(services.export_batch(method_id=method.id, actor=staff))[1]
        assert (row[2], row[3]) == (f"'{name}", f"'{name}")

    def test_is_in_the_trail(self, seller, method, staff):
        approved(seller, method, staff)
        batch = services.export_batch(method_id=method.id, actor=staff)
        entry = AuditEntry.objects.get(action="billing.batch_exported")
        assert (entry.actor_id, entry.facts["checksum"]) == (staff.id, batch.checksum)


class TestPaid:
    def test_pays_each_once_and_tells_each(self, seller, buyer, method, staff):
        rows = [approved(seller, method, staff), approved(buyer, method, staff, 5_000)]
        batch = services.export_batch(method_id=method.id, actor=staff)
        for _twice in range(2):
            paid = services.mark_batch_paid(batch_id=batch.id, actor=staff, transfer_ref="BANK-7")
        assert paid.status == BatchStatus.PAID
        for row in rows:
            row.refresh_from_db()
            assert (row.status, row.transfer_ref) == (WithdrawalStatus.PAID, "BANK-7")
        assert (house(Purpose.WITHDRAWALS), house(Purpose.CLEARING, name="payouts")) == (0, 14_400)
        assert Notice.objects.filter(kind="withdrawal_paid").count() == 2
        assert [found for outcome in audit.run("billing") for found in outcome.findings] == []

    def test_needs_the_banks_reference(self, seller, method, staff):
        approved(seller, method, staff)
        batch = services.export_batch(method_id=method.id, actor=staff)
        with pytest.raises(Invalid):
            services.mark_batch_paid(batch_id=batch.id, actor=staff, transfer_ref=" ")

    def test_one_paid_by_hand_meanwhile_is_not_paid_again(self, seller, method, staff):
        row = approved(seller, method, staff)
        batch = services.export_batch(method_id=method.id, actor=staff)
        services.mark_withdrawal_paid(withdrawal_id=row.id, actor=staff, transfer_ref="BY-HAND")
        services.mark_batch_paid(batch_id=batch.id, actor=staff, transfer_ref="BANK-7")
        assert Withdrawal.objects.get(id=row.id).transfer_ref == "BY-HAND"
        assert house(Purpose.CLEARING, name="payouts") == 9_700


class TestInTheBank:
    def test_what_the_bank_has_is_not_given_back(self, seller, method, staff):
        row = approved(seller, method, staff)
        services.export_batch(method_id=method.id, actor=staff)
        with pytest.raises(services.InBatch):
            services.reject_withdrawal(withdrawal_id=row.id, reason="No", actor=staff)
        services.cancel_withdrawal(withdrawal_id=row.id, actor=seller)
        with pytest.raises(services.InBatch):
            services.answer_withdrawal_request(withdrawal_id=row.id, agree=True, actor=staff)
        assert wallet(seller) == 0

    def test_taken_out_it_can_be(self, seller, buyer, method, staff):
        row = approved(seller, method, staff)
        approved(buyer, method, staff, 5_000)
        batch = services.export_batch(method_id=method.id, actor=staff)
        services.take_out_of_batch(withdrawal_id=row.id, reason="The bank knows no such account.", actor=staff)
        services.mark_batch_paid(batch_id=batch.id, actor=staff, transfer_ref="BANK-7")
        assert Withdrawal.objects.get(id=row.id).status == WithdrawalStatus.APPROVED
        services.reject_withdrawal(withdrawal_id=row.id, reason="No such account.", actor=staff)
        assert wallet(seller) == 10_000

    def test_a_file_never_sent_gives_its_withdrawals_to_the_next(self, seller, method, staff):
        approved(seller, method, staff)
        batch = services.export_batch(method_id=method.id, actor=staff)
        services.cancel_batch(batch_id=batch.id, reason="Wrong day", actor=staff)
        with pytest.raises(IllegalTransition):
            services.mark_batch_paid(batch_id=batch.id, actor=staff, transfer_ref="BANK-7")
        again = services.export_batch(method_id=method.id, actor=staff)
        assert (again.count, PayoutBatch.objects.count()) == (1, 2)


class TestMethods:
    @pytest.mark.parametrize(
        ("address", "right"),
        [
            ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", True),
            ("TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6T", False),
            ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed", False),
        ],
    )
    def test_knows_a_tron_address_with_a_typing_mistake(self, seller, method, address, right):
        tron = WithdrawalMethod.objects.get(code="usdt-trc20")
        give(seller, 10_000)
        request = {
            "person": seller,
            "amount": usd(10_000),
            "method_id": tron.id,
            "destination": {"address": address},
            "key": "a",
            "actor": seller,
        }
        if right:
            assert services.request_withdrawal(**request).destination == {"address": address}
        else:
            with pytest.raises(Invalid):
                services.request_withdrawal(**request)

    def test_offers_every_kind_the_house_knows(self, seller, method):
        codes = {each.code for each in WithdrawalMethod.objects.all()}
        assert {"bank-eg", "mobile-wallet-eg", "instapay", "paypal", "usdt-trc20"} <= codes
        assert "paypal" in {each.code for each in queries.withdrawal_methods(seller, "USD")}
