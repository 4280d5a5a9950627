from datetime import UTC, datetime, timedelta

import pytest

from majlis.engines.scheduling import queries, services
from majlis.engines.scheduling.models import ExternalCalendar, Feed, Rule
from majlis.engines.scheduling.personal import calendar
from majlis.engines.scheduling.tests.factories import teacher, weekly
from majlis.kernel.accounts import services as accounts
from majlis.kit import testing
from majlis.kit.ids import new_id

pytestmark = pytest.mark.django_db
NINE = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def amal():
    person = teacher()
    weekly(person, [1], "09:00", 480)
    services.open_feed(person_id=person.id)
    ExternalCalendar.objects.create(person=person, title="Home", address="https://calendar.example/secret.ics")
    return person


def reserve(*people):
    ids = [person.id for person in people]
    services.reserve(people=ids, starts_at=NINE, ends_at=NINE + HOUR, kind="lesson", subject_id=new_id(), now=NINE)


class TestWhatIsKept:
    def test_holds_hours_calendars_elsewhere_and_reserved_times(self, amal):
        reserve(amal, testing.person())
        kept = calendar(amal.id)
        assert [(row["weekdays"], row["minutes"]) for row in kept["hours"]] == [([1], 480)]
        assert [row["address"] for row in kept["calendars_elsewhere"]] == ["https://calendar.example/secret.ics"]
        assert [(row["starts_at"], row["reservation__kind"]) for row in kept["reserved"]] == [(NINE, "lesson")]
        assert len(kept["feeds"]) == 1


class TestBeingForgotten:
    def test_nobody_can_book_them_or_read_their_calendar_and_what_was_reserved_stays(self, amal):
        student = testing.person()
        reserve(amal, student)
        accounts.anonymise_person(actor=None, person=amal)
        assert queries.openings(amal.id, NINE, NINE + timedelta(days=14)) == []
        assert not Rule.objects.kept().exists()
        assert not ExternalCalendar.objects.exists()
        assert not Feed.objects.filter(revoked_at__isnull=True).exists()
        assert [busy.starts_at for busy in queries.agenda(student.id, NINE, NINE + HOUR, now=NINE)] == [NINE]
