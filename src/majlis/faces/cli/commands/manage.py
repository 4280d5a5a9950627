"""Django's own management commands, with the database of this installation running."""

import argparse

from majlis.faces.cli.house import data_directory, database, manage

ORDER = 50
COMMANDS = {"manage": "run a Django management command, with its database running"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="the command and its arguments, as `manage.py` takes them")


def run(asked: argparse.Namespace) -> int:
    data = data_directory()
    with database(data) as url:
        return manage(asked.rest or ["help"], data, url)
