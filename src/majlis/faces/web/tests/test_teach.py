import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import Document, ExpertProfile
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import ExpertStatus
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import testing

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _elsewhere(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def karim(client):
    catalogue.subject()
    person = testing.person("Karim Fathy", zone="Africa/Cairo", currency="EGP")
    client.force_login(person)
    client.post("/teach/start/")
    return person


def a_picture(name="me.png"):
    file = io.BytesIO()
    Image.new("RGB", (300, 300), (200, 120, 80)).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


ABOUT = {
    "headline": "Mathematics without tears",
    "bio": "",
    "about": "I explain until it clicks. " * 10,
    "education": "",
    "experience_years": "٧",
    "tags": "exams، children",
    "language_0": "ar",
    "fluency_0": "native",
}
PRICE = {
    "currency": "EGP",
    "hourly_rate": "٢٥٠",
    "offers_trial": "on",
    "trial_minutes": "30",
    "trial_price": "0",
    "modes": ["online"],
    "city": "cairo",
    "zone": "Africa/Cairo",
}


class TestOnboarding:
    def test_a_visitor_reads_what_teaching_here_is_like(self, client):
        assert b"Teach what you love" in client.get("/teach/").content
        assert client.post("/teach/start/").status_code == 302
        assert not ExpertProfile.objects.exists()

    def test_goes_from_nothing_to_handed_in(self, client, karim):
        client.post("/teach/about/", ABOUT)
        client.post("/teach/subjects/", {"subject": "mathematics", "levels": ["smp", "sma"], "hourly_rate": "300"})
        client.post("/teach/price/", PRICE)
        client.post("/teach/upload/picture/", {"file": a_picture()})
        client.post("/teach/upload/document/", {"kind": "identity", "file": a_picture("id.png")})
        assert queries.missing(queries.own_profile(karim)) == []
        client.post("/teach/do/submit/")
        profile = ExpertProfile.objects.get(person=karim)
        assert profile.status == ExpertStatus.SUBMITTED
        assert profile.hourly_rate == 25_000
        assert profile.experience_years == 7
        assert profile.tags == ["exams", "children"]
        assert [row.hourly_rate for row in profile.subjects.all()] == [30_000, 30_000]
        assert b"What happens next" in client.get("/teach/review/").content

    def test_says_what_is_missing(self, client, karim):
        page = client.get("/teach/review/").content.decode()
        assert "Add a picture of yourself." in page
        response = client.post("/teach/do/submit/")
        assert response.status_code == 422
        assert ExpertProfile.objects.get(person=karim).status == ExpertStatus.DRAFT

    def test_keeps_what_is_right_while_it_is_written(self, client, karim):
        response = client.post("/teach/about/?autosave=1", {**ABOUT, "headline": "x" * 500})
        assert response.status_code == 200
        profile = ExpertProfile.objects.get(person=karim)
        assert profile.about.startswith("I explain")
        assert profile.headline == ""

    def test_marks_the_field_that_is_wrong_and_loses_nothing(self, client, karim):
        response = client.post("/teach/price/", {**PRICE, "hourly_rate": "much"})
        assert response.status_code == 422
        assert "This is not an amount." in response.content.decode()
        assert 'value="much"' in response.content.decode()

    def test_refuses_a_file_that_is_not_what_it_says(self, client, karim):
        fake = SimpleUploadedFile("id.pdf", b"MZ\x90\x00 this is a program", "application/pdf")
        response = client.post("/teach/upload/document/", {"kind": "identity", "file": fake})
        assert response.status_code == 422
        assert not Document.objects.exists()

    def test_nobody_writes_their_own_standing(self, client, karim):
        client.post("/teach/about/", {**ABOUT, "status": "active", "verified_at": "2026-01-01", "rating_total": "5000"})
        profile = ExpertProfile.objects.get(person=karim)
        assert (profile.status, profile.verified_at, profile.rating_total) == (ExpertStatus.DRAFT, None, 0)

    def test_another_members_papers_are_not_there(self, client, karim):
        other = factories.ready_draft()
        document = other.documents.get()
        assert client.post(f"/teach/remove/document/{document.pk}/").status_code == 404
        assert Document.objects.filter(pk=document.pk).exists()

    def test_a_teacher_pauses_and_goes_on(self, client):
        profile = factories.expert()
        client.force_login(profile.person)
        client.post("/teach/do/pause/")
        assert not queries.is_bookable(profile.person_id)
        client.post("/teach/do/resume/")
        assert queries.is_bookable(profile.person_id)

    def test_reads_why_it_was_sent_back(self, client, karim):
        draft = factories.ready_draft()
        services.submit_profile(actor=draft.person)
        services.reject_profile(actor=factories.reviewer(), expert_id=draft.person_id, reasons="The card is blurred.")
        client.force_login(draft.person)
        assert b"The card is blurred." in client.get("/teach/review/").content
