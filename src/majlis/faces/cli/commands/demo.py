"""`demo reset`: throw away everything and load the demonstration anew. In a sandbox only, and not while it runs."""

import argparse
import os
import shutil

from majlis.faces.cli import archive, preparation
from majlis.faces.cli.commands.backup import confirm
from majlis.faces.cli.house import UserError, add_data, alone, data_directory, database, manage

ORDER = 23
COMMANDS = {"demo": "`demo reset`: everything away, the demonstration anew"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("what", choices=["reset"])
    parser.add_argument("--yes", action="store_true", help="do not ask")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    if os.environ.get("MAJLIS_SANDBOX", "1").lower() in {"0", "false", "no", "off"}:
        raise UserError("This is not a sandbox (MAJLIS_SANDBOX=0); nothing is thrown away.")
    data = data_directory(asked.data)
    confirm(f"Everything in {data} will be thrown away.", yes=asked.yes)
    with alone(data, "demo reset"), database(data) as url:
        archive.empty(url)
        for name in ("files", "files.before"):
            shutil.rmtree(data / name, ignore_errors=True)
        for name in ("demonstration.json", "clock"):
            (data / name).unlink(missing_ok=True)
        preparation.forget(data)
        status = manage(["prepare"], data, url)
        if not status:
            preparation.remember(data, url, os.environ.get("MAJLIS_EDITION", "all"))
        return status
