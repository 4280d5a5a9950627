"""What every test shares."""

import pytest


@pytest.fixture(autouse=True)
def _fresh_language(settings):
    """A test that switches the language must not leak it into the next."""
    from django.utils import translation

    translation.activate("en")
    yield
    translation.deactivate()
