"""Scanners: none, and ClamAV's daemon."""

import socket
import struct
from typing import BinaryIO
from urllib.parse import urlsplit

from majlis.kernel.files.gateways.base import ScannerUnreachable

CHUNK = 64 * 1024


class NoScanner:
    """No scanner is set up: everything is taken as clean."""

    def scan(self, content: BinaryIO) -> str:
        return ""


class Clamd:
    """`clamd` over TCP (`tcp://host:3310`) or its socket (`unix:///run/clamav/clamd.ctl`), by its INSTREAM command."""

    def __init__(self, url: str, timeout: float = 30) -> None:
        self.url = urlsplit(url)
        self.timeout = timeout

    def scan(self, content: BinaryIO) -> str:
        content.seek(0)
        try:
            with self._connect() as line:
                line.sendall(b"zINSTREAM\0")
                while chunk := content.read(CHUNK):
                    line.sendall(struct.pack("!I", len(chunk)) + chunk)
                line.sendall(struct.pack("!I", 0))
                answer = b""
                while not answer.endswith(b"\0"):
                    part = line.recv(4096)
                    if not part:
                        break
                    answer += part
        except OSError as wrong:
            raise ScannerUnreachable() from wrong
        verdict = answer.rstrip(b"\0").decode(errors="replace").removeprefix("stream: ")
        if verdict == "OK":
            return ""
        if verdict.endswith(" FOUND"):
            return verdict.removesuffix(" FOUND")
        raise ScannerUnreachable()

    def _connect(self) -> socket.socket:
        if self.url.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            line.settimeout(self.timeout)
            line.connect(self.url.path)
            return line
        return socket.create_connection((self.url.hostname, self.url.port or 3310), self.timeout)
