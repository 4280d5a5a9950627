"""People's hours and what changing them does."""

from datetime import UTC, date, datetime, time, timedelta
from functools import partial

import pytest

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.models import Rule, TimeOff
from majlis.engines.scheduling.tests.factories import teacher, weekly
from majlis.engines.scheduling.types import Hours
from majlis.kit import testing
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday
MONDAY_9 = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def nine_to_five(*weekdays):
    return [Hours(day, 9 * 60, 8 * 60) for day in weekdays]


def open_on(person, day, days=1):
    start = datetime.combine(day, time(), UTC)
    found = queries.openings(person.id, start, start + timedelta(days=days))
    return [f"{s.starts_at:%d %H:%M}-{s.ends_at:%d %H:%M}" for s in found]


def booked(person, starts_at=MONDAY_9, length=HOUR):
    return services.reserve(
        people=[person.id, testing.person().id],
        starts_at=starts_at,
        ends_at=starts_at + length,
        kind="lesson",
        subject_id=new_id(),
        hours_of=person.id,
        now=NOW,
    )


class TestWeeklyTimetable:
    def test_replaces_the_one_before_and_keeps_what_stays(self):
        person = teacher()
        services.set_weekly_hours(person_id=person.id, hours=nine_to_five(1, 2), now=NOW)
        kept = Rule.objects.of(person.id).get(weekdays=[2])
        services.set_weekly_hours(person_id=person.id, hours=nine_to_five(2, 3), now=NOW)
        assert [h.weekday for h in queries.timetable(person.id)] == [2, 3]
        assert Rule.objects.of(person.id).get(weekdays=[2]) == kept
        assert Rule.objects.filter(person=person, deleted_at__isnull=False).count() == 1

    def test_refuses_hours_that_overlap_and_changes_nothing(self):
        person = teacher()
        services.set_weekly_hours(person_id=person.id, hours=nine_to_five(1), now=NOW)
        with pytest.raises(services.RulesOverlap):
            services.set_weekly_hours(
                person_id=person.id, hours=[Hours(1, 9 * 60, 120), Hours(1, 10 * 60, 60)], now=NOW
            )
        assert queries.timetable(person.id) == nine_to_five(1)

    def test_refuses_hours_past_midnight_that_run_into_the_next_day(self):
        person = teacher()
        with pytest.raises(services.RulesOverlap):
            services.set_weekly_hours(person_id=person.id, hours=[Hours(7, 22 * 60, 240), Hours(1, 60, 60)], now=NOW)

    def test_allows_every_day_round_the_clock_across_a_clock_change(self):
        person = teacher("Europe/Berlin")
        services.set_weekly_hours(person_id=person.id, hours=[Hours(d, 0, 1440) for d in range(1, 8)], now=NOW)
        assert open_on(person, date(2026, 3, 29), 2) == ["29 00:00-31 00:00"]

    def test_refuses_nonsense(self):
        person = teacher()
        for hours in (Hours(8, 0, 60), Hours(1, 1440, 60), Hours(1, 0, 0), Hours(1, 0, 1441)):
            with pytest.raises(Invalid):
                services.set_weekly_hours(person_id=person.id, hours=[hours], now=NOW)


class TestRule:
    def rule(self, person, **fields):
        fields.setdefault("begins", time(9))
        fields.setdefault("minutes", 60)
        fields.setdefault("starts_on", date(2026, 3, 1))
        return services.save_rule(person_id=person.id, now=NOW, **fields)

    def test_weekly_without_weekdays_means_the_weekday_it_starts_on(self):
        person = teacher()
        self.rule(person, frequency="weekly", starts_on=date(2026, 3, 4))
        assert open_on(person, date(2026, 3, 2), 14) == ["04 09:00-04 10:00", "11 09:00-11 10:00"]

    def test_monthly_without_a_day_skips_months_that_lack_the_day_it_starts_on(self):
        person = teacher()
        self.rule(person, frequency="monthly", starts_on=date(2026, 3, 31))
        assert open_on(person, date(2026, 4, 1), 60) == []
        assert open_on(person, date(2026, 5, 31)) == ["31 09:00-31 10:00"]

    def test_weekday_and_day_of_the_month_are_both_meant(self):
        person = teacher()
        self.rule(person, frequency="monthly", weekdays=[5], month_day=13)
        assert open_on(person, date(2026, 3, 1), 30) == ["13 09:00-13 10:00"]
        assert open_on(person, date(2026, 4, 1), 180) == []

    def test_draft_opens_nothing_until_it_is_activated(self):
        person = teacher()
        rule = self.rule(person, frequency="daily", activated=False)
        assert open_on(person, date(2026, 3, 2)) == []
        self.rule(person, frequency="daily", rule_id=rule.id)
        assert open_on(person, date(2026, 3, 2)) == ["02 09:00-02 10:00"]

    def test_ends_on_its_last_day_and_starts_on_its_first(self):
        person = teacher()
        self.rule(person, frequency="daily", starts_on=date(2026, 3, 3), ends_on=date(2026, 3, 4))
        assert open_on(person, date(2026, 3, 1), 10) == ["03 09:00-03 10:00", "04 09:00-04 10:00"]

    def test_at_midnight_belongs_to_the_day_it_begins(self):
        person = teacher()
        self.rule(person, frequency="daily", begins=time(0), minutes=60)
        assert open_on(person, date(2026, 3, 2)) == ["02 00:00-02 01:00"]

    def test_past_midnight_can_be_booked_on_the_next_day(self):
        person = teacher()
        self.rule(person, frequency="weekly", weekdays=[7], begins=time(22), minutes=240)
        assert open_on(person, date(2026, 3, 2)) == ["02 00:00-02 02:00"]
        booked(person, datetime(2026, 3, 2, 0, 30, tzinfo=UTC))

    def test_in_another_zone_is_compared_in_real_time(self):
        person = teacher("Europe/Berlin")
        self.rule(person, frequency="daily", begins=time(9), zone="Europe/Berlin")
        with pytest.raises(services.RulesOverlap):
            self.rule(person, frequency="daily", begins=time(8), minutes=30, zone="Europe/London")
        self.rule(person, frequency="daily", begins=time(9), minutes=30, zone="Europe/London")

    def test_that_begin_far_ahead_are_compared_all_the_same(self):
        person = teacher()
        self.rule(person, weekdays=[7], begins=time(22), minutes=240)
        with pytest.raises(services.RulesOverlap):
            self.rule(person, weekdays=[1], begins=time(1), minutes=60, starts_on=date(2028, 5, 1))
        self.rule(person, weekdays=[1], begins=time(2), minutes=60, starts_on=date(2028, 5, 1))

    def test_refuses_a_zone_nobody_knows(self):
        with pytest.raises(Invalid):
            self.rule(teacher(), zone="Mars/Olympus")

    def test_of_somebody_else_is_not_found(self):
        rule = self.rule(teacher())
        with pytest.raises(NotFound):
            self.rule(teacher(), rule_id=rule.id)
        with pytest.raises(NotFound):
            services.delete_rule(person_id=teacher().id, rule_id=rule.id, now=NOW)

    def test_deleted_opens_nothing_and_its_row_stays(self):
        person = teacher()
        rule = self.rule(person, frequency="daily")
        services.delete_rule(person_id=person.id, rule_id=rule.id, now=NOW)
        assert open_on(person, date(2026, 3, 2)) == []
        assert Rule.objects.filter(pk=rule.id).exists()


class TestTimeOff:
    def test_closes_hours_and_keeps_what_is_reserved(self):
        person = teacher()
        weekly(person, [1], "09:00", 480)
        made = booked(person)
        displaced = services.add_time_off(
            person_id=person.id, starts_at=MONDAY_9, ends_at=MONDAY_9 + 2 * HOUR, reason="Dentist", now=NOW
        )
        assert [m.reservation_id for m in displaced] == [made]
        assert open_on(person, date(2026, 3, 2)) == ["02 11:00-02 17:00"]
        assert [b.source for b in queries.agenda(person.id, MONDAY_9, MONDAY_9 + HOUR, now=NOW)] == [
            "reservation",
            "time_off",
        ]

    def test_is_previewed_without_being_taken(self):
        person = teacher()
        weekly(person, [1], "09:00", 480)
        made = booked(person)
        change = partial(
            services.add_time_off, person_id=person.id, starts_at=MONDAY_9, ends_at=MONDAY_9 + HOUR, now=NOW
        )
        assert [m.reservation_id for m in services.preview(change, person_id=person.id, now=NOW)] == [made]
        assert not TimeOff.objects.exists()
        booked(person, MONDAY_9 + HOUR)

    def test_taken_away_opens_the_time_again(self):
        person = teacher()
        weekly(person, [1], "09:00", 60)
        services.add_time_off(person_id=person.id, starts_at=MONDAY_9, ends_at=MONDAY_9 + HOUR, now=NOW)
        (off,) = queries.time_off(person.id, now=NOW)
        with pytest.raises(NotFound):
            services.remove_time_off(person_id=teacher().id, time_off_id=off.id, now=NOW)
        services.remove_time_off(person_id=person.id, time_off_id=off.id, now=NOW)
        assert open_on(person, date(2026, 3, 2)) == ["02 09:00-02 10:00"]


class TestPreview:
    def test_of_a_rule_edit_names_what_no_longer_fits_and_only_that(self):
        person = teacher()
        services.set_weekly_hours(person_id=person.id, hours=nine_to_five(1, 2), now=NOW)
        monday = booked(person)
        booked(person, MONDAY_9 + timedelta(days=1))
        change = partial(services.set_weekly_hours, person_id=person.id, hours=nine_to_five(2), now=NOW)
        (misfit,) = services.preview(change, person_id=person.id, now=NOW)
        assert misfit.reservation_id == monday
        assert len(misfit.people) == 2
        change()
        # It does not fit already: a further change does not name it again.
        assert services.preview(change, person_id=person.id, now=NOW) == []


class TestOpening:
    def test_opens_a_time_once(self):
        person = teacher()
        services.add_opening(person_id=person.id, starts_at=MONDAY_9, ends_at=MONDAY_9 + HOUR, now=NOW)
        assert open_on(person, date(2026, 3, 1), 30) == ["02 09:00-02 10:00"]
        with pytest.raises(services.OpeningOverlaps):
            services.add_opening(person_id=person.id, starts_at=MONDAY_9, ends_at=MONDAY_9 + 2 * HOUR, now=NOW)

    def test_taken_away_names_what_was_reserved_in_it(self):
        person = teacher()
        opening = services.add_opening(person_id=person.id, starts_at=MONDAY_9, ends_at=MONDAY_9 + HOUR, now=NOW)
        made = booked(person)
        displaced = services.remove_opening(person_id=person.id, opening_id=opening.id, now=NOW)
        assert [m.reservation_id for m in displaced] == [made]


class TestSettings:
    def test_begin_with_defaults_in_the_persons_zone(self):
        found = queries.calendar_settings(testing.person(zone="Asia/Jakarta").id)
        assert (found.zone, found.slot_grid, found.durations) == ("Asia/Jakarta", 30, (30, 60, 90))

    def test_change_in_part(self):
        person = testing.person(zone="Asia/Jakarta")
        services.change_calendar(person_id=person.id, buffer_after=10, durations=[45, 30, 45], now=NOW)
        found = services.change_calendar(person_id=person.id, day_limit=3, now=NOW)
        assert (found.buffer_after, found.durations, found.day_limit) == (10, (30, 45), 3)

    def test_refuse_nonsense_by_field(self):
        with pytest.raises(Invalid) as refused:
            services.change_calendar(
                person_id=testing.person().id, slot_grid=7, durations=[], zone="", buffer_before=-1, now=NOW
            )
        assert set(refused.value.errors) == {"slot_grid", "durations", "zone", "buffer_before"}
