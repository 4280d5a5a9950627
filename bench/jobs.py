"""Deferring a job: procrastinate's insert trigger (NOTIFY inside the transaction), ours (NOTIFY after the commit), and
polling alone; then how long a job waits for the worker when woken and when only polled for.

A commit waits 1.5 ms for the disk here, as on a common one: where it answers at once nothing is serialised."""

import os
import statistics
import subprocess
import sys
import threading
import time

import psycopg
from _measure import heading, milliseconds, rate, verdict

from majlis.kit.queue import CHANNEL, WAKE

URL = os.environ["DATABASE_URL"]
SLOW_DISK = "-c commit_delay=1500 -c commit_siblings=0"
CLIENTS, SECONDS, ROUNDS = 16, 2.0, 3
TRIGGER = """
CREATE TRIGGER bench_notify AFTER INSERT ON procrastinate_jobs
FOR EACH ROW WHEN (new.status = 'todo') EXECUTE FUNCTION procrastinate_notify_queue_job_inserted_v1()
"""
INSERT = "INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('bench', 'bench.nothing', '{}')"


def commits_per_second(*, notify_after: bool) -> float:
    """Transactions of one deferred job each, by all clients together."""
    done = [0] * CLIENTS
    until = time.monotonic() + SECONDS

    def client(number: int) -> None:
        with psycopg.connect(URL, autocommit=True, options=SLOW_DISK) as connection:
            while time.monotonic() < until:
                connection.execute(INSERT)
                if notify_after:
                    connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, WAKE])
                done[number] += 1

    threads = [threading.Thread(target=client, args=[n]) for n in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(done) / SECONDS


def execute(statement: str) -> None:
    with psycopg.connect(URL, autocommit=True) as connection:
        connection.execute(statement)


heading("Commits that defer a job", clients=CLIENTS, rounds=ROUNDS)
ways = {"polling alone": [], "trigger, inside": [], "ours, after commit": []}
for _ in range(ROUNDS):
    ways["polling alone"].append(commits_per_second(notify_after=False))
    execute(TRIGGER)
    ways["trigger, inside"].append(commits_per_second(notify_after=False))
    execute("DROP TRIGGER bench_notify ON procrastinate_jobs")
    ways["ours, after commit"].append(commits_per_second(notify_after=True))
    execute("DELETE FROM procrastinate_jobs")
medians = {name: statistics.median(found) for name, found in ways.items()}
for name, figure in medians.items():
    rate(name, figure, note=f"{figure / medians['polling alone']:.2f} of polling alone")
verdict("ours ÷ trigger", medians["ours, after commit"] / medians["trigger, inside"], at_least=1.5)

# How long a job waits: until the worker has taken it away.
worker = subprocess.Popen(
    [sys.executable, "-m", "django", "work"], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
)
try:
    waits: dict[str, list[float]] = {"woken": [], "polled for": []}
    defer = """INSERT INTO procrastinate_jobs (queue_name, task_name, args)
               VALUES ('bench', 'builtin:procrastinate.builtin_tasks.remove_old_jobs', '{"max_hours": 1}')
               RETURNING id"""
    with psycopg.connect(URL, autocommit=True) as connection:

        def wait_of(*, wake: bool) -> float:
            began = time.perf_counter()
            (job,) = connection.execute(defer).fetchone() or (0,)
            if wake:
                connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, WAKE])
            query = "SELECT 1 FROM procrastinate_jobs WHERE id = %s AND status IN ('todo', 'doing')"
            while connection.execute(query, [job]).fetchone():
                if time.perf_counter() - began > 60:
                    sys.exit("The worker does not work.")
                time.sleep(0.002)
            return time.perf_counter() - began

        wait_of(wake=True)
        for number in range(12):
            waits["woken"].append(wait_of(wake=True))
            waits["polled for"].append(wait_of(wake=False))
            time.sleep(0.07 * number)
    for name, found in waits.items():
        print(
            f"    a job {name:<12} waits  median {milliseconds(statistics.median(found)):>10}   "
            f"longest {milliseconds(max(found)):>10}"
        )
    verdict("woken: seconds to done, median", statistics.median(waits["woken"]), at_most=0.2)
finally:
    worker.terminate()
    worker.wait(20)
