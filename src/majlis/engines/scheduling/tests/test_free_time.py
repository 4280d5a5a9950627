"""What search is told of people's free time, and what the others hear."""

from datetime import UTC, date, datetime, timedelta

import pytest

from majlis.engines.scheduling import events, queries, services
from majlis.engines.scheduling.models import FreeTime
from majlis.engines.scheduling.tests.factories import teacher
from majlis.engines.scheduling.types import Hours
from majlis.kit import clock, testing
from majlis.kit import events as bus
from majlis.kit.ids import new_id
from majlis.kit.jobs import run_due_jobs

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def heard(monkeypatch):
    """What was announced since it was last looked at, by kind."""
    said = []
    for place in ("services.free_time", "services.reservations", "services.hours"):
        monkeypatch.setattr(f"majlis.engines.scheduling.{place}.publish", lambda e: (said.append(e), bus.publish(e)))

    def take(kind):
        run_due_jobs()
        found = [event for event in said if isinstance(event, kind)]
        said[:] = [event for event in said if not isinstance(event, kind)]
        return found

    return take


@pytest.fixture
def amal():
    with clock.travel(NOW):
        person = teacher(horizon_days=60)
        services.set_weekly_hours(person_id=person.id, hours=[Hours(1, 540, 120)], now=NOW)
        yield person


def book(person, starts_at=NINE, **more):
    return services.reserve(
        people=[person.id, testing.person().id],
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        kind="lesson",
        subject_id=new_id(),
        now=NOW,
        **more,
    )


def half_hours(bits):
    return [n for n in range(48) if bits >> n & 1]


class TestFreeTimeChanged:
    def test_names_every_day_kept_when_hours_change(self, amal, heard):
        services.set_weekly_hours(person_id=amal.id, hours=[Hours(1, 540, 180)], now=NOW)
        (event,) = heard(events.FreeTimeChanged)[-1:]
        assert (event.person_id, event.first_day, len(event.bits)) == (amal.id, date(2026, 3, 1), 90)
        assert half_hours(event.bits[1]) == [18, 19, 20, 21, 22, 23]
        assert event.bits[0] == 0
        assert event.next_free_at == NINE
        assert all(bits == 0 for bits in event.bits[62:])  # beyond the horizon

    def test_names_only_the_days_a_booking_touches(self, amal, heard):
        heard(events.FreeTimeChanged)
        book(amal)
        (event,) = heard(events.FreeTimeChanged)
        assert (event.first_day, len(event.bits)) == (date(2026, 3, 2), 1)
        assert half_hours(event.bits[0]) == [20, 21]
        assert event.next_free_at == NINE + HOUR

    def test_gives_the_day_back_when_the_booking_is_freed(self, amal, heard):
        made = book(amal)
        heard(events.FreeTimeChanged)
        services.free(reservation_id=made, now=NOW)
        (event,) = heard(events.FreeTimeChanged)
        assert half_hours(event.bits[0]) == [18, 19, 20, 21]
        (freed,) = heard(events.TimeFreed)
        assert (freed.starts_at, amal.id in freed.person_ids, len(freed.person_ids)) == (NINE, True, 2)

    def test_says_nothing_of_people_without_hours(self, heard):
        with clock.travel(NOW):
            student = testing.person()
            book(student)
            assert heard(events.FreeTimeChanged) == []

    def test_of_a_half_hour_partly_taken_is_not_free(self, amal, heard):
        heard(events.FreeTimeChanged)
        services.add_time_off(
            person_id=amal.id, starts_at=NINE + timedelta(minutes=10), ends_at=NINE + timedelta(minutes=20), now=NOW
        )
        (event,) = heard(events.FreeTimeChanged)
        assert half_hours(event.bits[1]) == [19, 20, 21]

    def test_the_nightly_round_brings_the_day_that_comes_into_sight(self, amal, heard):
        heard(events.FreeTimeChanged)
        assert services.roll(now=NOW) == 0
        # The horizon of 60 days reaches Monday 4 May on 5 March.
        assert services.roll(now=datetime(2026, 3, 5, 0, 7, tzinfo=UTC)) == 1
        (event,) = heard(events.FreeTimeChanged)
        monday = event.bits[(date(2026, 5, 4) - event.first_day).days]
        assert half_hours(monday) == [18, 19, 20, 21]
        assert len(event.bits) < 10
        assert services.roll(now=datetime(2026, 3, 5, 0, 7, tzinfo=UTC)) == 0

    def test_the_round_between_moves_on_whose_next_time_passed(self, amal, heard):
        heard(events.FreeTimeChanged)
        assert services.pass_time(now=NOW) == 0
        assert services.pass_time(now=NINE + HOUR) == 1
        (event,) = heard(events.FreeTimeChanged)
        assert event.next_free_at == NINE + HOUR
        assert services.pass_time(now=NINE + 3 * HOUR) == 1
        assert FreeTime.objects.get(person=amal).next_free_at == NINE + timedelta(days=7)

    def test_bits_say_what_slots_say(self, amal):
        book(amal)
        found = queries.free_bits([amal.id], first_day=date(2026, 3, 1), days=14, now=NOW)[amal.id]
        slots = queries.free_slots(
            [amal.id], starts_at=NOW - 12 * HOUR, ends_at=NOW + timedelta(days=13, hours=12), minutes=30, now=NOW
        )[amal.id]
        from_bits = [
            datetime(2026, 3, 1, tzinfo=UTC) + timedelta(days=day, minutes=30 * n)
            for day, bits in enumerate(found)
            for n in half_hours(bits)
        ]
        assert from_bits == [slot.starts_at for slot in slots]


class TestHoldLapsed:
    def test_is_announced_by_the_sweep_and_by_the_booking_that_meets_it(self, amal, heard):
        held = book(amal, held_until=NOW + HOUR)
        services.sweep_holds(now=NOW + HOUR)
        (event,) = heard(events.HoldLapsed)
        assert (event.reservation_id, event.kind) == (held, "lesson")
        again = book(amal, held_until=NOW + HOUR)
        services.reserve(
            people=[amal.id], starts_at=NINE, ends_at=NINE + HOUR, kind="x", subject_id=new_id(), now=NOW + HOUR
        )
        assert [event.reservation_id for event in heard(events.HoldLapsed)] == [again]


class TestCancellationAsked:
    def test_is_announced_only_when_the_member_asked_for_it(self, amal, heard):
        made = book(amal, hours_of=amal.id)
        services.add_time_off(
            person_id=amal.id, starts_at=NINE, ends_at=NINE + HOUR, reason="Ill", cancel_displaced=True, now=NOW
        )
        (event,) = heard(events.CancellationAsked)
        assert (event.reservation_id, event.person_id, event.reason) == (made, amal.id, "Ill")
        services.set_weekly_hours(person_id=amal.id, hours=[], now=NOW)
        assert heard(events.CancellationAsked) == []
