"""Reviews and conversations in the office."""

from datetime import timedelta

import pytest
from django.urls import reverse

from majlis.engines.messaging import services as talks
from majlis.engines.reviews import queries as reviews
from majlis.engines.reviews import services as review_services
from majlis.kernel.accounts.models import AuditEntry
from majlis.kit import clock
from majlis.kit.ids import new_id
from majlis.kit.testing import person

pytestmark = pytest.mark.django_db


@pytest.fixture
def talk():
    salma, omar = person("Salma"), person("Omar", roles=["expert"])
    found = talks.open_conversation(actor=salma, with_id=omar.pk)
    talks.send_message(actor=salma, conversation_id=found.pk, text="Between us <b>two</b>")
    return found


def page_of(row, act=""):
    name = f"admin:{row._meta.app_label}_{row._meta.model_name}"
    return reverse(f"{name}_act", args=[row.pk, act]) if act else reverse(f"{name}_change", args=[row.pk])


class TestConversations:
    def test_are_closed_until_a_reason_is_given_and_close_again(self, client, talk):
        staff = person(roles=["moderator"])
        client.force_login(staff)
        assert "Between us" not in client.get(page_of(talk)).content.decode()
        assert client.post(page_of(talk, "read"), {"reason": "hm"}).status_code in (302, 422)
        assert "Between us" not in client.get(page_of(talk)).content.decode()
        client.post(page_of(talk, "read"), {"reason": "Dispute 12 names this conversation"})
        assert "Between us &lt;b&gt;two" in client.get(page_of(talk)).content.decode()
        entry = AuditEntry.objects.get(action="messaging.read")
        assert (entry.actor, entry.reason) == (staff, "Dispute 12 names this conversation")
        with clock.travel(by=timedelta(minutes=31)):
            assert "Between us" not in client.get(page_of(talk)).content.decode()

    def test_one_persons_reason_opens_nothing_to_another(self, client, talk):
        client.force_login(person(roles=["moderator"]))
        client.post(page_of(talk, "read"), {"reason": "Dispute 12 names this conversation"})
        client.force_login(person(roles=["support"]))
        assert "Between us" not in client.get(page_of(talk)).content.decode()

    def test_are_not_for_finance(self, client, talk):
        client.force_login(person(roles=["finance"]))
        assert client.get(page_of(talk)).status_code == 403


class TestReviews:
    def test_are_taken_down_with_a_reason_and_put_back(self, client):
        salma, omar, lesson = person("Salma"), person("Omar"), new_id()
        review_services.invite_review(
            author_id=salma.pk,
            about_id=omar.pk,
            kind="lesson",
            subject_id=lesson,
            closes_at=clock.now() + timedelta(days=1),
        )
        review = review_services.write_review(actor=salma, kind="lesson", subject_id=lesson, rating=1, text="Bad!")
        client.force_login(person(roles=["moderator"]))
        client.post(page_of(review, "hide"), {"reason": "abuse", "note": ""})
        assert reviews.summary(omar.pk).count == 0
        client.post(page_of(review, "show"), {"reason": "It was fair after all."})
        assert reviews.summary(omar.pk).count == 1


class TestMails:
    def test_stand_in_a_list(self, client):
        client.force_login(person(roles=["support"]))
        assert client.get(reverse("admin:notices_mail_changelist")).status_code == 200
