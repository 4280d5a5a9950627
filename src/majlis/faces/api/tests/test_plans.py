"""Plans and subscriptions over the API: the same operations as on the pages."""

import json
import re

import pytest
from django.test import Client

from majlis.engines.billing import queries, services
from majlis.engines.billing.tests.factories import give
from majlis.engines.billing.tests.plans import join, plan, price
from majlis.kit import testing
from majlis.kit.jobs import run_due_jobs

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(client, db):
    person = testing.person(country="XX")
    client.force_login(person)
    return person


def post(client, path, **facts):
    return client.post(f"/api/v1{path}", json.dumps(facts), content_type="application/json")


class TestSubscriptions:
    def test_from_the_list_of_plans_to_the_end(self, client, member):
        basic, plus = plan(benefits=[{"unit": "minute", "amount": 240}]), plan("plus", 30_000)
        listed = client.get("/api/v1/plans?currency=USD").json()
        assert [(each["slug"], each["prices"][0]["price"]["amount"]) for each in listed] == [
            ("basic", 10_000),
            ("plus", 30_000),
        ]
        taken = post(client, "/subscriptions", price_id=listed[0]["prices"][0]["id"])
        assert (taken.status_code, taken.json()["status"]) == (201, "incomplete")
        give(member, 10_000)
        services.pay_from_wallet(order_id=taken.json()["order_id"], actor=member)
        path = f"/subscriptions/{taken.json()['id']}"
        assert client.get(f"/api/v1{path}").json()["status"] == "active"
        left = client.get("/api/v1/subscriptions/allowances").json()
        assert [(each["unit"], each["now"]) for each in left] == [("minute", 240)]
        assert len(client.get("/api/v1/subscriptions/allowances/minute/lines").json()["items"]) == 1
        seen = post(client, f"{path}/change/preview", price_id=str(price(plus).id)).json()
        assert (seen["mode"], seen["charge"]["amount"]) == ("consumption", 30_000)
        later = post(client, f"{path}/change", price_id=str(price(plus).id), mode="next_period")
        assert later.json()["next_price"]["id"] == str(price(plus).id)
        assert client.get(f"/api/v1{path}/cancel/preview?at_once=true").json()["back"]["amount"] > 9_000
        assert post(client, f"{path}/cancel").json()["status"] == "canceled"
        assert post(client, f"{path}/keep").json()["status"] == "active"
        assert post(client, f"{path}/pause", until="2026-03-01T10:00:00").status_code == 422
        assert post(client, f"{path}/cancel", at_once=True).json()["status"] == "ended"
        assert queries.subscriptions_of(member)[0].plan == basic

    def test_plans_are_listed_to_anybody_and_an_offer_says_what_the_first_period_costs(self, client, member):
        basic = plan(trial_days=7)
        plan("secret", for_invites_only=True)
        assert [each["slug"] for each in Client().get("/api/v1/plans").json()] == ["basic"]
        offer = client.get(f"/api/v1/plans/prices/{price(basic).id}").json()
        assert (offer["first"]["amount"], offer["trial_days"]) == (10_000, 7)
        assert Client().get(f"/api/v1/plans/prices/{price(basic).id}").status_code == 401

    def test_an_invitation_is_read_and_accepted_by_whom_it_was_sent_to(self, client, member, mailoutbox):
        hidden = plan("secret", for_invites_only=True)
        boss = testing.person(roles=["finance"])
        services.invite_to_plan(actor=boss, plan_id=hidden.id, email=member.email)
        run_due_jobs(["accounts.deliver_letter"])
        (letter,) = mailoutbox
        secret = re.search(r"/plans/invitation/([\w-]+)/", str(letter.body))[1]
        path = f"/plans/invitations/{secret}"
        assert client.get(f"/api/v1{path}").json()["plan"] == "secret"
        assert client.get("/api/v1/plans/invitations/nonsense").status_code == 404
        assert client.get("/api/v1/plans").json() == []
        assert post(client, path).status_code == 200
        assert [each["slug"] for each in client.get("/api/v1/plans").json()] == ["secret"]

    def test_the_paid_periods_are_told(self, client, member):
        taken = join(member, plan())
        (told,) = client.get(f"/api/v1/subscriptions/{taken.id}/periods").json()
        assert (told["number"], told["price"]["amount"]) == (1, 10_000)
        client.force_login(testing.person())
        assert client.get(f"/api/v1/subscriptions/{taken.id}/periods").status_code == 404

    def test_another_members_is_not_there(self, client, member):
        other = testing.person(country="XX")
        basic = plan()
        taken = services.subscribe(person=other, price_id=price(basic).id, key="k", actor=other)
        path = f"/subscriptions/{taken.id}"
        assert client.get(f"/api/v1{path}").status_code == 404
        assert client.get(f"/api/v1{path}/cancel/preview").status_code == 404
        for act, facts in {
            "change": {"price_id": str(price(basic).id)},
            "change/preview": {"price_id": str(price(basic).id)},
            "cancel": {},
            "keep": {},
            "pause": {"until": "2027-03-01T10:00:00Z"},
            "resume": {},
        }.items():
            assert post(client, f"{path}/{act}", **facts).status_code == 404, act
