import pytest

from majlis.engines.billing import services
from majlis.engines.billing.models import WithdrawalMethod
from majlis.engines.billing.policies import policies
from majlis.engines.billing.tests.factories import SEATS
from majlis.engines.billing.tests.mirrored import join_there, running_stripe, sold_at_stripe
from majlis.engines.billing.tests.providers import DOUBLES
from majlis.kit import testing


@pytest.fixture(autouse=True)
def _forgetful_product():
    SEATS.__init__()


@pytest.fixture
def buyer(db):
    return testing.person("Salma Hassan", country="XX")


@pytest.fixture
def seller(db):
    return testing.person("Omar Farouk")


@pytest.fixture
def doubles(settings):
    """A double of each real provider, whose keys the house was given; by provider."""
    running = {kind.provider: kind() for kind in DOUBLES}
    settings.PAYMENTS = {provider: double.settings() for provider, double in running.items()}
    assert {code for kind in DOUBLES for code in kind.codes} <= set(policies().gateways)
    yield running
    for double in running.values():
        double.close()


@pytest.fixture
def double(settings):
    """Stripe alone, unless a module has another."""
    yield from running_stripe(settings)


@pytest.fixture
def price(double):
    """A month of a plan that is sold at Stripe."""
    return sold_at_stripe(double)


@pytest.fixture
def member(double, buyer, price):
    """A subscription that was begun at Stripe and is paid."""
    return join_there(double, buyer, price)


@pytest.fixture
def method(db):
    """The way to be paid out in tests."""
    services.load_withdrawal_methods()
    return WithdrawalMethod.objects.get(code="iban")


@pytest.fixture
def staff(db):
    return testing.person("Fatma Finance")
