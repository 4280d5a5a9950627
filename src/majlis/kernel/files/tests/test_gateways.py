"""The stores and the scanners, spoken to over real sockets: a small S3 that checks signatures, a small clamd."""

import datetime as dt
import hashlib
import hmac
import http.server
import io
import re
import socketserver
import struct
import threading
import urllib.request
from contextlib import contextmanager
from urllib.error import HTTPError
from urllib.parse import parse_qsl, quote, urlsplit

import pytest
from django.db import transaction

from majlis.kernel.files import gateways, queries, services
from majlis.kernel.files.gateways.base import ScannerUnreachable, StoreUnreachable
from majlis.kernel.files.gateways.local import LocalStore
from majlis.kernel.files.gateways.s3 import S3Store
from majlis.kernel.files.gateways.scanners import Clamd
from majlis.kernel.files.models import StoredFile
from majlis.kit.testing import person

KEY, SECRET, REGION = "AKIDEXAMPLE", "secret/with+signs", "eu-test-1"
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Bucket(http.server.BaseHTTPRequestHandler):
    """Objects in memory; every request must carry a valid SigV4 signature, in its header or in its query."""

    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def answer(self, status, body=b"", **headers):
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def signed(self, body):
        parts = urlsplit(self.path)
        query = dict(parse_qsl(parts.query, keep_blank_values=True))
        if "X-Amz-Signature" in query:
            given, names = query.pop("X-Amz-Signature"), query["X-Amz-SignedHeaders"].split(";")
            at, scope, payload = query["X-Amz-Date"], query["X-Amz-Credential"].split("/", 1)[1], "UNSIGNED-PAYLOAD"
            ends = dt.datetime.strptime(at, "%Y%m%dT%H%M%SZ") + dt.timedelta(seconds=int(query["X-Amz-Expires"]))
            if ends < dt.datetime.now(dt.UTC).replace(tzinfo=None):
                return False
        else:
            found = re.match(
                r"AWS4-HMAC-SHA256 Credential=(.+?)/(.+?), SignedHeaders=(.+?), Signature=(\w+)",
                self.headers.get("Authorization", ""),
            )
            if not found:
                return False
            _key, scope, signed, given = found.groups()
            names, at, payload = signed.split(";"), self.headers["X-Amz-Date"], self.headers["X-Amz-Content-Sha256"]
            if payload not in ("UNSIGNED-PAYLOAD", hashlib.sha256(body).hexdigest()) and "STREAMING" not in payload:
                return False
        canonical = "\n".join(
            [
                self.command,
                quote(parts.path, safe="/%"),
                "&".join(f"{quote(k, safe='-_.~')}={quote(v, safe='-_.~')}" for k, v in sorted(query.items())),
                *(f"{name}:{' '.join(self.headers[name].split())}" for name in names),
                "",
                ";".join(names),
                payload,
            ]
        )
        text = "\n".join(["AWS4-HMAC-SHA256", at, scope, hashlib.sha256(canonical.encode()).hexdigest()])
        key = f"AWS4{SECRET}".encode()
        for part in scope.split("/"):
            key = hmac.new(key, part.encode(), hashlib.sha256).digest()
        return hmac.compare_digest(hmac.new(key, text.encode(), hashlib.sha256).hexdigest(), given)

    def handle_one(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if not self.signed(body):
            return self.answer(403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>")
        objects, name = self.server.objects, urlsplit(self.path).path
        if self.command == "PUT":
            objects[name] = body
            return self.answer(200, ETag='"x"')
        if self.command == "DELETE":
            objects.pop(name, None)
            return self.answer(204)
        if name not in objects:
            return self.answer(404, b"<Error><Code>NoSuchKey</Code></Error>")
        query = dict(parse_qsl(urlsplit(self.path).query))
        said = {"Content_Type": query.get("response-content-type", "application/octet-stream")}
        if "response-content-disposition" in query:
            said["Content_Disposition"] = query["response-content-disposition"]
        span = re.match(r"bytes=(\d+)-(\d*)", self.headers.get("Range", ""))
        if span:
            start, end = int(span[1]), int(span[2] or len(objects[name]) - 1)
            return self.answer(206, objects[name][start : end + 1], **said)
        return self.answer(200, objects[name], **said)

    do_GET = do_PUT = do_DELETE = do_HEAD = handle_one


@contextmanager
def running(server):
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()


@pytest.fixture
def bucket(settings):
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Bucket)
    server.objects = {}
    with running(server):
        secret = quote(SECRET, safe="")
        settings.S3_URL = f"s3://{KEY}:{secret}@127.0.0.1:{server.server_port}/media/here?region={REGION}&secure=0"
        yield server


@pytest.fixture(params=["local", "s3"])
def store(request, tmp_path, bucket):
    return LocalStore(tmp_path) if request.param == "local" else S3Store(bucket_url(bucket))


def bucket_url(bucket):
    return f"s3://{KEY}:{quote(SECRET, safe='')}@127.0.0.1:{bucket.server_port}/media?region={REGION}&secure=0"


class TestEveryStore:
    def test_gives_back_what_it_got_whole_and_in_parts(self, store):
        store.put("abc/def", io.BytesIO(b"0123456789"), "text/plain")
        assert store.open("abc/def").read() == b"0123456789"
        assert store.open("abc/def", 3, 4).read(4) == b"3456"

    def test_forgets_what_is_deleted_and_minds_nothing_missing(self, store):
        store.put("abc/def", io.BytesIO(b"x"), "text/plain")
        for _n in range(2):
            store.delete("abc/def")
        with pytest.raises(FileNotFoundError):
            store.open("abc/def").read()


@pytest.mark.django_db
class TestS3:
    def test_keeps_uploads_under_its_prefix_and_links_to_them(self, bucket, settings):
        settings.CLAMD_URL = ""
        row = services.store_file(actor=person(), content=PDF, name="عقد.pdf", purpose="document")
        (name,) = bucket.objects
        assert name == f"/media/here/{row.key()}"
        link = queries.store_link(queries.Handout(row, "", row.mime, row.size, row.name, True, False), 60)
        with urllib.request.urlopen(link) as answer:
            assert answer.read() == PDF
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.headers["Content-Disposition"].startswith("attachment")

    def test_a_link_that_was_touched_or_is_old_opens_nothing(self, bucket):
        store = gateways.store()
        store.put("a", io.BytesIO(b"x"), "text/plain")
        link = store.link("a", mime="text/plain", name="a.txt", download=False, seconds=60)
        for wrong in (link.replace("text%2Fplain", "text%2Fhtml"), link.replace("X-Amz-Expires=60", "X-Amz-Expires=9")):
            with pytest.raises(HTTPError):
                urllib.request.urlopen(wrong)

    def test_the_wrong_secret_keeps_nothing(self, bucket):
        store = S3Store(bucket_url(bucket).replace("secret", "guess"))
        with pytest.raises(StoreUnreachable):
            store.put("a", io.BytesIO(b"x"), "text/plain")

    def test_is_not_spoken_to_inside_a_transaction(self, bucket):
        with transaction.atomic(), pytest.raises(transaction.TransactionManagementError):
            gateways.store().put("a", io.BytesIO(b"x"), "text/plain")


class Daemon(socketserver.BaseRequestHandler):
    """Speaks INSTREAM; finds EICAR."""

    def handle(self):
        def exactly(count):
            got = b""
            while len(got) < count:
                got += self.request.recv(count - len(got))
            return got

        assert exactly(10) == b"zINSTREAM\0"
        content = b""
        while length := struct.unpack("!I", exactly(4))[0]:
            content += exactly(length)
        found = b"EICAR" in content
        self.request.sendall(b"stream: Win.Test.EICAR_HDB-1 FOUND\0" if found else b"stream: OK\0")


@pytest.fixture
def clamd(settings, tmp_path):
    settings.MEDIA_ROOT, settings.S3_URL = tmp_path, ""
    with running(socketserver.ThreadingTCPServer(("127.0.0.1", 0), Daemon)) as server:
        settings.CLAMD_URL = f"tcp://127.0.0.1:{server.server_address[1]}"
        yield server


@pytest.mark.django_db
class TestClamd:
    def test_lets_clean_files_pass(self, clamd):
        kept = services.store_file(actor=None, content=PDF + b" " * 200_000, name="a.pdf", purpose="invoice")
        assert queries.read_file(kept.pk) == PDF + b" " * 200_000

    def test_refuses_what_it_finds_and_keeps_nothing(self, clamd, tmp_path):
        with pytest.raises(services.FileInfected) as refusal:
            services.store_file(actor=None, content=PDF + b"EICAR", name="a.pdf", purpose="invoice")
        assert "Win.Test.EICAR_HDB-1" in str(refusal.value)
        assert not StoredFile.objects.exists()
        assert list(tmp_path.rglob("*.*")) == []

    def test_what_cannot_be_scanned_is_not_taken(self, settings):
        settings.CLAMD_URL = "tcp://127.0.0.1:9"
        with pytest.raises(ScannerUnreachable):
            services.store_file(actor=None, content=PDF, name="a.pdf", purpose="invoice")

    def test_speaks_over_a_socket_file_too(self, tmp_path):
        path = str(tmp_path / "clamd.ctl")
        with running(socketserver.ThreadingUnixStreamServer(path, Daemon)):
            assert Clamd(f"unix://{path}").scan(io.BytesIO(b"clean")) == ""
