from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from majlis.kit.errors import Invalid
from majlis.products.lessons.services.weekly import weekly_starts

BERLIN, CAIRO = ZoneInfo("Europe/Berlin"), ZoneInfo("Africa/Cairo")


class TestWeeklyStarts:
    def test_six_in_the_evening_in_berlin_stays_six_over_both_clock_changes(self):
        first = datetime(2026, 3, 10, 18, 0, tzinfo=BERLIN)
        for starts_at in weekly_starts(first, 26, "Europe/Berlin"):
            assert starts_at.astimezone(BERLIN).strftime("%a %H:%M") == "Tue 18:00"
        autumn = datetime(2026, 10, 6, 18, 0, tzinfo=BERLIN)
        hours = {s.astimezone(BERLIN).hour for s in weekly_starts(autumn, 6, "Europe/Berlin")}
        assert hours == {18}

    def test_the_student_in_cairo_sees_the_hour_change_when_only_berlin_changes(self):
        # Berlin changes on 29 March 2026, Cairo on 24 April 2026.
        first = datetime(2026, 3, 24, 18, 0, tzinfo=BERLIN)
        at_cairo = [s.astimezone(CAIRO).hour for s in weekly_starts(first, 6, "Europe/Berlin")]
        assert at_cairo == [19, 18, 18, 18, 18, 19]

    def test_an_hour_that_does_not_exist_moves_forward(self):
        first = datetime(2026, 3, 22, 2, 30, tzinfo=BERLIN)
        spring = weekly_starts(first, 2, "Europe/Berlin")[1]
        assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
        assert spring.astimezone(BERLIN).strftime("%H:%M") == "03:30"

    @pytest.mark.parametrize("weeks", [0, -1, 27])
    def test_refuses_an_unreasonable_number_of_weeks(self, weeks):
        with pytest.raises(Invalid):
            weekly_starts(datetime(2026, 3, 10, tzinfo=UTC), weeks, "Europe/Berlin")
