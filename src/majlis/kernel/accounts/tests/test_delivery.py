"""Letters and text messages handed to real servers on this machine."""

import http.server
import json
import threading
from smtplib import SMTPRecipientsRefused

import httpx
import pytest

from majlis.kernel.accounts import services
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import mailbox

pytestmark = pytest.mark.django_db


class Aggregator(http.server.BaseHTTPRequestHandler):
    """Takes text messages, or answers as told."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.heard.append((self.path, self.headers["Authorization"], json.loads(body)))
        self.send_response(self.server.answer)
        self.end_headers()

    def log_message(self, *_words):
        pass


@pytest.fixture
def aggregator(settings):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Aggregator) as server:
        server.heard, server.answer = [], 202
        threading.Thread(target=server.serve_forever, daemon=True).start()
        settings.TEXT_GATEWAY = "majlis.kernel.accounts.gateways.webhook.WebhookTexts"
        settings.TEXT_URL = f"http://127.0.0.1:{server.server_address[1]}/send?from=Majlis"
        settings.TEXT_TOKEN = "s3cret"
        yield server
        server.shutdown()


class TestTexts:
    def send(self):
        services.send_text(to="+201001234567", text="\N{ARABIC LETTER KAF}: 123456")

    def test_reach_the_aggregator_with_its_token_and_every_letter(self, aggregator):
        self.send()
        run_due_jobs()
        message = {"to": "+201001234567", "text": "\N{ARABIC LETTER KAF}: 123456"}
        assert aggregator.heard == [("/send?from=Majlis", "Bearer s3cret", message)]

    @pytest.mark.parametrize("answer", [401, 429, 500, 503])
    def test_are_tried_again_when_it_cannot_take_them(self, aggregator, answer):
        self.send()
        aggregator.answer = answer
        with pytest.raises(httpx.HTTPStatusError):
            run_due_jobs()
        aggregator.answer = 200
        run_due_jobs()
        assert len(aggregator.heard) == 2

    def test_are_given_up_when_there_is_no_such_telephone(self, aggregator, caplog):
        self.send()
        aggregator.answer = 422
        run_due_jobs()
        run_due_jobs()
        assert len(aggregator.heard) == 1
        assert "refused for good: 422" in caplog.text
        assert "123456" not in caplog.text
        assert "+201001234567" not in caplog.text

    def test_wait_for_an_aggregator_that_is_not_there(self, aggregator, settings):
        settings.TEXT_URL = "http://127.0.0.1:9/"
        self.send()
        with pytest.raises(httpx.ConnectError):
            run_due_jobs()


@pytest.fixture
def box(settings):
    with mailbox() as taken:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", taken.port, 5
        settings.EMAIL_URL = f"smtp://127.0.0.1:{taken.port}"
        yield taken


class TestLetters:
    def send(self):
        services.send_letter(to="hana@example.test", subject="Your code", paragraphs=["Type it."], code="123456")

    def test_reach_the_server(self, box):
        self.send()
        run_due_jobs()
        (letter,) = box.letters
        assert letter.rcpt_tos == ["hana@example.test"]
        assert b"Subject: Your code" in letter.content

    def test_come_back_to_a_server_that_greylists(self, box):
        box.answer = "451 4.7.1 Greylisted, try again later"
        self.send()
        with pytest.raises(SMTPRecipientsRefused, match="Greylisted"):
            run_due_jobs()
        box.answer = ""
        run_due_jobs()
        assert len(box.letters) == 1

    def test_are_given_up_where_there_is_no_such_mailbox(self, box, caplog):
        box.answer = "550 5.1.1 <hana@example.test>: no such mailbox"
        self.send()
        run_due_jobs()
        box.answer = ""
        run_due_jobs()
        assert box.letters == []
        assert "550 5.1.1 <…>: no such mailbox" in caplog.text
        assert "hana@example.test" not in caplog.text
