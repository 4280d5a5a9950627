"""Taking, keeping, moving and giving back time."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.models import BusyTime, ExternalCalendar, ExternalTime, FreeTime, Reservation
from majlis.engines.scheduling.tests.factories import teacher, weekly
from majlis.kit import testing
from majlis.kit.errors import Invalid
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def amal():
    person = teacher()
    weekly(person, [1, 2, 3, 4, 5], "09:00", 480)
    return person


@pytest.fixture
def student():
    return testing.person("Bilal Student")


def reserve(people, starts_at=NINE, length=HOUR, **more):
    more.setdefault("kind", "lesson")
    more.setdefault("subject_id", new_id())
    more.setdefault("now", NOW)
    return services.reserve(people=[p.id for p in people], starts_at=starts_at, ends_at=starts_at + length, **more)


def busy_from(person):
    """When what fills the person's week begins."""
    return [busy.starts_at for busy in queries.agenda(person.id, NOW, NOW + timedelta(days=7), now=NOW)]


class TestReserve:
    def test_takes_the_time_of_everybody(self, amal, student):
        reserve([amal, student])
        for person in (amal, student):
            assert [b.starts_at for b in queries.agenda(person.id, NINE, NINE + HOUR, now=NOW)] == [NINE]

    def test_refuses_a_taken_slot_and_says_whose(self, amal, student):
        reserve([amal, student])
        with pytest.raises(services.SlotTaken) as refused:
            reserve([testing.person(), student], NINE + timedelta(minutes=30))
        assert refused.value.facts["person"] == student.id
        assert Reservation.objects.count() == 1

    def test_allows_back_to_back(self, amal, student):
        reserve([amal, student])
        reserve([amal, student], NINE + HOUR)
        assert busy_from(student) == [NINE, NINE + HOUR]

    def test_made_twice_for_the_same_thing_is_made_once(self, amal, student):
        lesson = new_id()
        first = reserve([amal, student], subject_id=lesson, hours_of=amal.id)
        assert reserve([amal, student], subject_id=lesson, hours_of=amal.id) == first
        with pytest.raises(services.AlreadyReserved):
            reserve([amal, student], NINE + HOUR, subject_id=lesson)

    def test_keeps_the_buffers_of_each(self, student):
        amal = teacher(buffer_before=10, buffer_after=15)
        reserve([amal, student])
        with pytest.raises(services.SlotTaken):
            reserve([amal], NINE + HOUR + timedelta(minutes=20))
        reserve([amal], NINE + HOUR + timedelta(minutes=25))
        # The student has no buffers of their own.
        reserve([student], NINE + HOUR)

    def test_refuses_nonsense(self, amal, student):
        with pytest.raises(Invalid):
            reserve([amal], length=-HOUR)
        with pytest.raises(Invalid):
            reserve([], NINE)
        with pytest.raises(Invalid):
            reserve([student], hours_of=amal.id)

    def test_refused_leaves_no_row_and_a_transaction_one_can_go_on_with(self, amal, student):
        reserve([student])
        with pytest.raises(services.SlotTaken):
            reserve([amal, student])
        assert BusyTime.objects.count() == 1
        reserve([amal])

    def test_refuses_the_time_of_a_calendar_elsewhere(self, amal, student):
        elsewhere = ExternalCalendar.objects.create(person=student, title="Work", address="https://example.org/a.ics")
        ExternalTime.objects.create(calendar=elsewhere, person=student, during=(NINE + HOUR / 2, NINE + HOUR))
        with pytest.raises(services.SlotTaken) as refused:
            reserve([amal, student])
        assert refused.value.facts["person"] == student.id
        reserve([amal, student], NINE + HOUR)

    def test_tells_search_once_for_each_whose_free_time_it_keeps(self, amal, student):
        FreeTime.objects.create(person=amal, rolled_on=NOW.date())
        reserve([amal, student], NINE + 13 * HOUR)
        with connection.cursor() as cursor:
            cursor.execute("SELECT queue_name, task_name, args FROM procrastinate_jobs WHERE status = 'todo'")
            ((queue, task, facts),) = cursor.fetchall()
        assert (queue, task) == ("search", "scheduling.renew_free_time")
        assert json.loads(facts) == {"person_id": str(amal.id), "first_day": "2026-03-02", "last_day": "2026-03-03"}


class TestReserveInHours:
    def test_takes_a_time_inside_them(self, amal, student):
        reserve([amal, student], hours_of=amal.id)
        assert busy_from(student) == [NINE]

    def test_refuses_a_time_outside(self, amal, student):
        with pytest.raises(services.OutsideHours):
            reserve([amal, student], NINE - HOUR, hours_of=amal.id)
        with pytest.raises(services.OutsideHours):
            reserve([amal, student], NINE + 7 * HOUR, length=2 * HOUR, hours_of=amal.id)

    def test_refuses_somebody_without_hours(self, student):
        with pytest.raises(services.OutsideHours):
            reserve([student], hours_of=student.id)

    def test_refuses_too_soon_and_too_far(self, student):
        amal = teacher(minimum_notice=60, horizon_days=7)
        weekly(amal, [1, 2, 3, 4, 5, 6, 7], "00:00", 1440)
        with pytest.raises(services.TooSoon):
            reserve([amal, student], NOW + timedelta(minutes=30), hours_of=amal.id)
        reserve([amal, student], NOW + HOUR, hours_of=amal.id)
        with pytest.raises(services.TooFar):
            reserve([amal, student], NOW + timedelta(days=8), hours_of=amal.id)

    def test_refuses_a_time_that_is_past(self, amal, student):
        with pytest.raises(services.TooSoon):
            reserve([amal, student], hours_of=amal.id, now=NINE + timedelta(minutes=1))

    def test_refuses_a_time_off_the_grid(self, amal, student):
        with pytest.raises(services.OffGrid) as refused:
            reserve([amal, student], NINE + timedelta(minutes=7), hours_of=amal.id)
        assert "30" in str(refused.value)

    def test_refuses_a_full_day_and_says_so_before_in_free_slots(self, student):
        amal = teacher(day_limit=2)
        weekly(amal, [1, 2], "09:00", 480)
        reserve([amal, student], hours_of=amal.id)
        second = reserve([amal, student], NINE + HOUR, hours_of=amal.id)
        with pytest.raises(services.DayFull):
            reserve([amal, student], NINE + 2 * HOUR, hours_of=amal.id)
        found = queries.free_slots([amal.id], starts_at=NINE - 9 * HOUR, ends_at=NINE + 39 * HOUR, minutes=60, now=NOW)[
            amal.id
        ]
        assert {slot.starts_at.day for slot in found} == {3}
        services.free(reservation_id=second, now=NOW)
        reserve([amal, student], NINE + 2 * HOUR, hours_of=amal.id)

    def test_may_be_moved_within_a_full_day(self, student):
        amal = teacher(day_limit=1)
        weekly(amal, [1], "09:00", 480)
        made = reserve([amal, student], hours_of=amal.id)
        services.move(reservation_id=made, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, hours_of=amal.id, now=NOW)
        assert busy_from(student) == [NINE + HOUR]


class TestHold:
    def test_keeps_others_away_until_it_ends(self, amal, student):
        reserve([amal, student], held_until=NOW + timedelta(minutes=15))
        with pytest.raises(services.SlotTaken):
            reserve([amal], now=NOW + timedelta(minutes=14))
        reserve([amal], now=NOW + timedelta(minutes=15))

    def test_that_ended_gives_way_for_everybody_in_it_and_says_so(self, amal, student):
        held = reserve([amal, student], held_until=NOW + timedelta(minutes=15))
        reserve([amal], now=NOW + HOUR)
        assert Reservation.objects.get(pk=held).status == "lapsed"
        assert not BusyTime.objects.filter(reservation_id=held, blocks=True).exists()
        reserve([student], now=NOW + HOUR)

    def test_that_ended_stays_when_somebody_else_is_taken_too(self, amal, student):
        held = reserve([amal], held_until=NOW + timedelta(minutes=15))
        reserve([student])
        with pytest.raises(services.SlotTaken) as refused:
            reserve([amal, student], now=NOW + HOUR)
        assert refused.value.facts["person"] == student.id
        assert Reservation.objects.get(pk=held).status == "held"

    def test_that_ended_gives_way_to_what_is_moved_there(self, amal, student):
        held = reserve([amal], NINE + HOUR, held_until=NOW + timedelta(minutes=15))
        made = reserve([amal, student])
        services.move(reservation_id=made, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, now=NOW + HOUR)
        assert Reservation.objects.get(pk=held).status == "lapsed"

    def test_is_confirmed(self, amal, student):
        held = reserve([amal, student], held_until=NOW + timedelta(minutes=15))
        services.confirm(reservation_id=held, now=NOW)
        services.confirm(reservation_id=held, now=NOW)
        with pytest.raises(services.SlotTaken):
            reserve([amal], now=NOW + HOUR)

    def test_confirmed_late_is_given_while_nobody_took_it(self, amal, student):
        held = reserve([amal, student], held_until=NOW + timedelta(minutes=15))
        assert services.sweep_holds(now=NOW + HOUR) == 1
        services.confirm(reservation_id=held, now=NOW + HOUR)
        with pytest.raises(services.SlotTaken):
            reserve([student], now=NOW + HOUR)

    def test_confirmed_after_somebody_took_it_is_refused(self, amal, student):
        held = reserve([amal, student], held_until=NOW + timedelta(minutes=15))
        reserve([amal], now=NOW + HOUR)
        with pytest.raises(services.HoldExpired):
            services.confirm(reservation_id=held, now=NOW + HOUR)

    def test_of_the_same_thing_may_be_renewed_after_it_ended(self, amal, student):
        lesson = new_id()
        first = reserve([amal, student], subject_id=lesson, held_until=NOW + timedelta(minutes=15))
        again = reserve([amal, student], subject_id=lesson, held_until=NOW + 2 * HOUR, now=NOW + HOUR)
        assert again != first

    def test_is_extended_and_never_shortened(self, amal, student):
        held = reserve([amal, student], held_until=NOW + timedelta(minutes=15))
        services.extend_hold(reservation_id=held, held_until=NOW + HOUR, now=NOW)
        services.extend_hold(reservation_id=held, held_until=NOW, now=NOW)
        with pytest.raises(services.SlotTaken):
            reserve([amal], now=NOW + timedelta(minutes=59))
        with pytest.raises(services.HoldExpired):
            services.extend_hold(reservation_id=held, held_until=NOW + 3 * HOUR, now=NOW + HOUR)

    def test_does_not_hide_free_slots_once_it_ended(self, amal, student):
        reserve([amal, student], held_until=NOW + timedelta(minutes=15))

        def free(now):
            return queries.free_slots([amal.id], starts_at=NINE, ends_at=NINE + HOUR, minutes=60, now=now)[amal.id]

        assert NINE not in [slot.starts_at for slot in free(NOW)]
        assert NINE in [slot.starts_at for slot in free(NOW + HOUR)]


class TestFree:
    def test_gives_the_time_back_once(self, amal, student):
        made = reserve([amal, student])
        services.free(reservation_id=made, now=NOW)
        services.free(reservation_id=made, now=NOW)
        reserve([amal, student])
        assert [c.target for c in Reservation.objects.get(pk=made).history.order_by("id")] == ["confirmed", "freed"]


class TestMove:
    def test_moves_everybody_even_over_its_own_old_time(self, amal, student):
        made = reserve([amal, student])
        later = NINE + timedelta(minutes=30)
        services.move(reservation_id=made, starts_at=later, ends_at=later + HOUR, hours_of=amal.id, now=NOW)
        reserve([amal, student], NINE, length=timedelta(minutes=30))
        assert Reservation.objects.get(pk=made).version == 1

    def test_refused_leaves_it_where_it_was(self, amal, student):
        made = reserve([amal, student])
        reserve([student], NINE + HOUR)
        with pytest.raises(services.SlotTaken):
            services.move(reservation_id=made, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, now=NOW)
        with pytest.raises(services.SlotTaken):
            reserve([amal])

    def test_of_what_was_freed_is_refused(self, amal):
        made = reserve([amal])
        services.free(reservation_id=made, now=NOW)
        with pytest.raises(services.HoldExpired):
            services.move(reservation_id=made, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, now=NOW)
