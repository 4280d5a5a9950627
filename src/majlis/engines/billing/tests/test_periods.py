"""The calendar of subscriptions and the arithmetic of changes: pure, so tried with anything."""

import itertools
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from majlis.engines.billing.periods import end_of_period, weeks_of
from majlis.engines.billing.proration import allowance_left, difference, shares, time_left, worth
from majlis.kit.money import Money

INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
ZONES = st.sampled_from(["Africa/Cairo", "Asia/Jakarta", "Asia/Tehran", "America/New_York", "Pacific/Apia"])
CYCLES = st.sampled_from([("month", None), ("quarter", None), ("half_year", None), ("year", None), ("days", 30)])


def day(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestEndOfPeriod:
    def test_the_last_day_of_january_comes_back_in_march(self):
        ends = [end_of_period(day("2026-01-31"), "month", None, n, "UTC") for n in (1, 2, 3, 13)]
        assert ends == [day("2026-02-28"), day("2026-03-31"), day("2026-04-30"), day("2027-02-28")]

    def test_a_leap_day_renews_on_the_28th_and_on_the_next_leap_day(self):
        ends = [end_of_period(day("2024-02-29"), "year", None, n, "UTC") for n in (1, 4)]
        assert ends == [day("2025-02-28"), day("2028-02-29")]

    def test_the_hour_on_the_wall_stays_when_the_clock_changes(self):
        cairo = ZoneInfo("Africa/Cairo")
        began = datetime(2026, 4, 10, 9, 0, tzinfo=cairo)
        ends = end_of_period(began, "month", None, 1, "Africa/Cairo")
        assert ends.astimezone(cairo).hour == 9
        assert ends - began == timedelta(days=30) - timedelta(hours=1)

    def test_days_are_days_of_the_wall(self):
        assert end_of_period(day("2026-01-31"), "days", 30, 2, "UTC") == day("2026-04-01")

    @given(INSTANTS, CYCLES, ZONES, st.integers(1, 40))
    def test_periods_follow_each_other_and_never_shrink_to_nothing(self, anchor, cycle, zone, periods):
        ends = [end_of_period(anchor, *cycle, n, zone) for n in range(periods + 1)]
        lengths = [later - earlier for earlier, later in itertools.pairwise(ends)]
        assert all(length >= timedelta(days=27) for length in lengths)
        assert all(length <= timedelta(days=367) for length in lengths)

    @given(INSTANTS, st.integers(1, 400))
    def test_weeks_make_up_the_period_exactly(self, begins, hours):
        ends = begins + timedelta(hours=hours)
        weeks = weeks_of(begins, ends)
        assert weeks[0][0] == begins
        assert weeks[-1][1] == ends
        assert all(one[1] == next_[0] for one, next_ in itertools.pairwise(weeks))


AMOUNTS = st.integers(0, 10**12).map(lambda amount: Money(amount, "EGP"))
PARTS = st.fractions(0, 1)


class TestProration:
    def test_half_the_time_and_a_quarter_of_the_minutes_are_worth_a_quarter(self):
        starts, ends = day("2026-03-01"), day("2026-03-31")
        left = time_left(starts, ends, day("2026-03-16"))
        assert (left, allowance_left([(60, 240)])) == (Fraction(1, 2), Fraction(1, 4))
        assert worth(Money(40_000, "EGP"), left, Fraction(1, 4)) == Money(10_000, "EGP")

    def test_of_several_allowances_the_most_used_counts(self):
        assert allowance_left([(240, 240), (1, 10)]) == Fraction(1, 10)
        assert allowance_left([]) == 1

    @given(AMOUNTS, PARTS, PARTS)
    def test_never_credits_more_than_was_paid(self, paid, time, allowance):
        credit = worth(paid, time, allowance)
        assert Money(0, "EGP") <= credit <= paid
        assert credit.amount <= paid.amount * time
        assert credit.amount <= paid.amount * allowance

    @given(AMOUNTS, AMOUNTS)
    def test_what_is_charged_and_what_is_credited_add_up(self, charge, credit):
        sums = difference(charge, credit)
        assert charge + sums.to_wallet == credit + sums.due
        assert sums.due.amount == 0 or sums.to_wallet.amount == 0

    @given(st.lists(AMOUNTS, min_size=1, max_size=6), PARTS)
    def test_a_credit_over_several_lines_sums_exactly_and_none_gives_more_than_it_has(self, lines, part):
        total = sum(lines, Money(0, "EGP"))
        credit = worth(total, part)
        given_back = shares(credit, lines)
        assert sum(given_back, Money(0, "EGP")) == credit
        assert all(one <= line for one, line in zip(given_back, lines, strict=True))

    def test_more_than_there_is_is_refused(self):
        with pytest.raises(ValueError, match="more than there is"):
            shares(Money(3, "EGP"), [Money(2, "EGP")])

    @given(INSTANTS, st.integers(1, 10**7), st.integers(-(10**6), 2 * 10**7))
    def test_time_left_lies_between_nothing_and_all(self, starts, seconds, at):
        left = time_left(starts, starts + timedelta(seconds=seconds), starts + timedelta(seconds=at))
        assert 0 <= left <= 1
