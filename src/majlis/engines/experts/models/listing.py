"""What search reads: everything about a listed expert that can be asked for, in one narrow row, kept by
`services.refresh_listings`. Nothing here is shown; cards are made from the profile."""

from datetime import UTC, datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F

from majlis.engines.experts.models.profile import ExpertProfile

NEVER = datetime(2999, 1, 1, tzinfo=UTC)
"""Stands for "no free time known", so that ordering by it needs no special case."""


class Listing(models.Model):
    """One listed expert. There is a row exactly while the profile is on the shelf."""

    expert = models.OneToOneField(ExpertProfile, primary_key=True, on_delete=models.CASCADE, related_name="+")
    person_id = models.UUIDField(unique=True)
    words = SearchVectorField()
    """Name (weight A), subjects, headline, texts: folded alike in all languages (`majlis_search_text`)."""
    marks = ArrayField(models.TextField())
    """What is exactly true: `subject:english`, `taught:english:b1`, `language:ar`, `city:cairo`, `mode:online`…"""
    rank = models.IntegerField()
    """How well it is placed when nothing else decides; higher is better."""
    rating = models.BigIntegerField()
    """Average in hundredths × 100,000 + number of reviews (at most 99,999): orders by both."""
    price = models.BigIntegerField()
    """The lowest price of an hour, in millionths of a dollar."""
    free_at = models.DateTimeField(default=NEVER)
    """The next free slot as scheduling announced it."""

    free_from = models.DateField(null=True)
    free_days = ArrayField(models.BigIntegerField(), default=list)
    """The bits of `FreeDay` from `free_from` on, one number a day, so that asking needs no other row."""

    class Meta:
        indexes = [
            # One index, so that what is asked of both is met in one pass; either alone is found by it as well.
            GinIndex(fields=["marks", "words"], name="listing_marks_words"),
            models.Index(fields=["rank", "expert"], name="listing_by_rank"),
            models.Index(fields=["rating", "expert"], name="listing_by_rating"),
            models.Index(fields=["price", "expert"], name="listing_by_price"),
            models.Index(fields=["free_at", "expert"], name="listing_by_next_free"),
        ]

    def __str__(self) -> str:
        return str(self.expert_id)


class ListingPrice(models.Model):
    """What an hour of one subject (`english`), or of a subject at a level (`english:b1`), costs at least."""

    id = models.BigAutoField(primary_key=True)
    expert = models.ForeignKey(ExpertProfile, on_delete=models.CASCADE, related_name="+", db_index=False)
    scope = models.TextField()
    price = models.BigIntegerField()
    """Millionths of a dollar."""

    class Meta:
        constraints = [models.UniqueConstraint("expert", "scope", name="one_price_per_scope")]
        indexes = [models.Index(fields=["scope", "price", "expert"], name="listing_price_by_scope")]

    def __str__(self) -> str:
        return self.scope


class FreeDay(models.Model):
    """Search's copy of when somebody is free on a UTC day: bit 0 is 00:00–00:30. The 48 bits of the day are followed
    by the first 14 of the next day, so that a lesson over midnight is one look."""

    pk = models.CompositePrimaryKey("person_id", "day")
    person_id = models.UUIDField()
    day = models.DateField()
    bits = models.BigIntegerField()

    class Meta:
        indexes = [models.Index(fields=["day"], name="free_days_to_prune")]

    def __str__(self) -> str:
        return f"{self.person_id} {self.day}"


class Word(models.Model):
    """A word that some listing has: where the nearest spelling of a mistyped word is looked up."""

    word = models.TextField(primary_key=True, db_collation="C")

    class Meta:
        indexes = [GinIndex(OpClass(F("word"), "gin_trgm_ops"), name="word_trigrams")]

    def __str__(self) -> str:
        return self.word
