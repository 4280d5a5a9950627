"""Mail over a real SMTP server: one that takes it, refuses it for good, asks to come back later, or is not there."""

import email
import email.policy
from datetime import timedelta

import pytest
from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices import services
from majlis.kernel.notices.models import Mail
from majlis.kernel.notices.types import Category, Kind, MailState
from majlis.kit import clock
from majlis.kit.testing import SOME_MONDAY, mailbox, person

BREAD = Kind("bread_ready", Category.LESSONS, _("Bread from %(who)s"), _("Fresh & warm."), urgent=True)
services.register(BREAD)
pytestmark = pytest.mark.django_db


def _speak_to(settings, port):
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_TIMEOUT = "127.0.0.1", port, 5


@pytest.fixture
def box(settings):
    with mailbox() as taken:
        _speak_to(settings, taken.port)
        yield taken


@pytest.fixture
def letter_to():
    def write(**fields):
        reader = person("سلمى", **fields)
        services.notify(person_id=reader.pk, kind="bread_ready", facts={"who": "عمر"}, link="/lessons/")
        return reader

    with clock.travel(SOME_MONDAY):
        yield write


class TestSending:
    def test_arrives_as_text_and_html_in_the_readers_direction(self, box, letter_to):
        reader = letter_to(language="ar")
        assert services.send_due_mails() == 1
        (taken,) = box.letters
        letter = email.message_from_bytes(taken.content, policy=email.policy.default)
        assert letter["To"] == reader.email
        assert letter["Auto-Submitted"] == "auto-generated"
        assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        html = letter.get_body(("html",)).get_content()
        assert '<html lang="ar" dir="rtl">' in html
        assert "عمر" in html
        assert "/lessons/" in letter.get_body(("plain",)).get_content()

    def test_is_given_up_when_refused_for_good(self, box, letter_to):
        letter_to()
        box.answer = "550 5.1.1 No such person"
        assert services.send_due_mails() == 0
        stuck = Mail.objects.get()
        assert stuck.state == MailState.FAILED
        assert "No such person" in stuck.answer
        box.answer = ""
        with clock.travel(SOME_MONDAY + timedelta(days=1)):
            assert services.send_due_mails() == 0

    def test_comes_back_when_asked_to(self, box, letter_to):
        letter_to()
        box.answer = "451 4.7.1 Greylisted, try again later"
        assert services.send_due_mails() == 0
        assert Mail.objects.get().state == MailState.WAITING
        box.answer = ""
        assert services.send_due_mails() == 0  # not before its wait is over
        with clock.travel(SOME_MONDAY + timedelta(minutes=2)):
            assert services.send_due_mails() == 1
        assert len(box.letters) == 1

    def test_is_given_up_after_a_day_of_trying(self, box, letter_to):
        letter_to()
        box.answer = "451 4.7.1 Greylisted, try again later"
        for hours in range(60):
            with clock.travel(SOME_MONDAY + timedelta(hours=hours)):
                services.send_due_mails()
        assert Mail.objects.get().state == MailState.FAILED

    def test_one_refusal_does_not_hold_up_the_others(self, box, letter_to):
        letter_to(), letter_to()
        box.answer = "550 5.1.1 No such person"
        services.send_due_mails(limit=1)
        box.answer = ""
        assert services.send_due_mails() == 1

    def test_waits_for_a_server_that_is_not_there(self, settings, letter_to):
        _speak_to(settings, 9)
        letter_to()
        assert services.send_due_mails() == 0
        stuck = Mail.objects.get()
        assert (stuck.state, stuck.tries) == (MailState.WAITING, 1)

    def test_a_worker_that_died_with_a_mail_in_hand_gives_it_back(self, box, letter_to):
        letter_to()
        Mail.objects.update(state=MailState.SENDING, due_at=SOME_MONDAY + timedelta(minutes=10))
        assert services.send_due_mails() == 0
        with clock.travel(SOME_MONDAY + timedelta(minutes=11)):
            assert services.send_due_mails() == 1
