"""Shapes of experts in lists, for the API."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from pydantic import BaseModel
from pydantic_core import to_json

from majlis.engines.experts.types import ExpertCard, FacetValue, Found, Mode
from majlis.faces.api.shapes import MoneyOut
from majlis.kernel.files import queries as files
from majlis.kit import locale
from majlis.kit.memo import memo
from majlis.kit.translated import in_language


class TaughtOut(BaseModel):
    """A subject and the levels it is taught at."""

    id: UUID
    slug: str
    name: str
    levels: list[str]


class SpokenOut(BaseModel):
    """A language (ISO 639-1) and how well it is spoken (`a1`…`c2`, `native`)."""

    code: str
    fluency: str


class CardOut(BaseModel):
    """An expert in a list. `id` is the person's. `price` is for 60 minutes, in the expert's own money."""

    id: UUID
    slug: str
    name: str
    picture: str
    headline: str
    city: str
    country: str
    zone: str
    modes: list[Mode]
    languages: list[SpokenOut]
    subjects: list[TaughtOut]
    rating: Decimal | None
    rating_count: int
    completed_lessons: int
    response_rate: int | None
    price: MoneyOut
    trial: MoneyOut | None
    trial_minutes: int | None
    has_video: bool
    next_free_at: datetime | None
    verified: bool

    @classmethod
    def of(cls, card: ExpertCard) -> "CardOut":
        return cls.model_validate(card_facts(card, locale.code()))


def card_facts(card: ExpertCard, language: str) -> dict[str, Any]:
    """A card as `CardOut` wants it, in `language`. Plain, so that a page of cards is checked in one go."""
    return {
        "id": card.person_id,
        "slug": card.slug,
        "name": card.name,
        "picture": files.picture_url(card, 240),
        "headline": card.headline,
        "city": in_language(card.city, language),
        "country": card.country,
        "zone": card.zone,
        "modes": list(card.modes),
        "languages": [{"code": code, "fluency": fluency} for code, fluency in card.languages],
        "subjects": [
            {"id": t.id, "slug": t.slug, "name": in_language(t.name, language), "levels": list(t.levels)}
            for t in card.subjects
        ],
        "rating": card.rating,
        "rating_count": card.rating_count,
        "completed_lessons": card.completed_lessons,
        "response_rate": card.response_rate,
        "price": card.price.as_json(language),
        "trial": card.trial.as_json(language) if card.trial is not None else None,
        "trial_minutes": card.trial_minutes,
        "has_video": card.video_id is not None,
        "next_free_at": card.next_free_at,
        "verified": card.verified,
    }


class FacetOut(BaseModel):
    """A value and how many of those found have it."""

    value: str
    count: int


class FoundOut(BaseModel):
    """A page of a search. `total` is counted up to a cap; `more` says that there are more than it. Facets come with the
    first page only; `facets_capped`: they count the best-placed ones alone."""

    items: list[CardOut]
    next: str | None
    total: int
    more: bool
    facets: dict[str, list[FacetOut]]
    facets_capped: bool


def written(found: Found, language: str) -> bytes:
    """The JSON of a `FoundOut`, in `language`: checked and written once for each card, and remembered."""
    texts = {
        b"items": cards_text(tuple(found.items), language),
        b"next": to_json(found.next),
        b"total": to_json(found.total),
        b"more": to_json(found.more),
        b"facets": facets_text(tuple((name, tuple(values)) for name, values in found.facets.items())),
        b"facets_capped": to_json(found.facets_capped),
    }
    return b"{" + b",".join([b'"%b":%b' % pair for pair in texts.items()]) + b"}"


@memo(most=100)
def cards_text(cards: tuple[ExpertCard, ...], language: str) -> bytes:
    """The JSON of a list of `CardOut`."""
    return b"[" + b",".join([card_text(card, language) for card in cards]) + b"]"


@memo(most=3000)
def card_text(card: ExpertCard, language: str) -> bytes:
    """The JSON of a `CardOut`."""
    return CardOut.model_validate(card_facts(card, language)).model_dump_json().encode()


@memo(most=200)
def facets_text(facets: tuple[tuple[str, tuple[FacetValue, ...]], ...]) -> bytes:
    """The JSON of the facets of a `FoundOut`."""
    return to_json({name: [{"value": v.value, "count": v.hits} for v in values] for name, values in facets})
