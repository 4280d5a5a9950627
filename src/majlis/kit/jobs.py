"""Jobs: procrastinate's queue in PostgreSQL, deferred in the caller's transaction.

A module's `tasks.py` declares them (`from procrastinate.contrib.django import app`; `@app.task(...)`,
`@app.periodic(cron=…)`): load, one service call. The insert trigger that notifies inside the transaction is dropped by
kit's migration (it serialises commits); the worker polls, and is woken after commit.
"""

import json
from typing import Any

from django.db import connection, transaction
from procrastinate import RetryStrategy
from procrastinate.contrib.django import app

from majlis.kit import clock, events

RETRY = RetryStrategy(max_attempts=8, exponential_wait=3)
"""The usual patience: 8 attempts, waits of 3, 9, 27 … seconds; then the job stands in the dead-jobs queue."""


@app.task(name="kit.deliver_event", queue="events", retry=RETRY)
def deliver_event(handler: str, kind: str, facts: dict[str, Any]) -> None:
    """Hand one announced event to one handler."""
    events.deliver(handler, kind, facts)


def run_due_jobs(*, limit: int = 10_000) -> int:
    """Run every due job in this process, oldest first, until none is left; the number run. What a job raises is raised
    here, and the job is due again. For tests and for moving the sandbox clock."""
    done = 0
    while done < limit:
        # Taken in a transaction of its own, as a worker does, so that a job may speak to a gateway.
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """UPDATE procrastinate_jobs SET status = 'doing' WHERE id = (
                     SELECT id FROM procrastinate_jobs
                     WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)
                     ORDER BY scheduled_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED)
                   RETURNING id, task_name, args""",
                [clock.now()],
            )
            row = cursor.fetchone()
        if row is None:
            return done
        job_id, name, args = row
        args = json.loads(args) if isinstance(args, str) else args
        try:
            app.tasks[name].func(**args)
        except BaseException:
            _finish("UPDATE procrastinate_jobs SET status = 'todo' WHERE id = %s", job_id)
            raise
        _finish("DELETE FROM procrastinate_jobs WHERE id = %s", job_id)
        done += 1
    raise RuntimeError(f"More than {limit} jobs: something defers itself for ever.")


def _finish(statement: str, job_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, [job_id])
