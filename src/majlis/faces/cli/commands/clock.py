"""Move the sandbox clock of every process of this installation, and run what becomes due."""

import argparse
import re
from datetime import timedelta

from majlis.faces.cli.house import UserError, add_data, data_directory, django

ORDER = 21
COMMANDS = {"clock": "show or move the sandbox clock: +3d, +2h30m, -1d, reset"}
DAY = timedelta(days=1)
UNITS = {"w": "weeks", "d": "days", "h": "hours", "m": "minutes", "s": "seconds"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("by", nargs="?", help="+3d, +90m, +1w2d (from where it stands now), or `reset`")
    parser.add_argument("--no-jobs", action="store_true", help="do not run what becomes due")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    by = None if asked.by in (None, "reset") else span(asked.by)
    with django(data_directory(asked.data)):
        from django.conf import settings

        from majlis.kit import clock

        if asked.by is not None and not settings.SANDBOX:
            raise UserError("The clock can be moved in a sandbox only (MAJLIS_SANDBOX=1).")
        if by is None or by <= timedelta() or asked.no_jobs:
            if asked.by is not None:
                clock.set_offset(timedelta() if by is None else clock.offset() + by)
            print(f"It is {clock.now():%A %Y-%m-%d %H:%M:%S} UTC, {words(clock.offset())}.")
            return 0
        run = live(by)
        print(f"It is {clock.now():%A %Y-%m-%d %H:%M:%S} UTC, {words(clock.offset())}.")
        print(f"{run} jobs became due and were run, day by day.")
    return 0


def live(by: timedelta) -> int:
    """Move the clock ahead a day at a time and run at each what becomes due, so that what follows from what happens in
    between (a renewal, its failure, the next try) happens in its order and on its day; the number of jobs."""
    from majlis.kit import clock, jobs

    done, left = 0, by
    while left > timedelta():
        before, step = clock.now(), min(left, DAY)
        clock.set_offset(clock.offset() + step)
        jobs.defer_missed(before, clock.now())
        jobs.make_due()
        done += jobs.run_due_jobs(patient=True)
        left -= step
    return done


def span(text: str) -> timedelta:
    """`+3d`, `-1w2d`, `90m` as a length of time."""
    found = re.fullmatch(r"([+-]?)((?:\d+[wdhms])+)", text.strip())
    if not found:
        raise UserError(f"{text!r} is no length of time; say +3d, +2h30m, -1d or reset.")
    parts: dict[str, int] = {}
    for number, unit in re.findall(r"(\d+)([wdhms])", found[2]):
        parts[UNITS[unit]] = parts.get(UNITS[unit], 0) + int(number)
    length = timedelta(**parts)
    return -length if found[1] == "-" else length


def words(offset: timedelta) -> str:
    """How far the clock stands from the real one."""
    if not offset:
        return "the real time"
    return f"{abs(offset)} {'ahead of' if offset > timedelta() else 'behind'} the real time"
