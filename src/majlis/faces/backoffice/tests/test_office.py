"""The office's door, its pages and its buttons."""

import pytest
from django.urls import reverse

from majlis.kernel.accounts.models import AuditEntry, Invitation, User
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


def page_of(who):
    return reverse("admin:accounts_user_change", args=[who.id])


class TestDoor:
    def test_strangers_are_sent_to_the_one_sign_in(self, client):
        response = client.get("/office/", follow=True)
        assert response.redirect_chain[-1][0].startswith("/account/login/?next=/office/")

    def test_members_are_refused(self, client):
        client.force_login(person())
        assert client.get("/office/", follow=True).status_code == 403

    def test_staff_come_in(self, client):
        client.force_login(person(roles=["finance"]))
        response = client.get("/office/")
        assert response.status_code == 200

    def test_in_production_only_with_two_step_sign_in(self, client, settings):
        settings.OFFICE_NEEDS_TWO_STEP = True
        client.force_login(person(roles=["admin"]))
        response = client.get("/office/login/")
        assert response.status_code == 302
        assert response["Location"] == reverse("mfa_index")
        assert client.get(reverse("admin:accounts_user_changelist")).status_code == 302

    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    def test_speaks_every_language(self, client, language):
        client.force_login(person(roles=["admin"]))
        client.cookies["language"] = language
        page = client.get("/office/").content.decode()
        assert f'lang="{language}"' in page
        assert ('dir="rtl"' in page) == (language in {"ar", "fa"})


class TestPages:
    def test_each_list_and_detail_opens(self, client):
        boss = person("Boss", roles=["owner"])
        AuditEntry.objects.create(actor=boss, action="test.done")
        client.force_login(boss)
        for name in ("accounts_user", "accounts_auditentry"):
            assert client.get(reverse(f"admin:{name}_changelist")).status_code == 200
        assert client.get(page_of(boss)).status_code == 200
        entry = AuditEntry.objects.get()
        assert client.get(reverse("admin:accounts_auditentry_change", args=[entry.id])).status_code == 200

    def test_the_trail_is_for_admins(self, client):
        client.force_login(person(roles=["support"]))
        assert client.get(reverse("admin:accounts_auditentry_changelist")).status_code == 403

    def test_nobody_edits_a_row_by_hand(self, client):
        boss, salma = person(roles=["owner"]), person()
        client.force_login(boss)
        assert client.post(page_of(salma), {"name": "Hacked", "is_staff": "on"}).status_code == 403
        assert client.get(reverse("admin:accounts_user_add")).status_code == 403
        salma.refresh_from_db()
        assert salma.name != "Hacked"

    def test_no_password_hash_on_the_page(self, client):
        salma = person(password="a long enough password")
        client.force_login(person(roles=["owner"]))
        page = client.get(page_of(salma)).content.decode()
        assert "argon2" not in page
        assert salma.password not in page


class TestButtons:
    def test_the_page_names_the_consequence_and_nothing_happens_yet(self, client):
        salma = person()
        client.force_login(person(roles=["support"]))
        page = client.get(f"/office/accounts/user/{salma.id}/act/suspend/")
        assert "signed out everywhere" in page.content.decode()
        assert User.objects.get(id=salma.id).is_active

    def test_a_button_calls_the_service_and_lands_in_the_trail(self, client):
        support, salma = person(roles=["support"]), person()
        client.force_login(support)
        response = client.post(
            f"/office/accounts/user/{salma.id}/act/suspend/", {"days": "7", "reason": "Rude"}, follow=True
        )
        assert "Done: Suspend." in response.content.decode()
        assert not User.objects.get(id=salma.id).is_active
        entry = AuditEntry.objects.get(action="person.suspended")
        assert (entry.actor, entry.reason) == (support, "Rude")

    def test_a_refusal_is_shown_as_a_message(self, client):
        admin = person(roles=["admin"])
        client.force_login(admin)
        response = client.post(f"/office/accounts/user/{admin.id}/act/block/", {"reason": "oops"}, follow=True)
        assert "your own account" in response.content.decode()
        assert User.objects.get(id=admin.id).is_active

    def test_a_missing_reason_is_asked_for_again(self, client):
        salma = person()
        client.force_login(person(roles=["support"]))
        response = client.post(f"/office/accounts/user/{salma.id}/act/block/", {"reason": ""})
        assert response.status_code == 422
        assert User.objects.get(id=salma.id).is_active

    def test_a_button_one_does_not_have_cannot_be_pressed(self, client):
        salma = person()
        client.force_login(person(roles=["support"]))
        response = client.post(f"/office/accounts/user/{salma.id}/act/give_role/", {"role": "admin", "reason": "x"})
        assert response.status_code == 403
        assert not salma.role_grants.exists()


class TestPeople:
    def test_an_invitation_goes_out_and_can_be_revoked(self, client):
        boss = person(roles=["owner"])
        client.force_login(boss)
        fields = {"email": "hana@example.test", "role": "support", "language": "ar", "note": "Welcome"}
        client.post("/office/accounts/invitation/act/invite/", fields)
        invitation = Invitation.objects.get()
        assert (invitation.email, invitation.invited_by) == ("hana@example.test", boss)
        client.post(f"/office/accounts/invitation/{invitation.id}/act/revoke/")
        invitation.refresh_from_db()
        assert invitation.revoked_at

    def test_enrolling_a_taken_address_is_refused_at_its_field(self, client):
        person(email="hana@example.test")
        client.force_login(person(roles=["owner"]))
        answer = client.post("/office/accounts/user/act/enrol/", {"name": "Hana", "email": "hana@example.test"})
        assert answer.status_code == 422
        assert "already" in answer.content.decode()

    def test_an_account_is_deleted_with_a_reason(self, client):
        salma = person()
        client.force_login(person(roles=["admin"]))
        client.post(f"/office/accounts/user/{salma.id}/act/delete_account/", {"reason": "Asked by letter"})
        assert User.objects.get(id=salma.id).email is None
        assert AuditEntry.objects.get(action="person.anonymised").reason == "Asked by letter"
