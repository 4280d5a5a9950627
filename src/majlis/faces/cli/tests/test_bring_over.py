"""`./majlis manage bring_over`, against Stripe's double."""

import io

import pytest
from django.core.management import CommandError, call_command

from majlis.engines.billing.models import Charge, GatewayCustomer, Subscription
from majlis.engines.billing.tests.mirrored import running_stripe, sold_at_stripe
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def double(settings):
    yield from running_stripe(settings)


@pytest.fixture
def price(double):
    return sold_at_stripe(double)


@pytest.fixture
def salma(db):
    return person("Salma Hassan", email="salma@example.test", country="XX")


def bring(*words, **options):
    """What it prints, and what it says of what went wrong."""
    out, wrong = io.StringIO(), io.StringIO()
    try:
        call_command("bring_over", *words, stdout=out, stderr=wrong, **options)
    except CommandError as error:
        wrong.write(str(error))
    return out.getvalue(), wrong.getvalue()


class TestBringOver:
    def test_a_subscription_for_a_member(self, double, price, salma):
        ref = double.subscribe("cus_old", price.provider_ref)
        said, wrong = bring("stripe", ref, person="Salma@example.test")
        it = Subscription.objects.get()
        assert said == f"{ref}: active until {it.ends_at:%Y-%m-%d %H:%M} UTC\n"
        assert (it.person, it.status, wrong) == (salma, "active", "")
        assert Charge.objects.get().amount == 10_000

    def test_again_brings_nothing_twice(self, double, price, salma):
        ref = double.subscribe("cus_old", price.provider_ref)
        assert bring("stripe", ref, person=salma.email) == bring("stripe", ref, person=salma.email)
        assert (Subscription.objects.count(), Charge.objects.count()) == (1, 1)

    def test_several_customers_who_are_known_here(self, double, price, salma):
        for number, member in enumerate([salma, person(country="XX")]):
            GatewayCustomer.objects.create(person=member, provider="stripe", ref=f"cus_{number}")
            double.subscribe(f"cus_{number}", price.provider_ref)
        said, wrong = bring("stripe", "cus_0", "cus_1")
        assert (said.count("active until"), wrong) == (2, "")
        assert Subscription.objects.get(person=salma).provider_ref in said

    def test_one_that_cannot_be_brought_is_named_and_the_others_are_brought(self, double, price, salma):
        ref = double.subscribe("cus_old", price.provider_ref)
        said, wrong = bring("stripe", "sub_nothing", ref, person=salma.email)
        assert f"{ref}: active" in said
        assert "sub_nothing: " in wrong
        assert wrong.endswith("1 of 2 could not be brought over.")

    def test_of_a_customers_two_the_one_that_cannot_is_named(self, double, price, salma):
        first, second = (double.subscribe("cus_twice", price.provider_ref) for _time in range(2))
        _said, wrong = bring("stripe", "cus_twice", person=salma.email)
        assert Subscription.objects.get().provider_ref == first
        assert "1 brought over" in wrong
        assert second in wrong

    @pytest.mark.parametrize(
        ("words", "why"),
        [
            (["stripe", "sub_1", "--person", "nobody@example.test"], "No member has this address confirmed."),
            (["paypal", "sub_1"], "No provider paypal with keys here; there is: stripe."),
            (["stripe", "cus_nobody"], "There is nothing to bring over."),
        ],
    )
    def test_says_what_is_wrong(self, double, words, why):
        said, wrong = bring(*words)
        assert (said, Subscription.objects.count()) == ("", 0)
        assert why in wrong

    def test_an_address_that_is_not_confirmed_is_nobodys(self, double, price, salma):
        salma.emailaddress_set.update(verified=False)
        ref = double.subscribe("cus_old", price.provider_ref)
        assert "No member" in bring("stripe", ref, person=salma.email)[1]

    def test_a_provider_that_is_away_brings_nothing_and_is_asked_again(self, double, price, salma):
        ref = double.subscribe("cus_old", price.provider_ref)
        double.away = True
        assert "does not answer" in bring("stripe", ref, person=salma.email)[1]
        assert not Subscription.objects.exists()
        double.away = False
        assert "active" in bring("stripe", ref, person=salma.email)[0]
