"""What experts knows."""

from majlis.engines.experts.policy import admission
from majlis.engines.experts.queries.cards import cards, make_cards
from majlis.engines.experts.queries.finding import CAP, how_many, search
from majlis.engines.experts.queries.profiles import (
    NoTrial,
    NotTaught,
    expert,
    favourite_ids,
    favourites,
    featured_experts,
    is_bookable,
    missing,
    own_documents,
    own_profile,
    price_for,
    what_happened,
)

__all__ = [
    "CAP",
    "NoTrial",
    "NotTaught",
    "admission",
    "cards",
    "expert",
    "favourite_ids",
    "favourites",
    "featured_experts",
    "how_many",
    "is_bookable",
    "make_cards",
    "missing",
    "own_documents",
    "own_profile",
    "price_for",
    "search",
    "what_happened",
]
