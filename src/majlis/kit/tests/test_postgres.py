import time

import pytest
from django.db import connection, connections

from majlis.kit.postgres.base import alive


@pytest.fixture
def pooled(transactional_db):
    """A connection of a pool that has no other."""
    own = connections["default"].copy(alias="pooled")
    pool = {"min_size": 1, "max_size": 1, "timeout": 5}
    own.settings_dict["OPTIONS"] = {**own.settings_dict["OPTIONS"], "pool": pool}
    connections["pooled"] = own
    yield own
    own.close()
    own.close_pool()
    del connections["pooled"]


def who(connection):
    """The server process behind it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def end(pid):
    """The server process dies, as with a restart, and is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
    time.sleep(0.05)


class TestPool:
    def test_hands_out_the_same_connection_without_asking(self, pooled, monkeypatch):
        first = who(pooled)
        pooled.close()
        monkeypatch.setattr("psycopg_pool.ConnectionPool.check_connection", lambda asked: pytest.fail("asked"))
        assert who(pooled) == first

    def test_does_not_hand_out_one_whose_server_went_away(self, pooled):
        first = who(pooled)
        pooled.close()
        end(first)
        assert who(pooled) != first

    def test_hands_out_one_that_was_merely_told_something(self, pooled):
        with pooled.cursor() as cursor:
            cursor.execute("LISTEN somebody")
        first = who(pooled)
        pooled.close()
        with connection.cursor() as cursor:
            cursor.execute("NOTIFY somebody")
        time.sleep(0.05)
        assert who(pooled) == first


class TestAlive:
    def test_a_closed_connection_is_not(self, pooled):
        who(pooled)
        one = pooled.connection
        assert alive(one)
        pooled.close()
        pooled.close_pool()
        assert not alive(one)
