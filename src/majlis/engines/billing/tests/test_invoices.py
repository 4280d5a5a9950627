"""Invoices: numbered, unchangeable, and readable in four languages."""

import dataclasses
import io

import pypdf
import pytest
from django.db import IntegrityError, connection, transaction

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Charge, Invoice, StateChange
from majlis.engines.billing.policies import policies
from majlis.engines.billing.tests.factories import draft, give, order, pay, usd
from majlis.engines.billing.types import InvoiceKind, LineDraft
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit import testing
from majlis.kit.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db


def bought(buyer, *lines):
    placed = order(buyer, *lines)
    give(buyer, placed.total.amount)
    services.pay_from_wallet(order_id=placed.id, actor=buyer)
    return placed


def text_of(pdf):
    return "\n".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(pdf)).pages)


@pytest.fixture
def egyptian(db):
    return testing.person("سلمى حسن", country="EG")


class TestIssue:
    def test_says_net_vat_and_total_as_they_were_charged(self, egyptian, seller):
        placed = bought(egyptian, draft(11_400, seller))
        (invoice,) = queries.invoices_about(placed)
        assert (invoice.net, invoice.tax, invoice.total) == (usd(10_000), usd(1_400), usd(11_400))
        assert invoice.seller_facts["name"] == "Majlis Trading"

    def test_numbers_follow_one_another_within_the_year(self, buyer, seller):
        for _each in range(3):
            bought(buyer, draft(100, seller))
        numbers = list(Invoice.objects.order_by("sequence").values_list("number", flat=True))
        assert [number[-6:] for number in numbers] == ["000001", "000002", "000003"]

    def test_an_order_undone_takes_no_number(self, buyer):
        placed = order(buyer)
        give(buyer, 10_000)
        with transaction.atomic():
            services.pay_from_wallet(order_id=placed.id, actor=buyer)
            transaction.set_rollback(True)
        assert not Invoice.objects.exists()
        services.pay_from_wallet(order_id=placed.id, actor=buyer)
        assert Invoice.objects.get().sequence == 1

    def test_a_refund_brings_a_credit_note_in_a_series_of_its_own(self, egyptian, seller):
        placed = bought(egyptian, draft(11_400, seller))
        line = placed.lines[0]
        services.settle_line(line_id=line.id, buyer=usd(5_700), seller=usd(5_700), key="a", reason="Test")
        invoice, note = queries.invoices_about(placed)
        assert (note.kind, note.corrects_id, note.number[:3]) == (InvoiceKind.CREDIT_NOTE, invoice.id, "CN-")
        assert (note.total, note.tax) == (usd(5_700), usd(700))

    def test_a_top_up_is_no_sale(self, buyer):
        started = services.top_up(
            person=buyer, amount=usd(5_000), gateway="sandbox", return_url="/", key="a", actor=buyer
        )
        from majlis.engines.billing.tests.factories import press

        press(started.payment_id, "pay")
        assert not Invoice.objects.exists()

    def test_where_sellers_invoice_themselves_each_has_a_series(self, buyer, seller, monkeypatch):
        from dataclasses import replace

        from majlis.engines.billing import policies
        from majlis.engines.billing.services import invoices

        own = replace(policies.policies(), seller_of_record="seller")
        monkeypatch.setattr(invoices, "policies", lambda: own)
        other = testing.person("Layla Said")
        placed = bought(buyer, draft(100, seller), draft(200, other), draft(300, seller))
        one, two = sorted(queries.invoices_about(placed), key=lambda each: each.total_amount)
        assert (one.seller, one.total_amount, one.sequence) == (other, 200, 1)
        assert (two.seller, two.total_amount, two.sequence) == (seller, 400, 1)
        assert one.number != two.number


class TestNeverChanges:
    @pytest.mark.parametrize("table", [Invoice, Charge, StateChange])
    def test_the_database_refuses_to_change_or_remove_it(self, buyer, table):
        placed = order(buyer)
        pay(placed)
        assert table.objects.exists()
        name = table._meta.db_table
        for statement in (f"UPDATE {name} SET created_at = now()", f"DELETE FROM {name}"):
            with pytest.raises(IntegrityError, match="never changed"), transaction.atomic():
                connection.cursor().execute(statement)


class TestPdf:
    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    def test_holds_what_was_bought_in_every_language(self, egyptian, seller, language):
        line = draft(11_400, seller)
        placed = bought(egyptian, LineDraft(**{**line.__dict__, "title": "English lesson"}))
        (invoice,) = queries.invoices_about(placed)
        text = text_of(queries.invoice_pdf(invoice.id, language, egyptian))
        assert invoice.number in text
        assert "English lesson" in text
        assert placed.number in text
        assert "000-000-000" in text

    def test_writes_arabic_figures_for_arabic_readers(self, egyptian, seller):
        placed = bought(egyptian, draft(11_400, seller))
        (invoice,) = queries.invoices_about(placed)
        assert "١٤" in text_of(queries.invoice_pdf(invoice.id, "ar", egyptian))
        assert "۱۴" in text_of(queries.invoice_pdf(invoice.id, "fa", egyptian))
        assert "14%" in text_of(queries.invoice_pdf(invoice.id, "en", egyptian))

    def test_shapes_arabic_with_its_own_font_and_nothing_else(self, egyptian, seller):
        placed = bought(egyptian, draft(11_400, seller))
        (invoice,) = queries.invoices_about(placed)
        pdf = queries.invoice_pdf(invoice.id, "ar", egyptian)
        fonts = {
            font["/BaseFont"]
            for page in pypdf.PdfReader(io.BytesIO(pdf)).pages
            for font in (each.get_object() for each in page["/Resources"]["/Font"].values())
        }
        assert fonts
        assert all("Vazirmatn" in font for font in fonts)

    def test_its_link_opens_this_one_and_no_other(self, egyptian, seller):
        (one,) = queries.invoices_about(bought(egyptian, draft(100, seller)))
        (two,) = queries.invoices_about(bought(egyptian, draft(200, seller)))
        token = queries.invoice_link(one).rstrip("/").rpartition("/")[2]
        assert queries.shared_invoice(token) == one
        with pytest.raises(NotFound):
            queries.shared_invoice(token.replace(one.id.hex, two.id.hex))

    def test_is_not_anothers(self, egyptian, seller, buyer):
        (invoice,) = queries.invoices_about(bought(egyptian, draft(100, seller)))
        with pytest.raises(NotFound):
            queries.invoice_pdf(invoice.id, "en", buyer)


class TestPublicLink:
    def test_taken_back_it_leads_nowhere_and_a_new_one_works(self, buyer, seller):
        bought = order(buyer)
        pay(bought)
        (invoice,) = queries.invoices_about(bought)
        first = queries.invoice_link(invoice).rstrip("/").rpartition("/")[2]
        assert queries.shared_invoice(first).id == invoice.id
        with pytest.raises(NotFound):
            services.revoke_invoice_link(invoice_id=invoice.id, actor=seller)
        services.revoke_invoice_link(invoice_id=invoice.id, actor=buyer)
        with pytest.raises(NotFound):
            queries.shared_invoice(first)
        services.renew_invoice_link(invoice_id=invoice.id, actor=buyer)
        second = queries.invoice_link(invoice).rstrip("/").rpartition("/")[2]
        assert queries.shared_invoice(second).id == invoice.id
        with pytest.raises(NotFound):
            queries.shared_invoice(first)


@pytest.fixture
def abroad(monkeypatch):
    rules = dataclasses.replace(policies(), reverse_charge=("DE",))
    monkeypatch.setattr("majlis.engines.billing.services.pricing.policies", lambda: rules)


class TestReverseCharge:
    def details(self, buyer, **more):
        given = {"name": "Schule GmbH", "country": "DE", "business": True, "tax_number": "DE 123 456 788", **more}
        return services.save_billing_details(person=buyer, **given)

    @pytest.mark.usefixtures("abroad")
    def test_a_business_abroad_pays_no_vat_and_the_invoice_says_so(self, seller):
        load_base_catalogue()
        buyer = testing.person(country="DE")
        self.details(buyer)
        bought = order(buyer, draft(11_900, seller))
        pay(bought)
        (invoice,) = queries.invoices_about(bought)
        assert (bought.total, invoice.tax, invoice.reverse_charge) == (usd(10_000), usd(0), True)
        assert (invoice.buyer_facts["name"], invoice.buyer_facts["tax_number"]) == ("Schule GmbH", "DE123456788")
        for language in ("en", "ar", "fa", "id"):
            assert queries.invoice_pdf(invoice.id, language, buyer).startswith(b"%PDF")

    @pytest.mark.usefixtures("abroad")
    def test_a_person_abroad_pays_vat(self, seller):
        load_base_catalogue()
        buyer = testing.person(country="DE")
        self.details(buyer, business=False)
        assert order(buyer, draft(11_900, seller)).tax == usd(1_900)

    def test_a_business_pays_vat_where_the_policy_does_not_say_otherwise(self, seller):
        load_base_catalogue()
        buyer = testing.person(country="DE")
        self.details(buyer)
        assert order(buyer, draft(11_900, seller)).tax == usd(1_900)

    @pytest.mark.parametrize("number", ["", "DE12", "EG123456789", "DE123456789"])
    def test_a_wrong_number_is_refused(self, buyer, number):
        load_base_catalogue()
        with pytest.raises(Invalid):
            self.details(buyer, tax_number=number)
