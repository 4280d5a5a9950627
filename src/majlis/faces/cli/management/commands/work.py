"""The worker: runs jobs until it is told to stop."""

import asyncio
import logging
import os
import signal
from argparse import ArgumentParser
from typing import Any

import psycopg
from asgiref.sync import sync_to_async
from django.conf import settings
from django.core.management import BaseCommand
from django.db import DatabaseError, close_old_connections
from procrastinate.contrib.django import app
from procrastinate.exceptions import ConnectorException

from majlis.kit import clock, jobs

GRACE = 8
"""Seconds that jobs in hand have to end when the worker is told to stop."""
STOPPED = 10
"""Seconds after which it stops, whatever it waits for."""

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    """`python -m django work`; people use `./majlis worker`."""

    help = "Run jobs."
    requires_system_checks = ()  # they read every address of the house, which jobs do not need

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=int(os.environ.get("MAJLIS_WORKER_JOBS") or 4))

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self.work(options["concurrency"]))

    async def work(self, concurrency: int) -> None:
        """Until a signal says stop. A database that goes away is waited for: who would start the worker again, if it
        ended as if it had been told to?"""
        stop = asyncio.Event()
        for name in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(name, stop.set)
        while not stop.is_set():
            try:
                await turn(concurrency, stop)
            except* (ConnectorException, psycopg.Error, OSError) as lost:
                logger.warning("The worker cannot work: %s", _first(lost))
            if not stop.is_set():
                logger.warning("The worker begins again.")
                await asyncio.sleep(1)


async def turn(concurrency: int, stop: asyncio.Event) -> None:
    """Work until told to stop, or until the database was away: then procrastinate ends the jobs in hand and returns, or
    raises."""
    async with asyncio.TaskGroup() as tasks:
        told = tasks.create_task(stop.wait())
        working = tasks.create_task(run(concurrency))
        await asyncio.wait([told, working], return_when=asyncio.FIRST_COMPLETED)
        told.cancel()
        working.cancel()  # it takes no more jobs, and waits for those in hand
        await asyncio.wait([working], timeout=STOPPED)
        working.cancel()  # perhaps it waits for a database that is away


async def run(concurrency: int) -> None:
    """Polls every second; being woken after commit makes it quicker, a lost waking only that second slower."""
    connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
    with app.replace_connector(connector):
        async with app.open_async(), asyncio.TaskGroup() as tasks:
            beside = [tasks.create_task(follow_sandbox_clock()), tasks.create_task(take_up_dropped())]
            await app.run_worker_async(
                concurrency=concurrency,
                fetch_job_polling_interval=1,
                abort_job_polling_interval=5,
                update_heartbeat_interval=5,
                stalled_worker_timeout=jobs.SILENT_FOR,
                shutdown_graceful_timeout=GRACE,
                delete_jobs="successful",
                listen_notify=True,
                install_signal_handlers=False,
            )
            for each in beside:
                each.cancel()


def _first(group: BaseExceptionGroup[Any]) -> BaseException:
    """What went wrong first, without what it was wrapped in."""
    wrong: BaseException = group
    while isinstance(wrong, BaseExceptionGroup):
        wrong = wrong.exceptions[0]
    return wrong.__cause__ or wrong


async def follow_sandbox_clock() -> None:
    """procrastinate goes by the real time; in a sandbox whose clock is moved, jobs are due by that clock."""
    while settings.SANDBOX:
        if clock.offset():
            await sync_to_async(make_due)()
        await asyncio.sleep(1)


async def take_up_dropped() -> None:
    """A worker that was killed had jobs in hand: one that lives takes them up."""
    while True:
        try:
            await jobs.take_up_dropped()
        except ConnectorException:
            logger.warning("Dropped jobs could not be looked for; trying again.")
        await asyncio.sleep(5)


def make_due() -> None:
    """Runs in a thread, whose connection goes back to the pool; a database that is away is met again in a second."""
    try:
        jobs.make_due()
    except DatabaseError:
        logger.warning("The sandbox clock could not be followed; trying again.")
    finally:
        close_old_connections()
