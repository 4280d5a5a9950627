"""Jobs: procrastinate's queue in PostgreSQL, deferred in the caller's transaction.

A module's `tasks.py` declares them (`from procrastinate.contrib.django import app`; `@app.task(...)`,
`@app.periodic(cron=…)`): load, one service call. How they get into the queue is in `queue.py`.

procrastinate schedules by the real time; a moved sandbox clock is brought to it by `make_due` and `defer_missed`.
"""

import json
import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from croniter import croniter
from django.db import connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app
from procrastinate.jobs import Status

from majlis.kit import clock, events

logger = logging.getLogger(__name__)

RETRY = RetryStrategy(max_attempts=8, exponential_wait=3)
"""The usual patience: 8 attempts, waits of 3, 9, 27 … seconds; then the job stands in the dead-jobs queue."""


@app.task(name="kit.deliver_event", queue="events", retry=RETRY)
def deliver_event(handler: str, kind: str, facts: dict[str, Any]) -> None:
    """Hand one announced event to one handler."""
    events.deliver(handler, kind, facts)


def run_due_jobs(tasks: Sequence[str] = (), *, limit: int = 10_000, patient: bool = False) -> int:
    """Run every due job (of these `tasks`, or of all) in this process, oldest first, until none is left; the number
    run. Several processes may do so side by side. What a job raises is raised here, and the job is due again;
    `patient` logs it instead and leaves the job to the worker, a minute later. For tests, for the demonstration and
    for moving the sandbox clock."""
    with _counted_as_worker() as worker:
        return _run_due_jobs(tasks, limit, patient, worker)


@contextmanager
def _counted_as_worker() -> Iterator[int]:
    """While this process works, what it has in hand is nobody's to take up (`take_up_dropped`)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() + interval '1 hour') RETURNING id"
        )
        (worker,) = cursor.fetchone()
    try:
        yield worker
    finally:
        _finish("DELETE FROM procrastinate_workers WHERE id = %s", worker)


def _run_due_jobs(tasks: Sequence[str], limit: int, patient: bool, worker: int) -> int:
    done = 0
    while done < limit:
        # Taken in a transaction of its own, as a worker does, so that a job may speak to a gateway.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """UPDATE procrastinate_jobs SET status = 'doing', worker_id = %s WHERE id = (
                     SELECT id FROM procrastinate_jobs job
                     WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)
                       AND (task_name = ANY(%s) OR %s)
                       AND NOT EXISTS (SELECT FROM procrastinate_jobs other
                                       WHERE other.lock = job.lock AND other.status = 'doing')
                     ORDER BY scheduled_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED)
                   RETURNING id, task_name, args""",
                [worker, clock.now(), list(tasks), not tasks],
            )
            row = cursor.fetchone()
        if row is None:
            return done
        job_id, name, args = row
        args = json.loads(args) if isinstance(args, str) else args
        try:
            app.tasks[name].func(**args)
        except Exception:
            later = "scheduled_at = now() + interval '1 minute'" if patient else "scheduled_at = scheduled_at"
            _finish(f"UPDATE procrastinate_jobs SET status = 'todo', worker_id = NULL, {later} WHERE id = %s", job_id)  # noqa: S608
            if not patient:
                raise
            logger.exception("A job failed; the worker tries it again.", extra={"job": name})
            continue
        _finish("DELETE FROM procrastinate_jobs WHERE id = %s", job_id)
        done += 1
    raise RuntimeError(f"More than {limit} jobs: something defers itself for ever.")


def _finish(statement: str, id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [id])


SILENT_FOR = 30
"""Seconds without a sign of life after which a worker counts as dead."""


async def take_up_dropped() -> int:
    """Jobs that a dead worker had in hand are due again; how many. One that was taken up as often as `RETRY` allows
    ends among the dead jobs: it may be what kills the workers. Called by every worker, every few seconds."""
    dropped = list(await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=SILENT_FOR))
    for job in dropped:
        if job.attempts >= (RETRY.max_attempts or 0):
            await app.job_manager.finish_job(job, status=Status.FAILED, delete_job=False)
        else:
            await app.job_manager.retry_job(job)
        logger.warning("A job of a worker that died is due again.", extra={"job": job.task_name})
    return len(dropped)


def withdraw_jobs(task: str) -> int:
    """Take the waiting jobs of a task out of the queue, since there is nothing left for them to do; their number."""
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM procrastinate_jobs WHERE status = 'todo' AND task_name = %s", [task])
        return cursor.rowcount


def make_due() -> int:
    """With the sandbox clock moved ahead: tell procrastinate, which goes by the real time, of the jobs that are due by
    ours; their number. Does nothing while the clock is not moved."""
    if not clock.offset():
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """UPDATE procrastinate_jobs SET scheduled_at = now()
               WHERE status = 'todo' AND scheduled_at > now() AND scheduled_at <= %s""",
            [clock.now()],
        )
        return cursor.rowcount


def defer_missed(since: datetime, until: datetime) -> int:
    """Defer each periodic task that would have run between the two instants, once; their number. Periodic tasks sweep
    up everything that is due, so once is enough."""
    missed = 0
    for (name, _), periodic in app.periodic_registry.periodic_tasks.items():
        last = int(croniter(periodic.cron, until.timestamp()).get_prev(float))
        if last > since.timestamp():
            app.tasks[name].defer(timestamp=last)
            missed += 1
    return missed
