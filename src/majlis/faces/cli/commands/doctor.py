"""What is missing or wrong on this machine and in this installation, and the command that mends it."""

import argparse
import os
import shutil
import socket
import sys
from pathlib import Path

import psycopg
import tzdata

from majlis.config.postgres_binaries import EXTENSIONS, OLDEST, PostgresProblem, find
from majlis.faces.cli import preparation
from majlis.faces.cli.commands.test import find_browser
from majlis.faces.cli.house import HOME, add_data, data_directory, database, django
from majlis.faces.cli.zone_data import disagreements, used_zones
from majlis.kit import clock

ORDER = 24
COMMANDS = {"doctor": "what is missing, and the command that mends it"}

Finding = tuple[str, str, str]
"""`ok`, `note` or `wrong`; what is so; what mends it."""


def arguments(parser: argparse.ArgumentParser) -> None:
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    data = data_directory(asked.data)
    wrong = 0
    for examine in (python, locks, directory, ports, server, inside, browser, secrets, payments, zones):
        for state, what, mend in examine(data):
            print(f"  {({'ok': '✓', 'note': '–', 'wrong': '✗'})[state]} {what}")
            if mend:
                print(f"      {mend}")
            wrong += state == "wrong"
    print("Nothing is wrong." if not wrong else f"{wrong} to mend.")
    return 1 if wrong else 0


def python(_data: Path) -> list[Finding]:
    return [("ok", f"Python {sys.version.split()[0]} in {sys.prefix}", "")]


def locks(_data: Path) -> list[Finding]:
    installed = Path(sys.prefix) / ".majlis-runtime.lock"
    if not installed.exists():
        return [("note", "This Python was not set up by ./majlis", "")]
    same = installed.read_bytes() == (HOME / "requirements" / "runtime.lock").read_bytes()
    return [("ok" if same else "wrong", "What is installed is what is locked", "" if same else "./majlis up")]


def directory(data: Path) -> list[Finding]:
    free = shutil.disk_usage(data).free / 2**30
    writable = os.access(data, os.W_OK)
    return [
        ("ok" if writable else "wrong", f"Data in {data}", "" if writable else f"sudo chown -R $(id -un) '{data}'"),
        ("ok" if free > 1 else "wrong", f"{free:.1f} GB free there", "" if free > 1 else "make room, or choose --data"),
    ]


def ports(data: Path) -> list[Finding]:
    found: list[Finding] = []
    for port in (8000, 8001):
        with socket.socket() as probe:
            taken = probe.connect_ex(("127.0.0.1", port)) == 0
        ours = taken and (data / "processes.json").exists()
        said = f"Port {port} is {'served by us' if ours else 'taken' if taken else 'free'}"
        found.append(
            ("note" if taken and not ours else "ok", said, "./majlis up --port 8100" if taken and not ours else "")
        )
    return found


def server(data: Path) -> list[Finding]:
    url = os.environ.get("DATABASE_URL")
    if not url:
        try:
            binaries = find()
        except PostgresProblem as missing:
            return [("wrong", "No PostgreSQL to run", str(missing))]
        return [("ok", f"PostgreSQL {binaries.major} ({binaries.origin})", "")]
    try:
        with psycopg.connect(url, connect_timeout=5) as connection:
            major = connection.info.server_version // 10000
            rows = connection.execute("SELECT name FROM pg_available_extensions").fetchall()
    except psycopg.Error as wrong:
        return [("wrong", "DATABASE_URL leads to no server that answers", str(wrong).strip())]
    lacking = set(EXTENSIONS) - {name for (name,) in rows}
    return [
        (
            "ok" if major >= OLDEST else "wrong",
            f"PostgreSQL {major} at DATABASE_URL",
            f"needs {OLDEST}+" if major < OLDEST else "",
        ),
        ("wrong", f"It lacks {', '.join(sorted(lacking))}", "apt install postgresql-contrib")
        if lacking
        else ("ok", "It has every extension", ""),
    ]


def inside(data: Path) -> list[Finding]:
    """What the database says; only where there is one already."""
    if not os.environ.get("DATABASE_URL") and not (data / "postgres" / "cluster").exists():
        return [("note", "No database yet", "./majlis up")]
    try:
        with database(data) as url:
            prepared = not preparation.needed(data, url, os.environ.get("MAJLIS_EDITION", "all"))
            with psycopg.connect(url, connect_timeout=5) as connection:
                (dead,) = connection.execute(
                    "SELECT count(*) FROM procrastinate_jobs WHERE status = 'failed'"
                ).fetchone() or (0,)
    except psycopg.errors.UndefinedTable:
        return [("note", "The database is empty", "./majlis up")]
    except (psycopg.Error, PostgresProblem) as wrong:
        return [("wrong", "The database does not answer", str(wrong).strip())]
    return [
        (
            "ok" if prepared else "note",
            "Tables, messages and static files are current",
            "" if prepared else "./majlis up",
        ),
        ("wrong" if dead else "ok", f"{dead} dead jobs", "see them in the back office: /office/" if dead else ""),
    ]


def browser(_data: Path) -> list[Finding]:
    found = find_browser()
    return (
        [("ok", f"Chromium for the journeys: {found}", "")]
        if found
        else [("note", "No Chromium: ./majlis test would skip the journeys", "sudo apt install chromium")]
    )


def secrets(_data: Path) -> list[Finding]:
    if os.environ.get("MAJLIS_SANDBOX", "1") != "0":
        return [
            ("note", "This is a sandbox: pretended money, a clock that can be moved", "production: MAJLIS_SANDBOX=0")
        ]
    found: list[Finding] = []
    for name in ("MAJLIS_SECRET_KEY", "MAJLIS_PUBLIC_URL", "MAJLIS_HOSTS", "EMAIL_URL"):
        if not os.environ.get(name):
            found.append(("wrong", f"{name} is not set", "see docs/operations.md"))
    return found or [("ok", "Production's variables are set", "")]


def payments(data: Path) -> list[Finding]:
    """Which payment providers have keys, and whether they accept them. Never a key."""
    if not os.environ.get("DATABASE_URL") and not (data / "postgres" / "cluster").exists():
        return []
    try:
        with django(data):
            from majlis.engines.billing import services

            greeted = services.greet_providers()
    except Exception as wrong:
        return [("wrong", f"The payment providers could not be asked ({type(wrong).__name__})", "./majlis up")]
    playground = os.environ.get("MAJLIS_SANDBOX", "1") != "0"
    found: list[Finding] = []
    for each in greeted:
        name = each.provider
        if each.lacks:
            found.append(("wrong", f"{name}: some of its keys are missing", f"set {', '.join(each.lacks)}"))
            continue
        found.append(
            {
                "ok": ("ok", f"{name}: configured, {each.mode} keys, accepted", ""),
                "refused": ("wrong", f"{name}: configured, {each.mode} keys, refused", "see docs/howto/take-money.md"),
                "away": ("note", f"{name}: configured, {each.mode} keys, does not answer now", "try again"),
            }[each.answer]
        )
        if each.mode == "test" and not playground:
            found.append(("wrong", f"{name}: pretended money in production", "see docs/howto/take-money.md"))
        if each.mode == "live" and playground:
            found.append(("note", f"{name}: real money in a playground", "production: MAJLIS_SANDBOX=0"))
    return found or [("note", "No payment provider has keys", "see docs/howto/take-money.md")]


def zones(data: Path) -> list[Finding]:
    """Whether the server's clocks are ours; without a database, only which ours are."""
    ours = f"time zones of {tzdata.IANA_VERSION}"
    if not os.environ.get("DATABASE_URL") and not (data / "postgres" / "cluster").exists():
        return [("ok", f"Python has the {ours}", "")]
    try:
        with database(data) as url, psycopg.connect(url, connect_timeout=5) as connection:
            used = used_zones(connection)
            apart = disagreements(connection, used, first=clock.now())
    except (psycopg.Error, PostgresProblem):
        return [("note", f"Python has the {ours}; the database has no tables to compare them with", "./majlis up")]
    if not apart:
        return [("ok", f"PostgreSQL and Python agree on the next two years of {len(used)} zones ({ours})", "")]
    said = ", ".join(f"{zone} (from {at:%Y-%m-%d})" if at else f"{zone} (unknown to one)" for zone, at in apart.items())
    return [("wrong", f"PostgreSQL and Python disagree on {said}", "docs/operations.md, “Time zones”")]
