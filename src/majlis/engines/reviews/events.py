"""What reviews announces."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True)
class ReviewWritten:
    """Somebody wrote a review (not: changed one)."""

    review_id: UUID
    author_id: UUID
    about_id: UUID
    kind: str
    subject_id: UUID
    rating: int


@dataclass(frozen=True)
class RatingChanged:
    """A person's rating is now `total / count`."""

    person_id: UUID
    total: int
    count: int


@dataclass(frozen=True)
class ReviewHidden:
    """Staff took a review down."""

    review_id: UUID
    author_id: UUID
    about_id: UUID
    reason: str
