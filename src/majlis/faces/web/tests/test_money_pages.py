"""The money pages: whose they are, and that pressing twice or going back never pays twice."""

import pytest
from django.test import Client
from django.utils.translation import gettext, gettext_lazy, override

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Payment, WithdrawalMethod
from majlis.engines.billing.tests.factories import draft, give, order, pay, wallet
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit import testing

pytestmark = pytest.mark.django_db


def reader(person, language="en"):
    client = Client()
    client.force_login(person)
    client.cookies["language"] = language
    return client


@pytest.fixture
def buyer():
    return testing.person("Salma Hassan", country="EG")


class TestCheckout:
    def test_adds_up_in_plain_sight(self, buyer):
        bought = order(buyer, draft(11_400, testing.person()))
        page = reader(buyer).get(f"/checkout/{bought.id}/").content.decode()
        assert "US$114" in page or "$114" in page
        assert "VAT 14% is included" in page

    def test_is_nobody_elses(self, buyer):
        bought = order(buyer)
        assert reader(testing.person()).get(f"/checkout/{bought.id}/").status_code == 404
        assert reader(testing.person()).post(f"/checkout/{bought.id}/pay/").status_code == 404
        assert Client().get(f"/checkout/{bought.id}/").status_code == 302

    def test_says_why_it_ended_in_the_readers_language_whoever_ended_it(self, buyer):
        bought = order(buyer)
        with override("id"):
            services.void_order(order_id=bought.id, reason=gettext_lazy("Not paid in time."))
        for language in ("ar", "en"):
            with override(language):
                words = gettext("Not paid in time.")
            for page in (f"/checkout/{bought.id}/", f"/orders/{bought.id}/"):
                assert words in reader(buyer, language).get(page).content.decode()

    def test_pressing_twice_pays_once(self, buyer):
        give(buyer, 30_000)
        bought = order(buyer)
        client = reader(buyer)
        for _press in range(2):
            answer = client.post(f"/checkout/{bought.id}/pay/", {"gateway": "wallet"})
            assert answer.url == f"/orders/{bought.id}/"
        assert wallet(buyer) == 20_000

    def test_pressing_twice_starts_one_attempt(self, buyer):
        bought = order(buyer)
        client = reader(buyer)
        first = client.post(f"/checkout/{bought.id}/pay/", {"gateway": "sandbox"}).url
        assert client.post(f"/checkout/{bought.id}/pay/", {"gateway": "sandbox"}).url == first
        assert Payment.objects.count() == 1

    def test_going_back_after_paying_leads_on(self, buyer):
        bought = order(buyer)
        pay(bought)
        client = reader(buyer)
        assert client.get(f"/checkout/{bought.id}/").url == f"/orders/{bought.id}/"
        assert client.post(f"/checkout/{bought.id}/pay/", {"gateway": "sandbox"}).url == f"/orders/{bought.id}/"

    def test_choosing_no_way_is_said_at_the_form(self, buyer):
        answer = reader(buyer).post(f"/checkout/{order(buyer).id}/pay/", {"gateway": "gold"})
        assert answer.status_code == 422

    def test_an_ended_order_says_so(self, buyer):
        bought = order(buyer)
        services.void_order(order_id=bought.id, reason="Not paid in time.")
        assert "This order has ended" in reader(buyer).get(f"/checkout/{bought.id}/").content.decode()

    def test_coming_back_before_the_webhook_finds_the_money(self, buyer):
        bought = order(buyer)
        paid = pay(bought, "silent")
        answer = reader(buyer).get(f"/checkout/{bought.id}/return/?payment={paid}")
        assert answer.url == f"/orders/{bought.id}/"
        assert queries.order(bought.id, buyer).status == "paid"

    def test_a_waiting_page_that_looks_by_itself_is_led_on(self, buyer):
        bought = order(buyer)
        paid = pay(bought, "silent")
        back = f"/checkout/{bought.id}/return/?payment={paid}"
        assert reader(buyer).get(back, headers={"HX-Request": "true"})["HX-Redirect"] == f"/orders/{bought.id}/"


class TestInvoices:
    def test_the_pdf_is_the_buyers_and_the_link_anybodys_who_has_it(self, buyer):
        bought = order(buyer)
        pay(bought)
        (invoice,) = queries.invoices_about(bought)
        assert reader(buyer).get(f"/invoices/{invoice.id}.pdf").content.startswith(b"%PDF")
        assert reader(testing.person()).get(f"/invoices/{invoice.id}.pdf").status_code == 404
        path = "/" + queries.invoice_link(invoice).split("/", 3)[3]
        assert Client().get(path).content.startswith(b"%PDF")
        assert Client().get(path.replace(invoice.id.hex, testing.person().id.hex)).status_code == 404


class TestWithdrawals:
    def test_sending_the_form_twice_asks_once(self, buyer):
        services.load_withdrawal_methods()
        give(buyer, 30_000)
        client = reader(buyer)
        form = {
            "key": "one",
            "amount": "100",
            "holder": "Salma",
            "iban": "EG380019000500000000263180002",
            "bic": "CIBEEGCX",
        }
        for _press in range(2):
            client.post("/wallet/withdrawals/new/?currency=USD&method=iban", form)
        assert wallet(buyer) == 20_000

    def test_a_method_switched_off_is_not_shown(self, buyer):
        services.load_withdrawal_methods()
        WithdrawalMethod.objects.update(enabled=False)
        page = reader(buyer).get("/wallet/withdrawals/new/?currency=USD").content.decode()
        assert "No way to be paid out yet" in page

    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    def test_every_list_has_something_to_say_when_it_is_empty(self, buyer, language):
        for path in ("/orders/", "/invoices/", "/wallet/withdrawals/", "/wallet/top-up/"):
            assert reader(buyer, language).get(path).status_code == 200


class TestSandbox:
    def test_is_gone_in_production(self, buyer, settings):
        bought = order(buyer)
        services.start_payment(order_id=bought.id, gateway="sandbox", actor=buyer, return_url="/")
        ref = Payment.objects.get().provider_ref
        assert Client().get(f"/sandbox/{ref}/").status_code == 200
        settings.SANDBOX = False
        assert Client().get(f"/sandbox/{ref}/").status_code == 404


class TestInvoiceDetails:
    @pytest.mark.parametrize("language", ["en", "ar"])
    def test_the_page_says_what_is_known_of_the_vat_number(self, client, language):
        load_base_catalogue()
        buyer = testing.person("School", country="DE")
        client.force_login(buyer)
        client.cookies["language"] = language
        facts = {"name": "Schule GmbH", "country": "DE", "business": "on", "tax_number": "DE 123 456 789"}
        assert client.post("/invoices/details/", facts).status_code == 422
        assert client.post("/invoices/details/", {**facts, "tax_number": "DE 123 456 788"}).status_code == 302
        page = client.get("/invoices/details/").content.decode()
        assert "<bdi>DE123456788</bdi>" in page
        if language == "en":
            assert "has the right form" in page
