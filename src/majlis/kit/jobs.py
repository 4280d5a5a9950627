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
    """Run every due job in this process, oldest first, each in its own transaction, until none is left; the number
    run. What a job raises is raised here. For tests and for moving the sandbox clock."""
    done = 0
    while done < limit:
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(
                """SELECT id, task_name, args FROM procrastinate_jobs
                   WHERE status = 'todo' AND (scheduled_at IS NULL OR scheduled_at <= %s)
                   ORDER BY scheduled_at NULLS FIRST, id LIMIT 1 FOR UPDATE SKIP LOCKED""",
                [clock.now()],
            )
            row = cursor.fetchone()
            if row is None:
                return done
            job_id, name, args = row
            args = json.loads(args) if isinstance(args, str) else args
            app.tasks[name].func(**args)
            cursor.execute("DELETE FROM procrastinate_jobs WHERE id = %s", [job_id])
        done += 1
    raise RuntimeError(f"More than {limit} jobs: something defers itself for ever.")
