"""The processes of Majlis: what each runs. `up` runs all; `./majlis web`, `worker` and `realtime` run one each."""

import importlib.util
import os
import shutil
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

Command = list[str]


def _granian(env: Mapping[str, str], interface: str, target: str, port: int, *more: str) -> Command:
    return [
        *(sys.executable, "-m", "granian", "--interface", interface, target),
        *("--host", env.get("MAJLIS_HOST", "127.0.0.1"), "--port", str(port)),
        *("--log-level", "warning", "--no-access-log", "--respawn-failed-workers", *more),
    ]


def web(env: Mapping[str, str]) -> Command:
    """Pages and API: granian, WSGI. Threads stay at or under the connection pool of a process."""
    return _granian(
        env,
        "wsgi",
        "majlis.config.wsgi:application",
        int(env.get("MAJLIS_PORT", "8000")),
        *("--no-ws", "--workers", env.get("MAJLIS_WEB_WORKERS", str(min(4, os.cpu_count() or 1)))),
        *("--blocking-threads", env.get("MAJLIS_WEB_THREADS", "4"), "--backlog", "1024"),
    )


def realtime(env: Mapping[str, str]) -> Command:
    """The event stream, a server of its own on the port after the pages'."""
    port = int(env.get("MAJLIS_REALTIME_PORT") or int(env.get("MAJLIS_PORT", "8000")) + 1)
    host = env.get("MAJLIS_HOST", "127.0.0.1")
    return [sys.executable, "-m", "majlis.faces.realtime.server", "--host", host, "--port", str(port)]


def worker(env: Mapping[str, str]) -> Command:
    """Jobs."""
    return [sys.executable, "-m", "django", "work"]


def fresh_metrics(data: Path) -> Path:
    """An empty directory where the web processes add up what they count (`PROMETHEUS_MULTIPROC_DIR`)."""
    folder = data / "metrics"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    return folder


ALL: dict[str, Callable[[Mapping[str, str]], Command]] = {"web": web, "worker": worker, "realtime": realtime}


def exists(name: str) -> bool:
    """Whether this installation has that process."""
    return name != "realtime" or importlib.util.find_spec("majlis.faces.realtime.app") is not None
