"""Renewals by the hundred: the same rows as one by one, and nobody's fault is another's."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from majlis.engines.billing import queries
from majlis.engines.billing.models import Invoice, OrderLine, Plan, Subscription, SubscriptionPeriod
from majlis.engines.billing.steps import steps_of
from majlis.engines.billing.tests.factories import give, house, wallet
from majlis.engines.billing.tests.plans import DAY, MINUTES, findings, fresh, grants, join, plan, renew
from majlis.kernel.accounts.models import Guardianship
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kernel.notices.models import Mail, Notice, Reminder
from majlis.kit import audit, clock, testing

pytestmark = pytest.mark.django_db
NOW = testing.SOME_MONDAY
APRIL = NOW + 31 * DAY
MONTHLY = {"unit": "session", "amount": 8, "carry_limit": 4}


@pytest.fixture(autouse=True)
def _monday():
    with clock.travel(NOW):
        yield


def member(**more):
    return testing.person("Salma Hassan", country="XX", **more)


def members(number, of, *, money=10_000):
    people = [member() for _each in range(number)]
    taken = [join(each, of) for each in people]
    for each in people if money else ():
        give(each, money)
    return people, taken


def ward():
    """A member under age, whose guardian agreed: one whose renewal is always done by itself."""
    salma, huda = member(birth_date=NOW.date().replace(year=NOW.year - 12)), member()
    Guardianship.objects.create(
        ward=salma, guardian=huda, email="huda@example.com", state="consented", asked_at=NOW, answered_at=NOW
    )
    return salma


HIDDEN = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[2-9A-Z]{4}-[2-9A-Z]{4}|2026-\d{6}")


def told_of(row, *without):
    """A row without what names it: ids, numbers and when it was written."""
    values = {field.attname: getattr(row, field.attname) for field in row._meta.concrete_fields}
    return {
        name: HIDDEN.sub("…", str(value))
        for name, value in values.items()
        if name not in {"id", "created_at", "sequence", "batch", *without}
    }


def everything_about(person, taken):
    """What a renewal left behind."""
    lines = list(OrderLine.objects.filter(order__buyer=person, kind="subscription").order_by("id"))
    periods = list(SubscriptionPeriod.objects.filter(subscription=taken).order_by("number"))
    things = [fresh(taken), *periods, *lines, *(line.order for line in lines[1:])]
    subjects = [f"billing.line:{each.id}" for each in lines]
    subjects += [f"billing.order:{each.order_id}" for each in lines[1:]]
    subjects += sorted({f"billing.allowance:{each.batch}" for each in grants(person)})
    return {
        "rows": [told_of(each) for each in [*things, *Invoice.objects.filter(buyer=person).order_by("id")]],
        "steps": [[(each.source, each.target, each.reason) for each in steps_of(thing)] for thing in things],
        "entries": [
            sorted(
                (entry.kind, HIDDEN.sub("…", entry.memo), str(entry.amount), str(entry.balance_after), entry.at)
                for entry in ledger.entries_about(subject)
            )
            for subject in subjects
        ],
        "grants": [told_of(each) for each in grants(person)],
        "notices": [told_of(each) for each in Notice.objects.filter(person=person, kind="order_paid").order_by("id")],
        "reminders": [told_of(each) for each in Reminder.objects.filter(person=person).order_by("id")],
        "mails": [(each.notice.kind, each.pace, each.due_at) for each in Mail.objects.filter(person=person)],
    }


class TestTogether:
    @pytest.mark.parametrize("trial_days", [0, 7])
    def test_leaves_the_same_rows_as_one_by_one(self, trial_days):
        basic = plan(benefits=[MINUTES, MONTHLY, {"access": "course", "ref": "*"}], trial_days=trial_days)
        one, alone = member(), ward()
        taken = [join(each, basic) for each in (one, alone)]
        for each in (one, alone):
            give(each, 10_000)
        due = fresh(taken[0]).ends_at
        with clock.travel(due):
            assert renew(due) == 2
        assert [fresh(each).status for each in taken] == ["active", "active"]
        together, by_itself = everything_about(one, taken[0]), everything_about(alone, taken[1])
        for rows in (together, by_itself):
            for row in rows["rows"]:
                row.pop("buyer_facts", None)
        assert together == by_itself
        assert findings() == []

    def test_one_that_is_broken_keeps_nobody_else(self):
        people, taken = members(5, plan(benefits=[MINUTES]))
        broken = plan("broken", family="broken")
        unlucky, bad = members(1, broken)
        Plan.objects.filter(id=broken.id).update(dunning={"end": "soon"})
        assert renew(APRIL) == 6
        assert [fresh(each).number for each in taken] == [2] * 5
        assert [wallet(each) for each in people] == [0] * 5
        assert (fresh(bad[0]).number, wallet(unlucky[0])) == (1, 10_000)
        assert fresh(bad[0]).act_at == APRIL + timedelta(hours=1)
        assert renew(APRIL) == 0
        Plan.objects.filter(id=broken.id).update(dunning=None)
        assert renew(APRIL + timedelta(hours=1)) == 1
        assert (fresh(bad[0]).number, wallet(unlucky[0])) == (2, 0)
        assert findings() == []

    def test_who_has_not_enough_is_tried_by_card_and_the_others_are_renewed(self):
        _rich, paid = members(3, plan())
        _poor, charged = members(2, queries.plan("basic"), money=0)
        short, nearly = members(1, queries.plan("basic"), money=9_999)
        assert renew(APRIL) == 6
        assert [fresh(each).status for each in paid + charged + nearly] == ["active"] * 6
        assert wallet(short[0]) == 9_999
        assert findings() == []

    def test_a_person_with_two_subscriptions_pays_for_both(self):
        salma = member()
        taken = [join(salma, plan()), join(salma, plan("vpn", family="vpn"))]
        give(salma, 20_000)
        assert renew(APRIL) == 2
        assert [fresh(each).number for each in taken] == [2, 2]
        assert wallet(salma) == 0
        assert findings() == []

    def test_one_who_is_already_being_renewed_is_left_alone(self):
        _people, taken = members(2, plan())
        Subscription.objects.filter(id=taken[0].id).update(act_at=APRIL + DAY)
        assert renew(APRIL) == 1
        assert [fresh(each).number for each in taken] == [1, 2]

    def test_invoices_of_a_crowd_have_no_gap_and_no_twin(self):
        members(7, plan())
        renew(APRIL)
        numbers = sorted(Invoice.objects.values_list("sequence", flat=True))
        assert numbers == list(range(1, 15))
        assert house(Purpose.ESCROW) == 70_000
        assert [found for outcome in audit.run("") for found in outcome.findings] == []

    def test_ten_times_as_many_take_no_more_statements(self):
        basic = plan(benefits=[MINUTES])
        members(2, basic)
        with CaptureQueriesContext(
            connection,
        ) as few:
            assert renew(APRIL) == 2
        members(20, basic)
        with CaptureQueriesContext(connection) as many:
            assert renew(APRIL) == 20
        assert len(many) <= len(few) + 1
