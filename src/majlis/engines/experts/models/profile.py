"""The people who teach, what they teach and for how much, and what proves it."""

from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from majlis.engines.experts.types import DocumentKind, DocumentStatus, Employment, ExpertStatus, Fluency, Mode
from majlis.kit.db import Record
from majlis.kit.money import Money

ENOUGH_QUESTIONS = 5
"""From how many first messages on a response rate says something."""


def average(total: int, count: int) -> Decimal | None:
    """The exact average of `count` ratings, rounded to one decimal; None before the first."""
    return (Decimal(total) / count).quantize(Decimal("0.1"), ROUND_HALF_UP) if count else None


def share_answered(asked: int, answered: int) -> int | None:
    """Percent of first messages answered; None before there are enough to say."""
    return round(Decimal(100 * answered) / asked) if asked >= ENOUGH_QUESTIONS else None


class Experts(models.QuerySet["ExpertProfile"]):
    """Which profiles a person may see."""

    def listed(self) -> "Experts":
        """Those on the shelf: active, and the person may sign in."""
        return self.filter(status=ExpertStatus.ACTIVE, person__is_active=True)

    def visible_to(self, person: Any) -> "Experts":
        """Listed ones, and one's own in any state."""
        shown = Q(status=ExpertStatus.ACTIVE, person__is_active=True)
        if person is not None and getattr(person, "is_authenticated", False):
            shown |= Q(person_id=person.pk)
        return self.filter(shown)


class ExpertProfile(Record):
    """One person's shop window. Name, gender and picture are the person's own (accounts). The average rating is
    derived from its sum and count, the response rate from questions asked and answered. Its history: `StatusChange`."""

    person = models.OneToOneField("accounts.User", on_delete=models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=80, unique=True, allow_unicode=True)
    status = models.CharField(max_length=10, choices=ExpertStatus.choices, default=ExpertStatus.DRAFT)
    status_note = models.TextField(blank=True)
    """The reasons of the last move that had any, for the owner to read."""
    submitted_at = models.DateTimeField(null=True, blank=True)
    verified_at = models.DateTimeField(null=True, blank=True)
    headline = models.CharField(max_length=120, blank=True)
    bio = models.CharField(max_length=1000, blank=True)
    """A few plain sentences for cards."""
    about = models.TextField(max_length=8000, blank=True)
    """The long text: plain, paragraphs divided by empty lines."""
    education = models.TextField(max_length=2000, blank=True)
    experience_years = models.PositiveSmallIntegerField(default=0)
    video_id = models.UUIDField(null=True, blank=True)
    """The intro video among the stored files."""
    modes = ArrayField(models.CharField(max_length=8, choices=Mode.choices), default=list, blank=True)
    city = models.ForeignKey("catalogue.City", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    zone = models.CharField(max_length=64, default="UTC")
    """IANA name of the zone they work in."""
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    """Words of their own for what they are good at."""
    links = models.JSONField(default=dict, blank=True)
    """Their pages elsewhere: `{"website": "https://…"}`."""
    hourly_rate = models.BigIntegerField(null=True, blank=True)
    """Minor units per 60 minutes."""
    currency = models.CharField(max_length=4)
    """Of every price of this profile."""
    trial_price = models.BigIntegerField(null=True, blank=True)
    trial_minutes = models.PositiveSmallIntegerField(null=True, blank=True)
    rating_total = models.PositiveBigIntegerField(default=0)
    rating_count = models.PositiveIntegerField(default=0)
    completed_lessons = models.PositiveIntegerField(default=0)
    questions_asked = models.PositiveIntegerField(default=0)
    questions_answered = models.PositiveIntegerField(default=0)

    objects = Experts.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(hourly_rate__isnull=True) | Q(hourly_rate__gt=0), name="rate_is_positive"
            ),
            models.CheckConstraint(
                condition=Q(trial_price__isnull=True, trial_minutes__isnull=True)
                | Q(trial_price__gte=0, trial_minutes__gt=0),
                name="trial_has_price_and_minutes",
            ),
            models.CheckConstraint(
                condition=Q(rating_total__gte=models.F("rating_count"))
                & Q(rating_total__lte=models.F("rating_count") * 5),
                name="rating_lies_between_one_and_five",
            ),
            models.CheckConstraint(
                condition=Q(questions_answered__lte=models.F("questions_asked")), name="answers_follow_questions"
            ),
            models.CheckConstraint(
                condition=~Q(status=ExpertStatus.ACTIVE) | Q(hourly_rate__isnull=False, verified_at__isnull=False),
                name="active_expert_is_verified_and_has_a_rate",
            ),
        ]
        indexes = [
            models.Index(fields=["submitted_at"], condition=Q(status="submitted"), name="experts_queue"),
        ]

    def __str__(self) -> str:
        return self.slug

    @property
    def rate(self) -> Money | None:
        """Per 60 minutes."""
        return None if self.hourly_rate is None else Money(self.hourly_rate, self.currency)

    @property
    def trial(self) -> Money | None:
        """What a trial lesson of `trial_minutes` costs (it may be free); None when they offer none."""
        return None if self.trial_price is None else Money(self.trial_price, self.currency)

    @property
    def rating(self) -> Decimal | None:
        """The exact average, rounded to one decimal; None before the first review."""
        return average(self.rating_total, self.rating_count)

    @property
    def response_rate(self) -> int | None:
        """Percent of first messages answered; None before there are enough to say."""
        return share_answered(self.questions_asked, self.questions_answered)

    @property
    def is_listed(self) -> bool:
        """Whether visitors see and book it."""
        return self.status == ExpertStatus.ACTIVE and self.person.is_active


class StatusChange(Record):
    """A move of a profile from one state to another: when, who, why. Never changed, never deleted."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.PROTECT, related_name="history")
    source = models.CharField(max_length=10, choices=ExpertStatus.choices)
    target = models.CharField(max_length=10, choices=ExpertStatus.choices)
    actor = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    """None: the system."""
    reason = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.source} → {self.target}"


class ExpertSubject(Record):
    """A subject taught at a level, perhaps for a price of its own (in the profile's currency, so there is no column
    for it)."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="subjects")
    subject = models.ForeignKey("catalogue.Subject", on_delete=models.PROTECT, related_name="+")
    level = models.ForeignKey(
        "catalogue.Level", to_field="slug", db_column="level", on_delete=models.PROTECT, related_name="+"
    )
    hourly_rate = models.BigIntegerField(null=True, blank=True)
    """Minor units per 60 minutes; None: the profile's."""
    description = models.CharField(max_length=500, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("expert", "subject", "level", name="subject_once_per_level"),
            models.CheckConstraint(
                condition=Q(hourly_rate__isnull=True) | Q(hourly_rate__gt=0), name="subject_rate_is_positive"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.level_id}"

    def rate_of(self, profile: ExpertProfile) -> Money:
        """What an hour of it costs; `profile` is the one it belongs to, already at hand, with a rate."""
        return Money(self.hourly_rate or profile.hourly_rate or 0, profile.currency)


class SpokenLanguage(Record):
    """A language somebody speaks, and how well."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="languages")
    code = models.CharField(max_length=3)
    """ISO 639."""
    fluency = models.CharField(max_length=6, choices=Fluency.choices)

    class Meta:
        constraints = [models.UniqueConstraint("expert", "code", name="language_once_per_expert")]

    def __str__(self) -> str:
        return f"{self.code} {self.fluency}"


class Document(Record):
    """A paper that proves something, for staff's eyes only. Kept after a decision: it is the evidence for it."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.PROTECT, related_name="documents")
    kind = models.CharField(max_length=12, choices=DocumentKind.choices)
    file_id = models.UUIDField(unique=True)
    status = models.CharField(max_length=10, choices=DocumentStatus.choices, default=DocumentStatus.PENDING)
    reviewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=1000, blank=True)
    """The reviewer's words to the owner."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(status=DocumentStatus.PENDING, reviewed_at__isnull=True)
                | (~Q(status=DocumentStatus.PENDING) & Q(reviewed_at__isnull=False)),
                name="document_is_decided_when_reviewed",
            ),
            models.CheckConstraint(
                condition=~Q(status=DocumentStatus.REJECTED) | ~Q(note=""), name="rejected_document_has_a_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} ({self.status})"


class Certificate(Record):
    """A certificate shown on the profile."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="certificates")
    title = models.CharField(max_length=150)
    issuer = models.CharField(max_length=150)
    issued_on = models.DateField(null=True, blank=True)
    expires_on = models.DateField(null=True, blank=True)
    credential_url = models.URLField(max_length=300, blank=True)
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(expires_on__isnull=True)
                | Q(issued_on__isnull=True)
                | Q(expires_on__gt=models.F("issued_on")),
                name="certificate_expires_after_it_is_issued",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Experience(Record):
    """A position held, shown on the profile."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="experiences")
    title = models.CharField(max_length=150)
    company = models.CharField(max_length=150)
    employment = models.CharField(max_length=12, choices=Employment.choices, blank=True)
    location = models.CharField(max_length=150, blank=True)
    started_on = models.DateField(null=True, blank=True)
    ended_on = models.DateField(null=True, blank=True)
    """None: to this day."""
    position = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ended_on__isnull=True)
                | Q(started_on__isnull=True)
                | Q(ended_on__gte=models.F("started_on")),
                name="experience_ends_after_it_starts",
            )
        ]

    def __str__(self) -> str:
        return self.title


class Question(Record):
    """Somebody's first message to an expert: what the response rate counts. One row a conversation, so that who hears
    of it twice counts it once."""

    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="questions")
    conversation_id = models.UUIDField(unique=True)
    answered = models.BooleanField(default=False)

    def __str__(self) -> str:
        return f"{self.conversation_id}: {'answered' if self.answered else 'open'}"


class Favourite(Record):
    """An expert whom a person wants to find again. Nobody else is told."""

    person = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint("person", "expert", name="favourite_once_per_person")]

    def __str__(self) -> str:
        return f"{self.person_id} ♥ {self.expert_id}"
