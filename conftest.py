"""What every test shares."""

import pytest


@pytest.fixture(autouse=True)
def _fresh_language(settings):
    """A test that switches the language must not leak it into the next."""
    from django.utils import translation

    translation.activate("en")
    yield
    translation.deactivate()


@pytest.fixture(autouse=True)
def _fresh_memory():
    """What one test's rows taught a process must not be remembered in the next, whose database is another."""
    from majlis.kit import memo

    memo.forget()
