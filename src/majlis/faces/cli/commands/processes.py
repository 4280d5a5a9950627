"""Run one process alone, as production does: against DATABASE_URL, without migrating. See docs/operations.md."""

import argparse
import os
import sys

from majlis.faces.cli import processes
from majlis.faces.cli.house import UserError, data_directory, environment

ORDER = 40
COMMANDS = {
    "web": "run the web process alone (production)",
    "worker": "run the worker alone (production)",
    "realtime": "run the event stream alone (production)",
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", help="default: MAJLIS_HOST or 127.0.0.1")
    parser.add_argument("--port", help="default: MAJLIS_PORT or 8000; the stream: MAJLIS_REALTIME_PORT or the next one")


def run(asked: argparse.Namespace) -> int:
    if not os.environ.get("DATABASE_URL"):
        raise UserError("DATABASE_URL is not set. `./majlis up` runs everything with a PostgreSQL of its own.")
    data = data_directory()
    env = environment(data)
    if asked.host:
        env["MAJLIS_HOST"] = asked.host
    if asked.port:
        env["MAJLIS_REALTIME_PORT" if asked.command == "realtime" else "MAJLIS_PORT"] = asked.port
    if asked.command == "web":
        env["PROMETHEUS_MULTIPROC_DIR"] = str(processes.fresh_metrics(data))
    command = processes.ALL[asked.command](env)
    sys.stdout.flush()
    os.execve(command[0], command, env)  # noqa: S606 - become it, so that signals reach it
