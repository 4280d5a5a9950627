from datetime import timedelta

import pytest
from django.test import Client
from django.utils import translation

from majlis.engines.experts import queries, services
from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import ExpertStatus, Search
from majlis.faces.api.expert_shapes import FoundOut, card_facts
from majlis.kernel.accounts import services as accounts
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import clock, testing
from majlis.kit.ids import new_id
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

    def test_asked_again_in_the_same_words_finds_who_is_there_now(self, client):
        asked = "/api/v1/experts?subject=english&free_days=1&free_days=3"
        everybody = "/api/v1/experts"
        for count in range(3):
            assert client.get(everybody).json()["total"] == count
            assert client.get(asked).json()["total"] == 0
            factories.expert(f"Teacher {count}")

    @pytest.mark.parametrize("words", ["limit=0", "price_min=x", "cursor=forged", "price_min=2&price_max=1"])
    def test_refuses_what_is_wrong_each_time(self, client, words):
        for _ in range(3):
            answer = client.get(f"/api/v1/experts?{words}")
            assert answer.status_code == 422
            assert answer["Content-Type"].startswith("application/problem+json")

    def test_refuses_too_many_however_often_the_words_were_read(self, client, settings):
        settings.VISITOR_SEARCHES = 3
        answers = [client.get("/api/v1/experts?q=unheard") for _ in range(8)]
        # The minute that is counted may end among them; eight are more than twice three.
        assert 429 in [answer.status_code for answer in answers]
        refused = next(answer for answer in answers if answer.status_code == 429)
        assert refused["Content-Type"].startswith("application/problem+json")

    @pytest.mark.parametrize("language", ["en", "ar", "fa", "id"])
    def test_is_the_very_text_of_its_schema(self, client, language):
        person = testing.person('Amal "<Said>" \u2028', avatar_id=new_id())
        factories.expert(
            person=person,
            city="cairo",
            modes=["online", "offline"],
            trial_price=0,
            trial_minutes=30,
            rating_total=14,
            rating_count=3,
            video_id=new_id(),
            subjects=(("english", "b1"), ("english", "a1"), ("chess", "general")),
        )
        factories.expert("Budi Santoso")
        tomorrow = clock.now() + timedelta(days=1)
        services.take_free_time(person_id=person.pk, next_free_at=tomorrow, first_day=tomorrow.date(), bits=())
        answers = [client.get("/api/v1/experts", {"limit": 1}, headers={"Accept-Language": language}) for _ in range(2)]
        with translation.override(language):
            found = queries.search(Search(limit=1))
            facts = {"items": [card_facts(card, language) for card in found.items]}
            for name in ("next", "total", "more", "facets_capped"):
                facts[name] = getattr(found, name)
            facts["facets"] = {
                name: [{"value": v.value, "count": v.hits} for v in values] for name, values in found.facets.items()
            }
            text = FoundOut.model_validate(facts).model_dump_json().encode()
        assert [answer.content for answer in answers] == [text, text]
        assert answers[0]["Content-Type"] == "application/json; charset=utf-8"
        assert int(answers[1]["RateLimit-Remaining"]) == int(answers[0]["RateLimit-Remaining"]) - 1

    @pytest.mark.parametrize(
        ("change", "name", "value"),
        [
            (lambda p: services.save_profile(actor=p.person, hourly_rate=40_000), "price", 40_000),
            (lambda p: accounts.change_settings(p.person, name="Amal Nasser"), "name", "Amal Nasser"),
            (lambda p: accounts.change_settings(p.person, country="JO"), "country", "JO"),
            (lambda p: services.save_profile(actor=p.person, trial_price=500, trial_minutes=30), "trial", 500),
            (lambda p: services.set_rating(person_id=p.person_id, total=9, count=2), "rating", "4.5"),
            (lambda p: services.count_completed_lesson(expert_id=p.person_id), "completed_lessons", 1),
            (lambda p: services.save_profile(actor=p.person, zone="Asia/Amman"), "zone", "Asia/Amman"),
        ],
    )
    def test_shows_a_change_to_the_next_reader_and_to_the_last_one(self, client, change, name, value):
        profile = factories.expert("Amal Said")

        def shown(reader):
            found = reader.get("/api/v1/experts").json()["items"][0][name]
            return found["amount"] if isinstance(found, dict) else found

        assert shown(client) != value
        change(profile)
        assert [shown(client), shown(Client())] == [value, value]

    def test_shows_a_picture_and_a_free_hour_once_they_are_there_and_no_longer(self, client):
        person = testing.person("Amal Said")
        factories.expert(person=person)

        def shown():
            (card,) = client.get("/api/v1/experts").json()["items"]
            return bool(card["picture"]), card["next_free_at"] is not None

        tomorrow = clock.now() + timedelta(days=1)
        assert shown() == (False, False)
        person.avatar_id = new_id()
        person.save()
        services.take_free_time(person_id=person.pk, next_free_at=tomorrow, first_day=tomorrow.date(), bits=())
        assert shown() == (True, True)
        with clock.travel(tomorrow + timedelta(minutes=1)):
            assert shown() == (True, False)

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
