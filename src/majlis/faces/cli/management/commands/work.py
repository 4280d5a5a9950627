"""The worker: runs jobs until it is told to stop."""

import asyncio
import os
from argparse import ArgumentParser
from typing import Any

from django.core.management import BaseCommand
from procrastinate.contrib.django import app


class Command(BaseCommand):
    """`python -m django work`; people use `./majlis worker`."""

    help = "Run jobs."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--concurrency", type=int, default=int(os.environ.get("MAJLIS_WORKER_JOBS") or 4))

    def handle(self, *args: Any, **options: Any) -> None:
        asyncio.run(self.work(options["concurrency"]))

    async def work(self, concurrency: int) -> None:
        """Polls every second; being woken after commit makes it quicker, a lost waking only that second slower."""
        connector = app.connector.get_worker_connector()  # type: ignore[attr-defined]
        with app.replace_connector(connector):
            async with app.open_async():
                await app.run_worker_async(
                    concurrency=concurrency,
                    fetch_job_polling_interval=1,
                    abort_job_polling_interval=5,
                    shutdown_graceful_timeout=8,
                    delete_jobs="successful",
                    listen_notify=True,
                )
