"""Thirty-two real connections at once, and a server process killed in the middle."""

import time
from collections import Counter
from uuid import uuid4

import psycopg
import pytest
from django.db import IntegrityError, OperationalError, connection, connections, transaction

from majlis.kernel.ledger import queries, services
from majlis.kernel.ledger.models import Hold, Journal
from majlis.kernel.ledger.services.journals import OPEN
from majlis.kernel.ledger.tests.factories import escrow, give, move, wallet
from majlis.kernel.ledger.types import Line, Purpose, of_house
from majlis.kit import audit, testing
from majlis.kit.money import Money

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
MANY = 32


@pytest.fixture(autouse=True)
def _audit_stays_clean():
    yield
    assert [found for outcome in audit.run("ledger:") for found in outcome.findings] == []


def outcomes(answers):
    return Counter(type(answer).__name__ for answer in answers)


@transaction.atomic
def pay(person, amount, key=None):
    lines = [Line(wallet(person), Money(-amount, "EGP")), Line(escrow(), Money(amount, "EGP"))]
    return services.post(key=key or str(uuid4()), kind="wallet_payment", lines=lines)


class TestManyAtOnce:
    def test_spend_a_wallet_exactly_empty(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
        answers = testing.at_once([lambda: pay(salma, 100)] * MANY)
        assert outcomes(answers) == {"Journal": 10, "InsufficientFunds": MANY - 10}
        assert queries.balance(salma.id, "EGP") == Money(0, "EGP")
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(1000, "EGP")

    def test_book_one_key_once(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
        answers = testing.at_once([lambda: pay(salma, 100, key="the same")] * MANY)
        assert len({answer.id for answer in answers}) == 1
        assert queries.balance(salma.id, "EGP") == Money(900, "EGP")

    def test_open_an_account_once(self):
        salma = testing.person()
        answers = testing.at_once([transaction.atomic(lambda: give(salma, 10))] * MANY)
        assert outcomes(answers) == {"Journal": MANY}
        assert queries.balance(salma.id, "EGP") == Money(10 * MANY, "EGP")
        assert [line.sequence for line in queries.statement(salma.id, "EGP", limit=100).items] == list(
            range(MANY, 0, -1)
        )

    def test_send_to_each_other_without_a_deadlock(self):
        salma, omar = testing.person(), testing.person()
        with transaction.atomic():
            give(salma, 10_000), give(omar, 10_000)

        @transaction.atomic
        def there():
            return move(wallet(salma), wallet(omar), 7)

        @transaction.atomic
        def back():
            return move(wallet(omar), wallet(salma), 7)

        assert outcomes(testing.at_once([there, back] * (MANY // 2))) == {"Journal": MANY}
        assert queries.balance(salma.id, "EGP") == Money(10_000, "EGP")

    def test_resolve_a_hold_once(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
            held = services.hold(account=wallet(salma), amount=Money(600, "EGP"), key="h")

        def capture():
            lines = [Line(wallet(salma), Money(-600, "EGP")), Line(escrow(), Money(600, "EGP"))]
            return services.capture(hold_id=held.id, lines=lines, key=str(uuid4()))

        def release():
            return services.release(hold_id=held.id, key=str(uuid4()))

        found = outcomes(testing.at_once([capture, release] * (MANY // 2)))
        assert found["HoldResolved"] == MANY - 1
        state = Hold.objects.get().state
        assert queries.available(salma.id, "EGP") == Money(400 if state == "captured" else 1000, "EGP")

    def test_hold_no_more_than_there_is(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)

        def hold():
            return services.hold(account=wallet(salma), amount=Money(300, "EGP"), key=str(uuid4()))

        assert outcomes(testing.at_once([hold] * MANY)) == {"Hold": 3, "InsufficientFunds": MANY - 3}
        assert queries.available(salma.id, "EGP") == Money(100, "EGP")

    def test_roll_up_while_booking_loses_nothing(self):
        people = [testing.person() for _ in range(8)]
        with transaction.atomic():
            for person in people:
                give(person, 1000)

        def book(person):
            def several():
                for _ in range(10):
                    pay(person, 1)
                    services.roll_up()
                    seen = queries.house_balance(Purpose.ESCROW, "EGP").amount
                    assert seen >= 0
                return seen

            return several

        answers = testing.at_once([book(person) for person in people])
        assert all(isinstance(answer, int) for answer in answers), answers
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(80, "EGP")
        services.roll_up()
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(80, "EGP")


class TestWhatAProcessHasSeen:
    def test_to_be_open_is_not_looked_for_again(self):
        salma = testing.person()
        for _ in range(3):
            with transaction.atomic():
                give(salma, 1000)
        with transaction.atomic():
            move(wallet(salma), escrow(), 700)
        assert all(name.id in OPEN for name in (wallet(salma), escrow()))
        pay(salma, 200)
        assert queries.balance(salma.id, "EGP") == Money(2100, "EGP")
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(900, "EGP")

    def test_open_in_a_transaction_that_was_undone_does_not_count(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
            transaction.set_rollback(True)
        assert wallet(salma).id not in OPEN
        with transaction.atomic():
            give(salma, 500)
        assert queries.balance(salma.id, "EGP") == Money(500, "EGP")

    def test_and_is_not_there_any_more_is_refused_once_and_then_opened(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
        OPEN.learn([wallet(salma, "SAR").id, of_house(Purpose.CLEARING, "SAR", "sandbox").id])  # as after a restore
        with pytest.raises(IntegrityError, match="names no account"), transaction.atomic():
            give(salma, 70, unit="SAR")
        with transaction.atomic():
            give(salma, 70, unit="SAR")
        assert queries.balance(salma.id, "SAR") == Money(70, "SAR")


class TestRollUp:
    def test_leaves_what_is_still_under_way_for_the_next_time(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
        slow = connections["default"].copy()
        slow.settings_dict["OPTIONS"] = {**slow.settings_dict["OPTIONS"], "pool": False}
        slow.connect()
        with slow.cursor() as cursor:
            cursor.execute("BEGIN")
            cursor.execute("SELECT pg_current_xact_id()")  # an earlier number than everything below
            with transaction.atomic():
                pay(salma, 300)
            services.roll_up()
            assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(300, "EGP")
            cursor.execute(
                "SELECT outcome FROM ledger_post(gen_random_uuid(), 'late', 'wallet_payment', '', '', NULL, now(), "
                "%s::uuid[], '{-50,50}'::bigint[], 2)",
                [[wallet(salma).id, escrow().id]],
            )
            assert cursor.fetchone() == ("posted",)
            cursor.execute("COMMIT")
        slow.close()
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(350, "EGP")
        assert eventually(services.roll_up) > 0
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(350, "EGP")

    def test_is_made_anew_after_a_restore_into_another_cluster(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)
            move(wallet(salma), escrow(), 300)
        services.roll_up()
        with connection.cursor() as cursor:  # as if these rows came from elsewhere, where transactions had high numbers
            cursor.execute("UPDATE ledger_rollup SET cluster = 1, upto = '999999999999', balance = balance + 5")
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(300, "EGP")
        services.roll_up()
        assert queries.house_balance(Purpose.ESCROW, "EGP") == Money(300, "EGP")


class TestCrash:
    def test_between_two_bookings_leaves_neither(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)

        def die_between():
            with transaction.atomic():
                move(wallet(salma), escrow(), 100)
                held = services.hold(account=wallet(salma), amount=Money(50, "EGP"), key="h")
                kill(connection)
                services.release(hold_id=held.id, key="r")

        (answer,) = testing.at_once([die_between])
        assert isinstance(answer, OperationalError)
        assert queries.available(salma.id, "EGP") == Money(1000, "EGP")
        assert Journal.objects.count() == 1
        assert not Hold.objects.exists()

    def test_after_the_commit_keeps_it_and_asking_again_moves_nothing(self):
        salma = testing.person()
        with transaction.atomic():
            give(salma, 1000)

        def die_after():
            pay(salma, 100, key="order 1")
            kill(connection)
            pay(salma, 100, key="order 2")

        (answer,) = testing.at_once([die_after])
        assert isinstance(answer, OperationalError)
        pay(salma, 100, key="order 1")
        assert queries.balance(salma.id, "EGP") == Money(900, "EGP")


def eventually(act, seconds=20):
    """What `act` returns once it is not zero: a transaction of another database of this cluster may hold it up."""
    until = time.monotonic() + seconds
    while not (answer := act()) and time.monotonic() < until:
        time.sleep(0.1)
    return answer


def kill(victim):
    """Ends the server process behind a connection, as a crash or an operator would."""
    pid = victim.connection.info.backend_pid
    settings = {**connections["default"].get_connection_params()}
    settings = {k: settings[k] for k in ("dbname", "user", "host", "port", "password") if settings.get(k)}
    with psycopg.connect(**settings, autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 2000)", [pid])
