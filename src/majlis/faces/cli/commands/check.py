"""Everything that can be said about the code without running it: format, lint, types, import contracts, drift of the
migrations and of the API's description, message catalogues, known vulnerabilities of what is installed."""

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from majlis.faces.cli.house import HOME, UserError, add_data, data_directory, environment

ORDER = 11
COMMANDS = {"check": "format, lint, types, contracts, drift, catalogues, advisories"}


def _program(*words: str) -> Callable[[dict[str, str]], tuple[int, str]]:
    def run_it(env: dict[str, str]) -> tuple[int, str]:
        done = subprocess.run(words, env=env, cwd=HOME, check=False, capture_output=True, text=True)
        said = [line for line in (done.stdout + done.stderr).splitlines() if ": note: " not in line]
        return done.returncode, "\n".join(said) if done.returncode else ""

    return run_it


def _catalogues(_env: dict[str, str]) -> tuple[int, str]:
    from majlis.faces.cli import catalogues

    found = catalogues.problems()
    return len(found), "\n".join(found)


def _dependencies(_env: dict[str, str]) -> tuple[int, str]:
    from majlis.faces.cli import advisories

    return advisories.problems()


CHECKS: dict[str, tuple[str, Callable[[dict[str, str]], tuple[int, str]], str]] = {
    "format": ("every file is formatted", _program("ruff", "format", "--check", "."), "ruff format ."),
    "lint": ("ruff finds nothing", _program("ruff", "check", "."), "ruff check --fix ."),
    "types": ("mypy finds nothing", _program("mypy"), ""),
    "imports": ("the floors hold", _program("lint-imports", "--no-cache"), ""),
    "migrations": (
        "the migrations say what the models say",
        _program(sys.executable, "-m", "django", "makemigrations", "--check", "--dry-run"),
        "./majlis manage makemigrations",
    ),
    "openapi": (
        "docs/openapi.json is the API",
        _program(sys.executable, "-m", "django", "openapi", "--check"),
        "./majlis manage openapi --write",
    ),
    "messages": ("ar, fa and id are complete", _catalogues, "./majlis messages"),
    "dependencies": (
        "nothing installed has a vulnerability that a newer version mends",
        _dependencies,
        "./majlis lock --upgrade",
    ),
}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("only", nargs="*", metavar="CHECK", help=f"only these: {', '.join(CHECKS)}")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    unknown = set(asked.only) - set(CHECKS)
    if unknown:
        raise UserError(f"There is no check {', '.join(sorted(unknown))}; there are {', '.join(CHECKS)}.")
    env = environment(data_directory(asked.data))
    env["PATH"] = f"{Path(sys.executable).parent}:{env.get('PATH', '')}"
    # None of these asks a database; an address that leads nowhere makes sure of it.
    env["MAJLIS_POOL"] = "0"
    env["DATABASE_URL"] = "postgresql://nobody@/nothing?host=/nonexistent"
    broken = []
    for name in asked.only or CHECKS:
        claim, prove, mend = CHECKS[name]
        began = time.monotonic()
        status, said = prove(env)
        print(f"  {'✗' if status else '✓'} {name}: {claim} ({time.monotonic() - began:.1f} s)", flush=True)
        if said:
            print("\n".join(f"      {line}" for line in said.strip().splitlines()[-60:]), flush=True)
        if status:
            broken.append(name)
            if mend:
                print(f"      To mend it: {mend}", flush=True)
    print("All checks hold." if not broken else f"Broken: {', '.join(broken)}.")
    return 1 if broken else 0
