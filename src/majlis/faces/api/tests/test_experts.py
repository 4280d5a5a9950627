import pytest

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import ExpertStatus
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db
JSON = "application/json"


class TestSearch:
    def test_finds_as_the_page_does(self, client):
        factories.expert("Amal Said", hourly_rate=30_000)
        factories.expert("Budi Santoso", subjects=(("chess", "general"),))
        found = client.get("/api/v1/experts", {"subject": "english", "q": "amal"}).json()
        assert [item["name"] for item in found["items"]] == ["Amal Said"]
        assert found["items"][0]["price"] == Money(30_000, "EGP").as_json()
        assert found["total"] == 1
        assert {"value": "english", "count": 1} in found["facets"]["subject"]

    def test_pages_by_cursor(self, client):
        for n in range(5):
            factories.expert(f"Teacher {n}")
        first = client.get("/api/v1/experts", {"limit": 3}).json()
        second = client.get("/api/v1/experts", {"limit": 3, "cursor": first["next"]}).json()
        assert len({item["id"] for item in first["items"] + second["items"]}) == 5
        assert second["next"] is None

    @pytest.mark.parametrize(
        "asked",
        [
            {"cursor": "x"},
            {"price_min": 5, "price_max": 1},
            {"zone": "Mars/Olympus", "free_days": 1},
            {"price_max": 5, "currency": "XAU"},
            {"sort": "drop table"},
            {"limit": 5000},
            {"free_days": 9},
        ],
    )
    def test_answers_nonsense_with_a_problem(self, client, asked):
        response = client.get("/api/v1/experts", asked)
        assert response.status_code == 422
        assert response["Content-Type"] == "application/problem+json"


class TestExpert:
    def test_shows_a_listed_one_and_hides_a_draft(self, client):
        shown, draft = factories.expert(), factories.expert(status=ExpertStatus.DRAFT)
        body = client.get(f"/api/v1/experts/{shown.slug}").json()
        assert body["prices"][0]["price"]["amount"] == 30_000
        assert not {"email", "phone", "documents", "birth_date"} & set(body)
        assert client.get(f"/api/v1/experts/{draft.slug}").status_code == 404
        client.force_login(draft.person)
        assert client.get(f"/api/v1/experts/{draft.slug}").status_code == 200


class TestCatalogue:
    def test_names_subjects_in_the_readers_language(self, client):
        catalogue.subject()
        client.cookies["language"] = "ar"
        body = client.get("/api/v1/subjects").json()
        english = next(item for item in body["items"] if item["slug"] == "english")
        assert english["name"] == "اللغة الإنجليزية"
        assert "b1" in english["levels"]
        assert len(client.get("/api/v1/cities", {"country": "EG"}).json()["items"]) == 27


class TestFavourites:
    def test_are_kept_and_taken_away(self, client):
        profile = factories.expert()
        assert client.put(f"/api/v1/favourites/{profile.person_id}").status_code == 401
        client.force_login(testing.person())
        for _twice in range(2):
            assert client.put(f"/api/v1/favourites/{profile.person_id}").status_code == 204
        assert [i["slug"] for i in client.get("/api/v1/favourites").json()["items"]] == [profile.slug]
        assert client.delete(f"/api/v1/favourites/{profile.person_id}").status_code == 204
        assert client.get("/api/v1/favourites").json()["items"] == []

    def test_a_draft_cannot_be_kept(self, client):
        client.force_login(testing.person())
        draft = factories.expert(status=ExpertStatus.DRAFT)
        assert client.put(f"/api/v1/favourites/{draft.person_id}").status_code == 404


class TestMyProfile:
    def test_from_nothing_to_handed_in(self, client):
        draft = factories.ready_draft()
        client.force_login(draft.person)
        answer = client.patch("/api/v1/me/expert", {"headline": "A headline of my own"}, content_type=JSON).json()
        assert answer["profile"]["headline"] == "A headline of my own"
        assert answer["missing"] == []
        assert client.post("/api/v1/me/expert/submit").json()["status"] == "submitted"

    def test_is_not_there_before_it_is_begun(self, client):
        client.force_login(testing.person())
        assert client.get("/api/v1/me/expert").status_code == 404
        assert client.post("/api/v1/me/expert").json()["status"] == "draft"
        assert client.post("/api/v1/me/expert/submit").status_code == 422

    @pytest.mark.parametrize(
        "field", ["status", "verified_at", "rating_total", "slug", "person_id", "completed_lessons"]
    )
    def test_refuses_what_is_not_ones_own_to_write(self, client, field):
        profile = factories.expert(status=ExpertStatus.DRAFT)
        client.force_login(profile.person)
        assert client.patch("/api/v1/me/expert", {field: "active"}, content_type=JSON).status_code == 422
        assert ExpertProfile.objects.get(pk=profile.pk).status == ExpertStatus.DRAFT

    def test_another_members_document_is_not_there(self, client):
        other = factories.ready_draft()
        client.force_login(factories.expert().person)
        assert client.delete(f"/api/v1/me/expert/documents/{other.documents.get().pk}").status_code == 404

    def test_a_file_of_somebody_else_is_not_there(self, client):
        profile = factories.expert(status=ExpertStatus.DRAFT)
        client.force_login(profile.person)
        other = factories.ready_draft().documents.get().file_id
        answer = client.post(
            "/api/v1/me/expert/documents", {"kind": "diploma", "file_id": str(other)}, content_type=JSON
        )
        assert answer.status_code == 404

    def test_subjects_are_replaced_whole(self, client):
        profile = factories.expert()
        client.force_login(profile.person)
        rows = [{"subject": "chess", "level": "general", "hourly_rate": 5000}]
        assert client.put("/api/v1/me/expert/subjects", {"items": rows}, content_type=JSON).status_code == 200
        assert [(r.subject.slug, r.hourly_rate) for r in profile.subjects.all()] == [("chess", 5000)]
        assert (
            client.put("/api/v1/me/expert/subjects", {"items": []}, content_type=JSON).json()["code"] == "last_subject"
        )

    def test_pauses_and_goes_on(self, client):
        profile = factories.expert()
        client.force_login(profile.person)
        assert client.post("/api/v1/me/expert/pause").json()["status"] == "inactive"
        assert not queries.is_bookable(profile.person_id)
        assert client.post("/api/v1/me/expert/resume").json()["status"] == "active"

    def test_a_banned_profile_is_closed(self, client):
        profile = factories.expert()
        services.ban(actor=None, expert_id=profile.person_id, reason="Took money outside.")
        client.force_login(profile.person)
        assert client.patch("/api/v1/me/expert", {"headline": "x"}, content_type=JSON).status_code == 403
