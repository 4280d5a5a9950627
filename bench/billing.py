"""Webhooks taken per second (signature checked, body stored byte for byte, the work queued in the same transaction) at
1, 8 and 32 connections, beside `pgbench` inserting the same two rows; and the same event delivered again and again."""

import multiprocessing
import os
import sys
import tempfile
import threading
import time
from pathlib import Path

from _measure import django, heading, postgres_version, rate, run_program, verdict

SECONDS = 4
ROUNDS = 3

PEER = """
CREATE TABLE IF NOT EXISTS peer_event (LIKE billing_webhookevent INCLUDING ALL);
"""
THEIRS = r"""
BEGIN;
INSERT INTO peer_event
    (id, created_at, gateway, event_id, provider_ref, kind, headers, body, status, problem, deliveries) VALUES
    (gen_random_uuid(), now(), 'sandbox', gen_random_uuid()::text, 'sb_bench', 'payment.succeeded',
    '{"content-type": "application/json"}', convert_to(repeat('x', 110), 'UTF8'), 'received', '', 1);
INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES ('bench', 'bench.nothing', '{"event_id": "x"}');
COMMIT;
"""


def pgbench(program: Path, connections: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(THEIRS)
        file.flush()
        words = ["-n", "-M", "prepared", "-c", str(connections), "-j", "2", "-T", str(SECONDS), "-f", file.name]
        said = run_program(str(program), *words, os.environ["DATABASE_URL"])
    return float(next(row for row in said.splitlines() if row.startswith("tps")).split()[2])


def intake(connections: int, *, again: bool) -> float:
    """Deliveries per second through `services.receive_webhook`, in as many processes as there are cores."""
    processes = min(connections, os.cpu_count() or 1)
    shares = [connections // processes + (n < connections % processes) for n in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return sum(pool.starmap(work, [(share, again) for share in shares], chunksize=1))


def work(threads: int, again: bool) -> float:
    os.environ["MAJLIS_POOL"] = "0"
    django()
    from django.db import connection

    from majlis.engines.billing import services
    from majlis.engines.billing.gateways import sandbox

    done = [0] * threads
    ready = threading.Barrier(threads + 1)

    def run(number: int) -> None:
        connection.ensure_connection()
        same = sandbox.signed_event("sb_bench", "payment.succeeded", event_id="evt_again") if again else None
        ready.wait()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            headers, body = same or sandbox.signed_event("sb_bench", "payment.succeeded")
            services.receive_webhook(gateway="sandbox", headers=headers, body=body)
            done[number] += 1
        connection.close()

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
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

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        program = find(int(cursor.fetchone()[0]) // 10_000).bin / "pgbench"
        cursor.execute(PEER)
    connection.close()
    heading("Webhook intake", PostgreSQL=postgres_version(os.environ["DATABASE_URL"]))
    for connections in (1, 8, 32):
        rounds = [(pgbench(program, connections), intake(connections, again=False)) for _ in range(ROUNDS)]
        theirs, ours = (sorted(row[n] for row in rounds)[ROUNDS // 2] for n in range(2))
        rate(f"pgbench, {connections} connections", theirs)
        rate(f"receive_webhook, {connections} connections", ours)
        verdict(f"receive_webhook ÷ pgbench at {connections}", ours / theirs, at_least=0.15)
    rate("the same event again, 8 connections", intake(8, again=True), note="counted, nothing queued")
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM billing_webhookevent WHERE event_id = 'evt_again'")
        if cursor.fetchone()[0] != 1:
            sys.exit("The same event was stored twice.")


if __name__ == "__main__":
    main()
