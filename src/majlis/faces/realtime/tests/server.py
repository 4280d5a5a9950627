"""A real realtime server, as a process of its own, on the test's database."""

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass

import httpx
from django.conf import settings
from django.db import connection


@dataclass(frozen=True)
class Server:
    """A running stream server."""

    url: str
    process: subprocess.Popen

    def kill(self) -> None:
        """`kill -9`, the supervisor and its worker."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


def start_server(origin: str, port: int = 0, **extra: str) -> Server:
    """Start granian with the application; returns once it is healthy."""
    if not port:
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
    wish = connection.settings_dict
    environment = os.environ | {
        "DATABASE_URL": f"postgresql://{wish['USER']}@/{wish['NAME']}?host={wish['HOST']}"
        + (f"&port={wish['PORT']}" if wish["PORT"] else ""),
        "MAJLIS_PUBLIC_URL": origin,
        "PYTHONPATH": str(settings.HOME / "src"),
        **extra,
    }
    if wish["PASSWORD"]:
        environment["PGPASSWORD"] = wish["PASSWORD"]
    process = subprocess.Popen(
        [sys.executable, "-m", "majlis.faces.realtime.server", "--host", "127.0.0.1", "--port", str(port)],
        env=environment,
        start_new_session=True,
    )
    server = Server(f"http://127.0.0.1:{port}", process)
    for _n in range(150):
        try:
            if httpx.get(f"{server.url}/healthz").status_code == 200:
                return server
        except httpx.TransportError:
            pass
        if process.poll() is not None:
            break
        time.sleep(0.1)
    server.kill()
    raise RuntimeError("The realtime server did not start.")
