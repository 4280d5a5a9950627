"""With `REDIS_URL`: cache, sessions, throttles and the fan-out between realtime processes, through a real Redis."""

import shutil
import socket
import subprocess
import time
from importlib import import_module

import pytest
import redis
from django.conf import settings
from django.core.cache import caches
from django.db import connection
from django.test import Client, override_settings

from majlis.faces.realtime.tests.test_stream import cookie_of, ear  # noqa: F401 - a fixture
from majlis.kernel.accounts.services import throttle
from majlis.kernel.notices import services
from majlis.kit.errors import TooMany
from majlis.kit.testing import person

PROGRAM = shutil.which("redis-server") or shutil.which("valkey-server")
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="no redis-server here (apt install redis-server)"),
    pytest.mark.django_db(transaction=True),
]


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """A Redis of our own on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    words = [PROGRAM, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(words, stdout=subprocess.DEVNULL)
    url = f"redis://127.0.0.1:{port}/0"
    client = redis.Redis.from_url(url)
    for _ in range(100):
        try:
            client.ping()
            break
        except redis.ConnectionError:
            time.sleep(0.05)
    yield url
    server.terminate()
    server.wait()


@pytest.fixture
def with_redis(address):
    """The settings of an installation with this `REDIS_URL`, and a client that looks into it."""
    backend = {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": address}
    client = redis.Redis.from_url(address)
    client.flushdb()
    engine = "django.contrib.sessions.backends.cached_db"
    with override_settings(REDIS_URL=address, CACHES={"default": backend}, SESSION_ENGINE=engine):
        yield client


class TestFanOut:
    def test_one_announcement_reaches_the_streams_of_two_processes(self, serve, ear, address, with_redis):  # noqa: F811
        salma = person()
        cookie = cookie_of(salma)
        heard = [ear(serve(REDIS_URL=address), cookie) for _ in range(2)]
        assert with_redis.pubsub_numsub("majlis_stream") == [(b"majlis_stream", 2)]
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 1, "name": "شاي"})
        services.signal(people=[salma.pk], kind="typing", payload={"who": "Omar"}, stored=False)
        for one in heard:
            assert one.wait_for("tea") == [{"cup": 1, "name": "شاي"}]
            assert one.wait_for("typing") == [{"who": "Omar"}]

    def test_postgresql_tells_nobody(self, serve, ear, address, with_redis):  # noqa: F811
        salma = person()
        hers = ear(serve(REDIS_URL=address), cookie_of(salma))
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_notify('majlis_stream', %s)", [f"0 0 {salma.pk} wrong\n{{}}\n"])
        services.signal(people=[salma.pk], kind="tea", payload={})
        hers.wait_for("tea")
        assert hers.heard("wrong") == []

    def test_what_a_cut_line_lost_is_found_in_the_table(self, serve, ear, address, with_redis):  # noqa: F811
        salma = person()
        hers = ear(serve(REDIS_URL=address), cookie_of(salma))
        with_redis.client_kill_filter(_type="pubsub")
        services.signal(people=[salma.pk], kind="tea", payload={"cup": 1})
        assert hers.wait_for("tea") == [{"cup": 1}]


class TestEverythingElse:
    def test_the_cache_is_shared(self, with_redis):
        caches["default"].set("cup", "tea", 60)
        assert [key for key in with_redis.scan_iter() if b"cup" in key]

    def test_a_session_is_read_without_the_database(self, with_redis, django_assert_num_queries):
        key = cookie_of(person())
        store = import_module(settings.SESSION_ENGINE).SessionStore
        with django_assert_num_queries(0):
            assert store(key)["_auth_user_id"]

    def test_who_signs_out_is_out_at_once(self, with_redis):
        client = Client()
        client.force_login(person())
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        client.logout()
        assert not import_module(settings.SESSION_ENGINE).SessionStore(key).exists(key)

    def test_throttles_count_over_all_processes(self, with_redis):
        for _ in range(3):
            throttle(scope="test", key="salma", limit=3, seconds=60)
        with pytest.raises(TooMany):
            throttle(scope="test", key="salma", limit=3, seconds=60)
        assert [key for key in with_redis.scan_iter() if b"throttle:test:" in key]
