"""What billing hands a person about themselves, and what goes when they leave."""

import json

import pytest
from django.core.serializers.json import DjangoJSONEncoder

from majlis.engines.billing import personal, queries, services
from majlis.engines.billing.models import BillingDetails, CartItem, GiftCode, SavedMethod, WithdrawalMethod
from majlis.engines.billing.tests.factories import draft, give, order, pay, usd
from majlis.engines.billing.tests.plans import plan, price
from majlis.kernel.accounts.registry import exports
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit import testing

pytestmark = pytest.mark.django_db
IBAN = "EG380019000500000000263180002"


@pytest.fixture
def salma():
    """Somebody who bought, gave, subscribed and earned."""
    load_base_catalogue()
    services.load_withdrawal_methods()
    person = testing.person("Salma Hassan", country="XX")
    give(person, 50_000)
    services.save_billing_details(person=person, name="Salma Hassan", country="EG", address="5 Nile Street")
    services.add_coupon(actor=None, code="SPRING", discounts=[("", 1_000)])
    bought = order(person, draft(11_400))
    services.set_coupons(order_id=bought.id, codes=["SPRING"], actor=person)
    pay(bought)
    choice = {"amount": 2_000, "currency": "USD", "to_name": "Omar", "to_email": "omar@example.org", "message": "Hi"}
    services.add_to_cart(person=person, kind="gift_code", choice=choice)
    gift = services.order_cart(person=person, unit="USD", version=queries.cart_of(person).version, actor=person)
    services.pay_from_wallet(order_id=gift.id, actor=person)
    taken = services.subscribe(person=person, price_id=price(plan()).id, key="k", actor=person)
    services.pay_from_wallet(order_id=queries.open_order_of(taken).id, actor=person)
    services.request_withdrawal(
        person=person,
        amount=usd(5_000),
        method_id=WithdrawalMethod.objects.get(code="iban").id,
        destination={"holder": "Salma", "iban": IBAN, "bic": "CIBEEGCX"},
        key="a",
        actor=person,
    )
    SavedMethod.objects.create(person=person, gateway="sandbox", ref="card_secret_1234", label="Visa •••• 4242")
    services.add_to_cart(person=person, kind="gift_code", choice={**choice, "amount": 3_000})
    return person


def everything(person):
    mine = {label: export(person.id) for label, export in exports.items() if label in KEPT}
    return json.loads(json.dumps(mine, cls=DjangoJSONEncoder))


KEPT = {"orders", "payments", "invoices", "subscriptions", "withdrawals", "gifts"}


class TestExport:
    def test_holds_a_row_of_each_thing(self, salma):
        told = everything(salma)
        assert set(told) == KEPT
        assert told["payments"]["payments"][0]["gateway"] == "sandbox"
        assert told["invoices"]["billing_details"]["address"] == "5 Nile Street"
        assert told["invoices"]["invoices"][0]["buyer_facts"]["name"] == "Salma Hassan"
        assert told["subscriptions"]["periods"][0]["number"] == 1
        assert told["withdrawals"]["withdrawals"][0]["amount"] == 5_000
        assert told["withdrawals"]["payout_methods"][0]["destination"]["iban"] == IBAN
        assert told["gifts"]["gifts_bought"][0]["to_email"] == "omar@example.org"
        assert told["gifts"]["coupons"][0]["coupon__code"] == "SPRING"
        assert told["gifts"]["cart"][0]["choice"]["amount"] == 3_000

    def test_a_kept_card_is_masked_and_no_gift_code_or_secret_is_in_it(self, salma):
        told = everything(salma)
        assert [row["label"] for row in told["payments"]["saved_methods"]] == ["Visa •••• 4242"]
        gift = GiftCode.objects.get()
        whole = json.dumps(told)
        assert "card_secret_1234" not in whole
        assert queries.code_of(gift) not in whole
        assert gift.digest not in whole

    def test_another_person_gets_nothing_of_it_but_the_gift_they_redeemed(self, salma):
        omar = testing.person("Omar Adel")
        services.redeem_gift(code=queries.code_of(GiftCode.objects.get()), person=omar)
        told = everything(omar)
        assert [row["to_name"] for row in told["gifts"]["gifts_redeemed"]] == ["Omar"]
        assert "omar@example.org" not in json.dumps(told)
        assert told["withdrawals"] == {"withdrawals": [], "payout_methods": [], "taken_back": []}
        assert told["payments"]["payments"] == told["orders"] == []


class TestLeaving:
    def test_whom_invoices_were_made_out_to_stays_on_them_only(self, salma):
        personal.end_subscriptions(salma.id)
        assert not BillingDetails.objects.exists()
        assert not CartItem.objects.exists()
        issued = personal.invoices(salma.id)["invoices"]
        assert issued[0]["buyer_facts"]["address"] == "5 Nile Street"
        assert SavedMethod.objects.get().label == ""
