"""Fetching an address that a member entered: the guard against being sent to our own network (SSRF).

Every connection, also of a redirect, goes to an address that was looked up and found public, and to that very address
(a name that answers differently the second time gains nothing). Size, time and hops are limited. Nothing of ours
travels along: no cookies, no proxy of the environment, no credentials in the address.
"""

import ipaddress
import socket
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpcore
import httpx

from majlis.kit.db import refuse_transaction


class OutboundRefused(Exception):
    """It was not fetched. `code`: `address` (not a public web address), `unreachable`, `slow`, `too_big`,
    `redirects`, `encoding`."""

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(code)


@dataclass(frozen=True)
class Policy:
    """What may be fetched. A test that serves on loopback allows just that: `Policy(allow=("127.0.0.1/32",))`."""

    allow: tuple[str, ...] = ()
    """Networks allowed although they are not public, on any port."""
    ports: frozenset[int] = frozenset({80, 443, 8080, 8443})
    seconds: float = 20
    """For everything together."""
    most_bytes: int = 5 * 2**20
    hops: int = 3
    schemes: frozenset[str] = field(default=frozenset({"http", "https"}))

    def address_of(self, host: str, port: int) -> str:
        """The address to connect to for `host`. Refuses when any of its addresses is not public."""
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        except (OSError, UnicodeError):
            raise OutboundRefused("unreachable") from None
        addresses = [ipaddress.ip_address(str(info[4][0]).split("%")[0]) for info in found]
        if not addresses or not all(self.permits(address, port) for address in addresses):
            raise OutboundRefused("address")
        return str(addresses[0])

    def permits(self, address: Any, port: int) -> bool:
        """Whether a connection to this IP address and port is allowed."""
        for inner in (getattr(address, "ipv4_mapped", None), getattr(address, "sixtofour", None)):
            if inner is not None:
                return self.permits(inner, port)
        if any(address in ipaddress.ip_network(network) for network in self.allow):
            return True
        public = address.is_global and not address.is_multicast and not address.is_reserved
        # NAT64 carries an IPv4 address in an IPv6 one that looks public.
        return public and port in self.ports and address not in ipaddress.ip_network("64:ff9b::/96")


PUBLIC = Policy()
"""The open internet, and nothing of ours."""


@dataclass(frozen=True)
class Fetched:
    """An answer: the last one, after redirects."""

    status: int
    headers: Mapping[str, str]
    content: bytes
    url: str


class _Timed(httpcore.NetworkStream):
    """A connection that ends when the whole request's time is over, however slowly it drips."""

    def __init__(self, inner: httpcore.NetworkStream, ends: float) -> None:
        self.inner, self.ends = inner, ends

    def _left(self, timeout: float | None) -> float:
        left = self.ends - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout
        return min(left, timeout or left)

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self.inner.read(max_bytes, self._left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self.inner.write(buffer, self._left(timeout))

    def close(self) -> None:
        self.inner.close()

    def start_tls(self, ssl_context: Any, server_hostname: str | None = None, timeout: float | None = None) -> Any:
        return _Timed(self.inner.start_tls(ssl_context, server_hostname, self._left(timeout)), self.ends)

    def get_extra_info(self, info: str) -> Any:
        return self.inner.get_extra_info(info)


class _Checked(httpcore.NetworkBackend):
    """Connects to the address the policy found, not to the name."""

    def __init__(self, policy: Policy, ends: float) -> None:
        self.policy, self.ends = policy, ends
        self.plain = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        address = self.policy.address_of(host, port)
        return _Timed(self.plain.connect_tcp(address, port, timeout, local_address, socket_options), self.ends)


class _Transport(httpx.HTTPTransport):
    def __init__(self, policy: Policy, ends: float) -> None:
        super().__init__(trust_env=False)
        self._pool.close()
        self._pool = httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(trust_env=False), network_backend=_Checked(policy, ends)
        )


def fetch(
    url: str,
    *,
    policy: Policy = PUBLIC,
    method: str = "GET",
    headers: Mapping[str, str] | None = None,
    content: bytes | None = None,
) -> Fetched:
    """Ask for `url` and read the whole answer. Refuses with `OutboundRefused`; must not run inside a transaction. Only
    GET follows redirects."""
    refuse_transaction()
    ends = time.monotonic() + policy.seconds
    sent = {"User-Agent": "Majlis", "Accept-Encoding": "identity", **(headers or {})}
    with httpx.Client(transport=_Transport(policy, ends), timeout=min(10.0, policy.seconds), trust_env=False) as client:
        for _hop in range(policy.hops + 1):
            _check(url, policy)
            try:
                with client.stream(method, url, headers=sent, content=content) as answer:
                    onward = answer.headers.get("Location")
                    if method == "GET" and answer.status_code in {301, 302, 303, 307, 308} and onward:
                        onward = urljoin(url, onward)
                        if url.startswith("https:") and onward.startswith("http:"):
                            raise OutboundRefused("address")
                        url = onward
                        continue
                    return Fetched(answer.status_code, answer.headers, _read(answer, policy), url)
            except httpx.TimeoutException:
                raise OutboundRefused("slow") from None
            except (httpx.HTTPError, httpx.InvalidURL, httpcore.ProtocolError, OSError):
                raise OutboundRefused("unreachable") from None
    raise OutboundRefused("redirects")


def _check(url: str, policy: Policy) -> None:
    try:
        parts = urlsplit(url)
        good = parts.scheme in policy.schemes and bool(parts.hostname) and not parts.username and not parts.password
        _ = parts.port
    except ValueError:
        good = False
    if not good:
        raise OutboundRefused("address")


def _read(answer: httpx.Response, policy: Policy) -> bytes:
    # What was packed although we asked for plain bytes is not unpacked: a few kilobytes may become gigabytes.
    if answer.headers.get("Content-Encoding", "identity").lower() not in {"", "identity"}:
        raise OutboundRefused("encoding")
    read = bytearray()
    for chunk in answer.iter_raw(65536):
        read += chunk
        if len(read) > policy.most_bytes:
            raise OutboundRefused("too_big")
    return bytes(read)
