"""The API fuzzed by its own OpenAPI document: nothing it is sent makes it fail, and it answers only as documented."""

import os

import pytest
import schemathesis
from django.core.signals import request_finished, request_started
from django.db import close_old_connections
from hypothesis import HealthCheck, Phase, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import status_code_conformance

from majlis.config.wsgi import application
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.catalogue import services as catalogue
from majlis.kit import testing

EXAMPLES = int(os.environ.get("MAJLIS_FUZZ_EXAMPLES", "3"))
"""Examples per operation; a nightly run asks for more."""

schema = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", application)


@pytest.fixture(autouse=True)
def _one_connection():
    """Requests share the test's connection and transaction, as with Django's own test client."""
    both = (request_started, request_finished)
    for signal in both:
        signal.disconnect(close_old_connections)
    yield
    for signal in both:
        signal.connect(close_old_connections)


@pytest.fixture
def token(db):
    """The access token of a member who teaches and works in the office, so that as much as possible is open to it."""
    catalogue.load_base_catalogue()
    person = testing.person("Fuzzy Member", roles=[Role.EXPERT, Role.SUPPORT])
    return accounts.issue_tokens(person=person, device="fuzz").access


@schema.parametrize()
@settings(
    max_examples=EXAMPLES,
    deadline=None,
    derandomize=True,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
@pytest.mark.django_db
def test_no_answer_is_a_fault_or_undocumented(case, token):
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {token}"}
    case.call_and_validate(checks=(not_a_server_error, status_code_conformance))
