"""Calendars through the API."""

from datetime import UTC, datetime, timedelta

import pytest

from majlis.engines.experts.tests.factories import expert
from majlis.engines.scheduling import services
from majlis.engines.scheduling.models import ExternalCalendar, Opening, Rule, TimeOff
from majlis.engines.scheduling.types import Hours
from majlis.kit import clock, testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)
WINDOW = {"starts_at": "2026-03-02T00:00:00Z", "ends_at": "2026-03-03T00:00:00Z"}


@pytest.fixture(autouse=True)
def _now():
    with clock.travel(NOW):
        yield


@pytest.fixture
def layla(client):
    profile = expert(person=testing.person("Layla", zone="UTC"))
    services.set_weekly_hours(person_id=profile.person_id, hours=[Hours(1, 540, 120)])
    client.force_login(profile.person)
    return profile.person


def send(client, method, path, body=None):
    return getattr(client, method)(f"/api/v1{path}", body, content_type="application/json")


class TestExpertSlots:
    def slots(self, client, person, **more):
        return client.get(f"/api/v1/experts/{person.pk}/slots", {**WINDOW, **more})

    def test_are_open_to_everybody(self, client, layla):
        client.logout()
        found = self.slots(client, layla).json()
        assert [slot["starts_at"] for slot in found["items"]] == [
            "2026-03-02T09:00:00Z",
            "2026-03-02T09:30:00Z",
            "2026-03-02T10:00:00Z",
        ]
        assert found["next_free"]["starts_at"] == "2026-03-02T09:00:00Z"

    def test_leave_out_what_the_asker_is_busy_with(self, client, layla):
        student = testing.person()
        services.reserve(people=[student.pk], starts_at=NINE, ends_at=NINE + HOUR, kind="x", subject_id=new_id())
        client.force_login(student)
        assert len(self.slots(client, layla).json()["items"]) == 1

    def test_refuse_nonsense_with_a_problem(self, client, layla):
        for wrong in (
            {"minutes": 0},
            {"minutes": 10**9},
            {"ends_at": "2026-03-01T00:00:00Z"},
            {"ends_at": "2030-03-01T00:00:00Z"},
            {"starts_at": "0001-01-01T00:00:00+14:00"},
            {"starts_at": "2026-03-02T00:00:00"},
        ):
            answer = self.slots(client, layla, **wrong)
            assert answer.status_code == 422, wrong
            assert answer["Content-Type"] == "application/problem+json"

    def test_of_somebody_unlisted_are_not_found(self, client):
        assert self.slots(client, expert(status="draft").person).status_code == 404


class TestOwnCalendar:
    def test_shows_busy_time_and_openings(self, client, layla):
        services.reserve(
            people=[layla.pk], starts_at=NINE, ends_at=NINE + HOUR, kind="lesson", subject_id=new_id(), title="English"
        )
        found = client.get("/api/v1/calendar", WINDOW).json()
        assert [busy["title"] for busy in found["busy"]] == ["English"]
        assert found["openings"] == [{"starts_at": "2026-03-02T09:00:00Z", "ends_at": "2026-03-02T11:00:00Z"}]

    def test_asks_for_a_sign_in(self, client):
        assert client.get("/api/v1/calendar", WINDOW).status_code == 401

    def test_changes_its_settings_in_part(self, client, layla):
        found = send(client, "patch", "/calendar/settings", {"buffer_after": 10}).json()
        assert (found["buffer_after"], found["horizon_days"]) == (10, 60)
        answer = send(client, "patch", "/calendar/settings", {"slot_grid": 7, "zone": "Mars/Olympus"})
        assert answer.status_code == 422
        assert set(answer.json()["errors"]) == {"slot_grid", "zone"}

    def test_replaces_its_weekly_hours_after_a_preview(self, client, layla):
        services.reserve(
            people=[layla.pk],
            starts_at=NINE,
            ends_at=NINE + HOUR,
            kind="lesson",
            subject_id=new_id(),
            hours_of=layla.pk,
        )
        body = {"hours": [{"weekday": 2, "begins": "22:00", "minutes": 180}]}
        assert len(send(client, "post", "/calendar/weekly-hours/preview", body).json()["displaced"]) == 1
        assert client.get("/api/v1/calendar/weekly-hours").json()["hours"][0]["weekday"] == 1
        answer = send(client, "put", "/calendar/weekly-hours", body).json()
        assert [h["weekday"] for h in answer["hours"]] == [2]
        assert len(answer["displaced"]) == 1

    def test_adds_changes_and_deletes_rules(self, client, layla):
        body = {"frequency": "monthly", "month_day": 15, "starts_on": "2026-03-01", "begins": "18:00", "minutes": 60}
        rule = send(client, "post", "/calendar/rules", body).json()
        changed = send(client, "put", f"/calendar/rules/{rule['id']}", {**body, "title": "Exam\x00 hour"}).json()
        assert changed["title"] == "Exam hour"
        assert len(client.get("/api/v1/calendar/rules").json()) == 2
        assert client.delete(f"/api/v1/calendar/rules/{rule['id']}").json() == {"displaced": []}
        for wrong in ({"starts_on": "9999-01-01"}, {"starts_on": "0001-01-01"}, {"weekdays": [8]}):
            assert send(client, "post", "/calendar/rules", {**body, **wrong}).status_code == 422

    def test_refuses_rules_that_overlap(self, client, layla):
        body = {"frequency": "daily", "starts_on": "2026-03-01", "begins": "10:00", "minutes": 60}
        answer = send(client, "post", "/calendar/rules", body)
        assert (answer.status_code, answer.json()["code"]) == (409, "rules_overlap")

    def test_opens_and_closes_times(self, client, layla):
        body = {"starts_at": "2026-03-05T10:00:00+02:00", "ends_at": "2026-03-05T12:00:00+02:00", "text": "Extra"}
        made = send(client, "post", "/calendar/openings", body).json()
        assert made["starts_at"] == "2026-03-05T08:00:00Z"
        assert client.get("/api/v1/calendar/openings").json()[0]["text"] == "Extra"
        assert client.delete(f"/api/v1/calendar/openings/{made['id']}").status_code == 200
        assert send(client, "post", "/calendar/time-off/preview", body).json() == {"displaced": []}
        assert not TimeOff.objects.exists()
        send(client, "post", "/calendar/time-off", body)
        (off,) = client.get("/api/v1/calendar/time-off").json()
        assert client.delete(f"/api/v1/calendar/time-off/{off['id']}").status_code == 204

    def test_makes_shows_and_ends_its_feed(self, client, layla):
        assert client.get("/api/v1/calendar/feed").json() == {"address": None}
        address = send(client, "post", "/calendar/feed").json()["address"]
        assert client.get("/" + address.split("/", 3)[3]).status_code == 200
        assert client.delete("/api/v1/calendar/feed").json() == {"address": None}
        assert client.get("/" + address.split("/", 3)[3]).status_code == 404

    def test_reads_calendars_elsewhere(self, client, layla):
        made = send(client, "post", "/calendar/external", {"address": "https://calendar.example/me.ics"}).json()
        assert made["health"] == "waiting"
        assert send(client, "post", "/calendar/external", {"address": "http://"}).status_code == 422
        assert client.delete(f"/api/v1/calendar/external/{made['id']}").status_code == 204

    def test_of_somebody_else_is_not_found(self, client, layla):
        services.add_opening(person_id=layla.pk, starts_at=NINE + 5 * HOUR, ends_at=NINE + 6 * HOUR)
        services.add_time_off(person_id=layla.pk, starts_at=NINE, ends_at=NINE + HOUR)
        services.add_external_calendar(person_id=layla.pk, address="https://calendar.example/me.ics")
        client.force_login(testing.person())
        for path in (
            f"rules/{Rule.objects.get().pk}",
            f"openings/{Opening.objects.get().pk}",
            f"time-off/{TimeOff.objects.get().pk}",
            f"external/{ExternalCalendar.objects.get().pk}",
        ):
            assert client.delete(f"/api/v1/calendar/{path}").status_code == 404
