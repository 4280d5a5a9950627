"""Inviting, writing and answering."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.reviews.events import ReviewWritten
from majlis.engines.reviews.models import Invitation, Review, ReviewChange
from majlis.engines.reviews.refusals import AlreadyReplied, ReviewClosed
from majlis.engines.reviews.services.rating import move_rating
from majlis.engines.reviews.types import EDITABLE, LONGEST_REPLY, LONGEST_TEXT, ReviewState
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.notices import services as notices
from majlis.kit import clock, events
from majlis.kit.errors import Invalid, NotFound


@transaction.atomic
def invite_review(*, author_id: UUID, about_id: UUID, kind: str, subject_id: UUID, closes_at: datetime) -> Invitation:
    """Let `author_id` review `about_id` about a finished thing until `closes_at`. Called by the product when the thing
    is complete; calling it again changes nothing. Returns the invitation."""
    invitation, _made = Invitation.objects.get_or_create(
        author_id=author_id,
        kind=kind,
        subject_id=subject_id,
        defaults={"about_id": about_id, "closes_at": closes_at},
    )
    return invitation


@transaction.atomic
def withdraw_invitation(*, kind: str, subject_id: UUID) -> int:
    """The thing did not happen after all: whoever has not written yet cannot any more. Returns how many invitations."""
    return Invitation.objects.filter(kind=kind, subject_id=subject_id, review__isnull=True).update(withdrawn=True)


@transaction.atomic
def write_review(
    *, actor: Any, kind: str, subject_id: UUID, rating: int, text: str = "", now: datetime | None = None
) -> Review:
    """Write the one review `actor` owes about a subject, or change it within 14 days of writing. `rating` is 1–5,
    `text` at most 2,000 characters. Refuses with `NotFound` without an invitation, `ReviewClosed` when its time is
    over, `Invalid` for other ratings and longer texts."""
    now = now or clock.now()
    text = _checked(rating, text)
    invitation = (
        Invitation.objects.select_for_update()
        .filter(author=actor, kind=kind, subject_id=subject_id, withdrawn=False)
        .first()
    )
    if invitation is None:
        raise NotFound
    review = Review.objects.select_for_update().filter(invitation=invitation).first()
    if review is not None:
        return _change(review, actor, rating, text, now)
    if now >= invitation.closes_at:
        raise ReviewClosed
    review = Review.objects.create(
        invitation=invitation, author=actor, about_id=invitation.about_id, rating=rating, text=text, created_at=now
    )
    move_rating(review.about_id, give=rating)
    events.publish(ReviewWritten(review.pk, actor.pk, review.about_id, kind, subject_id, rating))
    notices.notify(
        person_id=review.about_id,
        kind="review_received",
        facts={"name": actor.name, "rating": rating},
        link=f"/reviews/{review.pk}/",
        key=f"reviews.review:{review.pk}:written",
        now=now,
    )
    return review


def _checked(rating: int, text: str) -> str:
    errors: dict[str, Any] = {}
    if isinstance(rating, bool) or not isinstance(rating, int) or not 1 <= rating <= 5:
        errors["rating"] = _("Choose between one and five stars.")
    text = text.replace("\x00", "").strip()
    if len(text) > LONGEST_TEXT:
        errors["text"] = _("This text is too long. At most 2,000 characters are possible.")
    if errors:
        raise Invalid(errors=errors)
    return text


def _change(review: Review, actor: Any, rating: int, text: str, now: datetime) -> Review:
    if (rating, text) == (review.rating, review.text):
        return review
    if now >= review.created_at + EDITABLE or review.state == ReviewState.HIDDEN:
        raise ReviewClosed
    note_change(review, actor, "edited")
    before, review.rating, review.text, review.edited_at = review.rating, rating, text, now
    review.save(update_fields=["rating", "text", "edited_at"])
    move_rating(review.about_id, take=before, give=rating)
    return review


def note_change(review: Review, actor: Any, what: str, reason: str = "") -> None:
    """Keep what the review said before."""
    ReviewChange.objects.create(
        review=review,
        actor=actor,
        what=what,
        rating=review.rating,
        text=review.text,
        reply_text=review.reply_text,
        reason=reason[:300],
    )


@transaction.atomic
def reply(*, actor: Any, review_id: UUID, text: str, now: datetime | None = None) -> Review:
    """The reviewed person's one answer, at most 1,000 characters, shown under the review. Refuses with `NotFound` for
    anyone else, `AlreadyReplied`, `Invalid`."""
    now = now or clock.now()
    review = Review.objects.select_for_update().filter(pk=review_id, about=actor, state=ReviewState.SHOWN).first()
    if review is None:
        raise NotFound
    text = text.replace("\x00", "").strip()
    if not text or len(text) > LONGEST_REPLY:
        raise Invalid(errors={"text": _("Write between 1 and 1,000 characters.")})
    if review.reply_text == text:
        return review
    if review.reply_text:
        raise AlreadyReplied
    note_change(review, actor, "replied")
    review.reply_text, review.replied_at = text, now
    review.save(update_fields=["reply_text", "replied_at"])
    notices.notify(
        person_id=review.author_id,
        kind="review_answered",
        facts={"name": accounts.person(review.about_id).name},
        link=f"/reviews/{review.pk}/",
        key=f"reviews.review:{review.pk}:answered",
        now=now,
    )
    return review
