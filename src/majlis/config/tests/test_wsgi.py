"""What the web server is handed."""

import io
from wsgiref.util import FileWrapper

import pytest
from django.core import signals
from django.db import close_old_connections
from django.http import FileResponse, HttpResponse, StreamingHttpResponse
from django.test import override_settings
from django.urls import path

from majlis.config import wsgi


def whole(request):
    return HttpResponse("all of it")


def in_parts(request):
    return StreamingHttpResponse(iter([b"one", b"two"]))


def from_a_file(request):
    return FileResponse(io.BytesIO(b"a file"))


urlpatterns = [path("whole", whole), path("parts", in_parts), path("file", from_a_file)]


@pytest.fixture
def finished():
    """How many answers are over, as Django says it: then their connections are free."""
    said = []
    note = lambda **_more: said.append(1)  # noqa: E731 - Django holds on to it weakly; here it has a name
    signals.request_finished.connect(note)
    yield said
    signals.request_finished.disconnect(note)


@pytest.fixture(autouse=True)
def addresses():
    # The connection of the tests is nothing an answer may close; Django's own client keeps it out of this too.
    signals.request_started.disconnect(close_old_connections)
    signals.request_finished.disconnect(close_old_connections)
    with override_settings(ROOT_URLCONF=__name__):
        yield
    signals.request_started.connect(close_old_connections)
    signals.request_finished.connect(close_old_connections)


def ask(address, **more):
    environ = {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": address,
        "SERVER_NAME": "localhost",
        "SERVER_PORT": "80",
        "wsgi.input": io.BytesIO(),
        "wsgi.url_scheme": "http",
        **more,
    }
    return wsgi.application(environ, lambda status, headers, trouble=None: None)


class TestApplication:
    def test_hands_a_whole_answer_over_at_once_and_is_done_with_it(self, finished):
        assert ask("/whole") == [b"all of it"]
        assert len(finished) == 1

    def test_hands_the_parts_of_a_long_answer_over_one_by_one(self, finished):
        answer = ask("/parts")
        assert list(answer) == [b"one", b"two"]
        assert not finished
        answer.close()
        assert len(finished) == 1

    def test_hands_a_file_over_in_the_wrapper_its_server_has(self):
        answer = ask("/file", **{"wsgi.file_wrapper": FileWrapper})
        assert isinstance(answer, FileWrapper)
        assert list(answer) == [b"a file"]
