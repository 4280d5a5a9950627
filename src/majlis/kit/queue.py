"""How a job gets into the queue: on Django's own connection, in the caller's transaction, and the worker is woken once
that has committed.

procrastinate's insert trigger would NOTIFY inside the transaction, which makes commits wait for each other; kit's
migration drops it. And in its worker procrastinate defers on a connection of its own, so that a job's announcement
would outlive the job's rolled-back change; here it does not.
"""

from typing import Any

from django.db import OperationalError, connection, transaction
from procrastinate import App
from procrastinate.exceptions import ConnectorException
from procrastinate.manager import JobManager

CHANNEL = "procrastinate_any_queue_v1"
WAKE = '{"type": "job_inserted", "job_id": 0}'


class Queue(JobManager):
    """procrastinate's own, but for where and when it speaks to the database when a job is deferred."""

    def __init__(self, connector: Any) -> None:
        super().__init__(connector)
        self._in_our_transaction = JobManager(connector)

    def batch_defer_jobs(self, jobs: Any, connection: Any | None = None) -> Any:
        try:
            stored = self._in_our_transaction.batch_defer_jobs(jobs=jobs, connection=connection)
        except ConnectorException as wrong:
            # A database that is away is the same trouble here as in the statement before; callers know it by one name.
            raise OperationalError("A job could not be put into the queue.") from wrong
        wake_after_commit()
        return stored


def install(app: App) -> None:
    """`PROCRASTINATE_ON_APP_READY`: put our queue into procrastinate's app."""
    app.job_manager = Queue(app.connector)


def wake_after_commit() -> None:
    """Wake the worker when this transaction has committed; once, however many jobs it defers. A lost waking costs
    nothing but time: the worker also polls every second."""
    if connection.in_atomic_block:
        still_on = set(connection.savepoint_ids)
        # One registered inside a savepoint that is rolled back goes with it, so it only counts while that one is on.
        if not any(hook[1] is _wake and hook[0] <= still_on for hook in connection.run_on_commit):
            transaction.on_commit(_wake, robust=True)
    else:
        _wake()


def _wake() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_notify(%s, %s)", [CHANNEL, WAKE])
