import json
import re

import pytest
from django.urls import reverse

from majlis.engines.experts import queries, services
from majlis.engines.experts.tests import factories
from majlis.engines.experts.types import ExpertStatus
from majlis.kit import testing
from majlis.kit.money import Money

pytestmark = pytest.mark.django_db
LIST = "/teachers/"


def names(response):
    return re.findall(r'card__link" href="[^"]+"><bdi>([^<]+)</bdi>', response.content.decode())


class TestListOfTeachers:
    def test_shows_who_fits_the_address(self, client):
        factories.expert("Amal Said")
        factories.expert("Budi Santoso", subjects=(("chess", "general"),))
        assert names(client.get(LIST, {"subject": "chess"})) == ["Budi Santoso"]

    def test_answers_htmx_with_the_part_and_a_clean_address(self, client):
        factories.expert("Amal Said")
        response = client.get(LIST, {"subject": "english", "level": "", "q": ""}, headers={"HX-Request": "true"})
        assert b"<html" not in response.content
        assert response["HX-Push-Url"] == "/teachers/?subject=english"
        assert "HX-Request" in response["Vary"]

    def test_shows_the_price_in_the_visitors_money_and_the_original(self, client):
        factories.expert("Amal Said", hourly_rate=48_200, currency="EGP")
        page = client.get(LIST, {"currency": "USD"}).content.decode()
        assert "US$10" in page
        assert "EGP" in page

    def test_says_what_to_loosen_when_nobody_fits(self, client):
        factories.expert("Amal Said")
        page = client.get(LIST, {"subject": "english", "language": "ja"}).content.decode()
        assert "Nobody fits all of this" in page
        assert 'href="/teachers/?subject=english"' in page

    @pytest.mark.parametrize(
        "typed",
        [
            "min=abc&max=1e9999",
            "rating=nan",
            "days=9&days=x&from=99:99&to=",
            "on=0001-01-01",
            "subject=<script>",
            "cursor=%00",
            "city=x&radius=999999",
            "minutes=9999&from=01:00",
            "sort=drop",
            "q=%27%22%3Cimg",
            "language=" + "a" * 5000,
            "min=999999999999999999999999",
        ],
    )
    def test_survives_whatever_stands_in_the_address(self, client, typed):
        factories.expert("Amal Said")
        assert client.get(f"{LIST}?{typed}").status_code in {200, 422}

    def test_escapes_what_people_write(self, client):
        factories.expert("Amal <b>Said</b>", headline="<script>alert(1)</script> is my headline")
        page = client.get(LIST).content.decode()
        assert "<script>alert(1)" not in page
        assert "&lt;script&gt;" in page

    def test_a_page_after_the_first_goes_on_where_it_ended(self, client):
        for n in range(23):
            factories.expert(f"Teacher {n}")
        first = client.get(LIST)
        link = re.search(r'href="(/teachers/\?cursor=[^"]+)"', first.content.decode())[1]
        second = client.get(link.replace("&amp;", "&"))
        assert len(names(first)) == 20
        assert len(set(names(first)) | set(names(second))) == 23


class TestProfilePage:
    @pytest.mark.parametrize("status", [ExpertStatus.DRAFT, ExpertStatus.SUBMITTED, ExpertStatus.BANNED])
    def test_is_not_there_for_others_before_it_is_active(self, client, status):
        profile = factories.expert(status=status)
        address = reverse("expert", args=[profile.slug])
        assert client.get(address).status_code == 404
        client.force_login(testing.person())
        assert client.get(address).status_code == 404
        client.force_login(profile.person)
        assert client.get(address).status_code == 200

    def test_opens_at_a_name_in_its_own_letters(self, client):
        sara = factories.expert("سارة حسن", slug="سارة-حسن")
        address = reverse("expert", args=[sara.slug])
        assert address == "/teachers/%D8%B3%D8%A7%D8%B1%D8%A9-%D8%AD%D8%B3%D9%86/"
        assert "سارة حسن" in client.get(address).content.decode()
        answer = client.post(reverse("favourite", args=[sara.slug]))
        assert (answer.status_code, answer["Location"].isascii()) == (302, True)
        assert client.get(f"/api/v1/experts/{sara.slug}").json()["name"] == "سارة حسن"

    def test_has_structured_data_that_cannot_break_out(self, client):
        profile = factories.expert("Amal</script><script>alert(1)</script>")
        page = client.get(reverse("expert", args=[profile.slug])).content.decode()
        block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.S)[1]
        assert json.loads(block)["name"] == "Amal</script><script>alert(1)</script>"
        assert "<script>alert(1)" not in page

    def test_shows_each_subject_with_its_price(self, client):
        profile = factories.expert(subjects=(("english", "b1"), ("chess", "general")), hourly_rate=60_000)
        page = client.get(reverse("expert", args=[profile.slug]) + "?currency=EGP").content.decode()
        for words in ("English", "Chess", Money(60_000, "EGP").display(), Money(30_000, "EGP").display()):
            assert words in page, words


class TestFavourites:
    def test_the_heart_turns_on_and_off(self, client):
        profile, reader = factories.expert(), testing.person("Reader")
        client.force_login(reader)
        heart = reverse("favourite", args=[profile.slug])
        assert b'aria-pressed="true"' in client.post(heart, headers={"HX-Request": "true"}).content
        assert [card.slug for card in queries.favourites(reader).items] == [profile.slug]
        client.post(heart)
        assert queries.favourites(reader).items == []

    def test_are_for_members(self, client):
        profile = factories.expert()
        assert client.post(reverse("favourite", args=[profile.slug])).status_code == 302
        assert client.get("/favourites/").status_code == 302

    def test_leave_out_who_is_no_longer_listed(self, client):
        profile, reader = factories.expert("Amal Said"), testing.person("Reader")
        services.add_favourite(actor=reader, expert_id=profile.person_id)
        services.deactivate(actor=profile.person, expert_id=profile.person_id)
        client.force_login(reader)
        assert names(client.get("/favourites/")) == []
