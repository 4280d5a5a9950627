"""The words of reviews."""

from dataclasses import dataclass
from datetime import timedelta

from django.db import models
from django.utils.translation import gettext_lazy as _

EDITABLE = timedelta(days=14)
"""How long its author may change a review."""
LONGEST_TEXT = 2000
LONGEST_REPLY = 1000


class ReviewState(models.TextChoices):
    # Everyone reads it, and it counts.
    SHOWN = "shown", _("Shown")
    # Taken down by staff for a reason; it does not count.
    HIDDEN = "hidden", _("Hidden")


class HidingReason(models.TextChoices):
    """Why staff take a review down; its author is told."""

    ABUSE = "abuse", _("Insulting or hateful")
    PRIVATE = "private", _("Tells private things")
    ADVERTISING = "advertising", _("Advertising")
    UNRELATED = "unrelated", _("Not about the lesson")
    FALSE = "false", _("Shown to be untrue")


@dataclass(frozen=True, slots=True)
class Summary:
    """How a person is rated: exact, over shown reviews only."""

    total: int
    """The sum of all ratings."""
    count: int
    distribution: tuple[int, int, int, int, int]
    """How many of one, two, three, four and five stars."""

    @property
    def average(self) -> float | None:
        """`total / count`, or None before the first review. For showing only; compare `total` and `count`."""
        return self.total / self.count if self.count else None
