"""Orders, payments, invoices, withdrawals and webhooks over the API."""

import json
from urllib.parse import urlsplit

import pytest
from django.test import Client

from majlis.engines.billing import queries, services
from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.models import Payment, SandboxCard, SavedMethod, WebhookEvent, WithdrawalMethod
from majlis.engines.billing.tests.factories import draft, give, order, press, usd, wallet
from majlis.kernel.accounts import services as accounts
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit import testing

pytestmark = pytest.mark.django_db


class Api:
    """Somebody's program."""

    def __init__(self, person):
        self.token = accounts.issue_tokens(person=person).access if person else ""
        self.client = Client()

    def _headers(self, key):
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return {**headers, "Idempotency-Key": key} if key else headers

    def get(self, path):
        return self.client.get(f"/api/v1{path}", headers=self._headers(""))

    def put(self, path, body):
        return self.client.put(
            f"/api/v1{path}", json.dumps(body), content_type="application/json", headers=self._headers("")
        )

    def delete(self, path):
        return self.client.delete(f"/api/v1{path}", headers=self._headers(""))

    def post(self, path, body=None, key=""):
        return self.client.post(
            f"/api/v1{path}", json.dumps(body or {}), content_type="application/json", headers=self._headers(key)
        )


@pytest.fixture
def buyer():
    return testing.person("Salma Hassan", country="XX")


@pytest.fixture
def stranger():
    return testing.person("Somebody Else")


class TestOrders:
    def test_shows_what_is_bought_and_what_is_left_to_pay(self, buyer):
        bought = order(buyer, draft(10_000, testing.person()))
        told = Api(buyer).get(f"/orders/{bought.id}").json()
        assert told["total"] == {"amount": 10_000, "currency": "USD", "display": told["total"]["display"]}
        assert told["remaining"]["amount"] == 10_000
        assert told["lines"][0]["about"] == "Seat: A seat"
        assert Api(buyer).get("/orders").json()["items"][0]["number"] == bought.number

    def test_is_paid_through_a_gateway(self, buyer):
        bought = order(buyer)
        started = Api(buyer).post(f"/orders/{bought.id}/pay", {"gateway": "sandbox"}, key="a").json()
        press(started["payment_id"], "pay")
        told = Api(buyer).get(f"/orders/{bought.id}").json()
        assert (told["status"], told["remaining"]["amount"]) == ("paid", 0)
        assert Api(buyer).get(f"/orders/{bought.id}/payments").json()[0]["received"]["amount"] == 10_000

    def test_is_paid_from_the_wallet_once_per_key(self, buyer):
        give(buyer, 20_000)
        bought = order(buyer)
        first = Api(buyer).post(f"/orders/{bought.id}/pay-from-wallet", key="a")
        again = Api(buyer).post(f"/orders/{bought.id}/pay-from-wallet", key="a")
        assert first.json()["status"] == again.json()["status"] == "paid"
        assert wallet(buyer) == 10_000

    def test_says_why_not(self, buyer):
        bought = order(buyer)
        answer = Api(buyer).post(f"/orders/{bought.id}/pay-from-wallet")
        assert (answer.status_code, answer.json()["code"]) == (409, "insufficient_funds")
        assert answer["Content-Type"] == "application/problem+json"

    def test_never_sends_a_buyer_to_a_strangers_page(self, buyer):
        bought = order(buyer)
        wish = {"gateway": "sandbox", "return_url": "https://evil.example/"}
        answer = Api(buyer).post(f"/orders/{bought.id}/pay", wish)
        assert (answer.status_code, list(answer.json()["errors"])) == (422, ["return_url"])

    def test_is_given_up(self, buyer):
        bought = order(buyer)
        assert Api(buyer).post(f"/orders/{bought.id}/cancel").json()["status"] == "void"


class TestAnothers:
    """What belongs to one member does not exist for another."""

    def test_order_payment_invoice_and_withdrawal_are_not_found(self, buyer, stranger):
        services.load_withdrawal_methods()
        give(buyer, 20_000)
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        services.pay_from_wallet(order_id=bought.id, actor=buyer)
        invoice = queries.invoices_about(bought)[0]
        asked = services.request_withdrawal(
            person=buyer,
            amount=usd(5_000),
            method_id=WithdrawalMethod.objects.get(code="iban").id,
            destination={"holder": "Salma", "iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"},
            key="a",
            actor=buyer,
        )
        theirs, mine = Api(stranger), Api(buyer)
        for path in (
            f"/orders/{bought.id}",
            f"/orders/{bought.id}/payments",
            f"/payments/{started.payment_id}",
            f"/invoices/{invoice.id}",
            f"/invoices/{invoice.id}/pdf",
            f"/withdrawals/{asked.id}",
        ):
            assert mine.get(path).status_code == 200, path
            assert theirs.get(path).status_code == 404, path
            assert Api(None).get(path).status_code == 401, path
        for path in (
            f"/orders/{bought.id}/pay-from-wallet",
            f"/orders/{bought.id}/cancel",
            f"/payments/{started.payment_id}/refresh",
            f"/payments/{started.payment_id}/receipt",
            f"/withdrawals/{asked.id}/cancel",
        ):
            assert theirs.post(path).status_code == 404, path


class TestTopUpAndWithdraw:
    def test_money_in_and_out(self, buyer):
        services.load_withdrawal_methods()
        api = Api(buyer)
        wish = {"amount": 15_000, "currency": "USD", "gateway": "sandbox"}
        started = api.post("/payments/top-up", wish, key="t").json()
        assert api.post("/payments/top-up", wish, key="t").json() == started
        press(started["payment_id"], "pay")
        assert api.get("/withdrawals/withdrawable?currency=USD").json()["now"]["amount"] == 15_000
        method = next(m for m in api.get("/withdrawals/methods").json() if m["code"] == "iban")
        destination = {"holder": "Salma", "iban": "EG380019000500000000263180002", "bic": "CIBEEGCX"}
        wish = {"amount": 10_000, "currency": "USD", "method_id": method["id"], "destination": destination}
        first = api.post("/withdrawals", wish, key="w")
        assert (first.status_code, first.json()["payout"]["amount"]) == (201, 9_700)
        assert api.post("/withdrawals", wish, key="w").json()["id"] == first.json()["id"]
        assert api.post("/withdrawals", {**wish, "amount": 9_000}, key="w").status_code == 422
        assert wallet(buyer) == 5_000
        assert api.post(f"/withdrawals/{first.json()['id']}/cancel").json()["status"] == "cancelled"

    def test_names_the_wrong_field(self, buyer):
        services.load_withdrawal_methods()
        give(buyer, 10_000)
        method = WithdrawalMethod.objects.get(code="iban")
        wish = {"amount": 5_000, "currency": "USD", "method_id": str(method.id), "destination": {"iban": "x\u0000"}}
        answer = Api(buyer).post("/withdrawals", wish)
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"holder", "iban", "bic"}


class TestWebhooks:
    def begin(self, buyer):
        bought = order(buyer)
        started = services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        ref = Payment.objects.get(id=started.payment_id).provider_ref
        sandbox.charge_at_provider(ref, usd(10_000))
        return sandbox.signed_event(ref, "payment.succeeded")

    def send(self, headers, body, gateway="sandbox"):
        rest = {name: value for name, value in headers.items() if name != "content-type"}
        return Client(enforce_csrf_checks=True).post(
            f"/api/v1/webhooks/{gateway}", body, content_type="application/json", headers=rest
        )

    def test_a_signed_one_is_taken_from_anybody_without_a_session(self, buyer):
        headers, body = self.begin(buyer)
        assert self.send(headers, body).json() == {"received": True}
        assert self.send(headers, body).status_code == 200
        assert WebhookEvent.objects.get().deliveries == 2

    def test_an_unsigned_one_is_refused(self, buyer):
        _headers, body = self.begin(buyer)
        answer = self.send({}, body)
        assert (answer.status_code, answer.json()["code"]) == (401, "bad_signature")
        assert not WebhookEvent.objects.exists()

    def test_an_unknown_gateway_is_not_found(self):
        assert self.send({}, b"{}", "nobody").status_code == 404

    def test_too_large_a_one_is_refused(self, buyer):
        headers, _body = self.begin(buyer)
        assert self.send(headers, b"x" * 300_000).status_code == 413


class TestInvoices:
    @pytest.fixture
    def bought(self, buyer):
        load_base_catalogue()
        placed = order(buyer)
        give(buyer, 20_000)
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        return placed

    def test_are_made_out_to_whom_one_says(self, buyer, bought):
        api = Api(buyer)
        assert api.get("/billing-details").status_code == 404
        wrong = api.put("/billing-details", {"name": "School", "country": "EG", "business": True, "tax_number": "1"})
        assert (wrong.status_code, list(wrong.json()["errors"])) == (422, ["tax_number"])
        facts = {"name": "School", "address": "Cairo", "country": "EG", "business": True, "tax_number": "100 200 300"}
        assert api.put("/billing-details", facts).json()["tax_number"] == "100200300"
        known = api.get("/billing-details").json()
        assert (known["name"], known["address"], known["country"]) == ("School", "Cairo", "EG")

    def test_their_public_link_is_taken_back_and_given_anew(self, buyer, bought, stranger):
        (invoice,) = Api(buyer).get("/invoices").json()["items"]
        path = f"/invoices/{invoice['id']}/link"
        opened = Client().get(urlsplit(invoice["link"]).path)
        assert opened.status_code == 200
        assert Api(stranger).delete(path).status_code == Api(stranger).post(path).status_code == 404
        assert Api(buyer).delete(path).json()["link"] == ""
        assert Client().get(urlsplit(invoice["link"]).path).status_code == 404
        again = Api(buyer).post(path).json()["link"]
        assert again != invoice["link"]
        assert Client().get(urlsplit(again).path).status_code == 200


class TestCheckout:
    def test_a_coupon_is_put_on_an_open_order_and_taken_off(self, buyer, stranger):
        services.add_coupon(actor=None, code="SPRING", discounts=[("", 2_000)])
        placed = order(buyer)
        path = f"/orders/{placed.id}/coupons"
        assert Api(stranger).put(path, {"codes": ["spring"]}).status_code == 404
        told = Api(buyer).put(path, {"codes": ["spring"]}).json()
        assert (told["total"]["amount"], told["coupons"][0]["code"]) == (8_000, "SPRING")
        assert told["coupons"][0]["amount"]["amount"] == 2_000
        assert Api(buyer).put(path, {"codes": ["NOSUCH"]}).json()["code"] == "coupon_unknown"
        assert Api(buyer).put(path, {"codes": []}).json()["total"]["amount"] == 10_000

    def test_how_much_can_be_topped_up(self, buyer):
        told = Api(buyer).get("/payments/top-up/range?currency=USD").json()
        assert 0 < told["least"]["amount"] < told["most"]["amount"]


class TestGifts:
    def test_one_is_shown_to_its_buyer_with_its_code_and_printed(self, buyer, stranger):
        give(buyer, 5_000)
        choice = {"amount": 2_000, "currency": "USD", "to_name": "Omar"}
        cart = Api(buyer).post("/cart/items", {"kind": "gift_code", "choice": choice}).json()
        placed = Api(buyer).post("/cart/order", {"version": cart["version"], "currency": "USD"}).json()
        Api(buyer).post(f"/orders/{placed['id']}/pay-from-wallet")
        (gift,) = Api(buyer).get("/cart/gifts").json()
        told = Api(buyer).get(f"/cart/gifts/{gift['id']}").json()
        assert told["code"] == gift["code"] != ""
        assert Api(buyer).get(f"/cart/gifts/{gift['id']}/card").content.startswith(b"%PDF")
        for path in (f"/cart/gifts/{gift['id']}", f"/cart/gifts/{gift['id']}/card"):
            assert Api(stranger).get(path).status_code == 404
        Api(stranger).post("/cart/gifts/redeem", {"code": told["code"]})
        assert Api(stranger).get(f"/cart/gifts/{gift['id']}").json()["code"] == ""
        assert Api(buyer).get(f"/cart/gifts/{gift['id']}/card").status_code == 404


class TestKeptWaysToPay:
    def test_are_listed_without_secrets_and_forgotten(self, buyer, stranger):
        kept = SavedMethod.objects.create(person=buyer, gateway="sandbox", ref="card_x", label="Test •••• 4242")
        SandboxCard.objects.create(ref="card_x", label="Test •••• 4242")
        (told,) = Api(buyer).get("/payment-methods").json()
        assert (told["label"], "card_x" in str(told)) == ("Test •••• 4242", False)
        path = f"/payment-methods/{kept.id}"
        assert Api(stranger).get("/payment-methods").json() == []
        assert Api(stranger).delete(path).status_code == 404
        assert Api(stranger).put(f"{path}/sandbox", {"declines": True}).status_code == 404
        assert Api(buyer).put(f"{path}/sandbox", {"declines": True}).status_code == 204
        assert SandboxCard.objects.get().declines
        assert Api(buyer).delete(path).status_code == 204
        assert Api(buyer).get("/payment-methods").json() == []
