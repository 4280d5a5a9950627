"""Known vulnerabilities of what is installed: pip-audit asks the package index about every locked version."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from majlis.faces.cli.house import HOME

LOCK = HOME / "requirements" / "development.lock"
"""It contains the runtime one."""
ANSWER_SECONDS, WHOLE_SECONDS = 3, 60


def problems(lock: Path = LOCK, *options: str) -> tuple[int, str]:
    """How many locked packages have a known vulnerability that a newer version mends, and the whole finding in words.
    One that nothing mends yet is named and does not count. Without a line, or where the index has no advisories (a
    mirror), nothing is found out: that is said, and counts as none. `options` go to pip-audit."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        ask = [sys.executable, "-m", "pip_audit", "--disable-pip", "--require-hashes", "-r", str(lock)]
        say = [
            "--timeout",
            str(ANSWER_SECONDS),
            "--progress-spinner",
            "off",
            "--format",
            "json",
            "--output",
            str(report),
        ]
        try:
            done = subprocess.run(
                [*ask, *say, *options], capture_output=True, text=True, check=False, timeout=WHOLE_SECONDS
            )
        except subprocess.TimeoutExpired:
            return 0, f"Nothing was audited: the index did not answer within {WHOLE_SECONDS} s."
        if not report.exists():
            reason = (done.stderr.strip().splitlines() or ["no answer"])[-1]
            return 0, f"Nothing was audited: {reason[:200]}"
        return judge(json.loads(report.read_text())["dependencies"])


def judge(packages: list[dict[str, Any]]) -> tuple[int, str]:
    """pip-audit's report in words, and how many packages must be renewed."""
    known = [package for package in packages if "skip_reason" not in package]
    if not known:
        return 0, f"Nothing was audited: the index has no advisories for these {len(packages)} packages (a mirror?)."
    said, renew = [], 0
    for package in known:
        found = package["vulns"]
        mended = sorted({version for one in found for version in one["fix_versions"]})
        renew += bool(mended)
        if found:
            names = ", ".join(one["id"] for one in found)
            end = f"mended in {', '.join(mended)}" if mended else "not mended by any version yet"
            said.append(f"{package['name']} {package['version']}: {names}, {end}.")
    if len(known) < len(packages):
        said.append(f"{len(packages) - len(known)} of {len(packages)} packages are unknown to the index.")
    return renew, "\n".join(said)
