"""Inbox, notices and reviews as pages: who sees what, and what a form says back."""

import re
from datetime import timedelta

import pytest
from django.core import mail
from django.test import Client

from majlis.engines.messaging import queries as messaging
from majlis.engines.messaging import services as talks
from majlis.engines.reviews import queries as reviews
from majlis.engines.reviews import services as review_services
from majlis.kernel.accounts.services import grant_role
from majlis.kernel.notices import queries as notices
from majlis.kernel.notices import services as telling
from majlis.kernel.notices.models import Wish
from majlis.kernel.notices.types import Category, Kind
from majlis.kit import clock
from majlis.kit.ids import new_id
from majlis.kit.jobs import run_due_jobs
from majlis.kit.testing import person

CAKE = Kind("cake_ready", Category.LESSONS, "Cake from %(name)s", "Come.")
telling.register(CAKE)
pytestmark = pytest.mark.django_db


def browser(of=None):
    client = Client()
    if of:
        client.force_login(of)
    return client


@pytest.fixture
def salma():
    return person("Salma")


@pytest.fixture
def omar():
    teacher = person("Omar <b>Farouk</b>")
    grant_role(actor=None, person=teacher, role="expert")
    return teacher


@pytest.fixture
def talk(salma, omar):
    found = talks.open_conversation(actor=salma, with_id=omar.pk)
    talks.send_message(
        actor=omar, conversation_id=found.pk, text="<script>alert(1)</script> https://a.example/?b=1&c=2"
    )
    return found


class TestInbox:
    def test_shows_words_and_never_runs_them(self, salma, talk):
        page = browser(salma).get(f"/inbox/{talk.pk}/").content.decode()
        assert "<script>alert" not in page
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
        assert 'href="https://a.example/?b=1&amp;c=2"' in page
        assert "Omar &lt;b&gt;Farouk&lt;/b&gt;" in page

    def test_opening_reads(self, salma, talk):
        assert messaging.unread_total(salma) == 1
        browser(salma).get(f"/inbox/{talk.pk}/")
        assert messaging.unread_total(salma) == 0

    @pytest.mark.parametrize("path", ["", "messages/", "messages/?after=0"])
    def test_is_closed_to_others(self, talk, path):
        assert browser(person()).get(f"/inbox/{talk.pk}/{path}").status_code == 404
        assert browser().get(f"/inbox/{talk.pk}/{path}").status_code == 302

    @pytest.mark.parametrize("path", ["", "read/", "typing/", "stand/"])
    def test_refuses_others_acts(self, talk, path):
        answer = browser(person()).post(f"/inbox/{talk.pk}/{path}", {"text": "x", "act": "block"})
        assert answer.status_code == 404

    def test_others_messages_cannot_be_changed(self, salma, talk):
        message = messaging.messages(talk.pk, seen_by=salma).items[0]
        answer = browser(salma).post(f"/inbox/{talk.pk}/{message.id}/", {"act": "delete"})
        assert answer.status_code == 404

    def test_a_refused_message_stays_in_the_form(self, salma, omar, talk):
        talks.block(actor=omar, conversation_id=talk.pk)
        answer = browser(salma).post(f"/inbox/{talk.pk}/", {"text": "All I wrote"})
        assert answer.status_code == 403
        assert "All I wrote" in answer.content.decode()

    def test_earlier_messages_are_reached_by_a_link(self, salma, omar, talk):
        for number in range(55):
            talks.send_message(actor=omar, conversation_id=talk.pk, text=f"n{number}")
        page = browser(salma).get(f"/inbox/{talk.pk}/").content.decode()
        (before,) = re.findall(r'href="\?before=(\d+)"', page)
        assert "n0<" not in page
        assert ">n0<" in browser(salma).get(f"/inbox/{talk.pk}/?before={before}").content.decode()

    def test_with_somebody_opens_one_conversation(self, salma, omar):
        first = browser(salma).get(f"/inbox/with/{omar.pk}/")
        assert first.status_code == 302
        assert browser(salma).get(f"/inbox/with/{omar.pk}/")["Location"] == first["Location"]
        assert browser(salma).get(f"/inbox/with/{person().pk}/").status_code == 403


class TestNotices:
    def test_lead_on_and_are_read_by_that(self, salma):
        notice = telling.notify(person_id=salma.pk, kind="cake_ready", facts={"name": "Lina"}, link="/lessons/")
        assert "Cake from" in browser(salma).get("/notices/").content.decode()
        answer = browser(salma).get(f"/notices/{notice.pk}/")
        assert answer["Location"] == "/lessons/"
        assert notices.unread_count(salma) == 0

    def test_of_others_are_not_there(self, salma):
        notice = telling.notify(person_id=salma.pk, kind="cake_ready", facts={"name": "Lina"})
        assert browser(person()).get(f"/notices/{notice.pk}/").status_code == 404
        assert "Cake" not in browser(person()).get("/notices/").content.decode()

    def test_one_click_from_the_mail_program_needs_no_sign_in(self, salma):
        telling.notify(person_id=salma.pk, kind="cake_ready", facts={"name": "Lina"})
        run_due_jobs()
        link = mail.outbox[0].extra_headers["List-Unsubscribe"].strip("<>").split("8000")[-1]
        strict = Client(enforce_csrf_checks=True)
        assert strict.get(link).status_code == 200
        assert not Wish.objects.exists()
        assert strict.post(link, {"List-Unsubscribe": "One-Click"}).status_code == 200
        assert Wish.objects.get().email == "never"
        assert strict.get("/notices/unsubscribe/forged/").status_code == 404

    def test_settings_are_kept_and_taken_back(self, salma):
        client, path = browser(salma), "/settings/notifications/"
        assert client.get(path).status_code == 200
        form = {"lessons": "none", "kind:cake_ready": "app", "digest_hour": "7", "quiet_from": "", "quiet_until": ""}
        assert client.post(path, form).status_code == 302
        assert telling.notify(person_id=salma.pk, kind="cake_ready", facts={"name": "Lina"}) is not None
        form["kind:cake_ready"] = ""
        assert client.post(path, form).status_code == 302
        assert telling.notify(person_id=salma.pk, kind="cake_ready", facts={"name": "Lina"}) is None

    def test_half_a_pair_of_quiet_hours_comes_back_marked(self, salma):
        form = {"digest_hour": "8", "quiet_from": "22:00", "quiet_until": ""}
        assert browser(salma).post("/settings/notifications/", form).status_code == 422


class TestReviews:
    @pytest.fixture
    def lesson(self, salma, omar):
        subject = new_id()
        review_services.invite_review(
            author_id=salma.pk,
            about_id=omar.pk,
            kind="lesson",
            subject_id=subject,
            closes_at=clock.now() + timedelta(days=3),
        )
        return subject

    def test_are_written_and_answered(self, salma, omar, lesson):
        path = f"/reviews/lesson/{lesson}/"
        assert browser(salma).get(path).status_code == 200
        assert browser(salma).get("/reviews/").status_code == 200
        answer = browser(salma).post(path, {"rating": "5", "text": "Clear."})
        assert answer.status_code == 302
        (review,) = reviews.reviews_about(omar.pk).items
        assert browser(omar).post(f"/reviews/{review.pk}/", {"text": "Thanks!"}).status_code == 302
        page = browser(salma).get(f"/reviews/{review.pk}/").content.decode()
        assert "Thanks!" in page
        assert browser(person()).post(f"/reviews/{review.pk}/", {"text": "Me too"}).status_code == 404

    def test_without_stars_the_text_comes_back(self, salma, lesson):
        answer = browser(salma).post(f"/reviews/lesson/{lesson}/", {"text": "I forgot the stars"})
        assert answer.status_code == 422
        assert "I forgot the stars" in answer.content.decode()

    def test_need_an_invitation(self, lesson):
        assert browser(person()).get(f"/reviews/lesson/{lesson}/").status_code == 404
        assert browser(person()).post(f"/reviews/lesson/{lesson}/", {"rating": "1"}).status_code == 404


class TestCounters:
    def test_are_ones_own(self, salma):
        telling.notify(person_id=salma.pk, kind="cake_ready", facts={"name": "Lina"})
        assert browser(salma).get("/counters/").json()["notices"] == 1
        assert browser(person()).get("/counters/").json()["notices"] == 0

    def test_are_for_members(self):
        assert browser().get("/counters/").status_code == 302
