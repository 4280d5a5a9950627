"""How every script of bench/ measures and prints, so that its figures can be read beside each other's.

    from _measure import django, heading, in_turn, line, verdict

    heading("Free slots", teachers=200, days=14)
    times = in_turn({"rrule": peer, "majlis": ours}, rounds=7)
    line("rrule", times["rrule"])
    line("majlis", times["majlis"])
    verdict("rrule ÷ majlis", times["rrule"].median / times["majlis"].median, at_least=10)

What stands beside what runs in turn, round by round, so that a busy moment of the machine hits both. `./majlis bench`
gives a migrated, empty database of its own in `DATABASE_URL`.
"""

import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Times:
    """Seconds on the wall and of CPU (this process's) of each round."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]

    @property
    def median(self) -> float:
        """Seconds on the wall, the middle round."""
        return statistics.median(self.wall)

    @property
    def median_cpu(self) -> float:
        """Seconds of CPU, the middle round."""
        return statistics.median(self.cpu)

    @property
    def p95(self) -> float:
        """Seconds on the wall that 95 of 100 rounds do not exceed."""
        return sorted(self.wall)[min(len(self.wall) - 1, int(len(self.wall) * 0.95))]


def django() -> None:
    """Set Django up, against the database of this run."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "majlis.config.settings")
    import django as framework

    framework.setup()


def heading(title: str, **sizes: Any) -> None:
    """What is measured, how much of it, when and on what."""
    print(title)
    if sizes:
        said = [f"{value:,} {name}" if isinstance(value, int) else f"{name}: {value}" for name, value in sizes.items()]
        print(f"  {', '.join(said)}")
    load = os.getloadavg()[0]
    print(
        f"  {datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, {processor()}, Python "
        f"{platform.python_version()}, load {load:.1f}"
        + ("  ← busy: these figures say little" if load > (os.cpu_count() or 1) else "")
    )


def processor() -> str:
    """The processor's name, as far as this system tells."""
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as file:
            names = [row.partition(":")[2].strip() for row in file if row.startswith("model name")]
    except OSError:
        names = []
    return names[0] if names else platform.machine()


def once(work: Callable[[], Any]) -> tuple[float, float]:
    """Seconds on the wall and of CPU of one run."""
    cpu, wall = time.process_time(), time.perf_counter()
    work()
    return time.perf_counter() - wall, time.process_time() - cpu


def repeat(work: Callable[[], Any], *, rounds: int = 7, warm: int = 1) -> Times:
    """Run it `rounds` times, after `warm` runs that do not count."""
    return in_turn({"": work}, rounds=rounds, warm=warm)[""]


def in_turn(works: Mapping[str, Callable[[], Any]], *, rounds: int = 7, warm: int = 1) -> dict[str, Times]:
    """Run each once per round, in turn."""
    for _ in range(warm):
        for work in works.values():
            work()
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            taken[name].append(once(work))
    return {name: Times(tuple(w for w, _ in t), tuple(c for _, c in t)) for name, t in taken.items()}


def line(name: str, times: Times, *, per: int = 1, note: str = "") -> None:
    """One row: median, p95, CPU, each per piece of work."""
    print(
        f"    {name:<34} median {milliseconds(times.median / per):>10}   p95 {milliseconds(times.p95 / per):>10}   "
        f"cpu {milliseconds(times.median_cpu / per):>10}   {note}"
    )


def rate(name: str, per_second: float, *, note: str = "") -> None:
    """One row of a rate."""
    print(f"    {name:<34} {per_second:>12,.0f} /s   {note}")


def milliseconds(seconds: float) -> str:
    """`0.31 ms`, `12.4 ms`, `3,204 ms`."""
    ms = seconds * 1000
    return f"{ms:,.2f} ms" if ms < 10 else f"{ms:,.1f} ms" if ms < 1000 else f"{ms:,.0f} ms"


def verdict(name: str, figure: float, *, at_least: float | None = None, at_most: float | None = None) -> bool:
    """A ratio or figure beside what is asked of it; whether it is met."""
    met = (at_least is None or figure >= at_least) and (at_most is None or figure <= at_most)
    asked = f"at least {at_least:g}" if at_least is not None else f"at most {at_most:g}" if at_most is not None else "–"
    print(f"  {'✓' if met else '✗'} {name}: {figure:.3g} (asked: {asked})", flush=True)
    return met


def growth(name: str, sizes: Sequence[int], seconds: Sequence[float]) -> None:
    """How cost grows with size: what ten times the work costs."""
    for (small, quick), (large, slow) in zip(
        zip(sizes, seconds, strict=True), list(zip(sizes, seconds, strict=True))[1:], strict=False
    ):
        print(f"    {name}: {large / small:.0f}× the size costs {slow / quick:.1f}× ({small:,} → {large:,})")


def postgres_version(url: str) -> str:
    """The server's version."""
    import psycopg

    with psycopg.connect(url) as connection:
        return str(connection.info.server_version // 10000)


def cpu_of(pid: int) -> float:
    """Seconds of CPU of a process and its children, living ones too."""
    ticks = os.sysconf("SC_CLK_TCK")
    total = 0.0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(entry.name) == pid or int(fields[1]) == pid:
                total += (int(fields[11]) + int(fields[12])) / ticks
    return total


def run_program(*words: str, **more: Any) -> str:
    """What a program prints; raises with what it complained about."""
    done = subprocess.run(words, capture_output=True, text=True, check=False, **more)
    if done.returncode:
        sys.exit(f"{words[0]}: {done.stderr.strip()}")
    return done.stdout
