"""What the office calls its sections and its rows, in the language of whoever works there."""

from typing import Any

from django.apps import apps
from django.utils.translation import gettext_lazy as _

SECTIONS: dict[str, Any] = {
    "accounts": _("People and roles"),
    "billing": _("Orders and payments"),
    "calls": _("Classrooms"),
    "catalogue": _("Catalogue"),
    "experts": _("Teachers"),
    "files": _("Files"),
    "ledger": _("Books"),
    "lessons": _("Lessons"),
    "messaging": _("Messages"),
    "notices": _("Notices"),
    "reviews": _("Reviews"),
    "scheduling": _("Calendars"),
}

NAMES: dict[str, tuple[Any, Any]] = {
    "calls.recording": (_("Recording"), _("Recordings")),
    "calls.room": (_("Room"), _("Rooms")),
    "catalogue.category": (_("Category"), _("Categories")),
    "catalogue.city": (_("City"), _("Cities")),
    "catalogue.country": (_("Country"), _("Countries")),
    "catalogue.currency": (_("Currency"), _("Currencies")),
    "catalogue.level": (_("Level"), _("Levels")),
    "catalogue.offer": (_("Offer"), _("Offers")),
    "catalogue.subject": (_("Subject"), _("Subjects")),
    "catalogue.topic": (_("Topic"), _("Topics")),
    "experts.document": (_("Document"), _("Documents")),
    "experts.expertprofile": (_("Profile"), _("Profiles")),
    "ledger.account": (_("Account"), _("Accounts")),
    "ledger.entry": (_("Entry"), _("Entries")),
    "ledger.hold": (_("Hold"), _("Holds")),
    "ledger.journal": (_("Journal"), _("Journals")),
    "lessons.dispute": (_("Case"), _("Cases")),
    "lessons.lesson": (_("Lesson"), _("Lessons")),
    "lessons.waitlistentry": (_("Place in line"), _("Places in line")),
    "scheduling.busytime": (_("Busy time"), _("Busy times")),
    "scheduling.calendarsettings": (_("Booking rules"), _("Booking rules")),
    "scheduling.externalcalendar": (_("Calendar elsewhere"), _("Calendars elsewhere")),
    "scheduling.reservation": (_("Reservation"), _("Reservations")),
    "scheduling.rule": (_("Repeating hours"), _("Repeating hours")),
    "scheduling.timeoff": (_("Time off"), _("Times off")),
}
"""One and many, for models whose own names stand in English only."""


def name_sections() -> None:
    """Give each app of the office its name; apps an edition lacks are passed over."""
    for label, words in SECTIONS.items():
        if label in apps.app_configs:
            apps.app_configs[label].verbose_name = words
