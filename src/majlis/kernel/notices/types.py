"""The words of notices."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

APP, EMAIL = "app", "email"


class Category(models.TextChoices):
    """What notices are about, as people choose among them in their settings."""

    LESSONS = "lessons", _("Lessons and bookings")
    MESSAGES = "messages", _("Messages")
    REVIEWS = "reviews", _("Reviews")
    MONEY = "money", _("Payments and payouts")
    TEACHING = "teaching", _("Your teaching profile")
    LEARNING = "learning", _("Courses, books and live rooms")
    COMMUNITY = "community", _("People and community")
    SUPPORT = "support", _("Support and reports")
    ACCOUNT = "account", _("Your account and its security")
    NEWS = "news", _("News and offers")


class Pace(models.TextChoices):
    """When a category is mailed."""

    NOW = "now", _("At once")
    DAILY = "daily", _("Once a day")
    NEVER = "never", _("Never")


class MailState(models.TextChoices):
    # Due at some time; nobody has it in hand.
    WAITING = "waiting", _("Waiting")
    # A worker talks to the mail server about it.
    SENDING = "sending", _("Being sent")
    # The server took it.
    SENT = "sent", _("Sent")
    # The server refused it for good (5xx), or it was tried for a day.
    FAILED = "failed", _("Refused")
    # No longer wanted when its time came: read meanwhile, switched off, or no address.
    DROPPED = "dropped", _("Not needed any more")


class ReminderState(models.TextChoices):
    # Its time has not come.
    WAITING = "waiting", _("Waiting")
    # Became a notice.
    TOLD = "told", _("Told")
    # What it was about has moved or is gone.
    FORGOTTEN = "forgotten", _("Cancelled")


OPEN = _("Open")


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of notice. A module registers its own in `notice_kinds.py`.

    `title` and `body` are lazily translated sentences with named placeholders, filled from the `facts` given to
    `notify`: texts, whole numbers, `Money`, datetimes (shown in the reader's language and zone), translated texts
    (`{"en": …, "ar": …}`)."""

    code: str
    """`lesson_booked`; once in the house."""
    category: str
    """A value of `Category`."""
    title: Any
    body: Any
    channels: tuple[str, ...] = (APP, EMAIL)
    """Where it goes unless the person chose otherwise."""
    urgent: bool = False
    """Mailed at once, also in quiet hours and to those who read mail once a day."""
    essential: bool = False
    """Cannot be switched off: a receipt, a warning about one's account."""
    action: Any = OPEN
    """The words on the button that leads to the notice's link."""
    pace: Pace = Pace.NOW
    """How it is mailed unless the person chose otherwise."""
    mail_after: int = 0
    """Minutes before it is mailed; one read in the app meanwhile is not mailed at all."""


@dataclass(frozen=True, slots=True)
class Word:
    """What one of many people is told (`notify_many`, `remind_many`): the same kind, each with their own facts."""

    person_id: UUID
    facts: dict[str, Any]
    link: str
    key: str
    """What makes it once per person."""


@dataclass(frozen=True, slots=True)
class Said:
    """A notice in the words of its reader."""

    title: str
    body: str
    action: str
