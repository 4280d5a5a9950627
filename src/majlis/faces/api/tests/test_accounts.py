"""Tokens, keys, oneself: what programs may and may not."""

import threading
from datetime import timedelta

import jwt
import pytest
from allauth.mfa.adapter import get_adapter as mfa
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from allauth.mfa.totp.internal.auth import yield_hotp_counters_from_time as counters
from django.conf import settings as django_settings
from django.core.cache import cache
from django.db import connections

from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.models import Activity, PersonalToken, RefreshFamily, RefreshToken, User
from majlis.kit import clock
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db
PASSWORD = "tea with mint at noon"


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


def bearer(token):
    return {"HTTP_AUTHORIZATION": f"Bearer {token}"}


def post(client, path, body, **headers):
    return client.post(f"/api/v1{path}", body, content_type="application/json", **headers)


class TestSignIn:
    def sign_in(self, client, **more):
        return post(client, "/auth/token", {"login": "salma@example.test", "password": PASSWORD, **more})

    def test_gives_a_pair_that_works(self, client):
        salma = person(email="salma@example.test", password=PASSWORD)
        tokens = self.sign_in(client).json()
        me = client.get("/api/v1/me", **bearer(tokens["access_token"])).json()
        assert me["id"] == str(salma.id)
        again = post(client, "/auth/refresh", {"refresh_token": tokens["refresh_token"]}).json()
        assert client.get("/api/v1/me", **bearer(again["access_token"])).status_code == 200

    def test_a_wrong_password_and_an_unknown_address_are_told_alike(self, client):
        person(email="salma@example.test", password=PASSWORD)
        wrong = self.sign_in(client, password="wrong")
        unknown = self.sign_in(client, login="nobody@example.test")
        assert wrong.status_code == unknown.status_code == 401
        assert wrong.json() == unknown.json()
        assert wrong["Content-Type"] == "application/problem+json"

    def test_guessing_is_throttled(self, client):
        person(email="salma@example.test", password=PASSWORD)
        answers = [self.sign_in(client, password="wrong").status_code for _attempt in range(7)]
        assert answers[-1] == 429
        assert self.sign_in(client).status_code == 429

    def test_the_second_step_is_not_passed_by(self, client):
        salma = person(email="salma@example.test", password=PASSWORD)
        secret = generate_totp_secret()
        TOTP.activate(salma, secret)
        stored = Authenticator.objects.get(user=salma).data["secret"]
        assert stored != secret
        assert mfa().decrypt(stored) == secret
        refused = self.sign_in(client)
        assert (refused.status_code, refused.json()["code"]) == (401, "code_needed")
        assert self.sign_in(client, code="000000").status_code == 401
        good = format_hotp_value(hotp_value(secret, sorted(counters())[1]))
        assert self.sign_in(client, code=good).status_code == 200

    def test_an_unconfirmed_address_stays_outside(self, client):
        salma = person(email="salma@example.test", password=PASSWORD)
        salma.emailaddress_set.update(verified=False)
        assert self.sign_in(client).status_code == 403

    def test_a_blocked_person_is_told_nothing_special(self, client):
        salma = person(email="salma@example.test", password=PASSWORD)
        services.block_person(actor=None, person=salma, reason="Fraud")
        assert self.sign_in(client).json()["code"] == "wrong_password"


class TestAccessToken:
    def test_is_good_for_a_quarter_of_an_hour(self, client):
        pair = services.issue_tokens(person=person())
        with clock.travel(by=timedelta(minutes=14)):
            assert queries.bearer(pair.access)
        with clock.travel(by=timedelta(minutes=16)):
            assert queries.bearer(pair.access) is None

    @pytest.mark.parametrize("key", ["", "guessed", django_settings.SECRET_KEY])
    def test_a_forged_one_is_worth_nothing(self, client, key):
        salma = person()
        pair = services.issue_tokens(person=salma)
        claims = jwt.decode(pair.access, options={"verify_signature": False})
        forged = jwt.encode({**claims, "sub": str(person().id)}, key, algorithm="HS256" if key else "none")
        assert client.get("/api/v1/me", **bearer(forged)).status_code == 401

    def test_dies_with_its_app(self, client):
        pair = services.issue_tokens(person=person())
        post(client, "/auth/revoke", {"refresh_token": pair.refresh})
        assert client.get("/api/v1/me", **bearer(pair.access)).status_code == 401


class TestRefreshToken:
    def test_is_stored_as_a_hash(self):
        pair = services.issue_tokens(person=person())
        assert pair.refresh not in str(list(RefreshToken.objects.values()))

    def test_a_second_use_signs_the_app_out(self, client):
        salma = person()
        pair = services.issue_tokens(person=salma)
        newer = services.rotate_refresh_token(refresh=pair.refresh)
        answer = post(client, "/auth/refresh", {"refresh_token": pair.refresh})
        assert (answer.status_code, answer.json()["code"]) == (401, "token_reused")
        assert queries.bearer(newer.access) is None
        assert post(client, "/auth/refresh", {"refresh_token": newer.refresh}).status_code == 401
        assert Activity.objects.filter(person=salma, kind="token_reused").exists()

    def test_other_apps_go_on(self):
        salma = person()
        phone, laptop = services.issue_tokens(person=salma), services.issue_tokens(person=salma)
        services.rotate_refresh_token(refresh=phone.refresh)
        with pytest.raises(services.TokenReused):
            services.rotate_refresh_token(refresh=phone.refresh)
        assert services.rotate_refresh_token(refresh=laptop.refresh)

    def test_ends_after_sixty_days(self):
        pair = services.issue_tokens(person=person())
        with clock.travel(by=timedelta(days=61)), pytest.raises(services.BadToken):
            services.rotate_refresh_token(refresh=pair.refresh)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
class TestRotationRace:
    def test_of_thirty_two_connections_exactly_one_wins(self):
        pair = services.issue_tokens(person=person())
        start, outcomes = threading.Barrier(32), []

        def rotate():
            try:
                start.wait()
                services.rotate_refresh_token(refresh=pair.refresh)
                outcomes.append("won")
            except services.BadToken as refusal:
                outcomes.append(refusal.code)
            finally:
                connections.close_all()

        threads = [threading.Thread(target=rotate) for _number in range(32)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert outcomes.count("won") == 1
        assert len(outcomes) == 32
        assert RefreshFamily.objects.get().revoked_why == "reuse"


class TestAccessKey:
    def test_does_what_its_scopes_allow_and_no_more(self, client):
        salma = person()
        key = services.make_key(actor=salma, name="Script", scopes=["profile:read"])
        assert client.get("/api/v1/me", **bearer(key.secret)).status_code == 200
        refused = client.patch("/api/v1/me", {"name": "X"}, content_type="application/json", **bearer(key.secret))
        assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")
        assert client.get("/api/v1/me/keys", **bearer(key.secret)).status_code == 403

    def test_is_kept_as_a_hash_and_its_use_is_noted(self, client):
        salma = person()
        key = services.make_key(actor=salma, name="Script", scopes=["profile:read"])
        client.get("/api/v1/me", **bearer(key.secret))
        row = PersonalToken.objects.get()
        assert key.secret not in str(PersonalToken.objects.values().get())
        assert row.used_at

    def test_ends(self, client):
        salma = person()
        key = services.make_key(actor=salma, name="Script", scopes=["profile:read"], days=1)
        with clock.travel(by=timedelta(days=2)):
            assert client.get("/api/v1/me", **bearer(key.secret)).status_code == 401

    def test_revoked_it_opens_nothing(self, client):
        salma = person()
        key = services.make_key(actor=salma, name="Script", scopes=["profile:read"])
        services.revoke_key(actor=salma, key_id=key.id)
        assert client.get("/api/v1/me", **bearer(key.secret)).status_code == 401


class TestSession:
    def test_a_change_needs_the_csrf_token(self, db):
        from django.test import Client

        client = Client(enforce_csrf_checks=True)
        client.force_login(person())
        assert client.get("/api/v1/me").status_code == 200
        refused = client.patch("/api/v1/me", {"name": "X"}, content_type="application/json")
        assert (refused.status_code, refused.json()["code"]) == (403, "csrf_failed")

    def test_strangers_get_a_problem(self, client):
        answer = client.get("/api/v1/me")
        assert (answer.status_code, answer["Content-Type"]) == (401, "application/problem+json")


class TestMe:
    @pytest.mark.parametrize(
        "slipped",
        [{"role": "owner"}, {"is_staff": True}, {"status": "active"}, {"email": "x@example.test"}, {"id": "1"}],
    )
    def test_nothing_is_slipped_in(self, client, slipped):
        salma = person()
        client.force_login(salma)
        answer = client.patch("/api/v1/me", {"name": "Salma", **slipped}, content_type="application/json")
        assert answer.status_code == 422
        salma = User.objects.get(id=salma.id)
        assert not salma.is_staff
        assert not salma.roles

    def test_no_password_hash_in_any_answer(self, client):
        salma = person(password=PASSWORD)
        client.force_login(salma)
        services.issue_tokens(person=salma)
        services.make_key(actor=salma, name="K", scopes=["profile:read"])
        for path in ("", "/addresses", "/sessions", "/apps", "/keys", "/activity", "/guardians", "/wards"):
            answer = client.get(f"/api/v1/me{path}")
            assert answer.status_code == 200, path
            text = answer.content.decode()
            assert "argon2" not in text
            assert "hash" not in text

    def test_rate_limit_headers_say_what_is_left(self, client):
        client.force_login(person())
        first, second = client.get("/api/v1/me"), client.get("/api/v1/me")
        assert int(first["RateLimit-Remaining"]) - int(second["RateLimit-Remaining"]) == 1

    def test_what_belongs_to_others_does_not_exist(self, client):
        omar = person()
        place = services.save_address(actor=omar, label="Home", city="Cairo")
        services.issue_tokens(person=omar)
        key = services.make_key(actor=omar, name="K", scopes=["profile:read"])
        asked = services.ask_guardian(actor=omar, email="mother@example.test")
        client.force_login(person())
        for path in (
            f"/addresses/{place.id}",
            f"/apps/{queries.apps_of(omar)[0].id}",
            f"/keys/{key.id}",
            f"/guardians/{asked.id}",
            "/sessions/1",
        ):
            assert client.delete(f"/api/v1/me{path}").status_code == 404, path
        changed = client.put(
            f"/api/v1/me/addresses/{place.id}", {"label": "X", "city": "X"}, content_type="application/json"
        )
        assert changed.status_code == 404

    def test_deletion_asks_for_the_password(self, client):
        salma = person(password=PASSWORD)
        client.force_login(salma)
        assert post(client, "/me/deletion", {"password": "wrong"}).status_code == 401
        assert User.objects.get(id=salma.id).is_active
        assert post(client, "/me/deletion", {"password": PASSWORD}).status_code == 204
        assert User.objects.get(id=salma.id).email is None


class TestIdempotency:
    """Through an operation made for the test, since no operation of accounts moves money or time."""

    @pytest.fixture
    def ask(self, settings):
        from ninja import Schema
        from ninja.decorators import decorate_view
        from ninja.testing import TestClient

        from majlis.faces.api.auth import signed_in
        from majlis.faces.api.idempotency import idempotent
        from majlis.faces.api.urls import HouseAPI, on_refusal
        from majlis.kit.errors import Refusal

        class Order(Schema):
            n: int

        done = []
        api = HouseAPI(urls_namespace="idempotency-test", auth=signed_in)
        api.exception_handler(Refusal)(on_refusal)

        @api.post("/orders")
        @decorate_view(idempotent)
        def place(request, order: Order):
            done.append((order.n, request.idempotency_key))
            return {"count": len(done)}

        salma = person()

        def ask(n, key=None, who=salma):
            return TestClient(api).post(
                "/orders", json={"n": n}, headers={"Idempotency-Key": key} if key else {}, user=who
            )

        ask.done = done
        return ask

    def test_the_same_key_gets_the_same_answer_and_nothing_is_done_twice(self, ask):
        first, second = ask(1, "a"), ask(1, "a")
        assert first.json() == second.json() == {"count": 1}
        assert second.headers["Idempotent-Replayed"] == "true"
        assert ask.done == [(1, "a")]

    def test_another_body_under_the_same_key_is_refused(self, ask):
        ask(1, "a")
        assert ask(2, "a").status_code == 422
        assert ask.done == [(1, "a")]

    def test_keys_of_different_people_do_not_meet(self, ask):
        ask(1, "a")
        assert ask(1, "a", who=person()).json() == {"count": 2}

    def test_without_a_key_each_request_is_done(self, ask):
        ask(1)
        assert ask(1).json() == {"count": 2}
