"""Choosing a free time of a teacher."""

from datetime import UTC, datetime, timedelta

import pytest

from majlis.engines.experts.tests.factories import expert
from majlis.engines.scheduling import services
from majlis.engines.scheduling.types import Hours
from majlis.kit import clock, testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)  # a Sunday, noon
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _now():
    with clock.travel(NOW):
        yield


@pytest.fixture
def teacher():
    profile = expert(person=testing.person("Layla Mansour", zone="Africa/Cairo"))
    services.set_weekly_hours(person_id=profile.person_id, hours=[Hours(1, 11 * 60, 180)])
    return profile


def page(client, profile, language="en", zone="UTC", **query):
    client.cookies["zone"] = zone
    client.cookies["language"] = language
    return client.get(f"/teachers/{profile.slug}/slots", query)


class TestSlotPicker:
    def test_shows_times_on_the_readers_wall_and_the_teachers(self, client, teacher):
        answer = page(client, teacher, minutes=60).content.decode()
        assert "Monday 2 March" in answer
        assert "09:00" in answer
        assert "11:00" in answer
        assert "Cairo" in answer

    def test_names_one_zone_when_both_are_the_same(self, client, teacher):
        answer = page(client, teacher, zone="Africa/Cairo").content.decode()
        assert "All times: Cairo" in answer

    def test_speaks_arabic_with_its_digits(self, client, teacher):
        assert "٩:٠٠" in page(client, teacher, language="ar").content.decode()

    def test_jumps_to_the_next_free_time_when_a_week_has_none(self, client, teacher):
        services.add_time_off(
            person_id=teacher.person_id, starts_at=NINE - timedelta(hours=9), ends_at=NINE + timedelta(days=10)
        )
        answer = page(client, teacher).content.decode()
        assert "Next free: Monday 16 March, 09:00" in answer

    def test_turning_the_week_keeps_what_was_chosen_besides(self, client, teacher):
        answer = page(client, teacher, look="choose", back="/there/", subject="s1", trial="1").content.decode()
        assert "/there/?subject=s1&amp;trial=1&amp;date=" in answer

    def test_says_so_when_nothing_is_free_at_all(self, client):
        assert "No free times" in page(client, expert()).content.decode()

    def test_offers_radios_to_a_form_and_links_elsewhere(self, client, teacher):
        chosen = page(client, teacher, look="choose", minutes=30).content.decode()
        assert 'name="starts_at" value="2026-03-02T09:00:00+00:00"' in chosen
        assert 'name="minutes" value="30"' in chosen
        assert "at=2026-03-02T09%3A00%3A00%2B00%3A00" in page(client, teacher).content.decode()

    def test_leaves_out_what_the_asking_member_is_busy_with(self, client, teacher):
        student = testing.person("Bilal Student", zone="UTC")
        services.reserve(
            people=[student.id], starts_at=NINE, ends_at=NINE + timedelta(hours=2), kind="x", subject_id=new_id()
        )
        client.force_login(student)
        answer = page(client, teacher, minutes=60).content.decode()
        assert "09:00" not in answer.replace("datetime", "")
        assert "11:00" in answer

    @pytest.mark.parametrize(
        "query",
        [
            {"date": "0001-01-01"},
            {"date": "9999-12-31"},
            {"date": "x", "minutes": "99999999"},
            {"minutes": "-5", "at": "tomorrow"},
            {"back": "https://evil.example/", "look": "<script>"},
            {"of": "30,,abc,99999", "at": "2026-03-02T09:00:00"},
        ],
    )
    def test_survives_nonsense(self, client, teacher, query):
        answer = page(client, teacher, **query)
        assert answer.status_code == 200
        assert "evil.example" not in answer.content.decode()

    def test_of_somebody_unlisted_is_not_found(self, client):
        assert page(client, expert(status="draft")).status_code == 404

    def test_shows_days_of_23_hours_whole(self, client):
        profile = expert(person=testing.person("Klara", zone="Europe/Berlin"))
        services.set_weekly_hours(person_id=profile.person_id, hours=[Hours(7, 0, 1440)])
        answer = page(client, profile, zone="Europe/Berlin", date="2026-03-29", minutes=60).content.decode()
        assert "All times: Berlin" in answer
        assert "01:00" in answer
        assert "02:00" not in answer
        assert "03:00" in answer
