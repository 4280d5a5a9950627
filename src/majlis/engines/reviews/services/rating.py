"""Keeping the sums."""

from uuid import UUID

from django.db.models import F

from majlis.engines.reviews.events import RatingChanged
from majlis.engines.reviews.models import Rating
from majlis.kit import events

STARS = ("ones", "twos", "threes", "fours", "fives")


def move_rating(person_id: UUID, *, take: int | None = None, give: int | None = None) -> None:
    """One review less with `take` stars, one more with `give`; announced. The row's lock makes it exact."""
    if take == give:
        return
    Rating.objects.get_or_create(person_id=person_id)
    step: dict[str, int] = dict.fromkeys(("total", "count", *STARS), 0)
    for stars, sign in ((take, -1), (give, 1)):
        if stars is not None:
            step["total"] += sign * stars
            step["count"] += sign
            step[STARS[stars - 1]] += sign
    Rating.objects.filter(pk=person_id).update(**{name: F(name) + by for name, by in step.items() if by})
    now = Rating.objects.get(pk=person_id)
    events.publish(RatingChanged(person_id, now.total, now.count))
