"""Signing up and in, and what must not work."""

import re
from datetime import date

import pytest
from allauth.account.models import EmailAddress
from django.core import mail
from django.core.cache import cache

from majlis.kernel.accounts.gateways import sandbox
from majlis.kernel.accounts.models import Activity, User
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db
PASSWORD = "tea with mint at noon"
NEWCOMER = {"name": "Nour Adel", "password1": PASSWORD, "birth_date": "1998-04-02"}


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def code_in(message) -> str:
    return re.search(r"\b(\d{6})\b", message.body).group(1)


def last_code() -> str:
    run_due_jobs()
    return code_in(mail.outbox[-1])


def sign_up(client, **fields):
    return client.post("/account/signup/", {**NEWCOMER, **fields})


class TestSignUpByEmail:
    def test_a_code_opens_the_account(self, client):
        client.cookies["zone"] = "Asia/Jakarta"
        client.cookies["language"] = "id"
        assert sign_up(client, email="Nour@Example.test").status_code == 302
        client.post("/account/confirm-email/", {"code": last_code(), "action": "verify"})
        nour = User.objects.get(email="nour@example.test")
        assert client.session["_auth_user_id"] == str(nour.id)
        assert EmailAddress.objects.get(user=nour).verified
        assert (nour.zone, nour.language, nour.birth_date) == ("Asia/Jakarta", "id", date(1998, 4, 2))
        assert nour.terms_accepted_at
        assert set(Activity.objects.filter(person=nour).values_list("kind", flat=True)) == {"signed_up", "signed_in"}

    def test_the_letter_speaks_the_language_of_the_page(self, client):
        client.cookies["language"] = "ar"
        sign_up(client, email="nour@example.test")
        run_due_jobs()
        html = mail.outbox[-1].alternatives[0][0]
        assert 'dir="rtl"' in html

    def test_a_wrong_code_does_not_and_three_end_it(self, client):
        sign_up(client, email="nour@example.test")
        code = last_code()
        wrong = "000000" if code != "000000" else "111111"
        for _attempt in range(3):
            client.post("/account/confirm-email/", {"code": wrong, "action": "verify"})
        client.post("/account/confirm-email/", {"code": code, "action": "verify"})
        assert "_auth_user_id" not in client.session
        assert not EmailAddress.objects.filter(verified=True).exists()

    def test_without_the_code_nobody_comes_in(self, client):
        sign_up(client, email="nour@example.test")
        assert client.get("/account/sessions/").status_code == 302
        client.post("/account/login/", {"login": "nour@example.test", "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("field", ["name", "birth_date", "password1"])
    def test_asks_for_what_is_missing(self, client, field):
        assert sign_up(client, email="nour@example.test", **{field: ""}).status_code == 200
        assert not User.objects.exists()

    @pytest.mark.parametrize("weak", ["short", "12345678901", "password123"])
    def test_refuses_weak_passwords(self, client, weak):
        sign_up(client, email="nour@example.test", password1=weak)
        assert not User.objects.exists()

    def test_needs_an_address_or_a_number(self, client):
        assert sign_up(client).status_code == 200
        assert not User.objects.exists()


class TestSignUpByPhone:
    def test_a_code_by_text_message_opens_the_account(self, client, settings, tmp_path):
        settings.DATA = tmp_path
        assert sign_up(client, phone="010 0123 4567").status_code == 302
        run_due_jobs()
        message = sandbox.recent()[0]
        assert message["to"] == "+201001234567"
        client.post("/account/phone/verify/", {"code": re.search(r"\d{6}", message["text"])[0], "action": "verify"})
        nour = User.objects.get(phone="+201001234567")
        assert nour.phone_verified_at
        assert client.session["_auth_user_id"] == str(nour.id)

    def test_then_the_number_and_the_password_sign_in(self, client):
        person(email=None, phone="+201001234567", phone_verified_at="2026-01-01T00:00Z", password=PASSWORD)
        client.post("/account/login/", {"login": "01001234567", "password": PASSWORD})
        assert "_auth_user_id" in client.session


class TestWhatASignUpMayNotSet:
    def test_roles_and_standing_are_not_taken_from_a_form(self, client):
        sign_up(
            client,
            email="nour@example.test",
            role="admin",
            roles="owner",
            is_staff="on",
            is_superuser="on",
            status="active",
            phone_verified_at="2026-01-01",
            currency="XXX",
        )
        nour = User.objects.get()
        assert not nour.is_staff
        assert not nour.roles
        assert nour.phone_verified_at is None
        assert nour.currency == "USD"


class TestNobodyLearnsWhoIsHere:
    def test_signing_up_with_a_known_address_looks_the_same_and_writes_to_its_owner(self, client):
        person(email="salma@example.test", password=PASSWORD)
        known = sign_up(client, email="salma@example.test")
        fresh = client.__class__()
        unknown = sign_up(fresh, email="somebody@example.test")
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])
        assert User.objects.filter(email="salma@example.test").count() == 1
        run_due_jobs()
        to_salma = next(m for m in mail.outbox if m.to == ["salma@example.test"])
        assert "already" in to_salma.body
        assert not re.search(r"\b\d{6}\b", to_salma.body)

    def test_forgotten_password_looks_the_same(self, client):
        person(email="salma@example.test", password=PASSWORD)
        known = client.post("/account/password/reset/", {"email": "salma@example.test"})
        unknown = client.__class__().post("/account/password/reset/", {"email": "nobody@example.test"})
        assert (known.status_code, known["Location"]) == (unknown.status_code, unknown["Location"])

    def test_a_wrong_password_and_an_unknown_address_look_the_same(self, client):
        person(email="salma@example.test", password=PASSWORD)
        answers = [
            client.post("/account/login/", {"login": login, "password": "wrong wrong wrong"}).content.decode()
            for login in ("salma@example.test", "nobody@example.test")
        ]
        said = [re.search(r'role="alert".*?</div></div>', page, re.DOTALL).group(0) for page in answers]
        assert said[0] == said[1]


class TestResetCode:
    def ask(self, client, email):
        client.post("/account/password/reset/", {"email": email})
        return last_code()

    def test_sets_a_new_password(self, client):
        salma = person(email="salma@example.test", password=PASSWORD)
        code = self.ask(client, "salma@example.test")
        client.post("/account/password/reset/confirm/", {"code": code})
        new = "coffee without sugar"
        client.post("/account/password/reset/complete/", {"password1": new, "password2": new})
        salma.refresh_from_db()
        assert salma.check_password(new)

    def test_is_bound_to_the_person_and_the_browser_that_asked(self, client):
        salma, omar = (
            person(email="salma@example.test", password=PASSWORD),
            person(email="omar@example.test", password=PASSWORD),
        )
        code_of_salma = self.ask(client, "salma@example.test")
        other = client.__class__()
        code_of_omar = self.ask(other, "omar@example.test")
        while code_of_salma == code_of_omar:  # one chance in a million
            code_of_salma = self.ask(client, "salma@example.test")
        assert other.post("/account/password/reset/confirm/", {"code": code_of_salma}).status_code == 200
        stranger = client.__class__()
        stranger.post("/account/password/reset/confirm/", {"code": code_of_salma})
        stranger.post("/account/password/reset/complete/", {"password1": "x y z 1 2 3 4", "password2": "x y z 1 2 3 4"})
        for who in (salma, omar):
            who.refresh_from_db()
            assert who.check_password(PASSWORD)

    def test_three_wrong_codes_end_it(self, client):
        salma = person(email="salma@example.test", password=PASSWORD)
        code = self.ask(client, "salma@example.test")
        wrong = "000000" if code != "000000" else "111111"
        for _attempt in range(3):
            client.post("/account/password/reset/confirm/", {"code": wrong})
        client.post("/account/password/reset/confirm/", {"code": code})
        response = client.post(
            "/account/password/reset/complete/", {"password1": "a b c d e f", "password2": "a b c d e f"}
        )
        assert response.status_code == 302
        salma.refresh_from_db()
        assert salma.check_password(PASSWORD)

    def test_asking_is_throttled(self, client):
        person(email="salma@example.test", password=PASSWORD)
        answers = [
            client.__class__().post("/account/password/reset/", {"email": "salma@example.test"}).status_code
            for _attempt in range(5)
        ]
        assert answers[0] == 302
        assert answers[-1] == 429

    def test_signs_out_other_browsers_and_apps(self, client):
        from majlis.kernel.accounts import queries, services

        salma = person(email="salma@example.test", password=PASSWORD)
        other = client.__class__()
        other.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        assert other.get("/account/sessions/").status_code == 200
        pair = services.issue_tokens(person=salma)
        code = self.ask(client, "salma@example.test")
        client.post("/account/password/reset/confirm/", {"code": code})
        new = "coffee without sugar"
        client.post("/account/password/reset/complete/", {"password1": new, "password2": new})
        assert other.get("/account/sessions/").status_code == 302
        assert queries.bearer(pair.access) is None


class TestSignIn:
    def test_guessing_is_throttled_per_account(self, client):
        person(email="salma@example.test", password=PASSWORD)
        for _attempt in range(6):
            client.post("/account/login/", {"login": "salma@example.test", "password": "wrong wrong"})
        client.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    def test_telephones_do_not_share_one_count(self, client):
        person(email=None, phone="+201001234567", phone_verified_at="2026-01-01T00:00Z", password=PASSWORD)
        for _attempt in range(6):
            client.post("/account/login/", {"login": "+201009999999", "password": "wrong wrong"})
        client.post("/account/login/", {"login": "+201001234567", "password": PASSWORD})
        assert "_auth_user_id" in client.session

    def test_a_new_session_is_made(self, client):
        person(email="salma@example.test", password=PASSWORD)
        client.get("/account/login/")
        session = client.session
        session["planted"] = "by an attacker who knows this id"
        session.save()
        before = session.session_key
        client.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        assert client.session.session_key != before

    def test_a_blocked_person_stays_outside_and_open_sessions_end(self, client):
        from majlis.kernel.accounts import services

        salma = person(email="salma@example.test", password=PASSWORD)
        client.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        assert client.get("/account/sessions/").status_code == 200
        services.block_person(actor=None, person=salma, reason="Fraud")
        assert client.get("/account/sessions/").status_code == 302
        client.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    def test_does_not_send_anybody_to_another_host(self, client):
        person(email="salma@example.test", password=PASSWORD)
        response = client.post(
            "/account/login/?next=https://evil.example/",
            {"login": "salma@example.test", "password": PASSWORD, "next": "https://evil.example/"},
        )
        assert "evil" not in response["Location"]

    def test_providers_without_keys_have_no_button(self, client):
        page = client.get("/account/login/").content.decode().lower()
        assert "google" not in page
        assert "openid" not in page


class TestOthersWhoVouch:
    """Sign-in through Google: what an app sends must be made for us."""

    @pytest.fixture(autouse=True)
    def _google(self, settings):
        settings.SOCIALACCOUNT_PROVIDERS = {"google": {"APPS": [{"client_id": "ours", "secret": "s", "key": ""}]}}

    def send(self, client, **token):
        body = {"provider": "google", "process": "login", "token": {"client_id": "ours", **token}}
        return client.post("/api/auth/app/v1/auth/provider/token", body, content_type="application/json")

    def test_an_access_token_alone_opens_nothing(self, client):
        assert self.send(client, access_token="from another site").status_code == 400
        assert not User.objects.exists()

    def test_a_token_for_another_client_opens_nothing(self, client):
        assert self.send(client, client_id="theirs", access_token="x").status_code == 400

    def test_a_configured_provider_has_a_button(self, client):
        assert "Google" in client.get("/account/login/").content.decode()


class TestAppsOwnSignIn:
    """allauth's headless API, for apps that show their own pages."""

    def test_ends_in_the_house_s_own_tokens(self, client):
        from majlis.kernel.accounts import queries

        salma = person(email="salma@example.test", password=PASSWORD)
        answer = client.post(
            "/api/auth/app/v1/auth/login",
            {"email": "salma@example.test", "password": PASSWORD},
            content_type="application/json",
        ).json()
        found, _bearer = queries.bearer(answer["meta"]["access_token"])
        assert found == salma
        assert answer["meta"]["refresh_token"]
        assert "argon2" not in str(answer)

    def sign_up(self, client, **address):
        body = {"name": "Hana Adel", "birth_date": "1995-04-02", "password": PASSWORD, **address}
        return client.post("/api/auth/app/v1/auth/signup", body, content_type="application/json")

    def test_somebody_with_a_telephone_only_signs_up_and_in(self, client, settings, tmp_path):
        settings.DATA = tmp_path
        asked = self.sign_up(client, phone="010 0123 4567")
        assert asked.status_code == 401
        run_due_jobs()
        code = re.search(r"\d{6}", sandbox.recent()[0]["text"])[0]
        done = client.post(
            "/api/auth/app/v1/auth/phone/verify",
            {"code": code},
            content_type="application/json",
            headers={"X-Session-Token": asked.json()["meta"]["session_token"]},
        )
        assert done.status_code == 200
        hana = User.objects.get(phone="+201001234567")
        assert (hana.name, hana.email, hana.phone_verified_at is not None) == ("Hana Adel", None, True)
        again = client.__class__().post(
            "/api/auth/app/v1/auth/login",
            {"phone": "+201001234567", "password": PASSWORD},
            content_type="application/json",
        )
        assert again.json()["meta"]["access_token"]

    def test_somebody_with_an_email_address_keeps_their_password(self, client):
        assert self.sign_up(client, email="hana@example.test").status_code == 401
        assert User.objects.get(email="hana@example.test").check_password(PASSWORD)

    def test_somebody_with_neither_is_told_what_is_missing(self, client):
        answer = self.sign_up(client)
        assert answer.status_code == 400
        assert [error["param"] for error in answer.json()["errors"]] == ["email"]
