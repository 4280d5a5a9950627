"""What reviews knows."""

from typing import Any
from uuid import UUID

from majlis.engines.reviews.models import Invitation, Rating, Review
from majlis.engines.reviews.types import EDITABLE, ReviewState, Summary
from majlis.kit import clock
from majlis.kit.errors import NotFound
from majlis.kit.pages import Page, paginate


def summary(person_id: UUID) -> Summary:
    """How a person is rated. All zero when nobody has said anything."""
    row = Rating.objects.filter(pk=person_id).first()
    if row is None:
        return Summary(0, 0, (0, 0, 0, 0, 0))
    return Summary(row.total, row.count, (row.ones, row.twos, row.threes, row.fours, row.fives))


def reviews_about(
    person_id: UUID, cursor: str | None = None, *, seen_by: Any = None, limit: int = 10, rating: int | None = None
) -> Page[Review]:
    """Shown reviews of a person with `author` and `invitation` loaded: on the first page the reader's own first (also a
    hidden one), then the newest. `rating` narrows to one number of stars."""
    rows = Review.objects.filter(about_id=person_id).shown().select_related("author", "invitation")
    if rating:
        rows = rows.filter(rating=rating)
    own = list(own_reviews(person_id, seen_by)) if seen_by is not None and not rating else []
    if seen_by is not None and not rating:
        rows = rows.exclude(author=seen_by)
    page = paginate(rows, cursor, limit)
    return page if cursor else Page([*own, *page.items], page.next)


def own_reviews(person_id: UUID, reader: Any) -> list[Review]:
    """What the reader wrote about a person, newest first."""
    mine = Review.objects.filter(about_id=person_id, author=reader).select_related("author", "invitation")
    return list(mine.order_by("-id"))


def reviews_by(person: Any, cursor: str | None = None, *, limit: int = 25) -> Page[Review]:
    """What a person wrote, newest first, with `about` loaded."""
    return paginate(Review.objects.filter(author=person).select_related("about", "author", "invitation"), cursor, limit)


def review(review_id: UUID, *, seen_by: Any = None) -> Review:
    """One review that `seen_by` may read: a shown one, their own, or (for the person it is about) never a hidden one.
    Refuses with `NotFound`."""
    row = (
        Review.objects.visible_to(seen_by).select_related("author", "about", "invitation").filter(pk=review_id).first()
    )
    if row is None:
        raise NotFound
    return row


def review_of(person: Any, *, kind: str, subject_id: UUID) -> Review | None:
    """What a person wrote about one subject, with `author`, `about` and `invitation` loaded, or None."""
    found = Review.objects.filter(author=person, invitation__kind=kind, invitation__subject_id=subject_id)
    return found.select_related("author", "about", "invitation").first()


def invitation_of(person: Any, *, kind: str, subject_id: UUID) -> Invitation | None:
    """The right of a person to review one subject, with `about` loaded, or None."""
    found = Invitation.objects.filter(author=person, kind=kind, subject_id=subject_id, withdrawn=False)
    return found.select_related("about").first()


def may_review(person: Any, *, kind: str, subject_id: UUID) -> bool:
    """Whether a form to write, or to change, makes sense now."""
    invitation = Invitation.objects.filter(author=person, kind=kind, subject_id=subject_id, withdrawn=False).first()
    if invitation is None:
        return False
    written = Review.objects.filter(invitation=invitation).first()
    now = clock.now()
    if written is None:
        return now < invitation.closes_at
    return written.state == ReviewState.SHOWN and now < written.created_at + EDITABLE


def open_invitations(person: Any, *, about_id: UUID | None = None) -> list[Invitation]:
    """What a person may still review and has not, newest first, with `about` loaded."""
    rows = Invitation.objects.filter(author=person, withdrawn=False, review__isnull=True, closes_at__gt=clock.now())
    if about_id is not None:
        rows = rows.filter(about_id=about_id)
    return list(rows.select_related("about").order_by("-id"))
