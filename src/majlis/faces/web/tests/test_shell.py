"""The pages of the house itself, and what stands around every page."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.db import OperationalError
from django.http import Http404
from django.test import RequestFactory
from django.urls import reverse
from PIL import Image, ImageColor

from majlis.faces.web import navigation
from majlis.faces.web.navigation import Navigation, Place
from majlis.faces.web.views import errors
from majlis.kit import testing
from majlis.kit.edition import edition, load_edition

LANGUAGES = ["en", "ar", "fa", "id"]


@pytest.mark.django_db
class TestPagesOfTheHouse:
    @pytest.mark.parametrize("language", LANGUAGES)
    @pytest.mark.parametrize("name", ["home", "about", "terms", "privacy", "styleguide", "offline"])
    def test_open_in_every_language(self, client, name, language):
        client.cookies["language"] = language
        answer = client.get(reverse(name))
        assert answer.status_code == 200
        direction = "rtl" if language in ("ar", "fa") else "ltr"
        assert f'<html lang="{language}" dir="{direction}"' in answer.content.decode()

    def test_terms_name_the_numbers_the_services_use(self, client):
        text = client.get(reverse("terms")).content.decode()
        assert "24 hours or more before the lesson: you get 100% back." in text
        assert "2 hours or more before the lesson: you get 50% back." in text

    @pytest.mark.parametrize("name", ["home", "about", "styleguide"])
    def test_have_no_inline_script_or_style(self, client, name):
        page = client.get(reverse(name)).content.decode()
        assert not re.search(r"<script(?![^>]*\bsrc=)[^>]*>", page)
        assert not re.search(r"<style[\s>]", page)
        assert not re.search(r'\s(style|on\w+)="', page)

    @pytest.mark.parametrize("name", ["home", "styleguide"])
    def test_name_no_other_host(self, client, name):
        page = client.get(reverse(name)).content.decode()
        loads = re.findall(r'(?:src|href|action)="([^"]+)"', page)
        assert loads
        assert [url for url in loads if re.match(r"(https?:)?//", url)] == []

    def test_the_styleguide_is_for_sandboxes(self, client, settings):
        settings.SANDBOX = False
        assert client.get(reverse("styleguide")).status_code == 404


@pytest.mark.django_db
class TestChoices:
    def test_language_is_remembered_and_leads_back(self, client):
        answer = client.post(reverse("choose_language"), {"language": "fa", "next": "/about/"})
        assert answer["Location"] == "/about/"
        assert answer.cookies["language"].value == "fa"

    def test_never_leads_to_another_house(self, client):
        answer = client.post(reverse("choose_theme"), {"theme": "dark", "next": "https://evil.example/"})
        assert answer["Location"] == "/"

    def test_theme_is_written_into_the_page(self, client):
        client.cookies["theme"] = "dark"
        assert 'data-theme="dark"' in client.get("/").content.decode()

    def test_an_invented_theme_is_ignored(self, client):
        client.cookies["theme"] = '"><script>'
        assert "data-theme" not in client.get("/").content.decode()


@pytest.mark.django_db
class TestInstalledApp:
    def test_manifest_speaks_the_readers_language(self, client):
        client.cookies["language"] = "ar"
        answer = client.get(reverse("manifest"))
        facts = json.loads(answer.content)
        assert (facts["name"], facts["dir"], facts["lang"]) == ("مجلس", "rtl", "ar")
        assert {icon["sizes"] for icon in facts["icons"]} >= {"192x192", "512x512"}

    def test_its_icons_wear_the_palette_of_the_edition(self, client):
        palette = edition().palette
        facts = json.loads(client.get(reverse("manifest")).content)
        page = client.get("/").content.decode()
        sources = {icon["src"] for icon in facts["icons"]} | set(
            re.findall(r'<link rel="[a-z-]*icon" href="([^"]+)"', page)
        )
        assert len(sources) == 5
        for source in sources:
            assert f"/img/icons/{palette}/" in source
            assert finders.find(source.partition("/static/")[2])

    @pytest.mark.parametrize("code", sorted(path.stem for path in settings.EDITIONS_DIR.glob("*.toml")))
    def test_every_edition_has_icons_in_its_accent(self, code):
        palette = load_edition(str(settings.EDITIONS_DIR / f"{code}.toml")).palette
        sheet = Path(finders.find(f"css/palettes/{palette}.css")).read_text()
        light, dark = re.findall(r"--accent: light-dark\((#\w+), (#\w+)\)", sheet)[0]
        drawn = Path(finders.find(f"img/icons/{palette}/icon.svg")).read_text()
        assert light in drawn
        assert dark in drawn
        with Image.open(finders.find(f"img/icons/{palette}/icon-192.png")) as picture:
            assert picture.convert("RGB").getpixel((2, 2)) == ImageColor.getrgb(light)

    def test_service_worker_is_never_stale(self, client):
        answer = client.get(reverse("service_worker"))
        assert answer["Content-Type"] == "text/javascript"
        assert answer["Cache-Control"] == "no-cache"
        assert "majlis.css" in answer.content.decode()


class TestErrors:
    @pytest.mark.django_db
    def test_an_unknown_address_is_a_page_of_ours(self, client):
        answer = client.get("/no/such/page/")
        assert answer.status_code == 404
        assert "There is nothing at this address" in answer.content.decode()

    @pytest.mark.django_db
    def test_an_unknown_address_of_the_api_is_a_problem(self, client):
        answer = client.get("/api/v9/nothing")
        assert answer.status_code == 404
        assert answer["Content-Type"] == "application/problem+json"
        assert json.loads(answer.content)["code"] == "not_found"

    def test_a_fault_needs_no_database(self):
        request = RequestFactory().get("/")
        request.COOKIES["language"] = "ar"
        answer = errors.fault(request)
        assert answer.status_code == 500
        assert 'dir="rtl"' in answer.content.decode()

    def test_a_missing_page_without_a_database_is_still_a_page(self):
        class Nobody:
            @property
            def is_authenticated(self):
                raise OperationalError("no connection")

        request = RequestFactory().get("/missing/")
        request.user = Nobody()
        answer = errors.not_found(request, Http404())
        assert answer.status_code == 404
        assert "<main" in answer.content.decode()


@pytest.mark.django_db
class TestNavigation:
    @pytest.fixture(autouse=True)
    def _own_entries(self, monkeypatch):
        monkeypatch.setattr(navigation, "_entries", {})

    def links(self, member=None, path="/"):
        return [link.name for link in Navigation(RequestFactory().get(path), member).links(Place.HEADER)]

    def test_leaves_out_what_has_no_route(self):
        navigation.entry("moon", "Moon", icon="moon", route="no_such_route", places={Place.HEADER})
        assert self.links() == []

    def test_offers_each_reader_their_own(self):
        for who in ("all", "visitor", "member", "staff", "expert"):
            navigation.entry(who, who, icon="user", route="home", who=who, places={Place.HEADER})
        assert self.links() == ["all", "visitor"]
        assert self.links(testing.person()) == ["all", "member"]
        assert self.links(testing.person(is_staff=True)) == ["all", "member", "staff"]

    def test_counts_once_and_for_members_only(self):
        asked = []
        navigation.entry(
            "inbox", "Inbox", icon="inbox", route="home", count=lambda m: asked.append(m) or 3, places={Place.HEADER}
        )
        member = testing.person()
        nav = Navigation(RequestFactory().get("/"), member)
        assert nav.links(Place.HEADER)[0].count == nav.link("inbox").count == 3
        assert asked == [member]
        assert nav.counts() == {"inbox": 3}
        assert Navigation(RequestFactory().get("/"), None).link("inbox").count == 0
