"""Free times."""

from datetime import UTC, datetime, timedelta

import pytest

from majlis.engines.scheduling import queries
from majlis.engines.scheduling.tests.factories import teacher, weekly

pytestmark = pytest.mark.django_db
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)


def begins(person, days=1, minutes=60, start=MONDAY, **more):
    found = queries.free_slots(
        [person.id], starts_at=start, ends_at=start + timedelta(days=days), minutes=minutes, now=MONDAY, **more
    )
    return [slot.starts_at.strftime("%a %H:%M") for slot in found[person.id]]


class TestFreeSlots:
    def test_are_cut_from_weekly_hours(self):
        person = teacher()
        weekly(person, [1], "09:00", 120)
        assert begins(person) == ["Mon 09:00", "Mon 09:30", "Mon 10:00"]

    def test_of_a_zone_are_on_its_wall(self):
        person = teacher("Asia/Kathmandu", slot_grid=60)
        weekly(person, [1], "09:00", 120)
        assert begins(person) == ["Mon 03:15", "Mon 04:15"]
