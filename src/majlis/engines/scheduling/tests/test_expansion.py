"""From rules to instants, against an independent expansion in Python: dateutil's dates, zoneinfo's instants."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from dateutil.rrule import DAILY, MONTHLY, WEEKLY, rrule, weekday
from django.db import connection, transaction
from hypothesis import HealthCheck, given, note, settings
from hypothesis import strategies as st

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.models import Opening, Rule, TimeOff
from majlis.engines.scheduling.queries import sql
from majlis.engines.scheduling.tests.factories import teacher, weekly
from majlis.kit import testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
FREQUENCIES = {"daily": DAILY, "weekly": WEEKLY, "monthly": MONTHLY}
# Zones whose rules have stood for years: where a state changed them lately, Python and PostgreSQL may know it from
# releases of different age.
ZONES = [
    "UTC",
    "Europe/Berlin",
    "Africa/Cairo",  # clocks change at midnight
    "America/New_York",
    "America/St_Johns",
    "Asia/Kathmandu",
    "Asia/Jakarta",
    "Asia/Tehran",
    "Australia/Lord_Howe",  # by half an hour
    "Antarctica/Troll",  # by two hours
    "Pacific/Apia",
    "Pacific/Kiritimati",
]


def occurrences(person, lo, hi):
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH {sql.OCCURRENCES} SELECT rule_id, lower(during), upper(during) FROM occurrence",
            {"people": [person.id], "lo": lo, "hi": hi},
        )
        return set(cursor.fetchall())


def expected(rule, lo, hi):
    """Dates by dateutil on naive days, instants by zoneinfo."""
    first = datetime.combine(rule.starts_on, time())
    last = datetime.combine(rule.ends_on, time()) if rule.ends_on else hi.replace(tzinfo=None) + timedelta(days=3)
    days = rrule(
        FREQUENCIES[rule.frequency],
        dtstart=first,
        until=min(last, hi.replace(tzinfo=None) + timedelta(days=3)),
        interval=rule.interval,
        byweekday=[weekday(day - 1) for day in rule.weekdays] or None,
        bymonthday=rule.month_day,
        wkst=0,
    )
    for day in days:
        begin = datetime.combine(day.date(), rule.begins, ZoneInfo(rule.zone)).astimezone(UTC)
        end = begin + timedelta(minutes=rule.minutes)
        if begin < hi and end > lo:
            yield rule.id, begin, end


@st.composite
def rules(draw):
    frequency = draw(st.sampled_from(["daily", "weekly", "monthly"]))
    weekdays = sorted(draw(st.sets(st.integers(1, 7), min_size=1 if frequency == "weekly" else 0, max_size=4)))
    month_day = draw(st.none() | st.integers(1, 31))
    starts_on = draw(st.dates(date(2025, 1, 1), date(2026, 12, 31)))
    if frequency == "monthly" and not weekdays and month_day is None:
        month_day = starts_on.day
    return {
        "frequency": frequency,
        "weekdays": weekdays,
        "month_day": month_day,
        "starts_on": starts_on,
        "ends_on": draw(st.none() | st.just(starts_on + timedelta(days=draw(st.integers(0, 200))))),
        "interval": draw(st.integers(1, 4)),
        "begins": time(draw(st.sampled_from([0, 1, 2, 3, 9, 18, 23])), draw(st.sampled_from([0, 15, 30]))),
        "minutes": draw(st.sampled_from([30, 60, 240, 600, 1440])),
        "zone": draw(st.sampled_from(ZONES)),
    }


# Around clock changes of both hemispheres.
TURNS = [
    date(2026, 3, 8),
    date(2026, 3, 29),
    date(2026, 4, 5),
    date(2026, 4, 24),
    date(2026, 10, 4),
    date(2026, 10, 25),
]
STARTS = st.sampled_from(TURNS).map(lambda d: d - timedelta(days=3)) | st.dates(date(2025, 6, 1), date(2027, 2, 1))


class TestExpansion:
    @settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(drawn=st.lists(rules(), min_size=1, max_size=8), start=STARTS, hours=st.integers(1, 21 * 24))
    def test_agrees_with_dateutil_and_zoneinfo(self, drawn, start, hours):
        with transaction.atomic():
            person = testing.person()
            made = Rule.objects.bulk_create(Rule(person=person, **fields) for fields in drawn)
            lo = datetime.combine(start, time(5), UTC)
            hi = lo + timedelta(hours=hours)
            note(f"{drawn} {lo} {hi}")
            assert occurrences(person, lo, hi) == {each for rule in made for each in expected(rule, lo, hi)}
            transaction.set_rollback(True)

    @settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        drawn=st.lists(rules(), min_size=1, max_size=6),
        start=STARTS,
        minutes=st.sampled_from([15, 30, 60, 240, 1440]),
        spans=st.lists(st.tuples(st.integers(0, 4 * 96), st.integers(1, 40)), max_size=2),
    )
    def test_a_booking_is_asked_by_the_hours_that_are_shown(self, drawn, start, minutes, spans):
        """`scheduling_is_open` (one time of one person) against `sql.OPENED` (anybody's weeks)."""
        with transaction.atomic():
            person = testing.person()
            Rule.objects.bulk_create(Rule(person=person, **fields) for fields in drawn)
            lo, quarter = datetime.combine(start, time(5), UTC), timedelta(minutes=15)
            stretches = [(lo + begin * quarter, lo + (begin + length) * quarter) for begin, length in spans]
            for number, during in enumerate(stretches):
                (TimeOff if number % 2 else Opening).objects.create(person=person, during=during)
            lasting = timedelta(minutes=minutes)
            with connection.cursor() as cursor:
                for begin in (lo + n * timedelta(minutes=75) for n in range(40)):
                    given = {"people": [person.id], "lo": begin, "hi": begin + lasting}
                    cursor.execute(
                        f"SELECT coalesce(bool_or(hours @> tstzrange(%(lo)s, %(hi)s)), false) FROM ({sql.OPENED}) o",
                        given,
                    )
                    shown = cursor.fetchone()
                    cursor.execute("SELECT scheduling_is_open(%s, %s, %s)", [person.id, begin, begin + lasting])
                    assert cursor.fetchone() == shown, begin
            transaction.set_rollback(True)


class TestClockChanges:
    def starts(self, person, first, days):
        lo = datetime.combine(first, time(), UTC)
        return [s.starts_at for s in queries.openings(person.id, lo, lo + timedelta(days=days))]

    @pytest.mark.parametrize(
        ("sunday", "turn"), [(date(2026, 3, 22), "spring"), (date(2026, 10, 18), "autumn")], ids=["spring", "autumn"]
    )
    def test_a_weekly_lesson_of_berlin_stays_at_18_there_and_moves_for_cairo(self, sunday, turn):
        klara = teacher("Europe/Berlin")
        weekly(klara, [7], "18:00", 60)
        berlin, cairo = ZoneInfo("Europe/Berlin"), ZoneInfo("Africa/Cairo")
        starts = self.starts(klara, sunday, 21)
        assert [s.astimezone(berlin).strftime("%d %H:%M") for s in starts] == [
            f"{(sunday + timedelta(days=d)).day:02} 18:00" for d in (0, 7, 14)
        ]
        # Egypt turns its clocks on 24 April and 30 October, Germany on 29 March and 25 October.
        assert [s.astimezone(cairo).hour for s in starts] == {"spring": [19, 18, 18], "autumn": [19, 20, 19]}[turn]

    def test_each_week_of_it_can_be_booked(self):
        klara, student = teacher("Europe/Berlin"), testing.person(zone="Africa/Cairo")
        weekly(klara, [7], "18:00", 60)
        starts = self.starts(klara, date(2026, 3, 1), 300)
        for starts_at in starts:
            services.reserve(
                people=[klara.id, student.id],
                starts_at=starts_at,
                ends_at=starts_at + timedelta(hours=1),
                kind="lesson",
                subject_id=new_id(),
                hours_of=klara.id,
                now=datetime(2026, 2, 28, tzinfo=UTC),
            )
        booked = queries.agenda(student.id, starts[0], starts[-1] + timedelta(hours=1), now=starts[0])
        assert [busy.starts_at for busy in booked] == starts

    def test_half_past_two_that_does_not_exist_shifts_forward(self):
        klara = teacher("Europe/Berlin")
        weekly(klara, [7], "02:30", 60)
        (start,) = self.starts(klara, date(2026, 3, 29), 1)
        assert start == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert start.astimezone(ZoneInfo("Europe/Berlin")).strftime("%H:%M") == "03:30"

    def test_half_past_two_that_comes_twice_means_the_first(self):
        klara = teacher("Europe/Berlin")
        weekly(klara, [7], "02:30", 60)
        assert self.starts(klara, date(2026, 10, 25), 1) == [datetime(2026, 10, 25, 0, 30, tzinfo=UTC)]

    def test_midnight_that_does_not_exist_in_cairo_shifts_to_one(self):
        amal = teacher("Africa/Cairo")
        weekly(amal, [5], "00:00", 60)
        (start,) = self.starts(amal, date(2026, 4, 23), 2)
        assert start.astimezone(ZoneInfo("Africa/Cairo")).strftime("%a %H:%M") == "Fri 01:00"

    def test_a_rule_inside_the_gap_keeps_its_length(self):
        klara = teacher("Europe/Berlin")
        weekly(klara, [7], "02:00", 60)
        lo = datetime(2026, 3, 29, tzinfo=UTC)
        (stretch,) = queries.openings(klara.id, lo, lo + timedelta(days=1))
        assert stretch.ends_at - stretch.starts_at == timedelta(hours=1)
