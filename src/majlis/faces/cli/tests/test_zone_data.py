"""PostgreSQL's clocks against Python's."""

import zoneinfo
from datetime import UTC, datetime, timedelta

import psycopg
import pytest
from django.db import connection

from majlis.faces.cli import zone_data
from majlis.kit import testing

NOW = datetime(2026, 11, 21, tzinfo=UTC)


@pytest.fixture
def server(transactional_db):
    given = connection.get_connection_params()
    for unknown in ("cursor_factory", "context", "prepare_threshold", "autocommit"):
        given.pop(unknown, None)
    with psycopg.connect(**given) as server:
        yield server


class TestComparison:
    def test_finds_the_server_and_python_at_one(self, server):
        zones = ["Africa/Cairo", "Africa/Casablanca", "Asia/Tehran", "Asia/Jakarta", "Europe/Berlin", "UTC"]
        assert zone_data.disagreements(server, zones, first=NOW) == {}

    def test_names_the_zone_that_differs_and_from_when(self, server, monkeypatch):
        class Behind(zoneinfo.ZoneInfo):
            """Zone data from before Morocco gave up summer time."""

            def utcoffset(self, at):
                return timedelta(hours=1) if self.key == "Africa/Casablanca" else super().utcoffset(at)

        monkeypatch.setattr(zone_data, "ZoneInfo", Behind.no_cache)
        apart = zone_data.disagreements(server, ["Africa/Cairo", "Africa/Casablanca"], first=NOW)
        assert apart == {"Africa/Casablanca": NOW}

    def test_a_zone_one_does_not_know_is_named(self, server):
        assert zone_data.disagreements(server, ["Africa/Atlantis"], first=NOW) == {"Africa/Atlantis": None}

    def test_looks_where_people_live(self, server):
        testing.person(zone="Asia/Tehran")
        assert "Asia/Tehran" in zone_data.used_zones(server)


class TestPythonsZones:
    def test_come_from_the_locked_package_and_not_from_the_machine(self):
        assert zoneinfo.TZPATH == ()
        winter = datetime(2027, 1, 1, 12, tzinfo=UTC).astimezone(zoneinfo.ZoneInfo("Africa/Casablanca"))
        assert winter.utcoffset() == timedelta(0)
