"""Renew requirements/*.lock from pyproject.toml: versions and hashes of everything that is installed. Needs `uv`. What
is locked stays as it is unless pyproject.toml asks for something else; `--upgrade` takes the newest of everything."""

import argparse
import shutil
import subprocess

from majlis.faces.cli.house import HOME, UserError

ORDER = 31
COMMANDS = {"lock": "renew requirements/*.lock"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions that fit")


def run(asked: argparse.Namespace) -> int:
    uv = shutil.which("uv")
    if not uv:
        raise UserError("`uv` is needed to write the locks (pip install uv); installing from them needs none.")
    common = ["--python-version", "3.11", "--generate-hashes", "--no-emit-index-url", "--no-annotate", "--no-header"]
    if asked.upgrade:
        common.append("--upgrade")
    folder = HOME / "requirements"
    for name, more in {
        "runtime": [],
        "development": ["--group", "development", "-c", str(folder / "runtime.lock")],
    }.items():
        command = [uv, "pip", "compile", "pyproject.toml", *common, *more, "-q", "-o", str(folder / f"{name}.lock")]
        if status := subprocess.run(command, cwd=HOME, check=False).returncode:
            return status
        print(f"  ✓ requirements/{name}.lock")
    return 0
