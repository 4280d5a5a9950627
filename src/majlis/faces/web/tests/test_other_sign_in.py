"""Signing in through OpenID Connect, against a small provider of our own on the loopback."""

import json
import re
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import Plan
from majlis.engines.billing.tests import plans as billing
from majlis.kernel.accounts.models import User
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


class Provider(BaseHTTPRequestHandler):
    """Discovery, token and user info: what OpenID Connect asks of a provider. Wants the secret and a verifier."""

    person = {"sub": "42", "email": "nour@example.test", "email_verified": True, "name": "Nour Adel"}
    asked: list[dict] = []

    def answer(self, body, status=200):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def do_GET(self):
        here = f"http://127.0.0.1:{self.server.server_port}"
        if self.path.endswith("/openid-configuration"):
            self.answer(
                {
                    "issuer": here,
                    "authorization_endpoint": f"{here}/authorize",
                    "token_endpoint": f"{here}/token",
                    "userinfo_endpoint": f"{here}/userinfo",
                    "jwks_uri": f"{here}/keys",
                    "token_endpoint_auth_methods_supported": ["client_secret_post"],
                }
            )
        elif self.path == "/userinfo" and self.headers["Authorization"] == "Bearer the access token":
            self.answer(self.person)
        else:
            self.answer({"error": "invalid_token"}, 401)

    def do_POST(self):
        form = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        self.asked.append(form)
        good = form.get("code") == ["the code"] and form.get("client_secret") == ["s3cret"] and "code_verifier" in form
        if good:
            self.answer({"access_token": "the access token", "token_type": "Bearer", "expires_in": 60})
        else:
            self.answer({"error": "invalid_grant"}, 400)

    def log_message(self, *rest):
        """Quiet."""


@pytest.fixture
def provider(settings):
    cache.clear()
    server = HTTPServer(("127.0.0.1", 0), Provider)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {
            "OAUTH_PKCE_ENABLED": True,
            "APPS": [
                {
                    "provider_id": "oidc",
                    "name": "Company",
                    "client_id": "majlis",
                    "secret": "s3cret",
                    "settings": {"server_url": f"http://127.0.0.1:{server.server_port}"},
                }
            ],
        }
    }
    yield server
    server.shutdown()
    server.server_close()


def come_back(client, code="the code", process="", **changed):
    """Press the button, and return from the provider as it would send us back."""
    where = reverse("openid_connect_login", kwargs={"provider_id": "oidc"})
    leaving = client.post(f"{where}?process={process}" if process else where)
    state = parse_qs(urlsplit(leaving["Location"]).query)["state"][0]
    callback = reverse("openid_connect_callback", kwargs={"provider_id": "oidc"})
    return client.get(callback, {"code": code, "state": state, **changed})


class TestOpenIdConnect:
    def test_a_newcomer_adds_a_birth_date_and_is_in(self, client, provider):
        assert "Company" in client.get("/account/login/").content.decode()
        back = come_back(client)
        assert back["Location"] == "/account/3rdparty/signup/"
        page = client.get(back["Location"]).content.decode()
        assert "Nour Adel" in page
        form = {"name": "Nour Adel", "email": "nour@example.test", "birth_date": "1998-04-02", "role": "owner"}
        client.post(back["Location"], form)
        nour = User.objects.get(email="nour@example.test")
        assert client.session["_auth_user_id"] == str(nour.id)
        assert EmailAddress.objects.get(user=nour).verified
        assert not nour.roles
        assert not nour.has_usable_password()

    def test_the_next_time_one_press_is_enough(self, client, provider):
        self.test_a_newcomer_adds_a_birth_date_and_is_in(client, provider)
        other = client.__class__()
        come_back(other)
        assert other.session["_auth_user_id"] == str(User.objects.get().id)

    def test_an_address_of_a_member_does_not_open_their_account(self, client, provider):
        salma = person(email="nour@example.test")
        back = come_back(client)
        form = {"name": "Not Salma", "email": "nour@example.test", "birth_date": "1998-04-02"}
        client.post(back["Location"], form)
        assert "_auth_user_id" not in client.session
        assert User.objects.get() == salma
        run_due_jobs()
        assert mail.outbox[-1].to == ["nour@example.test"]

    def test_a_wrong_code_or_a_foreign_state_opens_nothing(self, client, provider):
        come_back(client, code="guessed")
        assert "_auth_user_id" not in client.session
        come_back(client.__class__(), state="of somebody else")
        assert not User.objects.exists()


class TestKnownByWhatIsProved:
    """Who had a free trial is known again by each address they prove afterwards."""

    @pytest.fixture
    def member(self, client):
        salma = person(email="salma@example.test", password="a long sentence")
        price = billing.price(billing.plan(trial_days=7))
        services.subscribe(person=salma, price_id=price.id, key="k", actor=salma)
        client.post("/account/login/", {"login": "salma@example.test", "password": "a long sentence"})
        client.post("/account/reauthenticate/", {"password": "a long sentence"})
        return salma

    def test_an_account_elsewhere_that_is_connected(self, client, provider, member):
        come_back(client, process="connect")
        assert SocialAccount.objects.get().user == member
        run_due_jobs()
        SocialAccount.objects.update(user=person())
        assert had_trial(SocialAccount.objects.get().user)

    def test_an_e_mail_address_that_is_added(self, client, provider, member):
        client.post("/account/email/", {"action_add": "", "email": "other@example.test"})
        run_due_jobs()
        code = re.search(r"\b\d{6}\b", mail.outbox[-1].body)[0]
        client.post("/account/confirm-email/", {"code": code, "action": "verify"})
        assert EmailAddress.objects.get(email="other@example.test").verified
        run_due_jobs()
        EmailAddress.objects.filter(email="other@example.test").update(user=person(email=None))
        assert had_trial(EmailAddress.objects.get(email="other@example.test").user)


def had_trial(somebody):
    return not queries.may_try(somebody, Plan.objects.get())
