"""Fetching an address that a member entered."""

import ipaddress
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from majlis.kit import outbound

LOOPBACK = outbound.Policy(allow=("127.0.0.1/32",), seconds=2, most_bytes=1000)


@pytest.fixture
def server():
    """A real server on loopback: `/redirect?to` leads on, `/circle` to itself, `/big`, `/slow`, else hello."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            path, _mark, rest = self.path.partition("?")
            self.server.asked.append(self.headers)
            if path in ("/redirect", "/circle"):
                self.send_response(302)
                self.send_header("Location", rest or path)
                self.end_headers()
                return
            if path == "/slow-head":
                self.wfile.write(b"HTTP/1.1 200 OK\r\n")
                for _ in range(40):
                    self.wfile.write(b"X-More: yes\r\n")
                    if self.server.stopping.wait(0.1):
                        return
            self.send_response(200)
            if path == "/packed":
                self.send_header("Content-Encoding", "gzip")
            self.end_headers()
            try:
                if path == "/big":
                    self.wfile.write(b"x" * 5000)
                elif path == "/slow":
                    for _ in range(40):
                        self.wfile.write(b"x")
                        self.wfile.flush()
                        if self.server.stopping.wait(0.1):
                            return
                else:
                    self.wfile.write(b"hello")
            except OSError:
                pass

        def log_message(self, *_):
            pass

    running = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    running.asked, running.stopping = [], threading.Event()
    threading.Thread(target=running.serve_forever, daemon=True).start()
    running.url = f"http://127.0.0.1:{running.server_port}"
    yield running
    running.stopping.set()
    running.shutdown()
    running.server_close()


def refusal(url, policy=LOOPBACK):
    with pytest.raises(outbound.OutboundRefused) as refused:
        outbound.fetch(url, policy=policy)
    return refused.value.code


class TestFetch:
    def test_reads_an_answer_and_says_little_about_us(self, server):
        found = outbound.fetch(server.url + "/hello", policy=LOOPBACK)
        assert (found.status, found.content) == (200, b"hello")
        assert "Cookie" not in server.asked[0]

    def test_follows_a_redirect_and_names_where_it_ended(self, server):
        found = outbound.fetch(f"{server.url}/redirect?/hello", policy=LOOPBACK)
        assert found.url == server.url + "/hello"

    def test_refuses_loopback_unless_it_is_allowed(self, server):
        assert refusal(server.url, outbound.PUBLIC) == "address"
        assert server.asked == []

    def test_checks_a_redirect_like_the_first_address(self, server):
        assert refusal(f"{server.url}/redirect?http://127.0.0.2:{server.server_port}/") == "address"
        assert refusal(f"{server.url}/redirect?http://[::1]/") == "address"
        assert refusal(f"{server.url}/redirect?file:///etc/passwd") == "address"
        assert len(server.asked) == 3

    def test_stops_going_round_in_circles(self, server):
        assert refusal(server.url + "/circle") == "redirects"
        assert len(server.asked) == 4

    def test_stops_at_too_much(self, server):
        assert refusal(server.url + "/big") == "too_big"

    def test_stops_at_too_long(self, server):
        impatient = outbound.Policy(allow=("127.0.0.1/32",), seconds=0.5)
        assert refusal(server.url + "/slow", impatient) == "slow"
        assert refusal(server.url + "/slow-head", impatient) == "slow"

    def test_does_not_unpack(self, server):
        assert refusal(server.url + "/packed") == "encoding"

    @pytest.mark.parametrize(
        "url",
        ["", "x", "ftp://example.org/", "http://", "http://me:secret@example.org/", "http://a:b:c/", "http://[/"],
    )
    def test_refuses_what_is_no_web_address(self, url):
        assert refusal(url) == "address"

    def test_says_when_nobody_answers(self):
        assert refusal("http://127.0.0.1:1/") == "unreachable"


class TestPolicy:
    @pytest.mark.parametrize(
        "address",
        [
            "127.0.0.1",
            "10.1.2.3",
            "172.16.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "224.0.0.1",
            "255.255.255.255",
            "::1",
            "::",
            "fe80::1",
            "fd00::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "2002:7f00:1::",
            "64:ff9b::7f00:1",
        ],
    )
    def test_keeps_us_out_of_our_own_network(self, address):
        assert not outbound.PUBLIC.permits(ipaddress.ip_address(address), 443)

    def test_lets_us_into_the_open(self):
        assert outbound.PUBLIC.permits(ipaddress.ip_address("93.184.216.34"), 443)
        assert not outbound.PUBLIC.permits(ipaddress.ip_address("93.184.216.34"), 22)

    @pytest.mark.parametrize("host", ["localhost", "127.1", "2130706433", "0x7f.1", "017700000001"])
    def test_knows_every_spelling_of_loopback(self, host):
        with pytest.raises(outbound.OutboundRefused):
            outbound.PUBLIC.address_of(host, 80)
