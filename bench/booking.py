"""Bookings per second through `services.reserve`, hours asked, both people's time under the exclusion constraint, 32
connections; beside `pgbench` inserting the same rows over as many connections of the same server.

The peer's rows are a booking's own: reservation, history, two busy times, the job that tells search and the queue's
note of that job. They go into copies of the same tables with every index, CHECK and exclusion constraint, in one
transaction; what the peer lacks is locks, looks, foreign keys and any question whether the booking is right. Ours runs
in as many processes as there are cores, as web workers do. Both sync each commit to disk. They run in turn, round by
round, on the same cores as the server. At the end: not one overlap, and every other proof of the calendar holds."""

import multiprocessing
import os
import tempfile
import threading
import time as clockwork
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

from _measure import django, heading, postgres_version, rate, run_program, verdict

SECONDS = 6
ROUNDS = 5
CONNECTIONS = 32
TEACHERS, STUDENTS = 400, 2_000
BASE = datetime(2026, 3, 1, tzinfo=UTC)
NOW = BASE - timedelta(days=1)
A_ROUND = 200_000
"""Numbers of bookings a process may use in a round."""

PEER = """
CREATE TABLE peer_reservation (LIKE scheduling_reservation INCLUDING ALL);
CREATE TABLE peer_busytime (LIKE scheduling_busytime INCLUDING ALL);
CREATE TABLE peer_change (LIKE scheduling_reservationchange INCLUDING ALL);
CREATE TABLE peer_job (LIKE procrastinate_jobs INCLUDING ALL);
CREATE TABLE peer_event (LIKE procrastinate_events INCLUDING ALL);
CREATE TABLE bench_people (number bigint PRIMARY KEY, id uuid NOT NULL);
CREATE SEQUENCE peer_busytime_ids;
CREATE SEQUENCE peer_change_ids;
"""
THEIRS = r"""
\set k :k + 1
\set n :k * {connections} + :client_id + :first
\set t :n % {teachers}
\set s {teachers} + :n % {students}
\set h :n / {teachers}
SELECT gen_random_uuid() AS r, max(id::text) FILTER (WHERE number = :t::bigint) AS tid,
    max(id::text) FILTER (WHERE number = :s::bigint) AS sid,
    timestamptz '{base}' + :h::int * interval '1 hour' AS begin,
    timestamptz '{base}' + (:h::int + 1) * interval '1 hour' AS until
FROM bench_people WHERE number IN (:t::bigint, :s::bigint) \gset
BEGIN;
INSERT INTO peer_reservation (id, created_at, kind, subject_id, title, starts_at, ends_at, status, hours_of_id, version,
    changed_at) VALUES (:r::uuid, now(), 'bench', gen_random_uuid(), 'Lesson', :begin::timestamptz,
    :until::timestamptz, 'confirmed', :tid::uuid, 0, now());
INSERT INTO peer_change (id, reservation_id, version, source, target, starts_at, ends_at, reason, at) VALUES
    (nextval('peer_change_ids'), :r::uuid, 0, '', 'confirmed', :begin::timestamptz, :until::timestamptz, '', now());
INSERT INTO peer_busytime (id, reservation_id, person_id, during, blocks) VALUES
    (nextval('peer_busytime_ids'), :r::uuid, :tid::uuid, tstzrange(:begin::timestamptz, :until::timestamptz), true),
    (nextval('peer_busytime_ids'), :r::uuid, :sid::uuid, tstzrange(:begin::timestamptz, :until::timestamptz), true);
INSERT INTO peer_job (id, queue_name, task_name, args) VALUES (nextval('procrastinate_jobs_id_seq'), 'search',
    'scheduling.renew_free_time', '{{"person_id": "01a1fd83-0000-7000-8000-000000000000",
    "first_day": "2026-03-01", "last_day": "2026-03-01"}}') RETURNING id AS job \gset
INSERT INTO peer_event (id, job_id, type) VALUES (nextval('procrastinate_events_id_seq'), :job, 'deferred');
COMMIT;
"""


def people() -> tuple[list, list]:
    """Teachers open round the clock, with search listening, and students."""
    from django.db import connection

    from majlis.engines.scheduling.models import CalendarSettings, FreeTime, Rule
    from majlis.kernel.accounts.models import User

    made = User.objects.bulk_create([User(name=f"P{n}", password="", zone="UTC") for n in range(TEACHERS + STUDENTS)])
    teachers, students = made[:TEACHERS], made[TEACHERS:]
    CalendarSettings.objects.bulk_create(
        CalendarSettings(person=p, zone="UTC", minimum_notice=0, horizon_days=366) for p in teachers
    )
    Rule.objects.bulk_create(
        Rule(person=p, weekdays=list(range(1, 8)), begins=time(), minutes=1440, zone="UTC", starts_on=date(2026, 1, 1))
        for p in teachers
    )
    FreeTime.objects.bulk_create(FreeTime(person=p, rolled_on=NOW.date()) for p in teachers)
    with connection.cursor() as cursor:
        cursor.execute(PEER)
        cursor.executemany("INSERT INTO bench_people VALUES (%s, %s)", [(n, p.id) for n, p in enumerate(made)])
        cursor.execute("ANALYZE")
    connection.close()
    return [p.id for p in teachers], [p.id for p in students]


def pgbench(program: Path, number: int) -> float:
    script = THEIRS.format(connections=CONNECTIONS, teachers=TEACHERS, students=STUDENTS, base=BASE.isoformat())
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        words = ["-n", "-M", "prepared", "-c", str(CONNECTIONS), "-j", "2", "-T", str(SECONDS), "-f", file.name]
        words += ["-D", "k=0", "-D", f"first={number * 2 * A_ROUND}"]
        said = run_program(str(program), *words, os.environ["DATABASE_URL"])
    return float(next(row for row in said.splitlines() if row.startswith("tps")).split()[2])


def service(teachers: list, students: list, number: int) -> float:
    """Bookings per second, in as many processes as there are cores."""
    processes = min(CONNECTIONS, os.cpu_count() or 1)
    shares = [CONNECTIONS // processes + (n < CONNECTIONS % processes) for n in range(processes)]
    jobs = [(teachers, students, share, (number * processes + n), processes) for n, share in enumerate(shares)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return sum(pool.starmap(work, jobs, chunksize=1))


def work(teachers: list, students: list, threads: int, part: int, processes: int) -> float:
    os.environ["MAJLIS_POOL"] = "0"
    django()
    from django.db import connection

    from majlis.engines.scheduling import services
    from majlis.kit.ids import new_id

    done = [0] * threads
    ready = threading.Barrier(threads + 1)
    first = part * (2 * A_ROUND // processes)

    def run(thread: int) -> None:
        connection.ensure_connection()
        ready.wait()
        until = clockwork.perf_counter() + SECONDS
        n = first + thread
        while clockwork.perf_counter() < until:
            starts_at = BASE + timedelta(hours=n // TEACHERS)
            services.reserve(
                people=[teachers[n % TEACHERS], students[n % STUDENTS]],
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                kind="bench",
                subject_id=new_id(),
                title="Lesson",
                hours_of=teachers[n % TEACHERS],
                now=NOW,
            )
            done[thread] += 1
            n += threads
        connection.close()

    running = [threading.Thread(target=run, args=(thread,)) for thread in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    for thread in running:
        thread.join()
    return sum(done) / SECONDS


def main() -> None:
    django()
    from django.db import connection

    from majlis.config.postgres_binaries import find
    from majlis.engines.scheduling.audits import blocking_times_do_not_overlap
    from majlis.engines.scheduling.models import Reservation
    from majlis.kit import audit

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        program = find(int(cursor.fetchone()[0]) // 10_000).bin / "pgbench"
    heading(
        "Booking",
        teachers=TEACHERS,
        students=STUDENTS,
        connections=CONNECTIONS,
        PostgreSQL=postgres_version(os.environ["DATABASE_URL"]),
    )
    teachers, students = people()
    rounds = [(pgbench(program, n), service(teachers, students, n)) for n in range(ROUNDS)]
    theirs, through = (sorted(row[n] for row in rounds)[ROUNDS // 2] for n in range(2))
    rate("pgbench, the same rows", theirs)
    rate("services.reserve", through)
    verdict("services.reserve ÷ pgbench", through / theirs, at_least=0.5)
    made, overlaps = Reservation.objects.count(), list(blocking_times_do_not_overlap())
    print(f"    {made:,} bookings")
    verdict("overlaps", len(overlaps), at_most=0)
    verdict("findings of the audit", sum(len(outcome.findings) for outcome in audit.run("scheduling:")), at_most=0)


if __name__ == "__main__":
    main()
