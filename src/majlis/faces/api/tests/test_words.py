"""Messages, notices, reviews and files over the API."""

import json
from datetime import timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from majlis.engines.messaging import services as talks
from majlis.engines.reviews import services as reviews
from majlis.kernel.accounts.services import grant_role
from majlis.kernel.files import services as files
from majlis.kernel.notices import services as telling
from majlis.kernel.notices.types import Category, Kind
from majlis.kit import clock
from majlis.kit.ids import new_id
from majlis.kit.testing import person

SOUP = Kind("soup_ready", Category.LESSONS, "Soup", "Come.")
telling.register(SOUP)
pytestmark = pytest.mark.django_db
PDF = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n"


class Api:
    def __init__(self, who=None):
        self.client = Client()
        if who:
            self.client.force_login(who)

    def __call__(self, method, path, body=None):
        answer = self.client.generic(
            method, f"/api/v1{path}", json.dumps(body) if body is not None else "", content_type="application/json"
        )
        return answer.status_code, json.loads(answer.content) if answer.content else None


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


@pytest.fixture
def salma():
    return person("Salma")


@pytest.fixture
def omar():
    teacher = person("Omar")
    grant_role(actor=None, person=teacher, role="expert")
    return teacher


class TestConversations:
    def test_from_the_first_word_to_the_read_mark(self, salma, omar):
        hers, his = Api(salma), Api(omar)
        status, talk = hers("POST", "/conversations", {"with_id": str(omar.pk)})
        assert status == 200
        path = f"/conversations/{talk['id']}"
        for _n in range(2):
            status, sent = hers("POST", f"{path}/messages", {"text": "مرحبا", "key": "phone-00001"})
            assert (status, sent["number"]) == (201, 1)
        status, mine = his("GET", "/conversations?q=salma")
        assert [c["unread"] for c in mine["items"]] == [1]
        assert his("POST", f"{path}/read", {})[0] == 204
        assert hers("GET", f"{path}/messages")[1]["items"][0]["seen"] is True
        assert hers("PATCH", f"/messages/{sent['id']}", {"text": "أهلا"})[1]["edited"] is True
        assert hers("DELETE", f"/messages/{sent['id']}")[0] == 204
        assert his("PATCH", path, {"blocked": True})[1]["blocked"] is True
        status, problem = hers("POST", f"{path}/messages", {"text": "?"})
        assert (status, problem["code"]) == (403, "blocked")

    def test_are_closed_to_others(self, salma, omar):
        talk = talks.open_conversation(actor=salma, with_id=omar.pk)
        message = talks.send_message(actor=salma, conversation_id=talk.pk, text="x")
        other, path = Api(person()), f"/conversations/{talk.pk}"
        asked = [
            ("GET", path, None),
            ("PATCH", path, {"muted": True}),
            ("GET", f"{path}/messages", None),
            ("POST", f"{path}/messages", {"text": "x"}),
            ("POST", f"{path}/read", {}),
            ("POST", f"{path}/typing", {}),
            ("PATCH", f"/messages/{message.pk}", {"text": "x"}),
            ("DELETE", f"/messages/{message.pk}", None),
        ]
        assert [other(*each)[0] for each in asked] == [404] * len(asked)
        assert [Api()(*each)[0] for each in asked] == [401] * len(asked)


class TestNotices:
    def test_are_listed_and_read_by_their_person(self, salma):
        notice = telling.notify(person_id=salma.pk, kind="soup_ready", facts={})
        api = Api(salma)
        assert api("GET", "/notices")[1]["items"][0]["title"] == "Soup"
        assert Api(person())("POST", f"/notices/{notice.pk}/read")[0] == 404
        assert api("POST", f"/notices/{notice.pk}/read")[1] == {"unread": 0}

    def test_wishes_and_rhythm_are_kept(self, salma):
        api = Api(salma)
        assert api("PUT", "/notices/wishes", {"about": "lessons", "in_app": True, "email": "daily"})[0] == 204
        assert {"about": "lessons", "in_app": True, "email": "daily"} in api("GET", "/notices/wishes")[1]
        assert api("PUT", "/notices/wishes", {"about": "nonsense", "in_app": True, "email": "now"})[0] == 422
        rhythm = {"quiet_from": "22:00:00", "quiet_until": "07:00:00", "digest_hour": 6}
        assert api("PUT", "/notices/rhythm", rhythm) == (200, rhythm)
        assert api("PUT", "/notices/rhythm", {**rhythm, "quiet_until": None})[0] == 422


class TestReviews:
    def test_are_written_read_and_answered(self, salma, omar):
        lesson = new_id()
        reviews.invite_review(
            author_id=salma.pk,
            about_id=omar.pk,
            kind="lesson",
            subject_id=lesson,
            closes_at=clock.now() + timedelta(days=1),
        )
        assert Api(salma)("GET", "/reviews/invitations")[1][0]["subject_id"] == str(lesson)
        assert Api(person())("PUT", f"/reviews/lesson/{lesson}", {"rating": 1})[0] == 404
        status, review = Api(salma)("PUT", f"/reviews/lesson/{lesson}", {"rating": 4, "text": "Good."})
        assert status == 200
        assert Api(salma)("POST", f"/reviews/{review['id']}/reply", {"text": "Me!"})[0] == 404
        assert Api(omar)("POST", f"/reviews/{review['id']}/reply", {"text": "Thanks"})[1]["reply_text"] == "Thanks"
        assert Api()("GET", f"/people/{omar.pk}/rating")[1]["average"] == 4
        assert Api()("GET", f"/people/{omar.pk}/reviews")[1]["items"][0]["text"] == "Good."


class TestFiles:
    def test_are_sent_and_seen_by_their_sender_alone(self, salma):
        client = Client()
        client.force_login(salma)
        upload = {"purpose": "receipt", "file": SimpleUploadedFile("a.pdf", PDF)}
        answer = client.post("/api/v1/files", upload)
        assert answer.status_code == 201
        stored = answer.json()
        assert client.get(stored["url"]).status_code == 200
        assert Api(salma)("GET", f"/files/{stored['id']}")[0] == 200
        assert Api(person())("GET", f"/files/{stored['id']}")[0] == 404

    def test_are_refused_by_their_content(self, salma):
        client = Client()
        client.force_login(salma)
        upload = {"purpose": "receipt", "file": SimpleUploadedFile("a.pdf", b"<html>")}
        answer = client.post("/api/v1/files", upload)
        assert (answer.status_code, answer.json()["code"]) == (415, "file_type_refused")
        assert files.StoredFile.objects.count() == 0
