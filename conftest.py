"""What every test shares."""

import pytest


def pytest_configure():
    """Static files come straight from the checkout, however pytest was called."""
    from django.conf import settings

    settings.STORAGES["staticfiles"]["BACKEND"] = "django.contrib.staticfiles.storage.StaticFilesStorage"


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


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker):
    """A test with real commits ends with a TRUNCATE of all tables, which the books refuse. In the test database alone
    that one refusal is silenced; the ledger's own tests put it back to see that it holds."""
    from django.db import connection

    with django_db_blocker.unblock(), connection.cursor() as cursor:
        cursor.execute(
            "CREATE OR REPLACE FUNCTION ledger_refuse_truncate() RETURNS trigger LANGUAGE plpgsql "
            "AS 'BEGIN RETURN NULL; END'"
        )


@pytest.fixture(autouse=True)
def _empty_queue(request, django_db_blocker):
    """A test with real commits must leave no job to the next; Django's flush passes over procrastinate's tables."""
    yield
    marker = request.node.get_closest_marker("django_db")
    if marker is not None and marker.kwargs.get("transaction"):
        from django.db import connection

        with django_db_blocker.unblock(), connection.cursor() as cursor:
            cursor.execute("DELETE FROM procrastinate_periodic_defers; DELETE FROM procrastinate_jobs")
