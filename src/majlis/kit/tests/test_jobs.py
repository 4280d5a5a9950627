import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import OperationalError, connection, transaction
from procrastinate.contrib.django import app

from majlis.kit import clock, jobs, queue

ran: list[str] = []


@app.task(name="kit.tests.note")
def note(word: str) -> None:
    ran.append(word)
    if word == "fail":
        raise ZeroDivisionError


@pytest.fixture(autouse=True)
def _nothing_ran():
    ran.clear()


@pytest.fixture
def moved(settings, tmp_path):
    """A sandbox clock of this test's own."""
    settings.SANDBOX, settings.CLOCK_FILE = True, tmp_path / "clock"
    return clock.set_offset


def todo() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM procrastinate_jobs WHERE status = 'todo'")
        return cursor.fetchone()[0]


@pytest.mark.django_db
class TestRunDueJobs:
    def test_leaves_what_is_not_due(self):
        note.configure(schedule_in={"hours": 1}).defer(word="later")
        note.defer(word="now")
        assert jobs.run_due_jobs() == 1
        assert ran == ["now"]

    def test_raises_what_a_job_raises_and_keeps_the_job(self):
        note.defer(word="fail")
        with pytest.raises(ZeroDivisionError):
            jobs.run_due_jobs()
        assert todo() == 1

    def test_patiently_leaves_a_failing_job_to_the_worker(self):
        note.defer(word="fail")
        note.defer(word="next")
        assert jobs.run_due_jobs(patient=True) == 1
        assert ran == ["fail", "next"]
        assert todo() == 1


def dropped(heartbeat: str, attempts: int = 0) -> int:
    """A job in the hands of a worker that gave its last sign of life then."""
    job = note.defer(word="dropped")
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO procrastinate_workers (last_heartbeat) VALUES ({heartbeat}) RETURNING id")
        worker = cursor.fetchone()[0]
        cursor.execute(
            "UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s, attempts = %s WHERE id = %s",
            [worker, attempts, job],
        )
    return job


def status(job: int) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT status FROM procrastinate_jobs WHERE id = %s", [job])
        return cursor.fetchone()[0]


def take_up() -> int:
    async def once() -> int:
        connector = app.connector.get_worker_connector()
        with app.replace_connector(connector):
            async with app.open_async():
                return await jobs.take_up_dropped()

    # In a thread of its own: a browser's loop may be running in this one.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, once()).result()


@pytest.mark.django_db(transaction=True)
class TestDroppedJobs:
    def test_of_a_dead_worker_are_due_again(self):
        job = dropped("now() - interval '1 minute'")
        assert take_up() == 1
        assert status(job) == "todo"

    def test_of_a_living_worker_are_left_to_it(self):
        job = dropped("now()")
        assert take_up() == 0
        assert status(job) == "doing"

    def test_that_kill_their_workers_end_among_the_dead(self):
        job = dropped("now() - interval '1 minute'", attempts=8)
        take_up()
        assert status(job) == "failed"

    def test_are_not_taken_from_a_command_that_runs_jobs_itself(self):
        seen = []

        @app.task(name="kit.tests.looks")
        def looks() -> None:
            with connection.cursor() as cursor:
                cursor.execute(
                    "SELECT last_heartbeat > now() FROM procrastinate_workers JOIN procrastinate_jobs job "
                    "ON job.worker_id = procrastinate_workers.id"
                )
                seen.append(cursor.fetchone())

        looks.defer()
        jobs.run_due_jobs(["kit.tests.looks"])
        assert seen == [(True,)]


@pytest.mark.django_db
class TestMovedClock:
    def test_makes_due_what_is_due_by_it(self, moved):
        note.configure(schedule_in={"days": 2}).defer(word="in two days")
        note.configure(schedule_in={"days": 5}).defer(word="in five days")
        assert jobs.make_due() == 0
        moved(timedelta(days=3))
        assert jobs.make_due() == 1

    def test_defers_each_periodic_task_that_was_missed_once(self):
        app.periodic_registry.register_task(note, cron="0 3 * * *", periodic_id="night", configure_kwargs={})
        try:
            known = len(app.periodic_registry.periodic_tasks)
            morning = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
            assert jobs.defer_missed(morning, morning + timedelta(days=3)) == known
            assert jobs.defer_missed(morning, morning + timedelta(seconds=1)) == 0
        finally:
            del app.periodic_registry.periodic_tasks[(note.name, "night")]


@pytest.mark.django_db(transaction=True)
class TestWaking:
    @pytest.fixture
    def listening(self):
        connection.ensure_connection()
        other = connection.copy()
        other.ensure_connection()
        other.connection.autocommit = True
        other.connection.execute(f"LISTEN {queue.CHANNEL}")
        yield lambda seconds: [n.channel for n in other.connection.notifies(timeout=seconds)]
        other.close()

    def test_wakes_the_worker_once_after_the_commit(self, listening):
        with transaction.atomic():
            note.defer(word="one")
            note.defer(word="two")
            assert listening(0.3) == []
        assert listening(0.5) == [queue.CHANNEL]

    def test_wakes_nobody_for_what_was_rolled_back(self, listening):
        with transaction.atomic(), transaction.atomic():
            note.defer(word="gone")
            transaction.set_rollback(True)
        assert listening(0.3) == []
        assert todo() == 0

    def test_a_savepoint_rolled_back_does_not_silence_the_rest(self, listening):
        with transaction.atomic():
            with transaction.atomic():
                note.defer(word="gone")
                transaction.set_rollback(True)
            note.defer(word="stays")
        assert listening(0.5) == [queue.CHANNEL]

    def test_a_job_that_defers_inside_the_worker_does_so_in_its_own_transaction(self):
        worker_connector = app.connector.get_worker_connector()
        with app.replace_connector(worker_connector), transaction.atomic():
            note.defer(word="gone")
            transaction.set_rollback(True)
        assert todo() == 0


@pytest.mark.django_db(transaction=True)
class TestQueue:
    def test_a_database_that_is_away_is_called_so(self):
        other = connection.copy()
        with connection.cursor() as cursor, other.cursor() as elsewhere:
            cursor.execute("SELECT pg_backend_pid()")
            elsewhere.execute("SELECT pg_terminate_backend(%s, 10000)", cursor.fetchone())
        other.close()
        with pytest.raises(OperationalError):
            note.defer(word="lost")
        connection.close()
