from datetime import timedelta

import pytest

from majlis.engines.calls import queries, services
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.ids import new_id
from majlis.kit.testing import SOME_MONDAY, person

HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
BEGINS = SOME_MONDAY + HOUR


@pytest.fixture
def people(db):
    return person("Salma"), person("Nadia")


@pytest.fixture
def room_id(people):
    return services.open_room(
        kind="lesson", subject_id=new_id(), people=[p.id for p in people], starts_at=BEGINS, ends_at=BEGINS + HOUR
    )


def stay(room_id, who, from_minute, to_minute):
    visit = services.enter_room(room_id=room_id, actor=who, now=BEGINS + from_minute * MINUTE)
    services.leave_room(room_id=room_id, actor=who, visit_id=visit.id, now=BEGINS + to_minute * MINUTE)


class TestAttendance:
    def test_counts_only_the_agreed_hour(self, room_id, people):
        stay(room_id, people[0], -5, 70)
        assert queries.attendance(room_id)[people[0].id].seconds == 3600

    def test_two_tabs_count_once(self, room_id, people):
        stay(room_id, people[0], 0, 40)
        stay(room_id, people[0], 10, 30)
        seen = queries.attendance(room_id)[people[0].id]
        assert (seen.seconds, len(seen.intervals)) == (2400, 1)

    def test_who_never_came_is_not_in_it(self, room_id, people):
        stay(room_id, people[0], 0, 40)
        assert people[1].id not in queries.attendance(room_id)

    def test_a_lost_connection_counts_to_its_last_beat(self, room_id, people):
        visit = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        at = BEGINS + timedelta(seconds=30)
        assert services.beat(room_id=room_id, actor=people[0], visit_id=visit.id, now=at)
        assert services.end_lost_visits(now=at + 5 * MINUTE) == 1
        assert queries.attendance(room_id)[people[0].id].seconds == 30
        assert not services.beat(room_id=room_id, actor=people[0], visit_id=visit.id, now=at + 5 * MINUTE)


class TestEntering:
    def test_a_stranger_does_not_find_the_room(self, room_id):
        with pytest.raises(NotFound):
            services.enter_room(room_id=room_id, actor=person("Stranger"), now=BEGINS)

    @pytest.mark.parametrize("minute", [-11, 91])
    def test_is_refused_outside_the_window(self, room_id, people, minute):
        with pytest.raises(services.NotNow):
            services.enter_room(room_id=room_id, actor=people[0], now=BEGINS + minute * MINUTE)

    def test_a_called_off_meeting_cannot_be_entered(self, room_id, people):
        services.close_room(room_id=room_id)
        with pytest.raises(services.RoomClosed):
            services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)

    def test_nobody_beats_for_another(self, room_id, people):
        visit = services.enter_room(room_id=room_id, actor=people[0], now=BEGINS)
        with pytest.raises(NotFound):
            services.beat(room_id=room_id, actor=people[1], visit_id=visit.id, now=clock.now())
