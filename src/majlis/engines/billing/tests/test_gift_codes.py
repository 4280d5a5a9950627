"""Gift codes: bought, mailed, printed, redeemed once."""

from datetime import timedelta

import pytest
from django.core import mail

from majlis.engines.billing import queries, registry, services
from majlis.engines.billing.models import GiftCode
from majlis.engines.billing.tests.factories import give, house, pay, usd, wallet
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices.services import send_letter
from majlis.kit import audit, clock, testing
from majlis.kit.errors import Invalid, NotFound, TooMany

pytestmark = pytest.mark.django_db


def buy(buyer, amount=5_000, **more):
    choice = {"amount": amount, "currency": "USD", "to_name": "Nadia", "message": "Enjoy!", **more}
    services.add_to_cart(person=buyer, kind="gift_code", choice=choice)
    seen = queries.cart_of(buyer).version
    placed = services.order_cart(person=buyer, unit="USD", version=seen, actor=buyer)
    pay(placed)
    return GiftCode.objects.get(line=placed.lines[0])


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestBuy:
    def test_is_ready_to_give_once_paid_and_carries_no_vat_nor_fee(self, buyer):
        gift = buy(testing.person(country="DE"))
        assert (gift.status, gift.line.tax_amount, gift.line.total) == ("active", 0, usd(5_000))
        assert house(Purpose.ESCROW) == 5_000

    def test_only_its_buyer_sees_the_code_and_no_row_holds_it(self, buyer, seller):
        gift = buy(buyer)
        code = queries.code_of(gift)
        assert len(code) == 19
        assert code not in str(vars(gift))
        with pytest.raises(NotFound):
            queries.gift(gift.id, seller)

    def test_is_called_a_gift_in_the_readers_language(self, buyer):
        assert registry.name_everywhere(buy(buyer).line) == {"en": "Gift", "ar": "هدية", "fa": "هدیه", "id": "Hadiah"}

    def test_is_mailed_with_its_words_and_code(self, buyer, monkeypatch):
        sent = []
        monkeypatch.setattr(
            "majlis.engines.billing.services.gift_codes.notices.write_letter", lambda **it: sent.append(it)
        )
        gift = buy(buyer, to_email="nadia@example.org")
        (letter,) = sent
        send_letter(**letter)
        assert mail.outbox[0].to == ["nadia@example.org"]
        assert queries.code_of(gift) in mail.outbox[0].body
        assert "Enjoy!" in mail.outbox[0].body

    @pytest.mark.parametrize("wrong", [{"amount": 0}, {"to_name": " "}, {"to_email": "nobody"}, {"amount": "x"}])
    def test_refuses_what_cannot_be_given(self, buyer, wrong):
        with pytest.raises(Invalid):
            buy(buyer, **wrong)

    def test_prints_a_card_in_each_language(self, buyer):
        gift = buy(buyer)
        for language in ("en", "ar", "fa", "id"):
            assert queries.gift_pdf(gift, language).startswith(b"%PDF")

    def test_a_coupon_does_not_hold_for_it(self, buyer):
        services.add_coupon(actor=None, code="SPRING", discounts=[("", 5_000)])
        services.add_to_cart(
            person=buyer, kind="gift_code", choice={"amount": 5_000, "currency": "USD", "to_name": "Nadia"}
        )
        with pytest.raises(services.CouponRefused):
            services.set_cart_coupons(person=buyer, codes=["SPRING"])


class TestRedeem:
    def test_goes_whole_into_the_wallet_once(self, buyer, seller):
        gift = buy(buyer)
        code = queries.code_of(gift).lower().replace("-", " ")
        services.redeem_gift(code=code, person=seller)
        assert (wallet(seller), house(Purpose.ESCROW), house(Purpose.FEES)) == (5_000, 0, 0)
        with pytest.raises(services.GiftRedeemed):
            services.redeem_gift(code=code, person=buyer)
        assert the_audit_finds_nothing()

    def test_one_not_paid_is_not_valid(self, buyer, seller):
        services.add_to_cart(
            person=buyer, kind="gift_code", choice={"amount": 5_000, "currency": "USD", "to_name": "Nadia"}
        )
        services.order_cart(person=buyer, unit="USD", version=queries.cart_of(buyer).version, actor=buyer)
        with pytest.raises(services.GiftOver):
            services.redeem_gift(code=queries.code_of(GiftCode.objects.get()), person=seller)

    def test_one_that_was_refunded_is_not_valid(self, buyer, seller):
        gift = buy(buyer)
        services.refund_line(line_id=gift.line_id, amount=usd(5_000), key="a", reason="Asked", actor=seller)
        with pytest.raises(services.GiftOver):
            services.redeem_gift(code=queries.code_of(gift), person=seller)

    def test_guessing_is_slowed_down(self, seller):
        for guess in range(10):
            with pytest.raises(services.GiftUnknown):
                services.redeem_gift(code=f"AAAA-AAAA-AAAA-AA{guess:02}", person=seller)
        with pytest.raises(TooMany):
            services.redeem_gift(code="AAAA", person=seller)

    def test_meant_for_something_it_buys_that(self, buyer, seller):
        from majlis.engines.billing.tests.factories import SEATS

        seat = {"id": "0190f0a0-0000-7000-8000-000000000001", "amount": 4_000}
        gift = buy(buyer, for_kind="seat", for_choice=seat)
        services.redeem_gift(code=queries.code_of(gift), person=seller)
        assert (gift.money, wallet(seller), SEATS.taken) == (usd(4_000), 0, [seat["id"]])

    def test_if_that_is_gone_the_money_is_theirs(self, buyer, seller):
        from majlis.engines.billing.tests.factories import SEATS

        seat = {"id": "0190f0a0-0000-7000-8000-000000000001", "amount": 4_000}
        gift = buy(buyer, for_kind="seat", for_choice=seat)
        SEATS.gone = {seat["id"]}
        services.redeem_gift(code=queries.code_of(gift), person=seller)
        assert wallet(seller) == 4_000


class TestExpire:
    def test_nobody_came_and_the_money_is_back(self, buyer, seller):
        gift = buy(buyer)
        later = clock.now() + timedelta(days=366)
        assert services.expire_gifts(now=later) == 1
        assert wallet(buyer) == 5_000
        with pytest.raises(services.GiftOver):
            services.redeem_gift(code=queries.code_of(gift), person=seller, now=later)
        assert the_audit_finds_nothing()


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRace:
    def test_redeemed_by_32_at_once_it_is_one_persons(self, transactional_db):
        buyer = testing.person(country="XX")
        give(buyer, 10)
        code = queries.code_of(buy(buyer))
        people = [testing.person() for _each in range(32)]
        answers = testing.at_once(
            [lambda person=person: services.redeem_gift(code=code, person=person) for person in people]
        )
        assert sum(not isinstance(answer, Exception) for answer in answers) == 1
        assert sum(wallet(person) for person in people) == 5_000
