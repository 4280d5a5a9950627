"""Measure: each script of bench/ runs its peer and us on this machine, in turn, and prints medians and ratios. Close
other programs first; a figure of a busy machine says nothing."""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

from majlis.config import postgres
from majlis.faces.cli.house import HOME, UserError, environment

ORDER = 12
COMMANDS = {"bench": "measure, beside a peer; prints ratios"}
FOLDER = HOME / "bench"


def arguments(parser: argparse.ArgumentParser) -> None:
    names = ", ".join(sorted(p.stem for p in FOLDER.glob("[!_]*.py")))
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"only these: {names}")


def run(asked: argparse.Namespace) -> int:
    scripts = {p.stem: p for p in sorted(FOLDER.glob("[!_]*.py"))}
    if unknown := set(asked.names) - set(scripts):
        raise UserError(f"There is no {', '.join(sorted(unknown))} in bench/; there are {', '.join(scripts)}.")
    failed = []
    # A cluster of its own that syncs to disk as a real one does, and is thrown away.
    with tempfile.TemporaryDirectory(prefix="majlis-bench-") as scratch:
        data = Path(scratch)
        data.chmod(0o755)
        with postgres.start(data) as server:
            env = environment(data, DATABASE_URL=server.url, MAJLIS_SANDBOX="1")
            env["PYTHONPATH"] = f"{HOME / 'src'}:{FOLDER}"
            migrate = [sys.executable, "-m", "django", "migrate", "-v0", "--no-input"]
            subprocess.run(migrate, env=env, check=True)
            for name in asked.names or scripts:
                print(f"\n═══ {name} " + "═" * max(3, 70 - len(name)), flush=True)
                if subprocess.run([sys.executable, str(scripts[name])], env=env, cwd=HOME, check=False).returncode:
                    failed.append(name)
    if failed:
        print(f"\nDid not get to the end: {', '.join(failed)}.")
    return 1 if failed else 0
