import json
import socket
import threading
import time
from contextlib import contextmanager

import httpx
import pytest
from django.conf import settings
from django.db import connection, transaction
from django.test import Client

from majlis.faces.realtime.tests.conftest import ORIGIN
from majlis.kernel.accounts.services import suspend_person
from majlis.kernel.notices import queries, services
from majlis.kernel.notices.models import StreamEvent
from majlis.kit.testing import person


class Ear:
    """A browser's open stream, read by a thread."""

    def __init__(self, server, cookie, after="", origin=ORIGIN):
        self.events, self.line = [], None
        self._news = threading.Condition()
        self.client = httpx.Client(timeout=30)
        self.request = self.client.build_request(
            "GET",
            f"{server.url}/stream",
            params={"after": after} if after else {},
            headers={"Origin": origin, "Cookie": f"{settings.SESSION_COOKIE_NAME}={cookie}"},
        )
        self.answer = self.client.send(self.request, stream=True)
        self.status = self.answer.status_code
        self.ended = False
        if self.status == 200:
            threading.Thread(target=self._read, daemon=True).start()

    def _read(self):
        event = {}
        try:
            for line in self.answer.iter_lines():
                if line == "" and "data" in event:
                    with self._news:
                        self.events.append((event.get("event"), json.loads(event["data"]), event.get("id", "")))
                        self._news.notify_all()
                    event = {}
                elif ": " in line:
                    name, _, value = line.partition(": ")
                    event[name] = value
        except (httpx.TransportError, httpx.StreamError):
            pass
        with self._news:
            self.ended = True
            self._news.notify_all()

    def wait_for(self, kind, seconds=8, count=1):
        """The payloads of the first `count` events of that kind."""
        with self._news:
            self._news.wait_for(lambda: len(self.heard(kind)) >= count, seconds)
        found = self.heard(kind)
        assert len(found) >= count, f"heard only {self.events}"
        return found

    def heard(self, kind):
        return [payload for name, payload, _ in self.events if name == kind]

    @property
    def mark(self):
        return [mark for _, _, mark in self.events if mark][-1]

    def close(self):
        self.answer.close()
        self.client.close()


def cookie_of(user):
    client = Client()
    client.force_login(user)
    return client.cookies[settings.SESSION_COOKIE_NAME].value


@pytest.fixture
def ear():
    """`ear(server, cookie)` opens a stream that is closed with the test."""
    opened = []

    def open_one(*args, **kwargs):
        opened.append(Ear(*args, **kwargs))
        if opened[-1].status == 200:
            opened[-1].wait_for("hello")
        return opened[-1]

    yield open_one
    for each in opened:
        each.close()


@pytest.mark.django_db(transaction=True)
class TestStream:
    def test_brings_a_committed_event_to_its_people_alone(self, serve, ear):
        server, salma, omar = serve(), person("Salma"), person("Omar")
        hers, his = ear(server, cookie_of(salma)), ear(server, cookie_of(omar))
        began = time.perf_counter()
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 1, "name": "شاي"})
        assert hers.wait_for("tea") == [{"cup": 1, "name": "شاي"}]
        assert time.perf_counter() - began < 1
        services.signal(people=[omar.pk], kind="coffee", payload={})
        his.wait_for("coffee")
        assert his.heard("tea") == []

    def test_says_nothing_of_what_was_rolled_back(self, serve, ear):
        salma = person()
        hers = ear(serve(), cookie_of(salma))
        with transaction.atomic():
            services.signal(people=[salma.pk], kind="tea", payload={"cup": 1})
            transaction.set_rollback(True)
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 2})
        assert hers.wait_for("tea") == [{"cup": 2}]

    def test_says_nothing_of_what_was_rolled_back_to_a_savepoint(self, serve, ear):
        salma = person()
        hers = ear(serve(), cookie_of(salma))
        with transaction.atomic():
            services.signal(people=[salma.pk], kind="tea", payload={"cup": 1})
            with transaction.atomic():
                services.signal(people=[salma.pk], kind="tea", payload={"cup": 2})
                transaction.set_rollback(True)
            services.signal(people=[salma.pk], kind="tea", payload={"cup": 3})
        assert hers.wait_for("tea", count=2) == [{"cup": 1}, {"cup": 3}]

    def test_brings_what_is_too_much_to_announce_whole(self, serve, ear):
        salma = person()
        hers = ear(serve(), cookie_of(salma))
        for many, text in ((3, "x" * 5000), (320, "")):
            with transaction.atomic():
                for cup in range(many):
                    services.signal(people=[salma.pk], kind=f"tea{many}", payload={"cup": cup, "text": text})
            assert [tea["cup"] for tea in hers.wait_for(f"tea{many}", count=many)] == list(range(many))

    def test_brings_each_event_once_while_the_table_is_read(self, serve, ear):
        salma = person()
        hers = ear(serve(), cookie_of(salma))
        for cup in range(300):
            services.signal(people=[salma.pk], kind="tea", payload={"cup": cup})
            if cup % 3 == 0:
                with connection.cursor() as cursor:
                    cursor.execute("NOTIFY majlis_stream")
        assert sorted(tea["cup"] for tea in hers.wait_for("tea", count=300)) == list(range(300))
        services.signal(people=[salma.pk], kind="done", payload={})
        hers.wait_for("done")
        assert len(hers.heard("tea")) == 300

    def test_gives_what_was_missed_when_it_comes_back(self, serve, ear):
        server, salma = serve(), person()
        cookie = cookie_of(salma)
        first = ear(server, cookie)
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 1})
        first.wait_for("tea")
        mark = first.mark
        first.close()
        for cup in (2, 3):
            services.signal(people=[salma.pk], kind="tea", payload={"cup": cup})
        again = ear(server, cookie, after=mark)
        again.wait_for("hello")
        assert [tea["cup"] for tea in again.wait_for("tea", count=2)][-2:] == [2, 3]

    def test_misses_nothing_that_commits_late_under_a_lower_id(self, serve, ear):
        server, salma = serve(), person()
        cookie = cookie_of(salma)
        hers = ear(server, cookie)
        written, commit = threading.Event(), threading.Event()

        def slow():
            with transaction.atomic():
                services.signal(people=[salma.pk], kind="tea", payload={"cup": "slow"})
                written.set()
                commit.wait(10)
            connection.close()

        thread = threading.Thread(target=slow)
        thread.start()
        assert written.wait(10)
        services.signal(people=[salma.pk], kind="tea", payload={"cup": "quick"})
        assert hers.wait_for("tea") == [{"cup": "quick"}]
        mark = hers.mark
        hers.close()
        commit.set()
        thread.join()
        low, high = StreamEvent.objects.order_by("id")
        assert low.payload["cup"] == "slow"
        assert high.payload["cup"] == "quick"
        again = ear(server, cookie, after=mark)
        assert {"cup": "slow"} in again.wait_for("tea")

    def test_survives_its_own_death_without_losing_an_event(self, serve, ear):
        salma = person()
        cookie, server = cookie_of(salma), serve()
        first = ear(server, cookie)
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 1})
        first.wait_for("tea")
        server.kill()
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 2})
        again = ear(serve(), cookie, after=first.mark)
        assert again.wait_for("tea")[-1] == {"cup": 2}

    def test_asks_for_a_new_look_when_it_was_away_too_long(self, serve, ear):
        salma = person()
        server, cookie = serve(), cookie_of(salma)
        for mark in (f"5-3-{int(time.time()) - 90_000}", "nonsense", "9-999999999999-" + str(int(time.time()))):
            assert ear(server, cookie, after=mark).wait_for("resync")

    def test_carries_what_is_not_kept(self, serve, ear):
        salma = person()
        hers = ear(serve(), cookie_of(salma))
        services.signal(people=[salma.pk], kind="typing", payload={"who": "Omar"}, stored=False)
        assert hers.wait_for("typing") == [{"who": "Omar"}]
        assert not StreamEvent.objects.exists()


@pytest.mark.django_db(transaction=True)
class TestWhoMayListen:
    def test_a_stranger_may_not(self, serve, ear):
        server = serve()
        assert ear(server, "").status == 401
        assert ear(server, "forged").status == 401

    def test_a_suspended_person_may_not(self, serve, ear):
        server, salma = serve(), person()
        cookie = cookie_of(salma)
        suspend_person(actor=None, person=salma, reason="Test", until=None)
        assert ear(server, cookie).status == 401

    def test_another_site_may_not(self, serve, ear):
        assert ear(serve(), cookie_of(person()), origin="https://evil.example").status == 403

    def test_the_answer_names_exactly_the_web_origin(self, serve, ear):
        headers = ear(serve(), cookie_of(person())).answer.headers
        assert headers["access-control-allow-origin"] == ORIGIN
        assert headers["access-control-allow-credentials"] == "true"
        assert headers["cache-control"] == "no-store"

    def test_one_person_cannot_take_every_place(self, serve, ear):
        server, cookie = serve(), cookie_of(person())
        assert [ear(server, cookie).status for _n in range(11)] == [200] * 10 + [429]


@pytest.mark.django_db(transaction=True)
class TestPresence:
    def test_follows_the_open_streams(self, serve, ear):
        salma = person()
        server = serve()
        hers = ear(server, cookie_of(salma))
        assert _until(lambda: queries.online([salma.pk]) == {salma.pk})
        server.process.terminate()
        server.process.wait(10)
        assert hers.ended
        assert _until(lambda: queries.online([salma.pk]) == set())
        assert salma.pk in queries.last_seen([salma.pk])


@pytest.mark.django_db(transaction=True)
class TestSlowReaders:
    def test_are_let_go_and_the_others_do_not_wait(self, serve, ear):
        server, salma, omar = serve(), person(), person()
        his = ear(server, cookie_of(omar))
        with _deaf(server, cookie_of(salma)):
            for _n in range(60):
                with transaction.atomic():
                    for _m in range(50):
                        services.signal(people=[salma.pk], kind="flood", payload={"text": "x" * 6000})
            services.signal(people=[omar.pk], kind="tea", payload={})
            his.wait_for("tea")
            assert _until(lambda: _figure(server, "majlis_stream_slow_readers_dropped_total") == 1)
            assert _figure(server, "majlis_streams_open") == 1


@contextmanager
def _deaf(server, cookie):
    """A stream that is opened and never read."""
    host, port = server.url.removeprefix("http://").split(":")
    with socket.socket() as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        line.connect((host, int(port)))
        request = f"GET /stream HTTP/1.1\r\nHost: {host}\r\nCookie: {settings.SESSION_COOKIE_NAME}={cookie}\r\n\r\n"
        line.sendall(request.encode())
        line.recv(200)
        yield


def _figure(server, name):
    lines = dict(line.split() for line in httpx.get(f"{server.url}/metrics").text.splitlines())
    return int(lines[name])


def _until(holds, seconds=8):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.1)
    return False
