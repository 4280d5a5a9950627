"""Start everything on this machine: PostgreSQL, the database's tables, the demonstration (the first time), the web
server, the worker and the event stream. Ctrl-C stops it all."""

import argparse
import contextlib
import json
import os
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

from majlis.config import postgres
from majlis.faces.cli import processes
from majlis.faces.cli.house import HOME, UserError, add_data, alone, data_directory, environment, manage
from majlis.faces.cli.preparation import needed, remember
from majlis.faces.cli.supervisor import Process, clear_away, stop, write_down

ORDER = 0
COMMANDS = {"up": "start everything on this machine"}


def arguments(parser: argparse.ArgumentParser) -> None:
    editions = ", ".join(sorted(p.stem for p in (HOME / "editions").glob("*.toml")))
    parser.add_argument("--edition", metavar="NAME", help=f"what this installation is: {editions} (default: all)")
    parser.add_argument("--port", type=int, default=8000, help="of the pages; the event stream takes the next one")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on (0.0.0.0: every one)")
    parser.add_argument("--no-demo", action="store_true", help="start empty, without the demonstration")
    add_data(parser)


def run(asked: argparse.Namespace) -> int:
    began = time.monotonic()
    data = data_directory(asked.data)
    (data / "logs").mkdir(exist_ok=True)
    public = os.environ.get("MAJLIS_PUBLIC_URL") or f"http://{_name(asked.host)}:{asked.port}"
    with alone(data, public), _stoppable():
        clear_away(data / "processes.json", f"MAJLIS_DATA={data}")
        for port in (asked.port, asked.port + 1):
            _must_be_free(asked.host, port)
        more = {"MAJLIS_PUBLIC_URL": public, "MAJLIS_HOST": asked.host, "MAJLIS_PORT": str(asked.port)}
        more.setdefault(
            "MAJLIS_STREAM_URL",
            os.environ.get("MAJLIS_STREAM_URL") or f"http://{_name(asked.host)}:{asked.port + 1}/stream",
        )
        if asked.edition:
            if not (HOME / "editions" / f"{asked.edition}.toml").exists():
                raise UserError(f"There is no edition {asked.edition!r} in {HOME / 'editions'}.")
            more["MAJLIS_EDITION"] = asked.edition
        server = None
        running: list[Process] = []
        try:
            url = os.environ.get("DATABASE_URL")
            if not url:
                server = postgres.start(data)
                url = server.url
            env = environment(data, DATABASE_URL=url, **more)
            mark = needed(data, url, env.get("MAJLIS_EDITION", "all"))
            if mark:
                words = ["prepare", *(["--no-demo"] if asked.no_demo else [])]
                if status := manage(words, data, url, **more):
                    return status
                remember(data, url, env.get("MAJLIS_EDITION", "all"))
            env["PROMETHEUS_MULTIPROC_DIR"] = str(processes.fresh_metrics(data))
            running = [
                Process(name, command(env), env, data / "logs" / f"{name}.log")
                for name, command in processes.ALL.items()
                if processes.exists(name)
            ]
            # The pages first, with the machine to themselves; jobs and the stream follow while somebody signs in.
            web, *others = running
            web.start()
            write_down(running, data / "processes.json")
            _wait_for(f"http://{_reach(asked.host)}:{asked.port}/healthz", web)
            for process in others:
                process.start()
            write_down(running, data / "processes.json")
            _welcome(data, public, env, time.monotonic() - began)
            while True:
                time.sleep(0.5)
                before = [p.running.pid for p in running if p.running]
                for process in running:
                    process.tend()
                if before != [p.running.pid for p in running if p.running]:
                    write_down(running, data / "processes.json")
                if server is not None and not server.running():
                    print("  [postgres] ended; starting it again.", file=sys.stderr, flush=True)
                    os.close(server.users)
                    server = postgres.start(data)
        except _Stop:
            print("\nStopping …", flush=True)
            return 0
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)
            stop(running)
            (data / "processes.json").unlink(missing_ok=True)
            if server is not None:
                server.leave()
            if running:
                print("Stopped. Everything is kept; ./majlis up goes on where it was.", flush=True)


class _Stop(Exception):
    """Somebody pressed Ctrl-C or sent SIGTERM."""


@contextlib.contextmanager
def _stoppable() -> Iterator[None]:
    def on_signal(_number: int, _frame: FrameType | None) -> None:
        raise _Stop

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, on_signal)
    try:
        yield
    except _Stop:
        raise KeyboardInterrupt from None


def _must_be_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as wrong:
            raise UserError(
                f"Port {port} on {host} cannot be had: {wrong.strerror}. Choose another:  ./majlis up --port 8100"
            ) from None


def _name(host: str) -> str:
    """What a browser on this machine calls the host. (Cookies know no port, so the stream shares them.)"""
    return "localhost" if host in {"127.0.0.1", "0.0.0.0", "::", "::1", ""} else host  # noqa: S104 - compared only


def _reach(host: str) -> str:
    return "127.0.0.1" if host in {"0.0.0.0", ""} else f"[{host}]" if ":" in host else host  # noqa: S104


def _wait_for(address: str, web: Process, patience: float = 60) -> None:
    end = time.monotonic() + patience
    while True:
        try:
            with urllib.request.urlopen(address, timeout=5):  # noqa: S310 - our own address
                return
        except urllib.error.HTTPError:
            return
        except OSError:
            pass
        web.tend()
        if time.monotonic() > end or web.deaths > 3:
            raise UserError(f"The web server did not start. What it said is in {web.log}.")
        time.sleep(0.05)


def _welcome(data: Path, public: str, env: dict[str, str], seconds: float) -> None:
    print(f"\n  Majlis is ready after {seconds:.1f} s:  {public}\n")
    accounts = data / "demonstration.json"
    if accounts.exists():
        people = json.loads(accounts.read_text())
        widest = max(len(p["role"]) for p in people)
        print("  Sign in as (demonstration):")
        for person in people:
            print(f"    {person['role']:<{widest}}  {person['email']}  password {person['password']}")
        print()
    print(f"  Data in {data}, logs in {data / 'logs'}.  Stop with Ctrl-C.\n", flush=True)
