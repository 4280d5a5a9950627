"""A teacher opens hours, takes time off, sees it in the calendar and takes it along in a calendar program."""

from datetime import timedelta
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import icalendar
import pytest
from playwright.sync_api import expect
from tests.journeys.conftest import axe, no_sideways_scrolling

from majlis.engines.experts.tests.factories import expert
from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.types import Hours
from majlis.kit import clock
from majlis.kit.ids import new_id
from majlis.kit.testing import person

pytestmark = [pytest.mark.journey, pytest.mark.django_db(transaction=True)]
LANGUAGES = pytest.mark.parametrize("language", ["en", "ar"])


def teacher():
    return expert(person=person("Layla Mansour", zone="Africa/Cairo")).person


def booked(layla):
    """A lesson at ten on the wall of Cairo, a week from today; the day."""
    day = clock.now().astimezone(ZoneInfo("Africa/Cairo")).replace(hour=10, minute=0, second=0, microsecond=0)
    starts_at = day + timedelta(days=7)
    services.reserve(
        people=[layla.id, person("Bilal Haddad").id],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(hours=1),
        kind="lesson",
        subject_id=new_id(),
        title="English: past tense",
        hours_of=layla.id,
    )
    return starts_at.date()


class TestOpeningHours:
    @LANGUAGES
    def test_by_dragging_over_the_grid_and_back(self, page_of, language):
        layla = teacher()
        page = page_of(layla, language=language, height=1400)
        page.goto("/calendar/hours/")

        def drag(weekday, first, last):
            column = page.locator("[data-day]").evaluate_all(
                "(days, number) => days.findIndex((day) => day.dataset.day === number)", str(weekday)
            )
            one = page.locator(f"[data-column='{column}'][data-cell='{first}']")
            other = page.locator(f"[data-column='{column}'][data-cell='{last}']")
            one.scroll_into_view_if_needed()
            a, b = one.bounding_box(), other.bounding_box()
            page.mouse.move(a["x"] + a["width"] / 2, a["y"] + a["height"] / 2)
            page.mouse.down()
            page.mouse.move(b["x"] + b["width"] / 2, b["y"] + b["height"] / 2, steps=4)
            page.mouse.up()

        drag(1, 18, 33)  # Monday from 09:00 to 17:00
        drag(1, 24, 25)  # without lunch
        expect(page.locator("input[name='from-1']").first).to_have_value("09:00")
        expect(page.locator("input[name='to-1']").first).to_have_value("12:00")
        axe(page)
        page.locator("form[data-hours] button[type=submit]").click()
        page.wait_for_load_state()
        assert queries.timetable(layla.id) == [Hours(1, 540, 180), Hours(1, 780, 240)]

    @LANGUAGES
    def test_by_typing_on_a_phone_and_copying_the_day(self, page_of, language):
        layla = teacher()
        page = page_of(layla, language=language, width=360, height=740)
        page.goto("/calendar/hours/")
        no_sideways_scrolling(page)
        sunday = page.locator("[data-day='7']")
        sunday.locator("input[name='from-7']").first.fill("18:00")
        sunday.locator("input[name='to-7']").first.fill("21:00")
        sunday.locator("summary").click()
        sunday.locator("label", has=page.locator("input[value='2']")).click()
        page.locator("form[data-hours] button[type=submit]").click()
        page.wait_for_load_state()
        assert queries.timetable(layla.id) == [Hours(2, 1080, 180), Hours(7, 1080, 180)]


class TestTakingTimeOff:
    @LANGUAGES
    def test_shows_what_is_booked_first_then_stands_in_the_calendar(self, page_of, language):
        layla = teacher()
        services.set_weekly_hours(person_id=layla.id, hours=[Hours(day, 540, 480) for day in range(1, 8)])
        day = booked(layla)
        page = page_of(layla, language=language)
        page.goto("/calendar/exceptions/")
        page.locator("input[name='off-first_day']").fill(day.isoformat())
        page.locator("input[name='off-reason']").fill("Dentist")
        page.locator("#time-off .form__actions button").click()
        expect(page.locator("#displaced")).to_contain_text("English: past tense")
        expect(page.locator("#displaced")).to_contain_text("Bilal Haddad")
        assert queries.time_off(layla.id) == []
        axe(page)
        page.locator("#time-off .form__actions button").click()
        expect(page.locator("#time-off")).to_contain_text("Dentist")
        page.goto(f"/calendar/?date={day}")
        expect(page.locator(".cal-block--off:visible")).to_contain_text("Dentist")
        expect(page.locator(".cal-block--booked:visible")).to_contain_text("English: past tense")
        axe(page)
        page.goto(f"/calendar/?view=agenda&date={day}")
        expect(page.locator(".cal-line").first).to_be_visible()
        axe(page)


class TestTheFeed:
    @LANGUAGES
    def test_opens_from_its_link_without_an_account(self, page_of, live, language):
        layla = teacher()
        services.set_weekly_hours(person_id=layla.id, hours=[Hours(day, 540, 480) for day in range(1, 8)])
        booked(layla)
        page = page_of(layla, language=language)
        page.goto("/calendar/connections/")
        page.locator("#feed button[value=open]").click()
        address = page.locator("#feed_address").input_value()
        axe(page)
        stranger = page_of(language=language)
        answer = stranger.request.get(live.url + urlsplit(address).path)
        (event,) = icalendar.Calendar.from_ical(answer.body()).walk("VEVENT")
        assert event["SUMMARY"] == "English: past tense"
        page.locator("#feed button[value=revoke]").click()
        page.wait_for_load_state()
        assert stranger.request.get(live.url + urlsplit(address).path).status == 404


class TestPages:
    @LANGUAGES
    @pytest.mark.parametrize(
        "path", ["", "?view=day", "?view=agenda", "hours/", "hours/rules/", "exceptions/", "settings/", "connections/"]
    )
    def test_fit_a_small_phone_and_read_well(self, page_of, path, language):
        layla = teacher()
        services.set_weekly_hours(person_id=layla.id, hours=[Hours(day, 540, 480) for day in range(1, 8)])
        booked(layla)
        page = page_of(layla, language=language, width=360, height=740, dark=True)
        page.goto(f"/calendar/{path}")
        no_sideways_scrolling(page)
        axe(page)
