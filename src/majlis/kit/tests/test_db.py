"""Statements that are planned once per connection."""

from contextlib import closing
from datetime import UTC, datetime
from uuid import UUID

import pytest
from django.db import DataError, InternalError, OperationalError, ProgrammingError, connection, transaction

from majlis.kit.db import array, prepared

EVERYTHING = """
SELECT %(number)s::int, %(text)s::text, %(at)s::timestamptz, %(who)s::uuid, %(whom)s::uuid[], %(none)s::text, 100 %% 7
"""


def planned() -> list[str]:
    """The statements that this connection has prepared."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT statement FROM pg_prepared_statements")
        return [text for (text,) in cursor.fetchall()]


@pytest.mark.django_db
class TestPrepared:
    def test_gives_back_every_kind_of_value(self):
        at, who = datetime(2026, 3, 1, 12, tzinfo=UTC), UUID(int=7)
        given = {"number": 3, "text": "%s ☕ '", "at": at, "who": who, "whom": array([who, UUID(int=8)]), "none": None}
        assert prepared(EVERYTHING, given) == [(3, "%s ☕ '", at, who, [who, UUID(int=8)], None, 2)]

    def test_takes_its_values_in_order_too(self):
        assert prepared("SELECT %s::int - %s::int", [5, 3]) == [(2,)]

    def test_plans_a_statement_once_for_values_of_the_same_types(self):
        for number in range(3):
            assert prepared("SELECT 'once', %s::bigint", [number]) == [("once", number)]
        assert len([text for text in planned() if "'once'" in text]) == 1

    def test_of_no_rows_is_empty(self):
        assert prepared("SELECT 1 WHERE false", {}) == []

    def test_says_what_the_server_complains_about_as_django_does(self):
        with pytest.raises(DataError), transaction.atomic():
            prepared("SELECT 1 / %s::int", [0])
        with pytest.raises(ProgrammingError), transaction.atomic():
            prepared("SELECT * FROM no_such_table", {})
        assert prepared("SELECT 1 / %s::int", [1]) == [(1,)]

    def test_is_refused_in_a_transaction_that_failed(self):
        with transaction.atomic():
            with pytest.raises(DataError):
                prepared("SELECT 1 / %s::int", [0])
            with pytest.raises(InternalError):
                prepared("SELECT 1", {})
            transaction.set_rollback(True)


@pytest.mark.django_db(transaction=True)
class TestPreparedAndTransactions:
    def test_begins_the_transaction_it_is_the_first_of(self):
        with transaction.atomic():
            ((first,),) = prepared("SELECT txid_current()", {})
            ((second,),) = prepared("SELECT txid_current()", {})
            with connection.cursor() as cursor:
                cursor.execute("SELECT txid_current()")
                assert cursor.fetchone() == (first,) == (second,)
        assert prepared("SELECT txid_current()", {}) != [(first,)]

    def test_begins_every_transaction_it_is_the_first_of(self):
        seen = []
        for number in range(3):
            with transaction.atomic():
                for _ in range(2):
                    seen += prepared("SELECT txid_current(), %s::int", [number])
                with connection.cursor() as cursor:
                    cursor.execute("SELECT txid_current()")
                    assert cursor.fetchone() == (seen[-1][0],)
        assert [number for _, number in seen] == [0, 0, 1, 1, 2, 2]
        assert len({transaction_id for transaction_id, _ in seen}) == 3

    def test_that_fails_as_the_first_of_a_transaction_breaks_that_one_only(self):
        for number in (1, 0, 0, 2):
            if number:
                with transaction.atomic():
                    assert prepared("SELECT 2 / %s::int", [number]) == [(2 // number,)]
            else:
                with transaction.atomic():
                    with pytest.raises(DataError, match="division by zero"):
                        prepared("SELECT 2 / %s::int", [number])
                    with pytest.raises(InternalError), connection.cursor() as cursor:
                        cursor.execute("SELECT 1")
                    transaction.set_rollback(True)

    def test_takes_along_more_than_the_line_holds(self):
        for size in (3, 30_000_000):
            with transaction.atomic():
                assert prepared("SELECT length(%s::text)", ["x" * size]) == [(size,)]

    def test_of_a_connection_that_was_lost_before_its_transaction_fails(self):
        with transaction.atomic():
            prepared("SELECT 'lost first'", {})
            ((pid,),) = prepared("SELECT pg_backend_pid()", {})
        other = connection.copy()
        with closing(other), other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        with pytest.raises(OperationalError), transaction.atomic():
            prepared("SELECT 'lost first'", {})
        with transaction.atomic():
            assert prepared("SELECT 'lost first'", {}) == [("lost first",)]

    def test_is_undone_with_its_transaction(self):
        prepared("CREATE TABLE kept (number int)", {})
        try:
            with transaction.atomic():
                prepared("INSERT INTO kept VALUES (%s) RETURNING number", [1])
                transaction.set_rollback(True)
            assert prepared("SELECT number FROM kept", {}) == []
            prepared("INSERT INTO kept VALUES (%s) RETURNING number", [2])
            assert prepared("SELECT number FROM kept", {}) == [(2,)]
        finally:
            prepared("DROP TABLE kept", {})

    def test_goes_on_after_its_table_was_made_anew(self):
        for number in (1, 2):
            with connection.cursor() as cursor:
                cursor.execute("CREATE TABLE anew (number int)")
            try:
                assert prepared("INSERT INTO anew VALUES (%s) RETURNING number", [number]) == [(number,)]
            finally:
                with connection.cursor() as cursor:
                    cursor.execute("DROP TABLE anew")

    def test_of_a_connection_that_was_lost_fails_and_the_next_one_prepares_anew(self):
        assert prepared("SELECT 'lost'", {}) == [("lost",)]
        with pytest.raises(OperationalError):
            prepared("SELECT pg_terminate_backend(pg_backend_pid())", {})
        with pytest.raises(OperationalError):
            prepared("SELECT 'lost'", {})
        connection.close()
        assert prepared("SELECT 'lost'", {}) == [("lost",)]
