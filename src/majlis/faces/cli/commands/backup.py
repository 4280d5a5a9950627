"""Everything in one file: `backup` writes the database, members' files and the secret key into one tar; `restore` puts
one back. Keep the file as you keep the key that is in it."""

import argparse
import sys
from pathlib import Path

from majlis.faces.cli import archive, preparation
from majlis.faces.cli.house import UserError, add_data, alone, data_directory, database

ORDER = 22
COMMANDS = {"backup": "write everything into one file", "restore": "put a backup back, in place of what is there"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="the tar")
    parser.add_argument("--yes", action="store_true", help="do not ask before replacing what is there")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    data = data_directory(asked.data)
    file = asked.file.expanduser().absolute()
    if asked.command == "backup":
        if not file.parent.is_dir():
            raise UserError(f"{file.parent} is not a directory.")
        with database(data) as url:
            size = archive.backup(url, data, file)
        print(f"{file} ({size / 2**20:.1f} MB) holds the database, the files and the secret key. Keep it safe.")
        return 0
    if not file.is_file():
        raise UserError(f"{file} does not exist.")
    confirm(f"Everything in {data} will be replaced by {file}.", yes=asked.yes)
    with alone(data, "restore"), database(data) as url:
        made = archive.restore(url, data, file)
        preparation.forget(data)
    print(f"Restored as it was at {made}. Start with ./majlis up; ./majlis audit proves the books.")
    return 0


def confirm(sentence: str, *, yes: bool) -> None:
    """Ask before something is lost; without a terminal, `--yes` has to say it."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise UserError(f"{sentence} Say so with --yes.")
    if input(f"{sentence} Go on? [y/N] ").strip().lower() not in {"y", "yes"}:
        raise UserError("Nothing was changed.")
