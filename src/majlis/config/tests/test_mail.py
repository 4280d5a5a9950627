import ssl

import pytest
from aiosmtpd.smtp import AuthResult
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import get_connection, send_mail

from majlis.config.mail import mail
from majlis.kit.testing import mailbox


def _check(server, session, envelope, mechanism, given):
    return AuthResult(success=(given.login, given.password) == (b"me@house", b"s:cret"))


class TestEmailUrl:
    def test_names_a_server_a_folder_or_the_console(self):
        found = mail("smtps://me%40x:s%3Acret@mail.example:465")
        assert (found["EMAIL_HOST_USER"], found["EMAIL_HOST_PASSWORD"], found["EMAIL_USE_SSL"]) == (
            "me@x",
            "s:cret",
            True,
        )
        assert mail("file:///var/mail")["EMAIL_FILE_PATH"] == "/var/mail"
        assert mail("console://")["EMAIL_BACKEND"].endswith("console.EmailBackend")

    def test_refuses_what_is_no_way_to_send(self):
        with pytest.raises(ImproperlyConfigured):
            mail("http://mail.example")


class TestMailThroughTheUrl:
    def send(self, settings, url):
        for name, value in mail(url).items():
            setattr(settings, name, value)
        send_mail("Hello", "There", "hello@majlis.example", ["hana@example.test"], connection=get_connection())

    def test_arrives_at_the_server_it_names(self, settings):
        with mailbox() as box:
            self.send(settings, f"smtp://127.0.0.1:{box.port}")
        assert box.letters[0].rcpt_tos == ["hana@example.test"]

    def test_signs_in_with_its_user_and_password(self, settings):
        with mailbox(authenticator=_check, auth_required=True, auth_require_tls=False) as box:
            self.send(settings, f"smtp://me%40house:s%3Acret@127.0.0.1:{box.port}/?timeout=5")
        assert len(box.letters) == 1

    def test_asked_for_encryption_it_never_goes_on_in_the_clear(self, settings):
        with mailbox() as box, pytest.raises((OSError, ssl.SSLError)):
            self.send(settings, f"smtp://127.0.0.1:{box.port}/?tls=1")
        assert box.letters == []
