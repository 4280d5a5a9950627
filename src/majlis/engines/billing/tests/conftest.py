import pytest

from majlis.engines.billing.tests.factories import SEATS
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
