"""The tables of reviews."""

from typing import Any

from django.db import models

from majlis.engines.reviews.types import HidingReason, ReviewState
from majlis.kit.db import Record


class Invitation(Record):
    """The right to review one person about one finished thing (a lesson). Without it there is no review."""

    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    """What the subject is: `lesson`."""
    subject_id = models.UUIDField()
    closes_at = models.DateTimeField()
    withdrawn = models.BooleanField(default=False)
    """The subject turned out not to have happened."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["author", "kind", "subject_id"], name="one_invitation_per_author_and_subject"
            ),
            models.CheckConstraint(condition=~models.Q(author=models.F("about")), name="nobody_reviews_themselves"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject_id}"


class Reviews(models.QuerySet["Review"]):
    """What may be read."""

    def shown(self) -> "Reviews":
        return self.filter(state=ReviewState.SHOWN)

    def visible_to(self, person: Any) -> "Reviews":
        """Shown ones, and a person's own also while hidden."""
        shown = models.Q(state=ReviewState.SHOWN)
        return self.filter(shown | models.Q(author=person)) if person is not None else self.filter(shown)


class Review(Record):
    """What one person says about another after one finished thing, and what the other answers."""

    invitation = models.OneToOneField(Invitation, on_delete=models.PROTECT, related_name="review")
    author = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    about = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    rating = models.PositiveSmallIntegerField()
    text = models.TextField(max_length=2000, blank=True)
    edited_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=10, choices=ReviewState.choices, default=ReviewState.SHOWN)
    hidden_for = models.CharField(max_length=20, choices=HidingReason.choices, blank=True)
    reply_text = models.TextField(max_length=1000, blank=True)
    replied_at = models.DateTimeField(null=True, blank=True)

    objects = Reviews.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=models.Q(rating__gte=1, rating__lte=5), name="a_rating_is_one_to_five"),
            models.CheckConstraint(
                condition=models.Q(state="shown", hidden_for="")
                | (models.Q(state="hidden") & ~models.Q(hidden_for="")),
                name="a_hidden_review_has_a_reason",
            ),
            models.CheckConstraint(
                condition=models.Q(reply_text="", replied_at__isnull=True)
                | (~models.Q(reply_text="") & models.Q(replied_at__isnull=False)),
                name="a_reply_has_a_time",
            ),
        ]
        indexes = [models.Index(fields=["about", "-id"], name="reviews_about", condition=models.Q(state="shown"))]

    def __str__(self) -> str:
        return f"{self.rating} stars for {self.about_id}"


class ReviewChange(Record):
    """What a review said before it was changed, and who hid or showed it: kept for disputes."""

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="changes")
    actor = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    what = models.CharField(max_length=20)
    """`edited`, `replied`, `hidden`, `shown`."""
    rating = models.PositiveSmallIntegerField()
    text = models.TextField(blank=True)
    reply_text = models.TextField(blank=True)
    reason = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return f"{self.what} {self.review_id}"


class Rating(models.Model):
    """The sum of one person's shown reviews, moved in the same transaction as they are. There is no average column: it
    would be rounded; it is `total / count` wherever it is shown."""

    person = models.OneToOneField("accounts.User", on_delete=models.PROTECT, primary_key=True, related_name="+")
    total = models.PositiveIntegerField(default=0)
    count = models.PositiveIntegerField(default=0)
    ones = models.PositiveIntegerField(default=0)
    twos = models.PositiveIntegerField(default=0)
    threes = models.PositiveIntegerField(default=0)
    fours = models.PositiveIntegerField(default=0)
    fives = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(
                    count=models.F("ones")
                    + models.F("twos")
                    + models.F("threes")
                    + models.F("fours")
                    + models.F("fives")
                ),
                name="a_rating_counts_its_stars",
            ),
            models.CheckConstraint(
                condition=models.Q(
                    total=models.F("ones")
                    + 2 * models.F("twos")
                    + 3 * models.F("threes")
                    + 4 * models.F("fours")
                    + 5 * models.F("fives")
                ),
                name="a_rating_sums_its_stars",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.total}/{self.count}"
