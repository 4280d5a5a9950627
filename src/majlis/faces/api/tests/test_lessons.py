"""Lessons over the API: several weeks at once, what pays for each, and what moving one does."""

import json

import pytest

from majlis.engines.billing import services as billing
from majlis.kernel.catalogue.tests import factories as catalogue
from majlis.kit import testing
from majlis.products.lessons import queries
from majlis.products.lessons.tests.factories import soon, student, teacher
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


def post(client, path, key="", **facts):
    headers = {"Idempotency-Key": key} if key else {}
    return client.post(f"/api/v1{path}", json.dumps(facts), content_type="application/json", headers=headers)


def wish(salma, **more):
    return {
        "teacher_id": str(salma.id),
        "subject_id": str(catalogue.subject("english").id),
        "level": "b1",
        "starts_at": soon().isoformat(),
        "minutes": 60,
        **more,
    }


class TestWeekly:
    def test_says_what_pays_for_each_date_before_and_books_so(self, client, salma, nadia):
        purchase = buy(nadia, offer(salma, sessions=2))
        facts = wish(salma, weeks=3, purchase_id=str(purchase.id), rest_with_money=True)
        shown = post(client, "/lessons/weekly/preview", **facts).json()
        assert [(each["payer"], each["price"] and each["price"]["amount"]) for each in shown] == [
            ("package", None),
            ("package", None),
            ("money", 30_000),
        ]
        assert shown[1]["payment"] == "Session 2 of 2 of your package."
        booked = post(client, "/lessons/weekly", key="w", **facts)
        assert booked.status_code == 201
        told = booked.json()
        assert told["dates"] == shown
        assert [(each["status"], each["payer"]) for each in told["lessons"]] == [
            ("confirmed", "package"),
            ("confirmed", "package"),
            ("pending_payment", "money"),
        ]
        assert told["order_id"] == told["lessons"][2]["order_id"]
        assert told["lessons"][0]["purchase_id"] == str(purchase.id)
        listed = client.get(f"/api/v1/packages/bought/{purchase.id}/lessons").json()
        assert len(listed) == 2

    def test_without_money_for_the_rest_it_says_which_dates_are_not_covered(self, client, salma, nadia):
        give_weeks(nadia, 60, weeks=1)
        told = post(client, "/lessons/weekly", key="w", **wish(salma, weeks=2, pay_with="allowance")).json()
        assert [(each["payer"], each["refusal"]) for each in told["dates"]] == [
            ("minutes", ""),
            ("", "allowance_short"),
        ]
        assert (told["order_id"], len(told["lessons"])) == (None, 1)

    def test_another_members_package_is_not_there(self, client, salma, nadia):
        purchase = buy(student("Omar Adel"), offer(salma))
        facts = wish(salma, weeks=2, purchase_id=str(purchase.id))
        assert post(client, "/lessons/weekly/preview", **facts).status_code == 404
        assert post(client, "/lessons/weekly", key="w", **facts).status_code == 404
        assert client.get(f"/api/v1/packages/bought/{purchase.id}/lessons").status_code == 404


class TestWhatComesBack:
    def test_cancelling_is_counted_in_what_was_paid_with(self, client, salma, nadia):
        purchase = buy(nadia, offer(salma))
        give_weeks(nadia, 60, weeks=1)
        by_session = post(client, "/lessons", key="a", **wish(salma, purchase_id=str(purchase.id))).json()
        later = (soon(4)).isoformat()
        by_minutes = post(client, "/lessons", key="b", **wish(salma, pay_with="allowance", starts_at=later)).json()
        for lesson, unit, amount in ((by_session, "session", 1), (by_minutes, "minute", 60)):
            back = client.get(f"/api/v1/lessons/{lesson['id']}/cancellation").json()
            assert (back["student"]["currency"], back["student"]["amount"], back["percent"]) == (unit, amount, 100)
        post(client, f"/lessons/{by_session['id']}/cancel", key="c", shown_percent=100)
        assert queries.sessions_left(purchase) == 4


class TestMoves:
    def test_the_preview_tells_the_student_what_is_left_and_the_teacher_only_that_it_moves(self, client, salma, nadia):
        give_weeks(nadia, 90, weeks=2)
        lesson = post(client, "/lessons", key="a", **wish(salma, pay_with="allowance")).json()
        path = f"/api/v1/lessons/{lesson['id']}/moves/preview"
        there = {"starts_at": (soon() + WEEK).isoformat()}
        told = client.get(path, there).json()
        assert (told["minutes"]["amount"], told["left"]["amount"]) == (60, 30)
        client.force_login(salma)
        told = client.get(path, there).json()
        assert (told["minutes"]["amount"], told["left"]) == (60, None)
        beyond = client.get(path, {"starts_at": (soon() + 2 * WEEK).isoformat()})
        assert (beyond.status_code, beyond.json()["code"]) == (409, "plan_not_paid_then")
        client.force_login(testing.person())
        assert client.get(path, there).status_code == 404

    def test_a_lesson_paid_with_money_moves_nothing(self, client, salma, nadia):
        lesson = post(client, "/lessons", key="a", **wish(salma)).json()
        billing.pay_from_wallet(order_id=lesson["order_id"], actor=nadia)
        told = client.get(
            f"/api/v1/lessons/{lesson['id']}/moves/preview", {"starts_at": (soon() + WEEK).isoformat()}
        ).json()
        assert told == {"minutes": None, "left": None}
