"""What staff do with reviews."""

from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.reviews.events import ReviewHidden
from majlis.engines.reviews.models import Review
from majlis.engines.reviews.services.rating import move_rating
from majlis.engines.reviews.services.writing import note_change
from majlis.engines.reviews.types import HidingReason, ReviewState
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts import services as people
from majlis.kernel.accounts.types import Role
from majlis.kernel.notices import services as notices
from majlis.kit import events
from majlis.kit.errors import Invalid, NotFound

MODERATORS = (Role.MODERATOR, Role.SUPPORT, Role.ADMIN, Role.OWNER)


@transaction.atomic
def hide_review(*, actor: Any, review_id: UUID, reason: str, note: str = "") -> Review:
    """Take a review down: nobody but its author sees it and it no longer counts. `reason` is a `HidingReason`;
    `note` is for the record. Staff only (`Forbidden`). Hiding twice changes nothing."""
    accounts.require_role(actor, *MODERATORS)
    if reason not in HidingReason.values:
        raise Invalid(errors={"reason": _("Choose a reason.")})
    review = _locked(review_id)
    if review.state == ReviewState.HIDDEN:
        return review
    note_change(review, actor, "hidden", note)
    review.state, review.hidden_for = ReviewState.HIDDEN, HidingReason(reason)
    review.save(update_fields=["state", "hidden_for"])
    move_rating(review.about_id, take=review.rating)
    people.record_act(
        actor=actor, action="reviews.hide", target=f"reviews.review:{review.pk}", facts={"reason": reason}, reason=note
    )
    events.publish(ReviewHidden(review.pk, review.author_id, review.about_id, reason))
    notices.notify(
        person_id=review.author_id,
        kind="review_hidden",
        facts={"reason": HidingReason(reason).label},
        link=f"/reviews/{review.pk}/",
    )
    return review


@transaction.atomic
def show_review(*, actor: Any, review_id: UUID, note: str = "") -> Review:
    """Put a hidden review back; it counts again. Staff only."""
    accounts.require_role(actor, *MODERATORS)
    review = _locked(review_id)
    if review.state == ReviewState.SHOWN:
        return review
    note_change(review, actor, "shown", note)
    review.state, review.hidden_for = ReviewState.SHOWN, ""
    review.save(update_fields=["state", "hidden_for"])
    move_rating(review.about_id, give=review.rating)
    people.record_act(actor=actor, action="reviews.show", target=f"reviews.review:{review.pk}", reason=note)
    return review


def _locked(review_id: UUID) -> Review:
    review = Review.objects.select_for_update().filter(pk=review_id).first()
    if review is None:
        raise NotFound
    return review
