"""Many real connections at once."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connection

from majlis.engines.scheduling import services
from majlis.engines.scheduling.audits import blocking_times_do_not_overlap, reservations_have_all_their_people
from majlis.engines.scheduling.models import BusyTime, Reservation
from majlis.engines.scheduling.tests.factories import teacher, weekly
from majlis.kit import testing
from majlis.kit.errors import Refusal
from majlis.kit.ids import new_id

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def at_once():
    """Runs calls in as many threads, each on a connection of its own (not one of the pool's few), all let go at one
    moment."""

    def run(calls):
        gate = threading.Barrier(len(calls))

        def one(call):
            options = {**connection.settings_dict["OPTIONS"], "pool": False}
            connection.settings_dict = {**connection.settings_dict, "OPTIONS": options}
            try:
                connection.ensure_connection()
                gate.wait(30)
                return call()
            except Refusal as refused:
                return refused.code
            finally:
                connection.close()

        with ThreadPoolExecutor(len(calls)) as threads:
            return [f.result(60) for f in [threads.submit(one, call) for call in calls]]

    return run


def booking(people, starts_at=NINE, **more):
    more.setdefault("subject_id", new_id())

    def call():
        return services.reserve(
            people=[p.id for p in people],
            starts_at=starts_at,
            ends_at=starts_at + HOUR,
            kind="lesson",
            now=NOW,
            **more,
        )

    return call


class TestRace:
    def test_of_64_for_one_slot_exactly_one_wins(self, at_once):
        amal = teacher()
        weekly(amal, [1], "09:00", 480)
        students = [testing.person() for _ in range(64)]
        answers = at_once([booking([amal, student], hours_of=amal.id) for student in students])
        assert answers.count("slot_taken") == 63
        assert Reservation.objects.count() == 1
        assert BusyTime.objects.count() == 2

    def test_of_64_twins_of_one_booking_all_get_the_same_answer(self, at_once):
        amal, student = teacher(), testing.person()
        lesson = new_id()
        answers = at_once([booking([amal, student], subject_id=lesson)] * 64)
        assert len(set(answers)) == 1
        assert Reservation.objects.count() == 1

    def test_for_the_time_of_a_hold_that_ran_out_exactly_one_wins(self, at_once):
        amal, student = teacher(), testing.person()
        # The hold took both: half of the rest meet it through the one, half through the other.
        booking([amal, student], held_until=NOW)()
        others = [testing.person() for _ in range(32)]
        answers = at_once([booking([[amal, student][n % 2], other]) for n, other in enumerate(others)])
        assert answers.count("slot_taken") == 30
        assert Reservation.objects.filter(status="lapsed").count() == 1

    def test_booking_moving_and_freeing_crosswise_neither_deadlocks_nor_overlaps(self, at_once):
        people = [teacher(buffer_after=10, slot_grid=5) for _ in range(6)]
        chance = random.Random(7)

        def busy_hand(seed):
            dice = random.Random(seed)

            def call():
                mine = []
                for _ in range(12):
                    pair = dice.sample(people, dice.choice([2, 3]))  # in any order
                    at = NINE + dice.randrange(12) * HOUR / 2
                    try:
                        if mine and dice.random() < 0.5:
                            made = mine.pop()
                            act = dice.choice(["move", "free", "confirm"])
                            if act == "move":
                                mine.append(made)
                                services.move(reservation_id=made, starts_at=at, ends_at=at + HOUR / 2, now=NOW)
                            elif act == "free":
                                services.free(reservation_id=made, now=NOW)
                            else:
                                services.confirm(reservation_id=made, now=NOW)
                        else:
                            until = dice.choice([None, NOW, NOW + HOUR])
                            mine.append(booking(pair, at, held_until=until)())
                    except Refusal:
                        pass
                services.sweep_holds(now=NOW)
                return "done"

            return call

        answers = at_once([busy_hand(chance.random()) for _ in range(32)])
        assert answers == ["done"] * 32
        assert Reservation.objects.filter(status="confirmed").exists()
        assert list(blocking_times_do_not_overlap()) == []
        assert list(reservations_have_all_their_people()) == []

    def test_for_the_last_place_of_a_day_exactly_one_wins(self, at_once):
        amal = teacher(day_limit=2)
        weekly(amal, [1], "09:00", 480)
        booking([amal, testing.person()], hours_of=amal.id)()
        hours = [NINE + n * HOUR for n in range(1, 8)]
        answers = at_once([booking([amal, testing.person()], hour, hours_of=amal.id) for hour in hours])
        assert answers.count("day_full") == 6
        assert Reservation.objects.count() == 2
