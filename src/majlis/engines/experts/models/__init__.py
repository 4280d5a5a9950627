"""The tables of experts: profiles and what proves them, and the rows search reads."""

from majlis.engines.experts.models.listing import FreeDay, Listing, ListingPrice, Word
from majlis.engines.experts.models.profile import (
    Certificate,
    Document,
    Experience,
    ExpertProfile,
    ExpertSubject,
    Favourite,
    Question,
    SpokenLanguage,
    StatusChange,
)

__all__ = [
    "Certificate",
    "Document",
    "Experience",
    "ExpertProfile",
    "ExpertSubject",
    "Favourite",
    "FreeDay",
    "Listing",
    "ListingPrice",
    "Question",
    "SpokenLanguage",
    "StatusChange",
    "Word",
]
