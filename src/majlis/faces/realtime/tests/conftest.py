"""What the tests of the stream share."""

from collections.abc import Callable, Iterator

import pytest

from majlis.faces.realtime.tests.server import Server, start_server

ORIGIN = "http://web.example.test:8000"


@pytest.fixture
def serve(transactional_db) -> Iterator[Callable[..., Server]]:
    """`serve(**environment)` starts a server that ends with the test."""
    running: list[Server] = []

    def start(**extra: str) -> Server:
        running.append(start_server(ORIGIN, **extra))
        return running[-1]

    yield start
    for server in running:
        server.kill()
