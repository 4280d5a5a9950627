"""Who was there: believed only as far as the server saw it."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction

from majlis.engines.calls import queries, services
from majlis.engines.calls.models import RoomEvent, Visit
from majlis.engines.calls.tests.factories import BEGINS, HOUR, MINUTE, SECOND, a_room, stay
from majlis.kernel.notices import queries as notices
from majlis.kit import clock, testing
from majlis.kit.errors import NotFound
from majlis.kit.testing import person


@pytest.fixture
def people(db):
    return person("Salma"), person("Nadia")


@pytest.fixture
def room_id(people):
    return a_room(*people)


class TestAttendance:
    def test_counts_only_the_agreed_hour(self, room_id, people):
        stay(room_id, people[0], -5, 70)
        assert queries.attendance(room_id)[people[0].id].seconds == 3600

    def test_two_tabs_count_once(self, room_id, people):
        stay(room_id, people[0], 0, 40)
        services.witness_stay(
            room_id=room_id,
            person_id=people[0].id,
            joined_at=BEGINS + 10 * MINUTE,
            left_at=BEGINS + 30 * MINUTE,
        )
        seen = queries.attendance(room_id)[people[0].id]
        assert (seen.seconds, len(seen.intervals)) == (2400, 1)

    def test_who_never_came_is_not_in_it(self, room_id, people):
        stay(room_id, people[0], 0, 4)
        assert people[1].id not in queries.attendance(room_id)

    def test_a_lost_connection_counts_to_its_last_beat(self, room_id, people):
        visit = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        at = BEGINS + 30 * SECOND
        assert services.beat(room_id=room_id, actor=people[0], visit_id=visit.id, now=at)
        assert services.end_lost_visits(now=at + 5 * MINUTE) == 1
        assert queries.attendance(room_id)[people[0].id].seconds == 30
        assert not services.beat(room_id=room_id, actor=people[0], visit_id=visit.id, now=at + 5 * MINUTE)

    def test_coming_back_after_a_loss_is_a_second_interval(self, room_id, people):
        stay(room_id, people[0], 0, 10)
        stay(room_id, people[0], 20, 30)
        seen = queries.attendance(room_id)[people[0].id]
        assert (seen.seconds, len(seen.intervals)) == (1200, 2)
        assert (seen.first_join, seen.last_leave) == (BEGINS, BEGINS + 30 * MINUTE)

    def test_nothing_counts_outside_the_time_the_room_was_open_after_it_moved(self, room_id, people):
        stay(room_id, people[0], 0, 10)
        services.move_room(room_id=room_id, starts_at=BEGINS + 24 * HOUR, ends_at=BEGINS + 25 * HOUR)
        assert queries.attendance(room_id) == {}


class TestForging:
    def test_leaving_late_after_silence_counts_to_the_last_beat(self, room_id, people):
        visit = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        services.leave_room(room_id=room_id, actor=people[0], visit_id=visit.id, now=BEGINS + HOUR)
        assert queries.attendance(room_id)[people[0].id].seconds == 0
        assert RoomEvent.objects.get(kind="lost").at == BEGINS

    def test_nobody_beats_or_leaves_for_another(self, room_id, people):
        visit = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        with pytest.raises(NotFound):
            services.beat(room_id=room_id, actor=people[1], visit_id=visit.id, now=clock.now())
        with pytest.raises(NotFound):
            services.leave_room(room_id=room_id, actor=people[1], visit_id=visit.id, now=clock.now())

    def test_a_beat_after_the_room_has_shut_does_not_count(self, room_id, people):
        visit = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS + 89 * MINUTE)
        at = BEGINS + 90 * MINUTE
        assert not services.beat(room_id=room_id, actor=people[0], visit_id=visit.id, now=at)
        assert queries.attendance(room_id)[people[0].id].last_leave <= at

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE calls_roomevent SET at = at - interval '1 hour'",
            "DELETE FROM calls_roomevent",
            "DELETE FROM calls_visit",
            "UPDATE calls_visit SET joined_at = joined_at - interval '1 hour'",
            "UPDATE calls_visit SET left_at = left_at + interval '1 hour'",
        ],
    )
    def test_evidence_cannot_be_rewritten_even_in_the_database(self, room_id, people, statement):
        stay(room_id, people[0], 0, 1)
        with pytest.raises(IntegrityError, match="evidence"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(statement)

    def test_a_stay_is_not_witnessed_for_strangers(self, room_id):
        with pytest.raises(NotFound):
            services.witness_stay(room_id=room_id, person_id=person().id, joined_at=BEGINS, left_at=BEGINS + HOUR)


class TestEntering:
    def test_a_stranger_does_not_find_the_room(self, room_id):
        with pytest.raises(NotFound):
            services.enter_room(room_id=room_id, actor=person("Stranger"), now=BEGINS)

    @pytest.mark.parametrize("minute", [-11, 90])
    def test_is_refused_outside_the_window(self, room_id, people, minute):
        with pytest.raises(services.NotNow, match="10 minutes before"):
            services.enter_room(room_id=room_id, actor=people[0], now=BEGINS + minute * MINUTE)

    @pytest.mark.parametrize("minute", [-10, 89])
    def test_is_possible_at_both_ends_of_the_window(self, room_id, people, minute):
        assert services.enter_room(room_id=room_id, actor=people[0], now=BEGINS + minute * MINUTE)

    def test_a_called_off_meeting_cannot_be_entered(self, room_id, people):
        services.close_room(room_id=room_id)
        services.close_room(room_id=room_id)
        with pytest.raises(services.RoomClosed):
            services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        assert [event.kind for event in queries.timeline(room_id)] == ["closed"]

    def test_another_tab_takes_over(self, room_id, people):
        first = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        second = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS + 20 * SECOND)
        assert not services.beat(room_id=room_id, actor=people[0], visit_id=first.id, now=BEGINS + 25 * SECOND)
        assert services.beat(room_id=room_id, actor=people[0], visit_id=second.id, now=BEGINS + 25 * SECOND)
        assert [p.visit_id for p in queries.present(room_id)] == [second.id]
        assert [event.kind for event in queries.timeline(room_id)] == ["joined", "moved", "joined"]

    def test_tells_who_is_missing_that_somebody_waits_once(self, room_id, people):
        for _ in range(2):
            services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        assert [n.kind for n in notices.notices_of(people[1], None).items] == ["call_waiting"]
        assert notices.notices_of(people[0], None).items == []


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_thirty_two_tabs_leave_one_visit_open(self):
        salma, nadia = person("Salma"), person("Nadia")
        now = clock.now()
        room_id = a_room(salma, nadia, starts_at=now)
        answers = testing.at_once([lambda: services.enter_room(room_id=room_id, actor=salma)] * 32)
        assert {type(answer).__name__ for answer in answers} == {"Visit"}
        assert Visit.objects.filter(left_at__isnull=True).count() == 1
        assert Visit.objects.count() == 32

    def test_beats_and_the_sweep_never_disagree(self):
        salma = person("Salma")
        now = clock.now()
        room_id = a_room(salma, starts_at=now - MINUTE)
        visit = services.enter_room(room_id=room_id, actor=salma, now=now - timedelta(seconds=46))

        def beat():
            return services.beat(room_id=room_id, actor=salma, visit_id=visit.id, now=now)

        answers = testing.at_once([beat, lambda: services.end_lost_visits(now=now)] * 16)
        assert not any(isinstance(answer, Exception) for answer in answers), answers
        assert RoomEvent.objects.filter(kind="lost").count() == 1
