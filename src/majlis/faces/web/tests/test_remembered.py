"""What is drawn once and shown to many must be what each of them would be shown."""

import re
import time
from datetime import timedelta
from types import SimpleNamespace

import pytest
from django.contrib.messages import WARNING
from django.contrib.messages.storage.cookie import CookieStorage
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from jinja2 import TemplateSyntaxError

from majlis.engines.experts import services
from majlis.engines.experts.models import ExpertSubject
from majlis.engines.experts.tests import factories
from majlis.engines.scheduling.models import Opening
from majlis.engines.scheduling.tests import factories as calendars
from majlis.faces.web.environment import environment
from majlis.faces.web.remembered import MARK, pieces
from majlis.faces.web.shared import pages
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock, memo, testing
from majlis.kit.edition import edition
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
LIST = "/teachers/"
TEACHER = re.compile(r"<article.*?</article>", re.S)


def card(client, path=LIST):
    """The only teacher of a list."""
    (found,) = TEACHER.findall(client.get(path).content.decode())
    return found


@pytest.fixture
def one_minute(monkeypatch):
    """Within one test the minute after which all is forgotten does not end."""
    began = time.monotonic()
    monkeypatch.setattr(memo, "time", SimpleNamespace(monotonic=lambda: began))


def open_hour(person, starts_at):
    Opening.objects.create(person=person, during=(starts_at, starts_at + timedelta(hours=1)))


class TestCardOfATeacher:
    def test_is_drawn_once_for_all_who_see_the_same(self, client, one_minute):
        factories.expert("Amal Said")
        first = client.get(LIST).content
        drawn = dict(pieces.kept)
        assert any(place[0].startswith("experts/card.html") for place in drawn)
        second = Client().get(LIST).content
        assert pieces.kept == drawn
        assert len(first) == len(second)

    @pytest.mark.parametrize(
        ("change", "shown"),
        [
            (lambda p: services.save_profile(actor=p.person, hourly_rate=40_000), "EGP\u00a0400"),
            (lambda p: accounts.change_settings(p.person, name="Amal Nasser"), "Amal Nasser"),
            (lambda p: services.save_profile(actor=p.person, headline="Exams without fear"), "Exams without fear"),
            (lambda p: services.save_profile(actor=p.person, trial_price=0, trial_minutes=30), "Free trial lesson"),
            (lambda p: services.save_profile(actor=p.person, modes=["online", "offline"]), "Also in person"),
            (lambda p: services.save_languages(actor=p.person, languages=[("fr", "native")]), "French"),
            (lambda p: services.set_rating(person_id=p.person_id, total=14, count=3), "4.7"),
            (lambda p: services.count_completed_lesson(expert_id=p.person_id, lessons=17), "17 lessons"),
        ],
    )
    def test_shows_a_change_to_the_next_reader_and_to_the_last_one(self, client, change, shown):
        profile = factories.expert("Amal Said")
        assert shown not in card(client, LIST + "?currency=EGP")
        change(profile)
        assert shown in card(client)
        assert shown in card(Client(), LIST + "?currency=EGP")

    def test_shows_a_new_picture(self, client):
        profile = factories.expert("Amal Said")
        assert "<img" not in card(client)
        profile.person.avatar_id = new_id()
        profile.person.save()
        assert str(profile.person.avatar_id) in card(client)

    def test_shows_the_price_of_what_is_searched(self, client):
        profile = factories.expert("Amal Said", subjects=(("english", "b1"), ("chess", "general")), hourly_rate=30_000)
        ExpertSubject.objects.filter(expert=profile, subject__slug="chess").update(hourly_rate=50_000)
        services.refresh_listings([profile.pk])
        assert "EGP\u00a0300" in card(client, LIST + "?subject=english&currency=EGP")
        assert "EGP\u00a0500" in card(client, LIST + "?subject=chess&currency=EGP")
        ExpertSubject.objects.filter(expert=profile, subject__slug="chess").update(hourly_rate=60_000)
        assert "EGP\u00a0600" in card(client, LIST + "?subject=chess&currency=EGP")

    def test_shows_each_reader_their_own_money_language_and_wall(self, client):
        person = calendars.teacher()
        factories.expert(person=person, hourly_rate=48_200, currency="EGP")
        tomorrow = (clock.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        open_hour(person, tomorrow)
        seen = []
        for language, zone, currency in (
            ("en", "UTC", "EGP"),
            ("en", "UTC", "USD"),
            ("en", "Asia/Tehran", "EGP"),
            ("ar", "UTC", "EGP"),
        ):
            reader = Client()
            reader.cookies["language"], reader.cookies["zone"], reader.cookies["currency"] = language, zone, currency
            seen.append(card(reader))
        assert ["US$10" in text for text in seen] == [False, True, False, False]
        assert ["12:00" in text for text in seen] == [True, True, False, False]
        assert "15:30" in seen[2]
        assert "<span>١٢:٠٠ م</span>" in seen[3]

    def test_shows_a_free_hour_that_opens_and_not_one_that_is_taken(self, client):
        person = calendars.teacher()
        factories.expert(person=person)
        tomorrow = (clock.now() + timedelta(days=1)).replace(hour=12, minute=0, second=0, microsecond=0)
        wanted = f"at={tomorrow:%Y-%m-%dT%H}%3A00"
        assert wanted not in card(client)
        open_hour(person, tomorrow)
        assert wanted in card(client)
        Opening.objects.all().delete()
        assert wanted not in card(client)

    def test_shows_the_hearts_of_its_reader_alone(self, client):
        profile, keeper, other = factories.expert(), testing.person("Keeper"), testing.person("Other")
        one, two = Client(), Client()
        one.force_login(keeper)
        two.force_login(other)
        services.add_favourite(actor=keeper, expert_id=profile.person_id)
        kept = [
            f'aria-pressed="{state}"' in card(reader) for state in ("true", "false") for reader in (one, two, client)
        ]
        assert kept == [True, False, False, False, True, True]
        services.remove_favourite(actor=keeper, expert_id=profile.person_id)
        assert 'aria-pressed="false"' in card(one)

    def test_is_gone_with_its_teacher(self, client):
        profile = factories.expert()
        card(client)
        services.deactivate(actor=profile.person, expert_id=profile.person_id)
        assert TEACHER.findall(client.get(LIST).content.decode()) == []


READINGS = [
    ("en", "dark", "/"),
    ("ar", "dark", "/"),
    ("en", "light", "/"),
    ("en", "light", LIST),
    ("en", "", LIST + "?currency=USD"),
    ("en", "", "/"),
    ("id", "", "/about/"),
]


class TestWhatStandsAroundAPage:
    def test_is_what_would_be_drawn_without_remembering(self, client):
        factories.expert("Amal Said")
        member = Client()
        member.force_login(testing.person("Salma Hassan", zone=edition().zone, language="en"))
        readings = [(reader, *reading) for reading in READINGS for reader in (client, member)]

        def page(reader, language, theme, path):
            reader.cookies["language"], reader.cookies["theme"] = language, theme
            text = reader.get(path).content.decode()
            return re.sub(r'(csrfmiddlewaretoken" value|X-CSRFToken": )"?=?"\w+"', r"\1", text)

        remembered = [page(*reading) for reading in readings]
        for reading, text in zip(readings, remembered, strict=True):
            memo.forget()
            assert page(*reading) == text, reading

    def test_is_drawn_for_each_language_theme_and_place(self, client):
        readings = [
            ("en", "dark", "/"),
            ("ar", "dark", "/"),
            ("en", "light", "/"),
            ("en", "light", LIST),
            ("en", "", "/"),
        ]
        for language, theme, path in readings:
            client.cookies["language"], client.cookies["theme"] = language, theme
            page = client.get(path).content.decode()
            assert re.findall(r'name="language" value="(\w+)"[^>]* aria-current', page) == [language] * 2
            assert re.findall(r'name="theme" value="(\w+)" aria-current', page) == [theme or "auto"] * 2
            assert ('href="/teachers/" aria-current="page"' in page) == path.startswith(LIST)
            assert set(re.findall(r'name="next" value="([^"]+)"', page)) == {path}

    def test_leads_back_to_the_whole_address(self, client):
        page = client.get(LIST, {"q": '"><b>'}).content.decode()
        assert 'name="next" value="/teachers/?q=%22%3E%3Cb%3E"' in page

    def test_is_a_members_own(self, client):
        client.get("/")
        member = Client()
        member.force_login(testing.person("Salma Hassan", zone=edition().zone, language="en"))
        page = member.get("/").content.decode()
        assert "Salma Hassan" in page
        assert reverse("account_signup") not in page
        visitor = client.get("/").content.decode()
        assert "Salma Hassan" not in visitor
        assert reverse("account_signup") in visitor


class TestWhatIsOneAnswersOwn:
    def test_every_reader_has_their_own_form_token(self):
        tokens = []
        for _ in range(2):
            reader = Client(enforce_csrf_checks=True)
            page = reader.get("/").content.decode()
            (token,) = set(re.findall(r'name="csrfmiddlewaretoken" value="(\w+)"', page))
            assert f'"X-CSRFToken": "{token}"' in page
            answer = reader.post(reverse("choose_language"), {"csrfmiddlewaretoken": token, "language": "ar"})
            assert answer.cookies["language"].value == "ar"
            tokens.append(token)
        assert tokens[0] != tokens[1]
        stranger = Client(enforce_csrf_checks=True)
        stranger.get("/")
        given = {"csrfmiddlewaretoken": tokens[0], "language": "ar"}
        assert stranger.post(reverse("choose_language"), given).status_code == 403

    @pytest.mark.parametrize("path", ["/", LIST, LIST + "?subject=english", "/account/login/", "/no/such/page/"])
    def test_no_mark_is_left_in_a_page(self, client, path):
        factories.expert()
        page = client.get(path).content.decode()
        assert MARK not in page
        secret = client.cookies["csrftoken"].value
        assert not [text for _turn, text in pieces.kept.values() if secret in text]
        assert not [parts for _turn, parts in pages.kept.values() if secret.encode() in b"".join(parts)]


class TestPageOfAVisitor:
    def test_is_drawn_once_for_all_who_see_the_same(self, client, one_minute):
        factories.expert("Amal Said")
        first = client.get(LIST)
        drawn = dict(pages.kept)
        assert len(drawn) == 1
        second = Client().get(LIST)
        assert pages.kept == drawn
        assert len(first.content) == len(second.content)
        assert first.cookies["csrftoken"].value != second.cookies["csrftoken"].value

    def test_counts_who_came_since(self, client):
        factories.expert("Amal Said")
        assert "1 teacher<" in client.get(LIST).content.decode()
        factories.expert("Hana Fathy")
        assert "2 teachers<" in client.get(LIST).content.decode()

    def test_says_who_would_be_found_with_fewer_wishes_as_it_is_now(self, client):
        wish = LIST + "?subject=chess"
        assert "Nobody fits all of this" in client.get(wish).content.decode()
        factories.expert("Amal Said")
        found = client.get(wish).content.decode()
        assert "Nobody fits all of this" in found
        assert re.search(r"Without Chess\s*<span class=\"chip__count\">1<", found)

    def test_is_another_one_for_another_search(self, client):
        factories.expert("Amal Said", subjects=(("english", "b1"),))
        assert "Amal Said" in client.get(LIST + "?subject=english").content.decode()
        assert "Amal Said" not in client.get(LIST + "?subject=chess").content.decode()

    def test_has_a_message_for_the_visitor_it_is_meant_for_alone(self, client):
        factories.expert("Amal Said")
        client.get(LIST)
        told = Client()
        request = RequestFactory().get("/")
        store = CookieStorage(request)
        store.add(WARNING, "Your link is no longer good.")
        answer = HttpResponse()
        store.update(answer)
        told.cookies["messages"] = answer.cookies["messages"].value
        assert "Your link is no longer good." in told.get(LIST).content.decode()
        assert "Your link is no longer good." not in told.get(LIST).content.decode()
        assert "Your link is no longer good." not in client.get(LIST).content.decode()


class TestTheTag:
    def template(self, text):
        return environment(autoescape=True).from_string(text)

    def test_remembers_by_what_it_names(self):
        drawn = []
        told = self.template("{% remember key if shared %}{{ draw(key) }}{% endremember %}")

        def told_of(key, shared=True):
            return told.render(key=key, shared=shared, draw=lambda key: drawn.append(key) or f"<{key}>")

        assert [told_of("a"), told_of("a"), told_of("b")] == ["&lt;a&gt;", "&lt;a&gt;", "&lt;b&gt;"]
        assert drawn == ["a", "b"]
        told_of("a", shared=False)
        assert drawn == ["a", "b", "a"]

    @pytest.mark.parametrize("name", ["request.path", "messages"])
    def test_refuses_a_piece_that_looks_at_one_request(self, name):
        with pytest.raises(TemplateSyntaxError, match="drawn for all"):
            self.template("{% remember 1 %}{{ " + name + " }}{% endremember %}")
