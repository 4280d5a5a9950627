from datetime import timedelta

import pytest

from majlis.kernel.accounts import services as accounts
from majlis.kernel.notices import services
from majlis.kernel.notices.models import Mail, Notice, Reminder
from majlis.kernel.notices.personal import notices
from majlis.kernel.notices.types import Kind
from majlis.kit import clock, testing

pytestmark = pytest.mark.django_db

KIND = Kind("kettle_boiled", "lessons", "The kettle boiled", "Come, %(who)s.")


services.register(KIND)


def tell(person):
    services.notify(person_id=person.id, kind=KIND.code, facts={"who": "Salma"}, link="/")
    tomorrow = clock.now() + timedelta(days=1)
    services.remind(person_id=person.id, kind=KIND.code, facts={"who": "Salma"}, link="/", at=tomorrow, key="cup:1:day")


class TestWhatIsKept:
    def test_holds_what_was_told_and_what_is_to_come(self):
        salma, omar = testing.person("Salma"), testing.person("Omar")
        tell(salma)
        tell(omar)
        kept = notices(salma.id)
        assert [(row["kind"], row["facts"]["who"]) for row in kept["notices"]] == [("kettle_boiled", "Salma")]
        assert [row["kind"] for row in kept["reminders"]] == ["kettle_boiled"]


class TestBeingForgotten:
    def test_nothing_is_told_to_somebody_who_is_gone(self):
        salma, omar = testing.person("Salma"), testing.person("Omar")
        tell(salma)
        tell(omar)
        accounts.anonymise_person(actor=None, person=salma)
        for rows in (Notice, Reminder, Mail):
            assert set(rows.objects.values_list("person_id", flat=True)) == {omar.id}
