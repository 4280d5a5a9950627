import http.client
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.test import Client

from majlis.kernel.files import queries, services
from majlis.kernel.files.tests.test_storing import PDF, photo
from majlis.kit import clock
from majlis.kit.testing import person

VIDEO = b"\x00\x00\x00\x18ftypmp42\x00\x00\x00\x00mp42isom" + bytes(range(256)) * 2000


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.S3_URL = settings.CLAMD_URL = ""


def stored(content, name, purpose):
    return services.store_file(actor=person(), content=content, name=name, purpose=purpose)


@pytest.fixture
def ask(live_server):
    """`ask(path, **headers)` is a real HTTP request; the answer with its body read."""
    host = urlsplit(live_server.url).netloc
    lines = []

    def get(path, method="GET", **headers):
        line = http.client.HTTPConnection(host, timeout=10)
        lines.append(line)
        line.request(method, path, headers={name.replace("_", "-"): value for name, value in headers.items()})
        answer = line.getresponse()
        answer.content = answer.read()
        return answer

    yield get
    for line in lines:
        line.close()


@pytest.mark.django_db(transaction=True)
class TestSignedFiles:
    def test_come_whole_with_headers_that_disarm_them(self, ask):
        answer = ask(queries.file_url(stored(PDF, "عقد.pdf", "document").pk))
        assert (answer.status, answer.content) == (200, PDF)
        assert answer.headers["Content-Disposition"].startswith("attachment; filename*=utf-8''%D8%B9")
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Cache-Control"].startswith("private")

    @pytest.mark.parametrize(
        ("asked", "expected", "said"),
        [
            ("bytes=0-9", VIDEO[:10], "bytes 0-9/{size}"),
            ("bytes=100-", VIDEO[100:], "bytes 100-{last}/{size}"),
            ("bytes=-7", VIDEO[-7:], "bytes {tail}-{last}/{size}"),
            ("bytes=10-99999999", VIDEO[10:], "bytes 10-{last}/{size}"),
        ],
    )
    def test_come_in_parts_for_a_player(self, ask, asked, expected, said):
        answer = ask(queries.file_url(stored(VIDEO, "a.mp4", "intro_video").pk), Range=asked)
        size = len(VIDEO)
        assert (answer.status, answer.content) == (206, expected)
        assert answer.headers["Content-Range"] == said.format(size=size, last=size - 1, tail=size - 7)
        assert answer.headers["Content-Type"] == "video/mp4"
        assert answer.headers["Content-Disposition"].startswith("inline")

    def test_refuse_a_part_that_is_not_there(self, ask):
        answer = ask(queries.file_url(stored(VIDEO, "a.mp4", "intro_video").pk), Range="bytes=9999999-")
        assert answer.status == 416
        assert answer.headers["Content-Range"] == f"bytes */{len(VIDEO)}"

    def test_come_whole_when_the_range_is_of_another_file(self, ask):
        link = queries.file_url(stored(VIDEO, "a.mp4", "intro_video").pk)
        assert ask(link, Range="bytes=0-9", If_Range='"other"').status == 200
        tag = ask(link, "HEAD").headers["ETag"]
        assert ask(link, Range="bytes=0-9", If_Range=tag).status == 206
        assert ask(link, If_None_Match=tag).status == 304

    def test_head_says_the_size_and_sends_nothing(self, ask):
        answer = ask(queries.file_url(stored(PDF, "a.pdf", "document").pk), "HEAD")
        assert (answer.headers["Content-Length"], answer.content) == (str(len(PDF)), b"")


@pytest.mark.django_db
class TestSignatures:
    def test_are_needed(self):
        row = stored(PDF, "a.pdf", "document")
        assert Client().get(f"/files/{row.pk}/a.pdf").status_code == 404
        link = queries.file_url(row.pk)
        assert Client().get(link).status_code == 200
        assert Client().get(link[:-1] + ("A" if link[-1] != "A" else "B")).status_code == 404

    def test_are_of_one_file_and_one_way_of_showing_it(self):
        one, two = stored(PDF, "a.pdf", "document"), stored(PDF, "b.pdf", "document")
        link = queries.file_url(one.pk)
        assert Client().get(link.replace(str(one.pk), str(two.pk))).status_code == 404
        assert Client().get(link + "&d=1").status_code == 404
        assert Client().get(link.replace("e=", "e=9")).status_code == 404

    def test_end(self):
        link = queries.file_url(stored(PDF, "a.pdf", "document").pk, minutes=5)
        with clock.travel(by=timedelta(minutes=4, seconds=50)):
            assert Client().get(link).status_code == 200
        with clock.travel(by=timedelta(minutes=11)):
            assert Client().get(link).status_code == 404

    def test_open_nothing_private_without_one(self):
        row = stored(photo(), "passport.jpg", "document")
        assert Client().get(f"/files/public/{row.pk}/96").status_code == 404
        assert Client().get(f"/files/public/{row.pk}/full").status_code == 404


@pytest.mark.django_db
class TestPublicPictures:
    def test_have_one_address_that_may_be_cached_for_ever(self):
        row = stored(photo(), "me.jpg", "avatar")
        answer = Client().get(queries.file_url(row.pk, variant="96"))
        assert answer.status_code == 200
        assert answer["Content-Type"] == "image/webp"
        assert answer["Cache-Control"] == "public, max-age=31536000, immutable"
        assert len(b"".join(answer.streaming_content)) == int(answer["Content-Length"])
