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
from majlis.faces.cli.house import HOME, environment

ORDER = 10
COMMANDS = {"test": "run the tests (arguments go to pytest)"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("words", nargs="*", help="what pytest takes")


def run(asked: argparse.Namespace) -> int:
    if asked.rest and asked.rest[0] in {"-h", "--help"}:
        print(f"usage: majlis test [PYTEST ARGUMENTS]\n\n{__doc__}")
        return 0
    began = time.monotonic()
    browser = find_browser() or install_browser()
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
    apt = shutil.which("apt-get")
    if apt and os.geteuid() == 0:
        print("Installing Chromium for the journeys (apt-get install chromium) …", flush=True)
        env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        quiet = {"env": env, "check": False, "stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL}
        install = [apt, "install", "-y", "-qq", "--no-install-recommends", "chromium", "fonts-noto-core"]
        if subprocess.run(install, **quiet).returncode:  # type: ignore[call-overload]
            subprocess.run([apt, "update", "-qq"], **quiet)  # type: ignore[call-overload]
            subprocess.run(install, **quiet)  # type: ignore[call-overload]
        if found := find_browser():
            return found
    how = "sudo apt install chromium" if apt else "install Chromium with your package manager"
    print(
        f"No Chromium here, so the journeys in a browser are skipped. To run them: {how},\n"
        "or name one:  MAJLIS_CHROMIUM=/path/to/chromium ./majlis test",
        flush=True,
    )
    return None


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
