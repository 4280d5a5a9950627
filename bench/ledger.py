"""Journals per second at 1, 8 and 32 connections, each moving money from one of 1,000 wallets to two hot house
accounts, beside `pgbench` writing the same rows (journal, three entries, the wallet's new balance) to plain
tables with the same keys and indexes and no rules; then the same after many entries more (MAJLIS_BENCH_ENTRIES,
300,000 by default). Ids and keys are ordered by time in both, as the application makes them (UUIDv7)."""

import multiprocessing
import os
import random
import sys
import tempfile
import threading
import time
from pathlib import Path
from uuid import uuid4

from _measure import django, heading, postgres_version, rate, run_program, verdict

SECONDS = 4
"""Long enough that what each of 32 new sessions does once (reading the catalogue, planning) weighs little."""
ROUNDS = 7
WALLETS = 1_000
MORE = int(os.environ.get("MAJLIS_BENCH_ENTRIES", "300000"))

NEW_ID = """encode(set_bit(set_bit(overlay(uuid_send(gen_random_uuid()) PLACING
    substring(int8send((extract(epoch FROM clock_timestamp()) * 1000)::bigint) FROM 3) FROM 1 FOR 6), 52, 1), 53, 1),
    'hex')::uuid"""
"""A UUIDv7, where the server has no `uuidv7()`."""

PEER = """
CREATE TABLE peer_account (id uuid PRIMARY KEY, balance bigint NOT NULL, sequence bigint NOT NULL)
    WITH (fillfactor = 70);
INSERT INTO peer_account SELECT id, 0, 0 FROM ledger_account WHERE person_id IS NOT NULL;
CREATE TABLE peer_journal (id uuid PRIMARY KEY, created_at timestamptz, key varchar(200) NOT NULL UNIQUE,
    kind varchar(24), subject varchar(80), memo varchar(300), actor_id uuid, at timestamptz, lines smallint);
CREATE INDEX ON peer_journal (at);
CREATE INDEX ON peer_journal (subject) WHERE subject <> '';
CREATE TABLE peer_entry (id bigserial, journal_id uuid NOT NULL, account_id uuid NOT NULL, line smallint NOT NULL,
    amount bigint NOT NULL, balance_after bigint, sequence bigint, at timestamptz NOT NULL,
    PRIMARY KEY (id, at), UNIQUE (journal_id, line, at));
CREATE INDEX ON peer_entry (account_id, sequence, at);
"""
THEIRS = r"""
\set p random(1, {wallets})
BEGIN;
INSERT INTO peer_journal VALUES ({new}, now(), 'order.' || {new} || '.pay', 'wallet_payment', 'bench', 'Lesson',
    NULL, now(), 3) RETURNING id AS journal \gset
UPDATE peer_account SET balance = balance - 100, sequence = sequence + 1
    WHERE id = (SELECT id FROM bench_wallet WHERE number = :p)
    RETURNING id AS wallet, balance AS after, sequence AS number \gset
INSERT INTO peer_entry (journal_id, account_id, line, amount, balance_after, sequence, at) VALUES
    (:journal::uuid, :wallet::uuid, 1, -100, :after, :number, now()),
    (:journal::uuid, '{escrow}', 2, 90, NULL, NULL, now()), (:journal::uuid, '{fees}', 3, 10, NULL, NULL, now());
COMMIT;
"""
OURS = r"""
\set p random(1, {wallets})
SELECT ledger_post({new}, 'order.' || {new} || '.pay', 'wallet_payment', 'bench', 'Lesson', NULL, now(),
    ARRAY[(SELECT id FROM bench_wallet WHERE number = :p), '{escrow}', '{fees}']::uuid[], '{{-100,90,10}}', 3,
    '{{t,f,f}}');
"""
"""As `services.post` calls it in a process that has posted to these accounts before."""
FILL = """
WITH fresh AS (
    INSERT INTO ledger_journal (id, created_at, key, kind, subject, memo, at, lines)
    SELECT {new}, now(), 'order.' || {new} || '.pay', 'wallet_payment', '', '', now(), 3
    FROM generate_series(1, %(number)s) RETURNING id, at)
INSERT INTO ledger_entry (journal_id, account_id, line, amount, balance_after, sequence, at)
SELECT j.id, l.account, l.line, l.amount, l.after, l.sequence, j.at
FROM (SELECT id, at, 1 + n %% %(wallets)s AS number, 1 + n / %(wallets)s AS turn
      FROM (SELECT id, at, row_number() OVER () - 1 AS n FROM fresh) numbered) j
JOIN bench_wallet w ON w.number = j.number JOIN ledger_account a ON a.id = w.id
CROSS JOIN LATERAL (VALUES (1, w.id, -100, a.balance - 100 * j.turn, a.sequence + j.turn),
                           (2, %(escrow)s::uuid, 90, NULL, NULL), (3, %(fees)s::uuid, 10, NULL, NULL))
    AS l (line, account, amount, after, sequence)
"""
FILLED = """
UPDATE ledger_account SET balance = balance - 100 * %(turns)s, sequence = sequence + %(turns)s
WHERE id IN (SELECT id FROM bench_wallet)
"""
"""Many rows at once, with what the triggers would have counted: the audit at the end looks at them all."""


def people() -> list:
    """The owners of the wallets; each wallet may go far below zero here."""
    from django.db import connection, transaction

    from majlis.kernel.accounts.models import User
    from majlis.kernel.ledger.models import Account
    from majlis.kernel.ledger.services.journals import open_accounts
    from majlis.kernel.ledger.types import of_house, of_person

    owners = User.objects.bulk_create([User(name=f"Wallet {n}", password="") for n in range(WALLETS)])
    with transaction.atomic(), connection.cursor() as cursor:
        open_accounts([of_person(owner.id, "wallet", "EGP") for owner in owners])
        open_accounts([of_house("escrow", "EGP"), of_house("fees", "EGP")])
        Account.objects.filter(person_id__isnull=False).update(floor=-(10**15))
        cursor.execute("CREATE TABLE bench_wallet (number bigint PRIMARY KEY, id uuid NOT NULL)")
        cursor.execute(
            "INSERT INTO bench_wallet SELECT row_number() OVER (), id FROM ledger_account WHERE person_id IS NOT NULL"
        )
        cursor.execute(PEER)
    connection.close()
    return [owner.id for owner in owners]


def new_id() -> str:
    """How this server makes a UUIDv7."""
    from django.db import connection

    connection.ensure_connection()
    return "uuidv7()" if connection.pg_version >= 180000 else NEW_ID


def pgbench(program: Path, script: str, connections: int) -> float:
    with tempfile.NamedTemporaryFile("w", suffix=".sql") as file:
        file.write(script)
        file.flush()
        words = ["-n", "-M", "prepared", "-c", str(connections), "-j", "2", "-T", str(SECONDS), "-f", file.name]
        said = run_program(str(program), *words, os.environ["DATABASE_URL"])
    return float(next(row for row in said.splitlines() if row.startswith("tps")).split()[2])


def service(owners: list, connections: int) -> float:
    """Journals per second through `services.post`, in as many processes as there are cores."""
    processes = min(connections, os.cpu_count() or 1)
    shares = [connections // processes + (n < connections % processes) for n in range(processes)]
    with multiprocessing.get_context("spawn").Pool(processes) as pool:
        return sum(pool.starmap(work, [(owners, share) for share in shares], chunksize=1))


def work(owners: list, threads: int) -> float:
    os.environ["MAJLIS_POOL"] = "0"
    django()
    from django.db import connection, transaction

    from majlis.kernel.ledger import services
    from majlis.kernel.ledger.types import JournalKind, Line, of_house, of_person
    from majlis.kit.money import Money

    done = [0] * threads
    ready = threading.Barrier(threads + 1)
    escrow, fees = of_house("escrow", "EGP"), of_house("fees", "EGP")

    def run(number: int) -> None:
        connection.ensure_connection()
        ready.wait()
        until = time.perf_counter() + SECONDS
        while time.perf_counter() < until:
            wallet = of_person(random.choice(owners), "wallet", "EGP")
            lines = [Line(wallet, Money(-100, "EGP")), Line(escrow, Money(90, "EGP")), Line(fees, Money(10, "EGP"))]
            with transaction.atomic():
                services.post(
                    key=str(uuid4()), kind=JournalKind.WALLET_PAYMENT, lines=lines, subject="bench", memo="Lesson"
                )
            done[number] += 1
        connection.close()

    running = [threading.Thread(target=run, args=(number,)) for number in range(threads)]
    for thread in running:
        thread.start()
    ready.wait()
    for thread in running:
        thread.join()
    return sum(done) / SECONDS


def fill(entries: int) -> None:
    from django.db import connection, transaction

    from majlis.kernel.ledger.types import of_house

    turns = 50
    given = {
        "number": turns * WALLETS,
        "turns": turns,
        "wallets": WALLETS,
        "escrow": of_house("escrow", "EGP").id,
        "fees": of_house("fees", "EGP").id,
    }
    for _ in range(max(1, entries // (3 * turns * WALLETS))):
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL session_replication_role = replica")
            cursor.execute(FILL.replace("{new}", new_id()), given)
            cursor.execute(FILLED, given)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
        cursor.execute("SELECT count(*) FROM ledger_entry")
        print(f"  {cursor.fetchone()[0]:,} entries now", flush=True)


def compare(program: Path, owners: list) -> dict[int, float]:
    """One table: 1, 8 and 32 connections; what `ledger_post` did at each beside `pgbench`, whose tables stay small."""
    from majlis.kernel.ledger.types import of_house

    names = {
        "wallets": WALLETS,
        "escrow": of_house("escrow", "EGP").id,
        "fees": of_house("fees", "EGP").id,
        "new": new_id(),
    }
    found = {}
    for connections in (1, 8, 32):
        rounds = [
            (
                pgbench(program, THEIRS.format(**names), connections),
                pgbench(program, OURS.format(**names), connections),
                service(owners, connections),
            )
            for _ in range(ROUNDS)
        ]
        theirs, ours, through = (sorted(row[n] for row in rounds)[ROUNDS // 2] for n in range(3))
        rate(f"pgbench, {connections} connections", theirs)
        rate(f"ledger_post, {connections} connections", ours)
        rate(f"services.post, {connections} connections", through)
        verdict(f"ledger_post ÷ pgbench at {connections}", ours / theirs, at_least=0.8)
        verdict(f"services.post ÷ pgbench at {connections}", through / theirs, at_least=0.4)
        found[connections] = ours / theirs
    return found


def main() -> None:
    django()
    from django.db import connection

    from majlis.config.postgres_binaries import find
    from majlis.kit import audit

    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version_num")
        program = find(int(cursor.fetchone()[0]) // 10_000).bin / "pgbench"
    heading("Ledger", wallets=WALLETS, PostgreSQL=postgres_version(os.environ["DATABASE_URL"]))
    owners = people()
    first = compare(program, owners)
    print(f"  after {MORE:,} entries more")
    fill(MORE)
    second = compare(program, owners)
    for connections, ratio in second.items():
        # Each as it stood beside pgbench in its own minute: other work may lie between them.
        verdict(f"ledger_post with many entries ÷ with few, at {connections}", ratio / first[connections], at_least=0.9)
    broken = [found for outcome in audit.run("ledger:") for found in outcome.findings]
    verdict("findings of the audit", len(broken), at_most=0)


if __name__ == "__main__":
    sys.exit(main())
