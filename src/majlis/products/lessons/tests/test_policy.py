from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.kit.money import Money
from majlis.products.lessons.policy import RefundPolicy
from majlis.products.lessons.types import Presence, Side

LESSON = datetime(2026, 3, 10, 17, 0, tzinfo=UTC)
PRICE = Money(20_000, "EGP")
POLICY = RefundPolicy()


def cancel(hours_before: float, by: str = Side.STUDENT):
    now = LESSON - timedelta(hours=hours_before)
    return POLICY.on_cancel(by=by, starts_at=LESSON, price=PRICE, now=now)


class TestCancelling:
    @pytest.mark.parametrize(
        ("hours", "student", "teacher"),
        [(48, 20_000, 0), (24, 20_000, 0), (23.99, 10_000, 10_000), (2, 10_000, 10_000), (1.99, 0, 20_000)],
    )
    def test_a_student_gets_back_what_the_tier_says(self, hours, student, teacher):
        terms = cancel(hours)
        assert (terms.student.amount, terms.teacher.amount) == (student, teacher)

    @pytest.mark.parametrize("side", [Side.TEACHER, Side.HOUSE])
    def test_whoever_else_cancels_returns_everything(self, side):
        assert cancel(0.1, by=side).student == PRICE

    def test_what_is_shown_is_what_is_computed(self):
        now = LESSON - timedelta(days=3)
        for tier in POLICY.tiers(LESSON, PRICE, now):
            just_before = tier.until - timedelta(seconds=1)
            terms = POLICY.on_cancel(by=Side.STUDENT, starts_at=LESSON, price=PRICE, now=just_before)
            assert terms.student == tier.back

    def test_only_tiers_that_lie_ahead_are_shown(self):
        shown = POLICY.tiers(LESSON, PRICE, LESSON - timedelta(hours=3))
        assert [t.percent for t in shown] == [50, 0]


class TestVerdicts:
    @pytest.mark.parametrize(
        ("teacher", "student", "back", "goodwill"),
        [
            (Presence.PRESENT, Presence.PRESENT, 0, 0),
            (Presence.PRESENT, Presence.ABSENT, 0, 0),
            (Presence.ABSENT, Presence.PRESENT, 20_000, 4_000),
            (Presence.ABSENT, Presence.TECHNICAL, 20_000, 4_000),
            (Presence.ABSENT, Presence.ABSENT, 20_000, 0),
            (Presence.TECHNICAL, Presence.PRESENT, 20_000, 0),
            (Presence.PRESENT, Presence.TECHNICAL, 20_000, 0),
        ],
    )
    def test_presence_decides(self, teacher, student, back, goodwill):
        terms = POLICY.on_verdict(teacher=teacher, student=student, price=PRICE)
        assert (terms.student.amount, terms.goodwill.amount) == (back, goodwill)


@given(
    price=st.integers(0, 10**10),
    percents=st.lists(st.integers(0, 100), min_size=1, max_size=4),
    hours=st.floats(-2, 100),
)
def test_the_parts_always_add_up_to_the_price(price, percents, hours):
    policy = RefundPolicy(refund_tiers=tuple((48 - 12 * n, p) for n, p in enumerate(percents)))
    money = Money(price, "IDR")
    terms = policy.on_cancel(by=Side.STUDENT, starts_at=LESSON, price=money, now=LESSON - timedelta(hours=hours))
    assert terms.student + terms.teacher == money
    assert 0 <= terms.student.amount <= price


def test_a_lesson_keeps_the_policy_it_was_booked_under():
    policy = RefundPolicy(refund_tiers=((12, 80), (0, 0)), goodwill_percent=5)
    assert RefundPolicy.from_facts(policy.as_facts()) == policy
