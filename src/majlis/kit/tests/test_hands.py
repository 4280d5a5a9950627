import threading

import pytest
from django.db import connection

from majlis.kit.hands import side_by_side


@pytest.mark.django_db(transaction=True)
class TestSideBySide:
    def test_answers_in_order_whoever_was_first(self):
        later = threading.Event()

        def act(number):
            if number == 0:
                assert later.wait(60)  # until the second, which began after it, is done
            else:
                later.set()
            return number

        assert side_by_side(act, [0, 1], hands=2) == [0, 1]

    def test_each_has_a_connection_of_its_own(self):
        together = threading.Barrier(3, timeout=60)

        def backend(_each):
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_backend_pid()")
                together.wait()
                return cursor.fetchone()[0]

        assert len(set(side_by_side(backend, range(3), hands=3))) == 3

    def test_one_that_fails_is_raised_after_the_others_are_done(self):
        done = []

        def act(number):
            if number == 0:
                raise ValueError(number)
            done.append(number)

        with pytest.raises(ValueError, match="0"):
            side_by_side(act, [0, 1, 2], hands=2)
        assert sorted(done) == [1, 2]

    def test_one_hand_is_the_callers_own(self):
        assert side_by_side(lambda _each: threading.get_ident(), [1, 2], hands=1) == [threading.get_ident()] * 2
