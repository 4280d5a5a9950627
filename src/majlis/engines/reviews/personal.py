"""What reviews keeps about a person."""

from typing import Any
from uuid import UUID

from majlis.engines.reviews.models import Review
from majlis.kernel.accounts import services as accounts


def reviews(person_id: UUID) -> dict[str, Any]:
    """What the person wrote about others, and others about them."""
    columns = ("id", "created_at", "rating", "text", "state", "reply_text", "replied_at")
    return {
        "written": list(Review.objects.filter(author_id=person_id).order_by("id").values("about_id", *columns)),
        "received": list(Review.objects.filter(about_id=person_id).order_by("id").values(*columns)),
    }


accounts.register_export("reviews", reviews)
