"""Run the tests, against a PostgreSQL of their own and a real browser. What follows goes to pytest:
`./majlis test src/majlis/engines/billing -k refund`. Without arguments every test runs, two at a time."""

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import xml.etree.ElementTree as ET
from collections import Counter
from pathlib import Path

from majlis.config import postgres
from majlis.faces.cli import catalogues
from majlis.faces.cli.house import HOME, environment

ORDER = 10
COMMANDS = {"test": "run the tests (arguments go to pytest)"}
PROGRAMS = (
    "redis-server",
    "litecoind",
)
"""What is installed for tests when it is missing; each is the name of its Debian package too."""
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="what pytest takes")


def run(asked: argparse.Namespace) -> int:
    if asked.rest and asked.rest[0] in {"-h", "--help"}:
        print(f"usage: majlis test [PYTEST ARGUMENTS]\n\n{__doc__}")
        return 0
    began = time.monotonic()
    browser = find_browser() or install_browser()
    install_programs()
    if catalogues.stale():
        catalogues.compile_all()  # what people read is tested in their language
    # A short path: the socket lives in it. The data are thrown away, so nothing is synced to disk.
    with tempfile.TemporaryDirectory(prefix="majlis-test-") as scratch:
        data = Path(scratch)
        data.chmod(0o755)
        report = data / "report.xml"
        with _server(data) as url:
            env = environment(data, DATABASE_URL=url, MAJLIS_TESTING="1")
            if browser:
                env.setdefault("MAJLIS_CHROMIUM", browser)
            chosen = any(word.startswith(("-n", "--numprocesses", "--pdb")) for word in asked.rest)
            parallel = [] if chosen else ["-n", "2", "--dist", "loadgroup"]
            command = [sys.executable, "-m", "pytest", *parallel, f"--junitxml={report}", "-p", "no:cacheprovider"]
            status = subprocess.run([*command, *asked.rest], env=env, cwd=HOME, check=False).returncode
        summary(report, status, browser, time.monotonic() - began)
    return status


class _server:
    """The tests' own cluster; with DATABASE_URL, that server (pytest makes its own database on it)."""

    def __init__(self, data: Path) -> None:
        self.given = os.environ.get("DATABASE_URL")
        self.server = None if self.given else postgres.start(data, careless=True)

    def __enter__(self) -> str:
        return self.given or (self.server.url if self.server else "")

    def __exit__(self, *_: object) -> None:
        if self.server:
            self.server.leave()


def find_browser() -> str | None:
    """The Chromium the journeys drive: MAJLIS_CHROMIUM, else the system's."""
    named = os.environ.get("MAJLIS_CHROMIUM")
    return named or next((found for name in BROWSERS if (found := shutil.which(name))), None)


def install_browser() -> str | None:
    """Install Chromium through apt when we may; else say what to do, and go on without the journeys."""
    if install("chromium", "fonts-noto-core") and (found := find_browser()):
        return found
    how = "sudo apt install chromium" if shutil.which("apt-get") else "install Chromium with your package manager"
    print(
        f"No Chromium here, so the journeys in a browser are skipped. To run them: {how},\n"
        "or name one:  MAJLIS_CHROMIUM=/path/to/chromium ./majlis test",
        flush=True,
    )
    return None


def install_programs() -> None:
    """The real things that some tests speak to. Without one, its tests are skipped and say so."""
    missing = [name for name in PROGRAMS if shutil.which(name) is None]
    if missing and not install(*missing):
        print(f"Not here, so tests that need them are skipped: {', '.join(missing)}", flush=True)


def install(*packages: str) -> bool:
    """Install packages through apt, if we may; whether they are there now."""
    apt = shutil.which("apt-get")
    if not apt or os.geteuid() != 0:
        return False
    print(f"Installing for the tests (apt-get install {' '.join(packages)}) …", flush=True)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}  # services stay off

    def ran(*command: str) -> bool:
        quiet = subprocess.DEVNULL
        return not subprocess.run([apt, *command], env=env, check=False, stdin=quiet, stdout=quiet).returncode

    words = ("install", "-y", "-qq", "--no-install-recommends", *packages)
    return ran(*words) or (ran("update", "-qq") and ran(*words))


def summary(report: Path, status: int, browser: str | None, seconds: float) -> None:
    """What ran, what did not and why, in plain words."""
    print("\n─── Summary " + "─" * 60)
    if not report.exists():
        print(f"pytest did not get to the end (exit status {status}); what is wrong stands above.")
        return
    counts: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    broken: list[str] = []
    for case in ET.parse(report).iter("testcase"):  # noqa: S314 - our own file
        kinds = {child.tag: child for child in case}
        if "failure" in kinds or "error" in kinds:
            counts["failed"] += 1
            broken.append(f"{case.get('classname')}::{case.get('name')}")
        elif "skipped" in kinds:
            counts["skipped"] += 1
            reasons[kinds["skipped"].get("message") or "no reason given"] += 1
        else:
            counts["passed"] += 1
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped, in {seconds:.0f} s.")
    print(f"Browser: {browser or 'none'}")
    for reason, number in reasons.most_common():
        print(f"  skipped {number}: {reason}")
    for name in broken[:40]:
        print(f"  failed: {name}")
    print("Everything that ran passed." if not status else "Not everything passed.", flush=True)
