"""The event stream beside a bare `websockets` hub: 2,000 open connections in 200 rooms of ten, every message stored in
PostgreSQL and announced by NOTIFY after its commit. First all messages as fast as they can be written: by two writers,
in bare SQL and transactions of twenty for both, so that the hub is measured and not who writes. Then 400 a second, each
in a transaction of its own, ours by the service that every module calls. One process each; the readers are raw sockets
of this process, the same for both."""

import asyncio
import gc
import json
import multiprocessing
import os
import re
import resource
import socket
import statistics
import subprocess
import sys
import time
from pathlib import Path

import psycopg
from _measure import cpu_of, django, heading, verdict

CONNECTIONS = int(os.environ.get("BENCH_STREAMS", "2000"))
ROOM = 10
MESSAGES, RATE, STEADY = 8000, 400, 4000
WRITERS, TOGETHER = 2, 20
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "3"))
STAMP = re.compile(rb'"at": ?(\d+\.\d+)')
URL = os.environ["DATABASE_URL"]
TEXT = "x" * 200
STORE = """
INSERT INTO notices_streamevent (transaction, people, kind, payload, created_at)
VALUES (pg_current_xact_id()::text::bigint, %s, 'bench', %s, now()) RETURNING id, transaction
"""

django()

from django.conf import settings  # noqa: E402
from django.db import connection  # noqa: E402
from django.test import Client  # noqa: E402

from majlis.kernel.notices import services  # noqa: E402
from majlis.kernel.notices.stream import LiveEvent, announcement  # noqa: E402
from majlis.kit import testing  # noqa: E402


class Reader(asyncio.Protocol):
    """One raw connection that counts what arrives and how old it is."""

    ages: list[float] = []
    open = 0

    def __init__(self, request: bytes) -> None:
        self.request, self.rest, self.begun = request, b"", False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        transport.write(self.request)  # type: ignore[attr-defined]

    def data_received(self, data: bytes) -> None:
        now = time.time()
        data = self.rest + data
        if not self.begun and b"hello" in data:
            self.begun = True
            Reader.open += 1
        end = 0
        for found in STAMP.finditer(data):
            Reader.ages.append(now - float(found[1]))
            end = found.end()
        self.rest = data[end:][-64:]


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


def memory_of(pid: int) -> float:
    """Megabytes held by a process and its children."""
    total = 0
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
                if int(entry.name) == pid or parent == pid:
                    total += int((entry / "statm").read_text().split()[1])
            except OSError:
                continue
    return total * os.sysconf("SC_PAGE_SIZE") / 2**20


def start_ours(port: int) -> subprocess.Popen[bytes]:
    """The realtime process, as `./majlis realtime` runs it."""
    return subprocess.Popen(
        [sys.executable, "-m", "majlis.faces.realtime.server", "--port", str(port)],
        env=os.environ | {"PYTHONPATH": str(settings.HOME / "src")},
    )


def start_peer(port: int) -> subprocess.Popen[bytes]:
    """The bare hub."""
    return subprocess.Popen([sys.executable, str(Path(__file__).with_name("_stream_peer.py")), URL, str(port)])


def run(name: str, start, requests: list[bytes], write) -> dict[str, float]:  # type: ignore[no-untyped-def]
    """Open everything, write everything, wait for the last delivery; the figures of this run."""
    port = free_port()
    server = start(port)
    loop = asyncio.new_event_loop()
    Reader.open, Reader.ages = 0, []

    async def connect() -> None:
        await asyncio.sleep(3)
        for number, request in enumerate(requests):
            for _ in range(50):
                try:
                    await loop.create_connection(lambda request=request: Reader(request), "127.0.0.1", port)
                    break
                except OSError:
                    await asyncio.sleep(0.2)
            if number % 50 == 0:
                await asyncio.sleep(0.02)
        while Reader.open < len(requests):
            await asyncio.sleep(0.05)

    async def burst(count: int, per_second: int) -> tuple[float, float, list[float]]:
        Reader.ages = []
        # Processes of their own: beside the readers in one interpreter they would wait for their lock.
        number = 1 if per_second else WRITERS
        given = (count // number, per_second, 1 if per_second else TOGETHER)
        writers = [multiprocessing.get_context("fork").Process(target=write, args=given) for _ in range(number)]
        cpu, began = cpu_of(server.pid), time.perf_counter()
        for writer in writers:
            writer.start()
        while len(Reader.ages) < count * ROOM and time.perf_counter() - began < 120:
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        for writer in writers:
            writer.join()
        return took, cpu_of(server.pid) - cpu, sorted(Reader.ages)

    try:
        loop.run_until_complete(asyncio.wait_for(connect(), 90))
        took, cpu, ages = loop.run_until_complete(burst(MESSAGES, 0))
        assert len(ages) == MESSAGES * ROOM, f"{name}: {len(ages)} of {MESSAGES * ROOM} arrived"
        _took, _cpu, steady = loop.run_until_complete(burst(STEADY, RATE))
        return {
            "rate": len(ages) / took,
            "cpu": cpu / len(ages) * 1e6,
            "p50": steady[len(steady) // 2] * 1000,
            "p99": steady[int(len(steady) * 0.99)] * 1000,
            "memory": memory_of(server.pid),
        }
    finally:
        subprocess.run(["pkill", "-P", str(server.pid)], check=False)
        server.kill()
        server.wait()
        loop.close()


def paced(count: int, per_second: int, together: int, send) -> None:  # type: ignore[no-untyped-def]
    """Call `send(numbers)` with `together` of `count` numbers, at most so many a second (0: as fast as it goes)."""
    began = time.perf_counter()
    for first in range(0, count, together):
        if per_second:
            time.sleep(max(0.0, began + first / per_second - time.perf_counter()))
        send(range(first, first + together))


def main() -> None:
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    size = min(CONNECTIONS, (hard - 200) // ROOM * ROOM)
    heading("The event stream", connections=size, rooms=size // ROOM, messages=MESSAGES, deliveries=MESSAGES * ROOM)
    os.environ["MAJLIS_PUBLIC_URL"] = settings.PUBLIC_URL
    people = [
        testing.person(f"Listener {n}", email=f"listener-{n}-{time.time_ns()}@example.test")
        for n in range(size // ROOM)
    ]
    cookies = []
    for person in people:
        client = Client()
        client.force_login(person)
        cookies.append(client.cookies[settings.SESSION_COOKIE_NAME].value)
    get = "GET /stream HTTP/1.1\r\nHost: x\r\nCookie: {name}={value}\r\n\r\n"
    ours = [get.format(name=settings.SESSION_COOKIE_NAME, value=c).encode() for c in cookies for _ in range(ROOM)]
    upgrade = (
        "GET /{room} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
    )
    theirs = [upgrade.format(room=n).encode() for n in range(len(people)) for _ in range(ROOM)]

    def write_ours(count: int, per_second: int, together: int) -> None:
        def signal(numbers: range) -> None:
            body = {"at": time.time(), "text": TEXT}
            services.signal(people=[people[numbers[0] % len(people)].pk], kind="bench", payload=body)

        with psycopg.connect(URL, autocommit=True) as line:

            def store(numbers: range) -> None:
                rows = [([people[n % len(people)].pk], json.dumps({"at": time.time(), "text": TEXT})) for n in numbers]
                with line.transaction(), line.cursor() as cursor:
                    cursor.executemany(STORE, rows, returning=True)
                    written = [cursor.fetchone() for _ in cursor.results()]
                events = [
                    LiveEvent(id, number, tuple(to), "bench", body)
                    for (id, number), (to, body) in zip(written, rows, strict=True)
                ]
                line.execute("SELECT pg_notify('majlis_stream', %s)", [announcement(events)])

            paced(count, per_second, together, store if together > 1 else signal)
        connection.close()

    def write_theirs(count: int, per_second: int, together: int) -> None:
        with psycopg.connect(URL, autocommit=True) as line:

            def store(numbers: range) -> None:
                rows = [(n % len(people), json.dumps({"at": time.time(), "text": TEXT})) for n in numbers]
                with line.transaction(), line.cursor() as cursor:
                    cursor.executemany("INSERT INTO bench_message (room, body) VALUES (%s, %s)", rows)
                said = [f"{room}|{body}" for room, body in rows]
                line.execute("SELECT pg_notify('bench_rooms', word) FROM unnest(%s::text[]) word", [said])

            paced(count, per_second, together, store)

    with psycopg.connect(URL, autocommit=True) as line:
        line.execute("CREATE TABLE IF NOT EXISTS bench_message (id bigserial PRIMARY KEY, room int, body jsonb)")
    connection.close()
    connection.close_pool()  # what is forked must not share it
    gc.collect()
    gc.freeze()  # the readers' own collections must not look like anybody's lateness
    rounds: dict[str, list[dict[str, float]]] = {"majlis": [], "websockets": []}
    for _ in range(ROUNDS):
        rounds["majlis"].append(run("majlis", start_ours, ours, write_ours))
        rounds["websockets"].append(run("websockets", start_peer, theirs, write_theirs))
    middle = {n: {k: statistics.median(r[k] for r in runs) for k in runs[0]} for n, runs in rounds.items()}
    for name, figures in middle.items():
        print(
            f"    {name:<12} {figures['rate']:>9,.0f} deliveries/s   {figures['cpu']:>6.1f} µs CPU each   "
            f"at {RATE * ROOM:,}/s: p50 {figures['p50']:.2f} ms, p99 {figures['p99']:.2f} ms   "
            f"{figures['memory']:.0f} MB"
        )
    verdict("deliveries/s ÷ websockets", middle["majlis"]["rate"] / middle["websockets"]["rate"], at_least=1.0)
    verdict("deliveries per CPU ÷ websockets", middle["websockets"]["cpu"] / middle["majlis"]["cpu"], at_least=1.0)
    verdict(
        "websockets p99 ÷ ours, at a steady rate", middle["websockets"]["p99"] / middle["majlis"]["p99"], at_least=1.0
    )


if __name__ == "__main__":
    main()
