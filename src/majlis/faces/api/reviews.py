"""Reviews."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from majlis.engines.reviews import queries, services
from majlis.faces.api.auth import identify, requires
from majlis.faces.api.shapes import PersonOut
from majlis.kernel.accounts import queries as accounts

router = Router(tags=["reviews"])
READ, WRITE = requires("lessons:read"), requires("lessons:write")


class ReviewOut(Schema):
    """What somebody said, and the answer."""

    id: UUID
    author: PersonOut
    about_id: UUID
    rating: int
    text: str
    state: str
    edited_at: datetime | None
    reply_text: str
    replied_at: datetime | None
    created_at: datetime


class ReviewsOut(Schema):
    """A page: your own first, then the newest."""

    items: list[ReviewOut]
    next: str | None


class RatingOut(Schema):
    """Exact: `total / count`. `distribution` counts one to five stars."""

    total: int
    count: int
    average: float | None
    distribution: list[int]


class InvitationOut(Schema):
    """What you may review."""

    kind: str
    subject_id: UUID
    about: PersonOut
    closes_at: datetime


class ReviewIn(Schema):
    """What you say."""

    rating: Annotated[int, Field(ge=1, le=5)]
    text: str = Field("", max_length=10_000)


class ReplyIn(Schema):
    """Your one answer."""

    text: str = Field(max_length=10_000)


@router.get("/people/{uuid:person_id}/reviews", response=ReviewsOut, auth=None)
def list_reviews(
    request: HttpRequest,
    person_id: UUID,
    cursor: str | None = None,
    rating: Annotated[int | None, Query(ge=1, le=5)] = None,
) -> Any:
    """What people say about somebody."""
    accounts.person(person_id)
    return queries.reviews_about(person_id, cursor, seen_by=identify(request), rating=rating)


@router.get("/people/{uuid:person_id}/rating", response=RatingOut, auth=None)
def show_rating(request: HttpRequest, person_id: UUID) -> Any:
    """How somebody is rated."""
    accounts.person(person_id)
    return queries.summary(person_id)


@router.get("/reviews/invitations", response=list[InvitationOut], auth=READ)
def list_invitations(request: HttpRequest) -> Any:
    """What you may review and have not."""
    return queries.open_invitations(request.user)


@router.get("/reviews/{uuid:review_id}", response=ReviewOut, auth=READ)
def show_review(request: HttpRequest, review_id: UUID) -> Any:
    """One review."""
    return queries.review(review_id, seen_by=request.user)


@router.put("/reviews/{kind}/{uuid:subject_id}", response=ReviewOut, auth=WRITE)
def write_review(request: HttpRequest, kind: str, subject_id: UUID, said: ReviewIn) -> Any:
    """Write your review of a finished lesson (`kind` is `lesson`), or change it within 14 days."""
    made = services.write_review(
        actor=request.user, kind=kind, subject_id=subject_id, rating=said.rating, text=said.text
    )
    return queries.review(made.pk, seen_by=request.user)


@router.post("/reviews/{uuid:review_id}/reply", response=ReviewOut, auth=WRITE)
def reply_to_review(request: HttpRequest, review_id: UUID, answer: ReplyIn) -> Any:
    """Answer a review about you, once."""
    services.reply(actor=request.user, review_id=review_id, text=answer.text)
    return queries.review(review_id, seen_by=request.user)
