"""Calendars going out and coming in."""

import threading
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import icalendar
import pytest

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.gateways.web import WebCalendars
from majlis.engines.scheduling.models import ExternalCalendar, ExternalTime
from majlis.engines.scheduling.tests.factories import teacher, weekly
from majlis.kit import testing
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.ids import new_id
from majlis.kit.outbound import Policy

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def booked(person, starts_at=NINE, **more):
    return services.reserve(
        people=[person.id],
        starts_at=starts_at,
        ends_at=starts_at + HOUR,
        kind="lesson",
        subject_id=new_id(),
        title="English: past tense",
        now=NOW,
        **more,
    )


class TestFeed:
    def events(self, person, now=NOW):
        content = queries.feed_content(person.id, name="Majlis", host="majlis.example", now=now)
        self.calendar = icalendar.Calendar.from_ical(content)
        return {str(e["UID"]).split("@")[0]: e for e in self.calendar.walk("VEVENT")}

    def test_carries_what_is_confirmed_in_the_persons_zone_with_its_rules(self):
        person = testing.person(zone="Africa/Cairo")
        made = booked(person, datetime(2026, 4, 24, 16, tzinfo=UTC))
        event = self.events(person)[str(made)]
        assert event["DTSTART"].dt.isoformat() == "2026-04-24T19:00:00+03:00"
        assert event["DTSTART"].params["TZID"] == "Africa/Cairo"
        assert event["DTEND"].dt - event["DTSTART"].dt == HOUR
        (zone,) = self.calendar.walk("VTIMEZONE")
        assert zone["TZID"] == "Africa/Cairo"
        # What the file itself says of Cairo on both sides of its clock change.
        theirs = zone.to_tz(lookup_tzid=False)
        for day, hours in ((23, 2), (25, 3)):
            assert datetime(2026, 4, day, 12, tzinfo=theirs).utcoffset() == timedelta(hours=hours)

    def test_leaves_out_holds(self):
        person = testing.person()
        booked(person, held_until=NOW + HOUR)
        assert self.events(person) == {}

    def test_raises_the_sequence_with_each_version_and_says_what_was_cancelled(self):
        person = testing.person()
        made = booked(person)
        assert self.events(person)[str(made)]["SEQUENCE"] == 0
        services.move(reservation_id=made, starts_at=NINE + HOUR, ends_at=NINE + 2 * HOUR, now=NOW)
        assert self.events(person)[str(made)]["SEQUENCE"] == 1
        services.free(reservation_id=made, now=NOW)
        event = self.events(person)[str(made)]
        assert (event["SEQUENCE"], event["STATUS"]) == (2, "CANCELLED")
        assert self.events(person, NOW + timedelta(days=90)) == {}

    def test_is_the_same_to_the_byte_while_nothing_changes(self):
        person = testing.person()
        booked(person)
        first = queries.feed_content(person.id, name="Majlis", host="x", now=NOW)
        assert queries.feed_content(person.id, name="Majlis", host="x", now=NOW + HOUR) == first

    def test_is_found_by_its_secret_until_it_is_revoked(self):
        person = testing.person()
        feed = services.open_feed(person_id=person.id, now=NOW)
        assert services.open_feed(person_id=person.id, now=NOW) == feed
        token = queries.feed_token(feed)
        assert queries.feed_of_token(token).person_id == person.id
        services.revoke_feed(person_id=person.id, now=NOW)
        with pytest.raises(NotFound):
            queries.feed_of_token(token)
        assert queries.feed_token(services.open_feed(person_id=person.id, now=NOW)) != token

    @pytest.mark.parametrize("wrong", ["", "x", "ü", "A" * 43, "A" * 4000])
    def test_is_not_found_by_anything_else(self, wrong):
        with pytest.raises(NotFound):
            queries.feed_of_token(wrong)

    def test_is_not_found_by_an_id_with_a_wrong_seal(self):
        token = queries.feed_token(services.open_feed(person_id=testing.person().id, now=NOW))
        with pytest.raises(NotFound):
            queries.feed_of_token(token[:-2] + ("AA" if token[-2:] != "AA" else "BB"))


def ics(*events):
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:test"]
    for number, event in enumerate(events):
        lines += ["BEGIN:VEVENT", f"UID:{number}", "DTSTAMP:20260101T000000Z", *event, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""]).encode()


DENTIST = ["SUMMARY:Dentist", "DTSTART:20260302T090000Z", "DTEND:20260302T100000Z"]


@pytest.fixture
def host():
    """A real server on loopback whose `content`, `status` and `etag` a test sets; it counts full and short answers."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self):
            if self.server.etag and self.headers.get("If-None-Match") == self.server.etag:
                self.server.short += 1
                self.send_response(304)
                self.end_headers()
                return
            self.server.full += 1
            self.send_response(self.server.status)
            if self.server.etag:
                self.send_header("ETag", self.server.etag)
            self.end_headers()
            self.wfile.write(self.server.content)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answer)
    server.content, server.status, server.etag, server.full, server.short = ics(DENTIST), 200, "", 0, 0
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.url = f"http://127.0.0.1:{server.server_port}/calendar.ics"
    yield server
    server.shutdown()
    server.server_close()


SOURCE = WebCalendars(Policy(allow=("127.0.0.1/32",), seconds=2))


def subscribe(person, host, now=NOW):
    calendar = services.add_external_calendar(person_id=person.id, address=host.url, title="Home", now=now)
    services.read_external_calendar(calendar_id=calendar.id, source=SOURCE, now=now)
    return ExternalCalendar.objects.get(pk=calendar.id)


class TestExternalCalendar:
    def test_makes_its_times_busy(self, host):
        person = teacher()
        weekly(person, [1], "09:00", 120)
        calendar = subscribe(person, host)
        assert (calendar.health, calendar.events, calendar.succeeded_at) == ("well", 1, NOW)
        free = queries.free_slots([person.id], starts_at=NINE, ends_at=NINE + 2 * HOUR, minutes=60, now=NOW)
        assert [slot.starts_at for slot in free[person.id]] == [NINE + HOUR]
        with pytest.raises(services.SlotTaken):
            booked(person, hours_of=person.id)
        (busy,) = queries.agenda(person.id, NINE, NINE + HOUR, now=NOW)
        assert (busy.source, busy.title) == ("external", "Dentist")

    def test_is_read_whole_only_when_it_changed(self, host):
        person = teacher()
        host.etag = '"1"'
        calendar = subscribe(person, host)
        services.read_external_calendar(calendar_id=calendar.id, source=SOURCE, now=NOW + HOUR)
        assert (host.full, host.short, ExternalTime.objects.count()) == (1, 1, 1)
        host.etag, host.content = '"2"', ics()
        services.read_external_calendar(calendar_id=calendar.id, source=SOURCE, now=NOW + HOUR)
        assert ExternalTime.objects.count() == 0
        # What repeats comes into sight day by day, so once a day it is read anew.
        services.read_external_calendar(calendar_id=calendar.id, source=SOURCE, now=NOW + 24 * HOUR)
        assert host.full == 3

    @pytest.mark.parametrize(
        ("status", "content", "code"),
        [
            (500, b"", "unreachable"),
            (404, b"", "gone"),
            (200, b"<html>", "no_calendar"),
            (200, b"", "no_calendar"),
            (200, b"\xff\x00BEGIN:VCALENDAR", "no_calendar"),
            (200, ics(["DTSTART:20260302T090000Z", "RRULE:FREQ=SECONDLY"]), "too_many"),
        ],
    )
    def test_that_fails_keeps_what_it_had_and_shows_why(self, host, status, content, code):
        person = teacher()
        calendar = subscribe(person, host)
        host.status, host.content = status, content
        services.read_external_calendar(calendar_id=calendar.id, source=SOURCE, now=NOW + HOUR)
        calendar.refresh_from_db()
        assert (calendar.health, calendar.failure, calendar.succeeded_at) == ("failing", code, NOW)
        assert services.FAILURES[code]
        assert ExternalTime.objects.count() == 1

    def test_is_given_up_after_a_week_and_taken_up_again_when_asked(self, host):
        person = teacher()
        calendar = subscribe(person, host)
        host.status = 500
        for days in (0, 3, 8):
            services.read_external_calendar(
                calendar_id=calendar.id, source=SOURCE, now=NOW + timedelta(days=days, hours=1)
            )
        calendar.refresh_from_db()
        assert calendar.health == "given_up"
        assert services.due_external_calendars(now=NOW + timedelta(days=99)) == []
        services.retry_external_calendar(person_id=person.id, calendar_id=calendar.id)
        host.status = 200
        services.read_external_calendar(calendar_id=calendar.id, source=SOURCE, now=NOW + timedelta(days=9))
        calendar.refresh_from_db()
        assert calendar.health == "well"

    def test_on_our_own_network_is_never_asked(self, host):
        person = teacher()
        calendar = services.add_external_calendar(person_id=person.id, address=host.url, now=NOW)
        services.read_external_calendar(calendar_id=calendar.id, now=NOW)
        calendar.refresh_from_db()
        assert (calendar.failure, host.full) == ("address", 0)

    def test_is_removed_with_its_times_by_its_owner_alone(self, host):
        person = teacher()
        calendar = subscribe(person, host)
        with pytest.raises(NotFound):
            services.remove_external_calendar(person_id=teacher().id, calendar_id=calendar.id)
        services.remove_external_calendar(person_id=person.id, calendar_id=calendar.id)
        assert not ExternalTime.objects.exists()

    def test_is_subscribed_once_and_only_by_a_web_address(self, host):
        person = teacher()
        subscribe(person, host)
        with pytest.raises(services.SameCalendar):
            subscribe(person, host)
        for address in ("", "file:///etc/passwd", "https://", "https://a b/", "ftp://x/y", "x" * 3000):
            with pytest.raises(Invalid):
                services.add_external_calendar(person_id=person.id, address=address)


class TestBusyTimes:
    def times(self, *events, zone="Africa/Cairo"):
        return [
            (f"{b:%d %H:%M}", f"{e:%d %H:%M}") for b, e, _title in services.external.busy_times(ics(*events), zone, NOW)
        ]

    def test_of_whole_days_and_floating_times_are_on_the_owners_wall(self):
        assert self.times(["DTSTART;VALUE=DATE:20260303"]) == [("02 22:00", "03 22:00")]
        assert self.times(["DTSTART:20260303T100000", "DURATION:PT30M"]) == [("03 08:00", "03 08:30")]

    def test_leave_out_what_is_free_cancelled_over_or_without_length(self):
        assert self.times([*DENTIST, "TRANSP:TRANSPARENT"]) == []
        assert self.times([*DENTIST, "STATUS:CANCELLED"]) == []
        assert self.times(["DTSTART:20260201T090000Z", "DTEND:20260201T100000Z"]) == []
        assert self.times(["DTSTART:20260303T100000Z"]) == []

    def test_of_a_repeating_event_follow_its_exceptions_for_over_a_year(self):
        weekly = [*DENTIST, "RRULE:FREQ=WEEKLY", "EXDATE:20260309T090000Z"]
        found = self.times(weekly)
        assert found[:2] == [("02 09:00", "02 10:00"), ("16 09:00", "16 10:00")]
        assert len(found) == 57
