"""Allowances: what is granted, used, given back, rolled over and written off, line by line."""

import contextlib
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from majlis.engines.billing import queries, services
from majlis.engines.billing.models import AllowanceGrant
from majlis.engines.billing.services.allowances import GrantDraft, carry_allowances
from majlis.kernel.ledger import queries as ledger
from majlis.kernel.ledger.types import Purpose
from majlis.kit import audit, clock, testing
from majlis.kit.errors import Invalid, NotFound

pytestmark = pytest.mark.django_db
NOW = testing.SOME_MONDAY
WEEK = timedelta(days=7)


@pytest.fixture(autouse=True)
def _monday():
    with clock.travel(NOW):
        yield


def grant(person, amount=240, key="g", **more):
    more.setdefault("valid_until", NOW + WEEK)
    return services.grant_allowance(
        person_id=person.id, unit="minute", amount=amount, key=key, subject="test:1", memo="Arabic, weekly", **more
    )


def use(person, amount, key="u", **more):
    return services.use_allowance(
        person_id=person.id, unit="minute", amount=amount, key=key, subject="lesson:1", **more
    )


def left(person, **more):
    return queries.allowance_left(person.id, "minute", **more).amount


def booked(person):
    return ledger.balance(person.id, "minute", Purpose.ALLOWANCE).amount


def the_audit_finds_nothing():
    return [finding for outcome in audit.run("billing") for finding in outcome.findings] == []


class TestGrantAllowance:
    def test_is_there_to_be_used_until_it_ends(self, buyer):
        grant(buyer)
        assert (left(buyer), booked(buyer)) == (240, 240)
        assert left(buyer, at=NOW + WEEK) == 0

    def test_the_same_key_grants_once(self, buyer):
        assert grant(buyer).id == grant(buyer).id
        assert booked(buyer) == 240

    def test_the_same_key_for_more_is_refused(self, buyer):
        grant(buyer)
        with pytest.raises(services.AllowanceKeyReused):
            grant(buyer, 241)

    def test_weeks_are_granted_by_one_journal(self, buyer):
        drafts = [GrantDraft(60, f"w{n}", NOW + n * WEEK, NOW + (n + 1) * WEEK) for n in range(4)]
        services.grant_allowances(person_id=buyer.id, unit="minute", drafts=drafts, subject="test:1")
        assert (booked(buyer), left(buyer), left(buyer, at=NOW + 3 * WEEK)) == (240, 60, 60)
        assert len(queries.allowance_statement(buyer, "minute").items) == 1
        assert the_audit_finds_nothing()

    def test_of_money_is_refused(self, buyer):
        with pytest.raises(Invalid):
            services.grant_allowance(person_id=buyer.id, unit="USD", amount=1, key="m", subject="test:1")


class TestUseAllowance:
    def test_takes_the_soonest_to_expire_first(self, buyer):
        late = grant(buyer, 100, "late", valid_until=NOW + 3 * WEEK)
        soon = grant(buyer, 50, "soon")
        uses = use(buyer, 70)
        assert [(each.grant_id, each.amount) for each in uses] == [(soon.id, 50), (late.id, 20)]
        assert (left(buyer), booked(buyer)) == (80, 80)
        assert the_audit_finds_nothing()

    def test_refuses_more_than_is_left_and_takes_nothing(self, buyer):
        grant(buyer, 50)
        with pytest.raises(services.AllowanceShort) as short:
            use(buyer, 60)
        assert "50 minutes left, 60 minutes needed" in str(short.value)
        assert left(buyer) == 50

    def test_the_same_key_uses_once(self, buyer):
        grant(buyer)
        assert [each.id for each in use(buyer, 60)] == [each.id for each in use(buyer, 60)]
        assert left(buyer) == 180

    def test_a_coming_week_can_be_booked_now_but_not_borrowed_from(self, buyer):
        grant(buyer, 60, "this")
        grant(buyer, 60, "next", valid_from=NOW + WEEK, valid_until=NOW + 2 * WEEK)
        use(buyer, 60, "a", at=NOW + WEEK)
        assert (left(buyer), left(buyer, at=NOW + WEEK)) == (60, 0)
        with pytest.raises(services.AllowanceShort):
            use(buyer, 90, "b")

    def test_what_is_for_one_thing_pays_for_no_other(self, buyer):
        grant(buyer, 60, scope="teacher:omar")
        assert (left(buyer), left(buyer, scope=["lesson", "teacher:omar"])) == (0, 60)
        with pytest.raises(services.AllowanceShort):
            use(buyer, 60, scope="teacher:lina")

    def test_the_database_refuses_to_go_below_nothing(self, buyer):
        row = grant(buyer, 60)
        with pytest.raises(IntegrityError, match="allowance_is_not_used_beyond_its_amount"), transaction.atomic():
            AllowanceGrant.objects.filter(id=row.id).update(used=61)


class TestReturnUse:
    def test_gives_back_to_where_it_came_from(self, buyer):
        grant(buyer)
        use(buyer, 60)
        assert services.return_use(key="u") == 60
        assert services.return_use(key="u") == 60
        assert (left(buyer), booked(buyer)) == (240, 240)
        assert the_audit_finds_nothing()

    def test_a_part_comes_back_to_what_lasts_longest(self, buyer):
        grant(buyer, 50, "soon")
        late = grant(buyer, 50, "late", valid_until=NOW + 3 * WEEK)
        use(buyer, 80)
        assert services.return_use(key="u", amount=40) == 40
        late.refresh_from_db()
        assert (late.used, left(buyer, at=NOW + 2 * WEEK)) == (0, 50)
        assert the_audit_finds_nothing()

    def test_what_is_over_meanwhile_expires(self, buyer):
        grant(buyer)
        use(buyer, 60)
        services.expire_allowances(NOW + WEEK)
        assert services.return_use(key="u", now=NOW + WEEK) == 0
        assert booked(buyer) == 0
        assert the_audit_finds_nothing()

    def test_an_unknown_use_is_not_found(self, buyer):
        with pytest.raises(NotFound):
            services.return_use(key="never")


class TestExpiry:
    def test_writes_off_what_nobody_used(self, buyer):
        row = grant(buyer)
        use(buyer, 60)
        assert services.expire_allowances(NOW + WEEK - timedelta(seconds=1)) == 0
        assert services.expire_allowances(NOW + WEEK) == 1
        assert services.expire_allowances(NOW + WEEK) == 0
        row.refresh_from_db()
        assert (row.expired, row.left, booked(buyer)) == (180, 0, 0)
        assert the_audit_finds_nothing()

    def test_what_may_roll_over_waits_and_rolls_over_once(self, buyer):
        grant(buyer, 240, carry_limit=60, kept_until=NOW + 2 * WEEK)
        use(buyer, 100)
        services.expire_allowances(NOW + WEEK)
        assert booked(buyer) == 140
        into = grant(buyer, 240, "next", valid_from=NOW + WEEK, valid_until=NOW + 2 * WEEK)
        ends = {"from_subject": "test:1", "into": into, "ended_before": NOW + WEEK, "now": NOW + WEEK}
        assert carry_allowances(**ends).amount == 60
        assert carry_allowances(**ends) is None
        assert left(buyer, at=NOW + WEEK) == 300
        services.expire_allowances(NOW + 2 * WEEK)
        assert booked(buyer) == 0
        assert the_audit_finds_nothing()

    def test_the_member_reads_every_line(self, buyer):
        grant(buyer)
        use(buyer, 60)
        services.return_use(key="u")
        services.expire_allowances(NOW + WEEK)
        lines = queries.allowance_statement(buyer, "minute").items
        assert [(line.kind, line.amount.amount, line.balance_after.amount) for line in reversed(lines)] == [
            ("grant", 240, 240),
            ("use", -60, 180),
            ("use", 60, 240),
            ("expiry", -240, 0),
        ]

    def test_what_is_taken_back_is_gone(self, buyer):
        grant(buyer)
        use(buyer, 60)
        assert services.withdraw_allowances(subject="test:1") == {"minute": 180}
        assert services.withdraw_allowances(subject="test:1") == {}
        assert the_audit_finds_nothing()


class TestEveryAllowance(TestCase):
    """Whatever is done in whatever order, the grants and the books tell the same story and nothing goes below zero."""

    @settings(max_examples=15, deadline=None)
    @given(
        st.lists(
            st.tuples(st.sampled_from(["grant", "use", "return", "expire"]), st.integers(1, 100), st.integers(0, 5)),
            max_size=14,
        )
    )
    def test_adds_up(self, acts):
        person = testing.person()
        now = NOW
        for number, (act, amount, step) in enumerate(acts):
            if act == "grant":
                grant(person, amount, f"g{number}", valid_from=now, valid_until=now + (step + 1) * WEEK / 2)
            elif act == "use":
                with contextlib.suppress(services.AllowanceShort, services.AllowanceKeyReused):
                    use(person, amount, f"u{step}", at=now)
            elif act == "return":
                with contextlib.suppress(NotFound):
                    services.return_use(key=f"u{step}", now=now)
            else:
                now += step * WEEK / 2
                services.expire_allowances(now)
        assert booked(person) == sum(row.left for row in AllowanceGrant.objects.filter(person=person))
        assert the_audit_finds_nothing()
