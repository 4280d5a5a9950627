"""What the house sells and by which rates it shows prices, set in the office."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.urls import reverse

from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.catalogue.models import Currency, ExchangeRate, Offer, Price
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


def sign_in(client, role):
    client.force_login(person(roles=[role]))
    return client


class TestPrices:
    @pytest.fixture
    def offer(self):
        return Offer.objects.create(slug="plus", kind="plan", name={"en": "Plus"})

    def set_price(self, client, offer, amount):
        where = reverse("admin:catalogue_offer_list_act", args=["set_price"])
        return client.post(where, {"offer": str(offer.pk), "amount": amount, "unit": edition().currency})

    def test_a_new_price_ends_the_one_before_and_is_in_the_trail(self, client, offer):
        sign_in(client, "admin")
        self.set_price(client, offer, "10")
        self.set_price(client, offer, "12.50")
        before, now = Price.objects.order_by("starts_at")
        assert before.ends_at == now.starts_at
        assert (now.amount, now.ends_at) == (1_250, None)
        assert AuditEntry.objects.filter(action="price.set", target=f"catalogue.offer:{offer.pk}").count() == 2

    def test_nonsense_is_marked_at_its_field(self, client, offer):
        assert self.set_price(sign_in(client, "admin"), offer, "a lot").status_code == 422
        assert not Price.objects.exists()

    def test_support_does_not_set_prices(self, client, offer):
        assert self.set_price(sign_in(client, "support"), offer, "10").status_code == 403


class TestRates:
    @pytest.fixture(autouse=True)
    def _pounds(self):
        Currency.objects.get_or_create(code="EGP", defaults={"name": {"en": "Pound"}})

    def record(self, client, rate, day=None):
        where = reverse("admin:catalogue_exchangerate_list_act", args=["record_rate"])
        day = day or clock.now().date()
        return client.post(where, {"currency": "EGP", "per_dollar": rate, "on_day": day, "source": "Central Bank"})

    def test_finance_records_one_and_it_is_in_the_trail(self, client):
        self.record(sign_in(client, "finance"), "48.75")
        rate = ExchangeRate.objects.get(currency="EGP", source="Central Bank")
        assert rate.per_dollar == Decimal("48.75")
        assert AuditEntry.objects.get(action="rates.recorded").facts == {"source": "Central Bank", "EGP": "48.75"}

    def test_a_day_keeps_the_rate_it_has(self, client):
        sign_in(client, "finance")
        self.record(client, "48.75")
        assert self.record(client, "52").status_code == 422
        assert ExchangeRate.objects.get(source="Central Bank").per_dollar == Decimal("48.75")

    def test_nobody_knows_tomorrows(self, client):
        sign_in(client, "finance")
        assert self.record(client, "52", clock.now().date() + timedelta(days=1)).status_code == 422
        assert not ExchangeRate.objects.filter(source="Central Bank").exists()
