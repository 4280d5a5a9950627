"""Booking several weeks on the page, paid with a package, with minutes, and with money for the rest."""

import html
import re

import pytest
from django.urls import reverse

from majlis.engines.billing import queries as bills
from majlis.products.lessons import services
from majlis.products.lessons.models import Lesson
from majlis.products.lessons.tests.factories import paid, soon, student, teacher
from majlis.products.lessons.tests.test_packages import buy, offer
from majlis.products.lessons.tests.test_weekly_paid import WEEK, give_weeks

pytestmark = pytest.mark.django_db


@pytest.fixture
def salma():
    return teacher()


@pytest.fixture
def nadia(client):
    person = student(country="XX")
    client.force_login(person)
    return person


def wish(salma, **more):
    from majlis.engines.experts import queries as experts

    taught = experts.expert(salma.id).subjects.first()
    return {
        "starts_at": soon().isoformat(),
        "subject": str(taught.subject_id),
        "level": taught.level_id or "",
        "minutes": "60",
        "mode": "online",
        "key": "k",
        **more,
    }


def words(answer):
    """What a page says, without its marks."""
    return html.unescape(re.sub(r"<[^>]+>", "", answer.content.decode()))


def slug(salma):
    from majlis.engines.experts import queries as experts

    return experts.expert(salma.id).slug


class TestReport:
    def test_says_for_each_date_what_pays_for_it(self, client, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        facts = wish(salma, package=str(purchase.id), weeks="3", rest_with_money="on")
        page = words(client.post(reverse("book_weeks", args=[slug(salma)]), facts))
        assert "Session 1 of 2 of your package." in page
        assert "Session 2 of 2 of your package." in page
        assert "EGP\xa0300 to pay" in page
        assert not Lesson.objects.exists()

    def test_one_week_needs_no_report(self, client, salma, nadia):
        page = client.post(reverse("book_weeks", args=[slug(salma)]), wish(salma, weeks="1")).content.decode()
        assert not page.strip()

    @pytest.mark.parametrize("language", ["ar", "fa", "id"])
    def test_opens_in_each_language(self, client, salma, nadia, language):
        client.cookies["language"] = language
        give_weeks(nadia, 60, weeks=1)
        page = client.post(
            reverse("book_weeks", args=[slug(salma)]), wish(salma, pay_with="allowance", weeks="2")
        ).content.decode()
        assert page.count("<li") == 2


class TestBooking:
    def test_what_is_covered_is_booked_and_the_rest_goes_to_the_checkout(self, client, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        facts = wish(salma, package=str(purchase.id), weeks="3", rest_with_money="on")
        book = reverse("book", args=[slug(salma)])
        shown = client.get(book, {**facts, "at": facts["starts_at"]}).content.decode()
        assert 'name="rest_with_money"' in shown
        assert 'name="weeks"' in shown
        answer = client.post(book, facts)
        last = Lesson.objects.get(status="pending_payment")
        assert answer.url == reverse("checkout", args=[last.order_id])
        assert Lesson.objects.filter(status="confirmed", purchase=purchase).count() == 2

    def test_covered_whole_it_goes_to_the_first_lesson_and_says_how_many(self, client, salma, nadia):
        give_weeks(nadia, 60, weeks=2)
        facts = wish(salma, pay_with="allowance", weeks="3")
        answer = client.post(reverse("book", args=[slug(salma)]), facts, follow=True)
        first = Lesson.objects.order_by("starts_at").first()
        assert answer.redirect_chain[-1][0] == reverse("lesson", args=[first.id])
        page = answer.content.decode()
        assert "2 of 3 weeks could be booked." in page
        assert "60 minutes of a plan" in page


class TestCart:
    def test_each_free_week_is_put_into_it(self, client, salma, nadia):
        paid(salma, student("Early"), soon() + WEEK)
        facts = wish(salma, weeks="3", do="cart")
        answer = client.post(reverse("book", args=[slug(salma)]), facts, follow=True)
        assert "2 of 3 weeks are in your cart." in words(answer)
        assert [len(group.rows) for group in bills.cart_of(nadia).groups] == [2]

    def test_with_none_free_it_says_why(self, client, salma, nadia):
        paid(salma, student("Early"))
        answer = client.post(reverse("book", args=[slug(salma)]), wish(salma, weeks="1", do="cart"))
        assert answer.status_code == 409
        assert not bills.cart_of(nadia).groups


class TestWhatComesBack:
    def test_the_page_before_cancelling_says_what_comes_back(self, client, salma, nadia):
        purchase = buy(nadia, offer(salma))
        give_weeks(nadia, 60, weeks=1)
        book = reverse("book", args=[slug(salma)])
        client.post(book, wish(salma, package=str(purchase.id)))
        client.post(book, wish(salma, pay_with="allowance", key="m", starts_at=soon(4).isoformat()))
        by_session, by_minutes = Lesson.objects.order_by("starts_at")
        told = {
            lesson: words(client.get(reverse("cancel_lesson", args=[lesson.id]))) for lesson in (by_session, by_minutes)
        }
        assert "The session comes back to your package." in told[by_session]
        assert "Back to your plan: 60 minutes of 60 minutes." in told[by_minutes]
        assert "comes back to your wallet" not in told[by_session] + told[by_minutes]
        page = client.get(reverse("lesson", args=[by_session.id])).content.decode()
        assert "the session comes back to the package." in page
        assert reverse("package", args=[purchase.id]) in page


class TestMoving:
    def test_the_page_says_what_it_does_to_the_minutes_or_why_not(self, client, salma, nadia):
        give_weeks(nadia, 90, weeks=2)
        client.post(reverse("book", args=[slug(salma)]), wish(salma, pay_with="allowance"))
        lesson = Lesson.objects.get()
        move = reverse("move_lesson", args=[lesson.id])
        assert move in client.get(reverse("lesson", args=[lesson.id])).content.decode()
        page = words(client.get(move, {"starts_at": (soon() + WEEK).isoformat()}))
        assert "60 minutes go back to their week" in page
        assert "30 minutes are left" in page
        beyond = client.get(move, {"starts_at": (soon() + 2 * WEEK).isoformat()})
        assert beyond.status_code == 409
        assert "is not paid for the week of the new time" in beyond.content.decode()
        client.post(move, {"starts_at": (soon() + WEEK).isoformat()})
        client.force_login(salma)
        page = client.get(reverse("lesson", args=[lesson.id])).content.decode()
        assert "are taken from the week of the new time." in page
        assert "30 minutes are left" not in page

    def test_the_answer_card_says_when_the_minutes_are_gone(self, client, salma, nadia):
        give_weeks(nadia, 60, weeks=2)
        client.post(reverse("book", args=[slug(salma)]), wish(salma, pay_with="allowance"))
        lesson = Lesson.objects.get()
        services.request_reschedule(actor=nadia, lesson_id=lesson.id, starts_at=soon() + WEEK)
        client.post(
            reverse("book", args=[slug(salma)]),
            wish(salma, pay_with="allowance", key="b", starts_at=soon(11).isoformat()),
        )
        client.force_login(salma)
        page = client.get(reverse("lesson", args=[lesson.id])).content.decode()
        assert "has not enough minutes in the week of the new time" in page
