"""The calendar's pages."""

from datetime import UTC, datetime, timedelta

import icalendar
import pytest

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.models import ExternalCalendar, Opening, Reservation, Rule, TimeOff
from majlis.engines.scheduling.types import Hours
from majlis.kit import clock, testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _now():
    with clock.travel(NOW):
        yield


@pytest.fixture
def layla(client):
    person = testing.person("Layla Mansour", zone="UTC")
    client.force_login(person)
    return person


def opened(person):
    services.set_weekly_hours(person_id=person.id, hours=[Hours(1, 9 * 60, 480)])


def booked(person, other=None):
    return services.reserve(
        people=[person.id, (other or testing.person("Bilal Student")).id],
        starts_at=NINE,
        ends_at=NINE + HOUR,
        kind="lesson",
        subject_id=new_id(),
        title="English: past tense",
        hours_of=person.id,
    )


class TestCalendar:
    @pytest.mark.parametrize("view", ["", "week", "day", "agenda", "nonsense"])
    def test_shows_what_is_booked_on_the_members_wall(self, client, layla, view):
        opened(layla)
        booked(layla)
        page = client.get("/calendar/", {"view": view, "date": "2026-03-02"}).content.decode()
        assert "English: past tense" in page
        assert "09:00" in page

    def test_asks_visitors_to_sign_in(self, client):
        assert client.get("/calendar/").status_code == 302

    def test_survives_dates_nobody_has(self, client, layla):
        for date in ("", "x", "0001-01-01", "9999-12-31", "2026-02-30"):
            assert client.get("/calendar/", {"date": date}).status_code == 200

    def test_shows_days_on_which_the_clock_changes(self, client, layla):
        services.set_weekly_hours(person_id=layla.id, hours=[Hours(7, 0, 1440)], zone="Europe/Berlin")
        assert client.get("/calendar/", {"view": "day", "date": "2026-03-29"}).status_code == 200
        assert client.get("/calendar/", {"date": "2026-10-25"}).status_code == 200


class TestHours:
    def test_are_typed_and_copied_to_other_days(self, client, layla):
        form = {"from-1": ["09:00", "14:00", ""], "to-1": ["12:00", "18:00", ""], "copy-1": ["3"]}
        assert client.post("/calendar/hours/", form).status_code == 302
        assert queries.timetable(layla.id) == [
            Hours(1, 540, 180),
            Hours(1, 840, 240),
            Hours(3, 540, 180),
            Hours(3, 840, 240),
        ]

    def test_past_midnight_belong_to_the_day_they_begin(self, client, layla):
        client.post("/calendar/hours/", {"from-5": "22:00", "to-5": "01:00"})
        assert queries.timetable(layla.id) == [Hours(5, 22 * 60, 180)]

    def test_that_overlap_are_refused_with_words_and_nothing_typed_is_lost(self, client, layla):
        answer = client.post("/calendar/hours/", {"from-1": ["09:00", "10:00"], "to-1": ["11:00", "12:30"]})
        assert answer.status_code == 422
        page = answer.content.decode()
        assert "overlap" in page
        assert 'value="12:30"' in page

    def test_that_make_no_sense_are_refused(self, client, layla):
        assert client.post("/calendar/hours/", {"from-1": "9", "to-1": "x"}).status_code == 422
        assert client.post("/calendar/hours/", {"from-1": "09:00", "to-1": ""}).status_code == 422

    def test_show_what_no_longer_fits_before_anything_changes(self, client, layla):
        opened(layla)
        booked(layla)
        page = client.post("/calendar/hours/", {"from-2": "09:00", "to-2": "17:00"}).content.decode()
        assert "1 booking no longer fits" in page
        assert "Bilal Student" in page
        assert [h.weekday for h in queries.timetable(layla.id)] == [1]
        form = {"from-2": "09:00", "to-2": "17:00", "decided": "1", "displaced": "keep"}
        assert client.post("/calendar/hours/", form).status_code == 302
        assert [h.weekday for h in queries.timetable(layla.id)] == [2]
        assert Reservation.objects.get().status == "confirmed"


class TestRule:
    FORM = {
        "frequency": "monthly",
        "interval": "1",
        "month_day": "15",
        "starts_on": "2026-03-01",
        "begins": "18:00",
        "ends": "20:00",
        "activated": "on",
    }

    def test_is_added_changed_and_deleted(self, client, layla):
        assert client.post("/calendar/hours/rules/", self.FORM).status_code == 302
        rule = Rule.objects.get()
        assert (rule.month_day, rule.minutes) == (15, 120)
        address = f"/calendar/hours/rules/{rule.id}/"
        assert 'value="20:00"' in client.get(address).content.decode()
        client.post(address, {**self.FORM, "month_day": "16"})
        rule.refresh_from_db()
        assert rule.month_day == 16
        client.post(address + "delete/")
        rule.refresh_from_db()
        assert rule.deleted_at

    def test_that_is_wrong_says_where(self, client, layla):
        answer = client.post("/calendar/hours/rules/", {**self.FORM, "ends_on": "2025-01-01", "interval": "0"})
        assert answer.status_code == 422
        assert not Rule.objects.exists()

    def test_of_somebody_else_is_not_found(self, client, layla):
        opened(testing.person())
        rule = Rule.objects.get()
        assert client.get(f"/calendar/hours/rules/{rule.id}/").status_code == 404
        assert client.post(f"/calendar/hours/rules/{rule.id}/delete/").status_code == 404


class TestExceptions:
    def test_time_off_shows_what_is_booked_in_it_first(self, client, layla):
        opened(layla)
        booked(layla)
        form = {"off-first_day": "2026-03-02", "off-reason": "Dentist"}
        page = client.post("/calendar/exceptions/time-off/", form).content.decode()
        assert "English: past tense" in page
        assert not TimeOff.objects.exists()
        client.post("/calendar/exceptions/time-off/", {**form, "decided": "1", "displaced": "keep"})
        off = TimeOff.objects.get()
        assert off.during.upper - off.during.lower == timedelta(days=1)
        assert "Dentist" in client.get("/calendar/exceptions/").content.decode()
        client.post(f"/calendar/exceptions/time-off/{off.id}/")
        assert not TimeOff.objects.exists()

    def test_opening_opens_once(self, client, layla):
        form = {"opening-first_day": "2026-03-07", "opening-begins": "10:00", "opening-ends": "12:00"}
        client.post("/calendar/exceptions/openings/", form)
        assert "already" in client.post("/calendar/exceptions/openings/", form).content.decode()
        opening = Opening.objects.get()
        client.post(f"/calendar/exceptions/openings/{opening.id}/")
        assert not Opening.objects.exists()

    def test_that_are_over_or_backwards_are_refused(self, client, layla):
        for form in (
            {"off-first_day": "2025-01-01"},
            {"off-first_day": "2026-03-09", "off-last_day": "2026-03-02"},
            {"off-first_day": "x"},
        ):
            assert client.post("/calendar/exceptions/time-off/", form).status_code == 422

    def test_of_somebody_else_are_not_found(self, client, layla):
        other = testing.person()
        services.add_time_off(person_id=other.id, starts_at=NINE, ends_at=NINE + HOUR)
        off = TimeOff.objects.get()
        assert client.post(f"/calendar/exceptions/time-off/{off.id}/").status_code == 404


class TestSetup:
    def test_booking_rules_are_saved(self, client, layla):
        form = {
            "zone": "Africa/Cairo",
            "durations": ["45", "60"],
            "slot_grid": "15",
            "buffer_before": "5",
            "buffer_after": "10",
            "minimum_notice": "1440",
            "horizon_days": "30",
            "day_limit": "",
        }
        assert client.post("/calendar/settings/", form).status_code == 302
        found = queries.calendar_settings(layla.id)
        assert (found.zone, found.durations, found.minimum_notice, found.day_limit) == (
            "Africa/Cairo",
            (45, 60),
            1440,
            None,
        )
        assert client.post("/calendar/settings/", {**form, "horizon_days": "9999"}).status_code == 422

    def test_feed_link_opens_without_signing_in_and_ends_when_revoked(self, client, layla):
        opened(layla)
        booked(layla)
        client.post("/calendar/connections/feed/", {"act": "open"})
        token = queries.feed_token(queries.open_feed_of(layla.id))
        assert token in client.get("/calendar/connections/").content.decode()
        client.logout()
        answer = client.get(f"/calendar/feed/{token}.ics")
        assert answer["Content-Type"].startswith("text/calendar")
        (event,) = icalendar.Calendar.from_ical(answer.content).walk("VEVENT")
        assert event["SUMMARY"] == "English: past tense"
        assert client.get(f"/calendar/feed/{token}.ics", HTTP_IF_NONE_MATCH=answer["ETag"]).status_code == 304
        services.revoke_feed(person_id=layla.id)
        assert client.get(f"/calendar/feed/{token}.ics").status_code == 404

    def test_calendars_elsewhere_are_added_and_removed(self, client, layla):
        client.post("/calendar/connections/", {"address": "https://calendar.example/me.ics", "title": "Family"})
        assert "Waiting for the first reading" in client.get("/calendar/connections/").content.decode()
        assert client.post("/calendar/connections/", {"address": "file:///etc/passwd"}).status_code == 422
        calendar = ExternalCalendar.objects.get()
        client.post(f"/calendar/connections/{calendar.id}/", {"act": "retry"})
        client.force_login(testing.person())
        assert client.post(f"/calendar/connections/{calendar.id}/", {"act": "remove"}).status_code == 404
        client.force_login(layla)
        client.post(f"/calendar/connections/{calendar.id}/", {"act": "remove"})
        assert not ExternalCalendar.objects.exists()
