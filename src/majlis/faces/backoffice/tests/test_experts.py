"""Verification and the catalogue in the office."""

import pytest
from django.urls import reverse

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import ExpertStatus
from majlis.kernel.accounts.models import AuditEntry
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.catalogue.models import Subject
from majlis.kernel.catalogue.tests import factories as shelves
from majlis.kernel.notices.models import Notice
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def submitted():
    draft = factories.ready_draft()
    services.submit_profile(actor=draft.person)
    return draft


def button(profile, act):
    return reverse("admin:experts_expertprofile_act", args=[profile.pk, act])


class TestVerification:
    def test_the_dashboard_counts_who_waits(self, client, submitted):
        client.force_login(person(roles=["coordinator"]))
        assert "Profiles to verify" in client.get("/office/").content.decode()

    def test_shows_texts_and_documents_on_one_page(self, client, submitted):
        client.force_login(person(roles=["coordinator"]))
        page = client.get(reverse("admin:experts_expertprofile_change", args=[submitted.pk])).content.decode()
        assert "I teach with stories." in page
        assert "Identity card or passport" in page

    def test_a_coordinator_verifies(self, client, submitted):
        staff = person(roles=["coordinator"])
        client.force_login(staff)
        client.post(button(submitted, "verify"), {"note": ""})
        assert queries.is_bookable(submitted.person_id)
        assert AuditEntry.objects.filter(actor=staff, action="expert.verified").exists()
        assert Notice.objects.filter(person_id=submitted.person_id, kind="expert_verified").exists()

    def test_sending_back_asks_for_reasons(self, client, submitted):
        client.force_login(person(roles=["coordinator"]))
        assert client.post(button(submitted, "send_back"), {"reasons": ""}).status_code == 422
        client.post(button(submitted, "send_back"), {"reasons": "The card is blurred."})
        profile = ExpertProfile.objects.get(pk=submitted.pk)
        assert (profile.status, profile.status_note) == (ExpertStatus.REJECTED, "The card is blurred.")

    def test_support_may_look_but_not_decide(self, client, submitted):
        client.force_login(person(roles=["support"]))
        assert client.get(reverse("admin:experts_expertprofile_change", args=[submitted.pk])).status_code == 200
        assert client.post(button(submitted, "verify"), {"note": ""}).status_code == 403
        assert not queries.is_bookable(submitted.person_id)


class TestCatalogue:
    def test_a_subject_is_named_in_four_languages(self, client):
        oud = shelves.subject("oud")
        client.force_login(person(roles=["admin"]))
        page = reverse("admin:catalogue_subject_change", args=[oud.pk])
        assert "العود" in client.get(page).content.decode()
        answer = {
            "name_en": "Oud and buzuq",
            "name_ar": "العود والبزق",
            "name_fa": "عود و بزق",
            "name_id": "Oud dan buzuq",
            "category": str(oud.category_id),
            "scales": ["open"],
            "position": "3",
            "active": "on",
            "symbol": "",
        }
        response = client.post(page, answer)
        assert response.status_code == 302, response.content.decode()[:2000]
        assert Subject.objects.get(slug="oud").name["id"] == "Oud dan buzuq"
        assert catalogue.subject("oud").name["ar"] == "العود والبزق"
        assert client.post(page, {**answer, "name_en": ""}).status_code == 200  # comes back with the error
        assert Subject.objects.get(slug="oud").name["en"] == "Oud and buzuq"

    def test_others_may_not_change_it(self, client):
        oud = shelves.subject("oud")
        client.force_login(person(roles=["support"]))
        page = reverse("admin:catalogue_subject_change", args=[oud.pk])
        assert client.get(page).status_code == 200
        assert client.post(page, {"name_en": "X"}).status_code == 403
