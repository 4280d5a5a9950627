"""The settings: every page opens, each person changes only what is theirs."""

import io
import json
import zipfile
from datetime import date, timedelta

import pytest
from allauth.usersessions.models import UserSession
from django.core import mail
from django.core.cache import cache
from django.urls import reverse

from majlis.kernel.accounts import queries, services
from majlis.kernel.accounts.models import Guardianship, PersonalToken, User
from majlis.kernel.catalogue.services import load_base_catalogue
from majlis.kit import clock
from majlis.kit.errors import Invalid
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db
PASSWORD = "tea with mint at noon"
PAGES = [
    "settings_profile",
    "settings_security",
    "settings_addresses",
    "settings_family",
    "settings_tokens",
    "settings_privacy",
    "account_email",
    "account_change_password",
    "account_change_phone",
    "mfa_index",
    "mfa_list_webauthn",
    "usersessions_list",
    "socialaccount_connections",
]
BEHIND_A_SECOND_LOOK = ["mfa_activate_totp", "mfa_add_webauthn", "settings_delete"]
ENTRANCE = [
    "account_login",
    "account_signup",
    "account_reset_password",
    "account_request_login_code",
    "account_inactive",
    "sandbox_messages",
]


@pytest.fixture(autouse=True)
def _fresh_counts():
    cache.clear()


@pytest.fixture
def salma(client):
    salma = person(email="salma@example.test", password=PASSWORD)
    client.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
    return salma


def look_again(client):
    """What changes how the account is protected asks for the password once more."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})


class TestPages:
    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    def test_every_page_opens_in_every_language(self, client, salma, language):
        client.cookies["language"] = language
        look_again(client)
        for name in PAGES + BEHIND_A_SECOND_LOOK:
            response = client.get(reverse(name))
            assert response.status_code == 200, name
            assert f'lang="{language}"' in response.content.decode()

    @pytest.mark.parametrize("name", PAGES)
    def test_strangers_are_sent_to_the_sign_in(self, client, name):
        response = client.get(reverse(name))
        assert response.status_code == 302
        assert response["Location"].startswith("/account/login/")

    @pytest.mark.parametrize("name", ENTRANCE)
    def test_the_entrance_opens_to_everybody(self, client, name):
        assert client.get(reverse(name)).status_code == 200

    def test_the_page_of_messages_exists_in_a_sandbox_only(self, client, settings):
        settings.SANDBOX = False
        assert client.get(reverse("sandbox_messages")).status_code == 404

    def test_no_page_shows_the_password_hash(self, client, salma):
        for name in PAGES:
            page = client.get(reverse(name)).content.decode()
            assert "argon2" not in page


class TestProfile:
    def test_is_saved_and_the_page_speaks_the_new_language(self, client, salma):
        load_base_catalogue()
        fields = {
            "name": "Salma Nour",
            "gender": "female",
            "birth_date": "1990-05-06",
            "country": "EG",
            "city": "cairo",
            "language": "ar",
            "zone": "Africa/Cairo",
            "currency": "EGP",
        }
        response = client.post(reverse("settings_profile"), fields, follow=True)
        assert 'dir="rtl"' in response.content.decode()
        salma.refresh_from_db()
        assert (salma.name, salma.city, salma.currency, salma.age_on(salma.birth_date)) == (
            "Salma Nour",
            "cairo",
            "EGP",
            0,
        )

    def test_roles_status_and_addresses_cannot_be_slipped_in(self, client, salma):
        load_base_catalogue()
        client.post(
            reverse("settings_profile"),
            {
                "name": "Salma",
                "language": "en",
                "zone": "UTC",
                "currency": "USD",
                "is_staff": "on",
                "status": "blocked",
                "email": "other@example.test",
                "role": "owner",
            },
        )
        salma.refresh_from_db()
        assert (salma.is_staff, salma.status, salma.email) == (False, "active", "salma@example.test")
        assert not salma.roles

    def test_the_birth_date_is_set_once(self, salma):
        services.change_settings(salma, birth_date="2012-01-01")
        with pytest.raises(Invalid):
            services.change_settings(salma, birth_date="1990-01-01")

    def test_a_wrong_value_is_named_at_its_field(self, client, salma):
        response = client.post(
            reverse("settings_profile"), {"name": "", "language": "xx", "zone": "Mars", "currency": "X"}
        )
        assert response.status_code == 422
        assert response.content.decode().count("field__error") >= 3


class TestPlaces:
    PLACE = {"label": "Home", "city": "Cairo", "country": "", "lat": "30.05", "lng": "31.24"}

    def test_the_first_is_the_main_one_and_can_be_moved(self, client, salma):
        client.post(reverse("settings_addresses"), self.PLACE)
        client.post(reverse("settings_addresses"), {**self.PLACE, "label": "Office", "is_primary": "on"})
        places = queries.addresses_of(salma)
        assert [(p.label, p.is_primary) for p in places] == [("Office", True), ("Home", False)]
        services.remove_address(actor=salma, address_id=places[0].id)
        assert queries.addresses_of(salma)[0].is_primary

    @pytest.mark.parametrize("wrong", [{"lat": "91"}, {"lat": ""}, {"lng": "abc"}, {"city": ""}])
    def test_refuses_what_is_no_place(self, client, salma, wrong):
        assert client.post(reverse("settings_addresses"), {**self.PLACE, **wrong}).status_code == 422
        assert not queries.addresses_of(salma)

    def test_those_of_others_do_not_exist(self, client, salma):
        other = services.save_address(actor=person(), **self.PLACE)
        address = reverse("settings_address", kwargs={"address_id": other.id})
        assert client.get(address).status_code == 404
        assert client.post(address, {"remove": "1"}).status_code == 404


class TestSessions:
    def test_another_browser_can_be_signed_out(self, client, salma):
        other = client.__class__()
        other.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        theirs = UserSession.objects.exclude(session_key=client.session.session_key).get()
        client.post(reverse("settings_end_session", kwargs={"session_id": theirs.pk}))
        assert other.get("/settings/profile/").status_code == 302
        assert client.get("/settings/profile/").status_code == 200

    def test_those_of_others_do_not_exist(self, client, salma):
        other = client.__class__()
        person(email="omar@example.test", password=PASSWORD)
        other.post("/account/login/", {"login": "omar@example.test", "password": PASSWORD})
        theirs = UserSession.objects.exclude(session_key=client.session.session_key).get()
        assert client.post(reverse("settings_end_session", kwargs={"session_id": theirs.pk})).status_code == 404
        assert other.get("/settings/profile/").status_code == 200

    def test_apps_and_keys_of_others_do_not_exist(self, client, salma):
        omar = person()
        services.issue_tokens(person=omar)
        key = services.make_key(actor=omar, name="Mine", scopes=["profile:read"])
        app = queries.apps_of(omar)[0]
        assert client.post(reverse("settings_end_app", kwargs={"app_id": app.id})).status_code == 404
        assert client.post(reverse("settings_revoke_key", kwargs={"key_id": key.id})).status_code == 404


class TestKeys:
    def test_the_secret_is_shown_once_and_kept_as_a_hash(self, client, salma):
        fields = {"name": "My script", "scopes": ["profile:read"], "days": "30"}
        page = client.post(reverse("settings_tokens"), fields).content.decode()
        key = PersonalToken.objects.get()
        assert "majlis_" in page
        assert "majlis_" not in client.get(reverse("settings_tokens")).content.decode()
        assert len(key.token_hash) == 64
        assert key.expires_at < clock.now() + timedelta(days=31)


class TestFamily:
    def minor(self, client):
        today = clock.today("UTC")
        ward = person(
            "Yara", email="yara@example.test", password=PASSWORD, birth_date=today.replace(year=today.year - 14)
        )
        client.post("/account/login/", {"login": "yara@example.test", "password": PASSWORD})
        return ward

    def ask(self, client):
        client.post(reverse("settings_family"), {"email": "mother@example.test"})
        run_due_jobs()
        letter = next(m for m in mail.outbox if m.to == ["mother@example.test"])
        return "/" + letter.body.split("http://localhost:8000/")[1].split()[0]

    def test_a_minor_buys_after_a_guardian_agreed_by_e_mail(self, client):
        ward = self.minor(client)
        with pytest.raises(queries.GuardianNeeded):
            queries.may_buy(ward)
        link = self.ask(client)
        guardian = client.__class__()
        assert "Yara" in guardian.get(link).content.decode()
        assert guardian.post(link, {"answer": "agree", "name": "Mona Adel"}).status_code == 422
        guardian.post(link, {"answer": "agree", "name": "Mona Adel", "sure": "on"})
        queries.may_buy(ward)
        guardian.post(link, {"answer": "withdraw"})
        with pytest.raises(queries.GuardianNeeded):
            queries.may_buy(ward)

    def test_the_guardian_sees_their_ward_once_they_have_an_account(self, client):
        ward = self.minor(client)
        link = self.ask(client)
        client.__class__().post(link, {"answer": "agree", "name": "Mona Adel", "sure": "on"})
        mother = person("Mona", email="mother@example.test", password=PASSWORD)
        theirs = client.__class__()
        theirs.post("/account/login/", {"login": "mother@example.test", "password": PASSWORD})
        assert queries.is_guardian_of(mother, ward.id)
        assert "Yara" in theirs.get(reverse("settings_family")).content.decode()

    def test_nobody_is_their_own_guardian(self, client):
        ward = self.minor(client)
        assert client.post(reverse("settings_family"), {"email": ward.email}).status_code == 422
        assert not Guardianship.objects.exists()

    def test_a_guessed_link_leads_nowhere(self, client):
        assert client.get("/account/consent/guessed/").status_code == 404

    def test_a_grown_up_needs_nobody(self):
        with pytest.raises(queries.GuardianNeeded):
            queries.may_buy(person(birth_date=clock.now().date() - timedelta(days=10 * 365)))
        assert queries.may_buy(person(birth_date=date(1990, 1, 1))) is None


class TestInvitation:
    def test_gives_the_role_to_the_owner_of_the_address(self, client):
        boss = person("Boss", roles=["owner"])
        services.invite_person(actor=boss, email="hana@example.test", role="support")
        run_due_jobs()
        link = "/" + mail.outbox[-1].body.split("http://localhost:8000/")[1].split()[0]
        stranger = client.__class__()
        person(email="eve@example.test", password=PASSWORD)
        stranger.post("/account/login/", {"login": "eve@example.test", "password": PASSWORD})
        assert stranger.post(link).status_code == 403
        hana = person(email="hana@example.test", password=PASSWORD)
        client.post("/account/login/", {"login": "hana@example.test", "password": PASSWORD})
        client.post(link)
        assert User.objects.get(id=hana.id).is_staff
        assert client.post(link).status_code == 404


class TestData:
    def test_is_handed_out_as_a_zip(self, client, salma):
        assert client.get(reverse("settings_export")).status_code == 302
        look_again(client)
        response = client.get(reverse("settings_export"))
        archive = zipfile.ZipFile(io.BytesIO(response.content))
        parts = {
            "account",
            "calendar",
            "calls",
            "files",
            "ledger",
            "lessons",
            "messages",
            "notices",
            "orders",
            "reviews",
        }
        assert set(archive.namelist()) >= {f"{part}.json" for part in parts | {"teaching"}}
        data = json.loads(archive.read("account.json"))
        assert data["email"] == "salma@example.test"
        assert "password" not in json.dumps(data)

    def test_deletion_leaves_no_trace_of_the_person(self, client, salma):
        services.save_address(actor=salma, label="Home", city="Cairo")
        look_again(client)
        client.post(reverse("settings_delete"), {"sure": "on"})
        gone = User.objects.get(id=salma.id)
        assert (gone.status, gone.email, gone.is_active) == ("anonymised", None, False)
        assert "Salma" not in gone.name
        assert not queries.addresses_of(gone)
        assert client.get("/settings/profile/").status_code == 302
        client.post("/account/login/", {"login": "salma@example.test", "password": PASSWORD})
        assert "_auth_user_id" not in client.session

    def test_staff_give_up_their_roles_first(self, client):
        boss = person(roles=["admin"])
        with pytest.raises(services.RolesFirst):
            services.anonymise_person(actor=boss, person=boss)

    def test_others_cannot_delete_me(self):
        with pytest.raises(services.MayNotJudge):
            services.anonymise_person(actor=person(roles=["support"]), person=person())
