"""Plans and subscriptions over the API: the same operations as on the pages."""

import json

import pytest

from majlis.engines.billing import queries, services
from majlis.engines.billing.tests.factories import give
from majlis.engines.billing.tests.plans import plan, price
from majlis.kit import testing

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
