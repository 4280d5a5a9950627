"""The first page of a search, as the API's answer and as a page, beside Node's fastify + pg. Both ask the same
statements for every answer, prepared, and send as many bytes.

What is not asked again: both know the catalogue and the facets (ours for a minute, the peer from its start). **Ours
remembers what it drew of the rows**: the JSON of the cards and a visitor's page, found again by all rows as they were
read this time, the hours, language, zone and money (ADR 0014). The peer makes the JSON and the HTML of every card
anew, but all around the cards of the page is one ready text to it. With MAJLIS_BENCH_PEER_REMEMBERS=1 it remembers
its answers by their rows as ours does.

Ours is the production web process as `./majlis web` starts it; the peer has as many processes, one language, and no
sign-in, limits, form tokens, metrics, log or headers. 32 connections, in turn; then one client.

With MAJLIS_BENCH_SETTINGS=1 also our own figures by web processes, threads and pool."""

import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from socket import socket
from typing import Any
from uuid import UUID

from _measure import cpu_of, django, heading, rate, verdict

EXPERTS = int(os.environ.get("MAJLIS_BENCH_EXPERTS", "5000"))
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "5"))
SECONDS = 5
PATHS = {"API": "/api/v1/experts", "page": "/teachers/"}
PEER = Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "majlis/bench-peer"


def free_port() -> int:
    """A port nobody listens on."""
    with socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@contextmanager
def running(words: list[str], port: int, **more: Any) -> Iterator[tuple[str, int]]:
    """The address and process of a server while the block runs."""
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "start_new_session": True}
    server = subprocess.Popen(words, **quiet, **more)  # type: ignore[call-overload]
    try:
        for _ in range(150):
            try:
                # Each process compiles its templates once; that is the start's cost and not the answer's.
                for path in [*PATHS.values()] * 8:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=60).read()
                break
            except OSError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}", server.pid
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait()


def ours(port: int, **settings: str) -> Any:
    """Our web process."""
    from majlis.faces.cli import processes

    env = os.environ | {"MAJLIS_PORT": str(port), "MAJLIS_TESTING": "0"}
    # Otherwise the wall that keeps visitors from emptying the shelf is what is measured.
    env |= {"MAJLIS_VISITOR_SEARCHES": "1000000000"} | settings
    return running(processes.web(env), port, env=env)


def peer(port: int, plan: Path, number: int) -> Any:
    """The peer."""
    script = Path(__file__).with_name("_web_peer.mjs")
    env = os.environ | {"REMEMBERS": os.environ.get("MAJLIS_BENCH_PEER_REMEMBERS", "")}
    return running(["node", str(script), str(plan), str(port), str(number)], port, cwd=PEER, env=env)


def load(address: str, connections: int, seconds: int = SECONDS) -> tuple[float, float]:
    """Requests a second, and the middle answer's milliseconds, by wrk."""
    said = subprocess.run(
        ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "20s", "--latency", address],
        capture_output=True,
        text=True,
    ).stdout
    if "Non-2xx" in said or " 0 requests in" in said:
        raise SystemExit(f"{address} did not answer, or refused; is the machine too busy to measure?\n{said}")
    value, unit = re.search(r"50%\s+([\d.]+)(us|ms|s)", said).groups()  # type: ignore[union-attr]
    middle = float(value) * {"us": 0.001, "ms": 1, "s": 1000}[unit]
    return float(re.search(r"Requests/sec:\s+([\d.]+)", said)[1]), middle  # type: ignore[index]


def plan() -> list[dict[str, Any]]:
    """For each address what one answer of ours asks the database, and what the peer may know without asking: what our
    process remembers too (catalogue, facets), and of the page everything around the cards, as it stands."""
    from django.db import connection
    from django.test import Client

    from majlis.kernel.catalogue import queries as catalogue
    from majlis.kit import db, locale

    asked: list[tuple[bytes, Any]] = []
    ask = db.asked

    def listening(raw: Any, text: bytes, values: Any) -> Any:
        asked.append((text, values))
        return ask(raw, text, values)

    def unexpected(execute: Any, statement: str, *more: Any) -> Any:
        raise SystemExit(f"A hot answer asks more than its prepared statements: {statement}")

    subjects = {str(row.pk): {"slug": row.slug, "name": row.name["en"]} for row in catalogue.subjects()}
    cities = {str(row.pk): {"name": row.name["en"], "country": row.country_id} for row in catalogue.cities()}
    known = {"subjects": subjects, "cities": cities, "levels": {row.slug: row.position for row in catalogue.levels()}}
    known["languages"] = {code: locale.language_name(code, "en") for code in locale.Locale.parse("en").languages}
    client, found = Client(), []
    for kind, path in PATHS.items():
        client.get(path)
        asked.clear()
        db.asked = listening
        with connection.execute_wrapper(unexpected):
            answer = client.get(path)
        db.asked = ask
        assert answer.status_code == 200, answer
        one: dict[str, Any] = {"path": path, "type": kind, "bytes": len(answer.content)}
        one["statements"] = [numbered(f"{kind}{n}", *statement) for n, statement in enumerate(asked)]
        if kind == "API":
            one["facets"] = answer.json()["facets"]
        else:
            text = answer.content.decode()
            one["before"], one["after"] = text[: text.index("<article")], text[text.rindex("</article>") + 10 :]
        found.append(one)
    return [one | {"known": known} for one in found]


def numbered(name: str, query: bytes, params: Any) -> dict[str, Any]:
    """A statement as Node's driver wants it: each `$1` with its type, which psycopg sends beside it."""
    kinds = {datetime: "::timestamptz", int: "::int", UUID: "::uuid"}
    text = re.sub(r"\$(\d+)", lambda n: n[0] + kinds.get(type(params[int(n[1]) - 1]), ""), query.decode())
    return {"name": name, "text": text, "values": json.loads(json.dumps(list(params), default=str))}


def peer_installed() -> bool:
    """Whether Node, fastify and pg are here; the two are fetched once, by npm."""
    if not (shutil.which("node") and shutil.which("npm")):
        print("  No Node here, so there is no peer: these are our own figures.")
        return False
    if not (PEER / "node_modules/fastify").exists():
        PEER.mkdir(parents=True, exist_ok=True)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "fastify@5", "pg@8"], cwd=PEER, check=True)
    return True


def compare(plan: Path, number: int) -> None:
    """Both in turn, and the ratios."""
    names = ("fastify", "majlis") if peer_installed() else ("majlis",)
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for _ in range(ROUNDS):
        for name in names:
            port = free_port()
            with ours(port) if name == "majlis" else peer(port, plan, number) as (address, process):
                for kind, path in PATHS.items():
                    load(address + path, 32, 2)
                    cpu = cpu_of(process)
                    many, _middle = load(address + path, 32)
                    cpu = (cpu_of(process) - cpu) / (many * SECONDS)
                    found.setdefault((name, kind), []).append((many, cpu, load(address + path, 1, 2)[1]))
    middle = {key: [statistics.median(values) for values in zip(*runs, strict=True)] for key, runs in found.items()}
    for (name, kind), (many, cpu, alone) in sorted(middle.items()):
        rate(f"{kind}, {name}", many, note=f"{cpu * 1000:.2f} ms CPU each; one client: {alone:.1f} ms")
    for kind in PATHS if len(names) > 1 else ():
        (ours_many, ours_cpu, _), (theirs_many, theirs_cpu, _) = middle["majlis", kind], middle["fastify", kind]
        verdict(f"{kind} ÷ fastify", ours_many / theirs_many, at_least=0.7)
        verdict(f"{kind}: answers per CPU of the process ÷ fastify", theirs_cpu / ours_cpu, at_least=0.7)
    verdict("page at one client, ms", middle["majlis", "page"][2], at_most=50)


def settings() -> None:
    """Our own figures by processes × threads / pool, in turn."""
    kinds = [(1, 4, 8), (2, 1, 8), (2, 2, 8), (2, 4, 8), (2, 8, 8), (2, 8, 16)]
    found: dict[Any, list[list[float]]] = {kind: [] for kind in kinds}
    for _ in range(max(2, ROUNDS - 2)):
        for kind in kinds:
            words = dict(
                zip(("MAJLIS_WEB_WORKERS", "MAJLIS_WEB_THREADS", "MAJLIS_DB_POOL"), map(str, kind), strict=True)
            )
            port = free_port()
            with ours(port, **words) as (address, _process):
                load(address + PATHS["page"], 32, 2)
                found[kind].append([load(address + path, 32, 3)[0] for path in PATHS.values()])
    for (workers, threads, pool), runs in found.items():
        api, page = (statistics.median(values) for values in zip(*runs, strict=True))
        print(f"    {workers} processes × {threads} threads, pool {pool}: API {api:,.0f} /s, page {page:,.0f} /s")


def main() -> None:
    if not shutil.which("wrk"):
        raise SystemExit("wrk makes the load; install it (apt install wrk).")
    django()
    from django.core.management import call_command
    from django.db import connection
    from search import fill

    call_command("prepare", no_demo=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM experts_listing")
        if not cursor.fetchone()[0]:
            fill(1, EXPERTS)
    number = int(os.environ.get("MAJLIS_WEB_WORKERS", min(4, os.cpu_count() or 1)))
    heading("The hot read and the hot page", experts=EXPERTS, connections=32, processes=number)
    wish = connection.settings_dict
    database = {"host": wish["HOST"], "port": int(wish["PORT"] or 5432), "user": wish["USER"], "database": wish["NAME"]}
    if wish["PASSWORD"]:
        database["password"] = wish["PASSWORD"]
    addresses = plan()
    for address in addresses:
        print(f"  {address['path']}: {len(address['statements'])} statements, {address['bytes']:,} bytes")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump({"database": database, "addresses": addresses}, file)
        file.flush()
        connection.close()
        compare(Path(file.name), number)
    if os.environ.get("MAJLIS_BENCH_SETTINGS"):
        settings()


if __name__ == "__main__":
    sys.exit(main())
