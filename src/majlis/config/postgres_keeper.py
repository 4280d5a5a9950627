"""The keeper of one embedded server: a small process of its own that starts PostgreSQL, and stops it when nobody uses
it any more.

Everyone who uses the server holds a shared lock on `users.lock`, which the kernel lets go however they end, `kill -9`
included. The keeper waits for the exclusive one. So a server never outlives its last user and never stops under
another. Run as a file, with the standard library only, apart from the terminal (Ctrl-C does not reach it).
"""

import fcntl
import json
import os
import signal
import subprocess
import sys
import time

PATIENCE = 0.5
"""Seconds between the last user's leaving and the stop, for the next command in a script."""


def keep(order: dict) -> int:
    """Run `order["command"]` until nobody holds `users.lock`; its exit status."""
    who = order["account"]
    log = os.open(order["log"], os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o640)
    server = subprocess.Popen(  # noqa: S603
        order["command"],
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        umask=0o077,
        env=order["env"],
        **who,
    )
    signal.signal(signal.SIGTERM, lambda *_: server.send_signal(signal.SIGINT))
    os.write(1, b"%d\n" % server.pid)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    users = os.open(order["users"], os.O_RDWR)
    start = os.open(order["start"], os.O_RDWR)
    while server.poll() is None:
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            time.sleep(0.2)
            continue
        fcntl.flock(users, fcntl.LOCK_UN)
        time.sleep(PATIENCE)
        fcntl.flock(start, fcntl.LOCK_EX)
        try:
            fcntl.flock(users, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            continue
        else:
            if server.poll() is None:
                server.send_signal(signal.SIGINT)  # fast shutdown: roll back, write out, stop
                server.wait()
            fcntl.flock(users, fcntl.LOCK_UN)
        finally:
            fcntl.flock(start, fcntl.LOCK_UN)
    return server.returncode


if __name__ == "__main__":
    sys.exit(keep(json.load(sys.stdin)))
