"""The tests speak with this machine alone."""

import socket

import pytest
from pytest_socket import SocketConnectBlockedError


class TestNetwork:
    def test_nobody_outside_is_spoken_to(self):
        with pytest.raises(SocketConnectBlockedError):
            socket.create_connection(("192.0.2.1", 80), timeout=1)

    def test_this_machine_is(self):
        with (
            socket.create_server(("127.0.0.1", 0)) as server,
            socket.create_connection(server.getsockname(), timeout=5) as line,
        ):
            assert line.getpeername() == server.getsockname()
