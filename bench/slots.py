"""Free slots of teachers over 14 days from their recurrence rules, bookings subtracted, in 30-minute cells: our one
statement at 200, 2,000 and 20,000 teachers, beside `python-dateutil` expanding the same rules of the 200 (with the same
subtraction, cell for cell; the two must agree). CPU is this process's and the database server's together."""

import os
import random
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from _measure import django, growth, heading, line, once, postgres_version, repeat, verdict

SIZES = (200, 2_000, 20_000)
DAYS = 14
BOOKINGS = 20
CELL = timedelta(minutes=30)
ZONES = ("Africa/Cairo", "Europe/Berlin", "Asia/Jakarta", "Asia/Tehran", "America/New_York", "UTC")
NOW = datetime(2026, 3, 20, tzinfo=UTC)
"""Europe turns its clocks inside these days."""
TICK = os.sysconf("SC_CLK_TCK")


def fill(count: int) -> list:
    """`count` teachers, each with two stretches on five days and twenty bookings in the two weeks."""
    from django.db import connection
    from psycopg.types.range import Range

    from majlis.engines.scheduling.models import BusyTime, CalendarSettings, Reservation, Rule
    from majlis.kernel.accounts.models import User
    from majlis.kit.ids import new_id

    dice = random.Random(count)
    people = [User(name=f"Teacher {n}", password="", zone=ZONES[n % len(ZONES)]) for n in range(count)]
    rules, taken = [], []
    for person in people:
        for weekday in dice.sample(range(1, 8), 5):
            for begins in (time(9), time(15)):
                rules.append(
                    Rule(
                        person=person,
                        weekdays=[weekday],
                        begins=begins,
                        minutes=240,
                        zone=person.zone,
                        starts_on=date(2025, 1, 1),
                    )
                )
        for hour in dice.sample(range(DAYS * 24), BOOKINGS):
            begin = NOW + timedelta(hours=hour)
            end = begin + timedelta(hours=1)
            made = Reservation(
                kind="bench", subject_id=new_id(), starts_at=begin, ends_at=end, status="confirmed", hours_of=person
            )
            taken.append((made, BusyTime(reservation=made, person=person, during=Range(begin, end))))
    User.objects.bulk_create(people, batch_size=2000)
    CalendarSettings.objects.bulk_create(
        [CalendarSettings(person=p, zone=p.zone, minimum_notice=0) for p in people], batch_size=2000
    )
    Rule.objects.bulk_create(rules, batch_size=5000)
    Reservation.objects.bulk_create([made for made, _ in taken], batch_size=5000)
    BusyTime.objects.bulk_create([share for _, share in taken], batch_size=5000)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    return [person.id for person in people]


def ours(people: list) -> dict:
    from majlis.engines.scheduling import queries

    return queries.free_slots(people, starts_at=NOW, ends_at=NOW + timedelta(days=DAYS), minutes=30, now=NOW)


def rows_of(people: list) -> tuple[dict, dict]:
    """What the peer is given: rules and bookings, in memory already."""
    from majlis.engines.scheduling.models import BusyTime, Rule

    rules, busy = {p: [] for p in people}, {p: [] for p in people}
    for rule in Rule.objects.filter(person__in=people):
        rules[rule.person_id].append(rule)
    for share in BusyTime.objects.filter(person__in=people):
        busy[share.person_id].append((share.during.lower, share.during.upper))
    return rules, busy


def peer(rules: dict, busy: dict) -> dict:
    from dateutil.rrule import WEEKLY, rrule, weekday

    until = NOW + timedelta(days=DAYS)
    lo, hi = NOW.replace(tzinfo=None) - timedelta(days=2), until.replace(tzinfo=None) + timedelta(days=1)
    found = {}
    for person, own in rules.items():
        cells = set()
        for rule in own:
            first = datetime.combine(rule.starts_on, rule.begins)
            days = [weekday(day - 1) for day in rule.weekdays]
            for wall in rrule(WEEKLY, dtstart=first, byweekday=days).between(lo, hi, inc=True):
                begin = wall.replace(tzinfo=ZoneInfo(rule.zone)).astimezone(UTC)
                end = begin + timedelta(minutes=rule.minutes)
                while begin + CELL <= end:
                    if NOW <= begin < until:
                        cells.add(begin)
                    begin += CELL
        taken = busy[person]
        found[person] = sorted(c for c in cells if not any(a < c + CELL and c < b for a, b in taken))
    return found


def server_cpu() -> float:
    """Seconds of CPU the server process of our connection has used; 0 where it runs elsewhere."""
    from django.db import connection

    try:
        with open(f"/proc/{connection.connection.info.backend_pid}/stat", encoding="utf-8") as file:
            words = file.read().rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(words[11]) + int(words[12])) / TICK


def main() -> None:
    django()
    heading("Free slots", days=DAYS, bookings_each=BOOKINGS, PostgreSQL=postgres_version(os.environ["DATABASE_URL"]))
    spent = []
    for count in SIZES:
        people = fill(count)
        rounds = {200: 15, 2_000: 7, 20_000: 3}[count]
        ours(people)
        before = server_cpu()
        times = repeat(lambda people=people: ours(people), rounds=rounds, warm=0)
        server = (server_cpu() - before) / rounds
        cells = sum(map(len, ours(people).values()))
        line(f"majlis, {count:,} teachers", times, note=f"+ server cpu {server * 1000:,.1f} ms; {cells:,} cells")
        spent.append(times.median_cpu + server)
        if count == SIZES[0]:
            rules, busy = rows_of(people)
            theirs = repeat(lambda rules=rules, busy=busy: peer(rules, busy), rounds=3, warm=0)
            line(f"python-dateutil, {count:,} teachers", theirs)
            same = peer(rules, busy) == {p: [s.starts_at for s in slots] for p, slots in ours(people).items()}
            print(f"    cell for cell the same: {'yes' if same else 'NO'}")
            verdict("CPU of 200 teachers × 14 days, ms", spent[0] * 1000, at_most=80)
            verdict("dateutil ÷ majlis (CPU)", theirs.median_cpu / spent[0], at_least=10)
    growth("CPU", SIZES, spent)
    verdict("CPU of 100× the teachers ÷ 100", spent[-1] / spent[0] / 100, at_most=1.2)
    single = people[0]
    wall, _cpu = min(once(lambda: ours([single])) for _ in range(20))
    print(f"    one teacher of {SIZES[-1]:,}: {wall * 1000:.2f} ms")


if __name__ == "__main__":
    main()
