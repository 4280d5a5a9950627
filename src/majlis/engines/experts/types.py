"""The words of experts."""

from dataclasses import dataclass, field
from datetime import date, datetime, time
from decimal import Decimal
from typing import NamedTuple
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.money import Money
from majlis.kit.state import Transitions


class ExpertStatus(models.TextChoices):
    """Where a profile stands. Only an active one is shown, found and booked."""

    # Being written; seen by its owner alone.
    DRAFT = "draft", _("Draft")
    # Handed in; staff look at it.
    SUBMITTED = "submitted", _("Waiting for review")
    # Sent back with reasons; can be mended and handed in again.
    REJECTED = "rejected", _("Sent back")
    # Verified: on the shelf.
    ACTIVE = "active", _("Active")
    # Taken off the shelf for a while, by its owner or by staff.
    INACTIVE = "inactive", _("Paused")
    # Taken off for good, by staff.
    BANNED = "banned", _("Banned")


STATUS_MOVES = Transitions(
    {
        ExpertStatus.DRAFT: [ExpertStatus.SUBMITTED, ExpertStatus.BANNED],
        ExpertStatus.SUBMITTED: [ExpertStatus.ACTIVE, ExpertStatus.REJECTED, ExpertStatus.DRAFT, ExpertStatus.BANNED],
        ExpertStatus.REJECTED: [ExpertStatus.SUBMITTED, ExpertStatus.BANNED],
        ExpertStatus.ACTIVE: [ExpertStatus.INACTIVE, ExpertStatus.BANNED],
        ExpertStatus.INACTIVE: [ExpertStatus.ACTIVE, ExpertStatus.BANNED],
        ExpertStatus.BANNED: [ExpertStatus.INACTIVE, ExpertStatus.DRAFT],
    }
)


class Mode(models.TextChoices):
    """How a lesson is held."""

    ONLINE = "online", _("Online")
    OFFLINE = "offline", _("In person")


class DocumentKind(models.TextChoices):
    """What a document proves."""

    # Who they are: identity card or passport. The one that is always required.
    IDENTITY = "identity", _("Identity card or passport")
    DIPLOMA = "diploma", _("Diploma")
    CERTIFICATE = "certificate", _("Certificate")
    PORTFOLIO = "portfolio", _("Portfolio")
    OTHER = "other", _("Other")


class DocumentStatus(models.TextChoices):
    PENDING = "pending", _("Waiting for review")
    APPROVED = "approved", _("Approved")
    REJECTED = "rejected", _("Rejected")


class Employment(models.TextChoices):
    """How somebody worked in an experience."""

    FULL_TIME = "full_time", _("Full time")
    PART_TIME = "part_time", _("Part time")
    FREELANCE = "freelance", _("Freelance")
    VOLUNTEER = "volunteer", _("Volunteer")
    INTERNSHIP = "internship", _("Internship")


class Fluency(models.TextChoices):
    """How well somebody speaks a language."""

    A1 = "a1", "A1"
    A2 = "a2", "A2"
    B1 = "b1", "B1"
    B2 = "b2", "B2"
    C1 = "c1", "C1"
    C2 = "c2", "C2"
    NATIVE = "native", _("Native")


class Sort(models.TextChoices):
    """The order of search results."""

    RELEVANCE = "relevance", _("Best match")
    RATING = "rating", _("Highest rated")
    PRICE_LOW = "price_low", _("Lowest price")
    PRICE_HIGH = "price_high", _("Highest price")
    NEXT_FREE = "next_free", _("Free soonest")


@dataclass(frozen=True, slots=True)
class Taught:
    """One subject on a card, with the levels it is taught at."""

    id: UUID
    slug: str
    name: dict[str, str]
    levels: tuple[str, ...]
    """Slugs of levels."""


@dataclass(frozen=True, slots=True, eq=False)
class ExpertCard:
    """What a list shows of an expert. Public facts only. It is its own key: the same object says the same."""

    person_id: UUID
    slug: str
    name: str
    avatar_id: UUID | None
    headline: str
    video_id: UUID | None
    city: dict[str, str]
    """The city's name by language; empty when none is given."""
    country: str
    """ISO code, or empty."""
    zone: str
    modes: tuple[str, ...]
    languages: tuple[tuple[str, str], ...]
    """(ISO 639-1 code, fluency), best first."""
    subjects: tuple[Taught, ...]
    rating: Decimal | None
    """The exact average rounded to one decimal; None before the first review."""
    rating_count: int
    completed_lessons: int
    response_rate: int | None
    """Percent of first messages answered; None before there are enough to say."""
    price: Money
    """Per 60 minutes, in the expert's own currency: for the subject and level searched, else the lowest."""
    trial: Money | None
    trial_minutes: int | None
    next_free_at: datetime | None
    verified: bool


@dataclass(frozen=True, slots=True)
class FreeWish:
    """*Free between these hours on these days in my zone*, looked for within the coming two weeks."""

    zone: str
    starts: time = time(0)
    ends: time = time(0)
    """Local wall times; an end at or before the start (also midnight) belongs to the next day."""
    weekdays: frozenset[int] = frozenset()
    """0 Monday … 6 Sunday; empty means any day."""
    on: date | None = None
    """One date only."""
    minutes: int = 60
    """The free time must hold a lesson this long, rounded up to half hours."""


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody looks for. Everything is optional; slugs and codes that do not exist find nothing."""

    text: str = ""
    subject: str = ""
    level: str = ""
    price_min: int | None = None
    price_max: int | None = None
    """Per hour, minor units of `currency`."""
    currency: str = ""
    """The visitor's; the edition's when empty."""
    rating_min: Decimal | None = None
    languages: tuple[str, ...] = ()
    """Speaks all of these (ISO 639-1)."""
    country: str = ""
    city: str = ""
    radius_km: int = 0
    """With `city`: also cities this far from it."""
    mode: str = ""
    gender: str = ""
    trial: bool = False
    """Offers a trial lesson."""
    free: FreeWish | None = None
    sort: str = Sort.RELEVANCE
    cursor: str | None = None
    limit: int = 20


class FacetValue(NamedTuple):
    """One value of a facet, and how many of those found have it."""

    value: str
    hits: int


@dataclass(frozen=True, slots=True)
class Found:
    """One page of a search."""

    items: list[ExpertCard]
    total: int
    """How many match, counted up to the cap."""
    more: bool
    """Whether there are more than `total`."""
    facets: dict[str, list[FacetValue]] = field(default_factory=dict)
    """`subject`, `level`, `language`, `mode`, `gender`, `country`, `city` → values, most frequent first."""
    facets_capped: bool = False
    """Whether the facets count only the best-placed hits."""
    next: str | None = None


@dataclass(frozen=True, slots=True)
class Missing:
    """Something that is still missing before a profile can be handed in."""

    code: str
    """Stable word for programs: `headline`, `picture`, `identity_document`…"""
    step: str
    """The onboarding step that mends it."""
    sentence: str
