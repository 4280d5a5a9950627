"""Finding experts, looking at one, favourites."""

from collections.abc import Callable
from datetime import date, time
from decimal import Decimal
from functools import wraps
from typing import Annotated, Any
from uuid import UUID

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from ninja.decorators import decorate_view
from pydantic import BaseModel, Field

from majlis.engines.experts import queries, services
from majlis.engines.experts.types import FreeWish, Mode, Search, Sort
from majlis.faces.api.auth import add_rate_headers, count_request, identify, requires
from majlis.faces.api.expert_shapes import CardOut, FoundOut, card_facts, written
from majlis.faces.api.shapes import MoneyOut, ProblemOut
from majlis.kernel.accounts.types import Gender
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.files import queries as files
from majlis.kit import locale
from majlis.kit.errors import NotFound

PREFIX = ""
router = Router(tags=["experts"])

Slug = Annotated[str, Field(max_length=64, pattern=r"^[a-z0-9-]*$")]
Minor = Annotated[int, Field(ge=0, le=2**53)]


class SearchIn(BaseModel):
    """What to look for. Prices are in minor units of `currency`, for an hour. `free_*`: free between these hours on
    these days (0 Monday … 6 Sunday) within two weeks, in `zone`."""

    q: str = Field("", max_length=200)
    subject: Slug = ""
    level: Slug = ""
    price_min: Minor | None = None
    price_max: Minor | None = None
    currency: str = Field("", pattern=r"^([A-Z]{3,4})?$")
    rating_min: Decimal | None = Field(None, ge=0, le=5)
    language: list[str] = Field(default_factory=list, max_length=10)
    country: str = Field("", pattern=r"^([A-Z]{2})?$")
    city: Slug = ""
    radius_km: int = Field(0, ge=0, le=500)
    mode: Mode | None = None
    gender: Gender | None = None
    trial: bool = False
    free_days: list[Annotated[int, Field(ge=0, le=6)]] = Field(default_factory=list, max_length=7)
    free_from: time | None = None
    free_to: time | None = None
    free_on: date | None = Field(None, ge=date(2020, 1, 1), le=date(2199, 12, 31))
    minutes: int = Field(60, ge=15, le=240)
    zone: str = Field("UTC", max_length=64)
    sort: Sort = Sort.RELEVANCE
    cursor: str | None = Field(None, max_length=200)
    limit: int = Field(20, ge=1, le=50)

    def search(self) -> Search:
        """The same for the queries."""
        return Search(
            text=self.q,
            subject=self.subject,
            level=self.level,
            price_min=self.price_min,
            price_max=self.price_max,
            currency=self.currency,
            rating_min=self.rating_min or None,
            languages=tuple(self.language),
            country=self.country,
            city=self.city,
            radius_km=self.radius_km,
            mode=self.mode or "",
            gender=self.gender or "",
            trial=self.trial,
            free=self._wish(),
            sort=self.sort,
            cursor=self.cursor,
            limit=self.limit,
        )

    def _wish(self) -> FreeWish | None:
        if not (self.free_days or self.free_from or self.free_to or self.free_on):
            return None
        return FreeWish(
            zone=self.zone,
            starts=(self.free_from or time(0)).replace(tzinfo=None),
            ends=(self.free_to or time(0)).replace(tzinfo=None),
            weekdays=frozenset(self.free_days),
            on=self.free_on,
            minutes=self.minutes,
        )


_read: dict[str, Search] = {}
"""What addresses ask for, by their query string as it came."""
SHORT = 200


def read_once(run: Any) -> Callable[..., HttpResponse]:
    """A search that was read and found in order needs no reading again: checking its two dozen words, mostly absent
    ones, takes as long as a statement. What is wrong is read, and refused, each time."""

    @wraps(run)
    def answer(request: HttpRequest, **parts: Any) -> HttpResponse:
        wanted = _read.get(request.META.get("QUERY_STRING", ""))
        if wanted is None:
            return run(request, **parts)
        try:
            return _found(request, wanted)
        except Exception as wrong:
            refusal: HttpResponse = run.__self__.api.on_exception(request, wrong)  # as the operation does that runs
            return refusal

    return answer


@router.get("/experts", response={200: FoundOut, 422: ProblemOut}, auth=None)
@decorate_view(read_once)
def search_experts(request: HttpRequest, wanted: Query[SearchIn]) -> HttpResponse:
    """Listed experts that match everything asked for."""
    words, search = request.META.get("QUERY_STRING", ""), wanted.search()
    if len(words) <= SHORT:
        if len(_read) >= 500:
            _read.clear()
        _read[words] = search
    return _found(request, search)


def _found(request: HttpRequest, wanted: Search) -> HttpResponse:
    person = identify(request)
    if person:
        count_request(request, f"search:{person.pk}", limit=600)
    else:
        count_request(request, "search:visitors", limit=settings.VISITOR_SEARCHES)
    found = queries.search(wanted)
    response = HttpResponse(written(found, locale.code()), content_type="application/json; charset=utf-8")
    add_rate_headers(request, response)
    return response


class PriceOut(BaseModel):
    """What an hour of a subject at a level costs."""

    subject: str
    level: str
    price: MoneyOut
    description: str


class CertificateOut(Schema):
    title: str
    issuer: str
    issued_on: date | None
    credential_url: str


class ExperienceOut(Schema):
    title: str
    company: str
    started_on: date | None
    ended_on: date | None


class ExpertOut(CardOut):
    """An expert in full. `video` is a signed address, good for an hour."""

    bio: str
    about: str
    education: str
    experience_years: int
    tags: list[str]
    links: dict[str, str]
    video: str | None
    prices: list[PriceOut]
    certificates: list[CertificateOut]
    experiences: list[ExperienceOut]


def expert_out(profile: Any) -> ExpertOut:
    """A profile as `queries.expert` loads it."""
    (card,) = queries.make_cards([profile])
    video = None
    if profile.video_id is not None:
        try:
            video = files.file_url(profile.video_id)
        except NotFound:
            video = None
    return ExpertOut(
        **card_facts(card, locale.code()),
        bio=profile.bio,
        about=profile.about,
        education=profile.education,
        experience_years=profile.experience_years,
        tags=profile.tags,
        links=profile.links,
        video=video,
        prices=[
            PriceOut(
                subject=row.subject.slug,
                level=row.level_id,
                price=MoneyOut.of(row.rate_of(profile)),
                description=row.description,
            )
            for row in profile.subjects.all()
            if row.active and profile.hourly_rate is not None
        ],
        certificates=[CertificateOut.from_orm(row) for row in profile.certificates.all()],
        experiences=[ExperienceOut.from_orm(row) for row in profile.experiences.all()],
    )


@router.get("/experts/{slug}", response={200: ExpertOut, 404: ProblemOut}, auth=None)
def show_expert(request: HttpRequest, slug: str) -> ExpertOut:
    """A listed expert; one's own profile in any state."""
    return expert_out(queries.expert(slug, seen_by=identify(request)))


class FavouritesOut(Schema):
    items: list[CardOut]
    next: str | None


@router.get("/favourites", response={200: FavouritesOut, 422: ProblemOut}, auth=requires("profile:read"))
def favourites(request: HttpRequest, cursor: str | None = None, limit: int = Query(24, ge=1, le=50)) -> FavouritesOut:
    """The experts one wants to find again, newest first."""
    page = queries.favourites(request.user, cursor, limit)
    return FavouritesOut(items=[CardOut.of(card) for card in page.items], next=page.next)


@router.put("/favourites/{expert_id}", response={204: None, 404: ProblemOut}, auth=requires("profile:write"))
def add_favourite(request: HttpRequest, expert_id: UUID) -> tuple[int, None]:
    """Keep an expert (by person id). Harmless when repeated."""
    services.add_favourite(actor=request.user, expert_id=expert_id)
    return 204, None


@router.delete("/favourites/{expert_id}", response={204: None}, auth=requires("profile:write"))
def remove_favourite(request: HttpRequest, expert_id: UUID) -> tuple[int, None]:
    """Keep them no longer. Harmless when repeated."""
    services.remove_favourite(actor=request.user, expert_id=expert_id)
    return 204, None


class LevelOut(Schema):
    slug: str
    name: str
    scale: str


class SubjectOut(Schema):
    """Something to learn, with the levels it can be taught at."""

    id: UUID
    slug: str
    name: str
    category: str
    levels: list[str]


class SubjectsOut(Schema):
    items: list[SubjectOut]
    levels: list[LevelOut]


@router.get("/subjects", response=SubjectsOut, auth=None)
def subjects(request: HttpRequest) -> SubjectsOut:
    """Every subject on offer, named in the reader's language (`Accept-Language`)."""
    return SubjectsOut(
        items=[
            SubjectOut(
                id=row.pk,
                slug=row.slug,
                name=str(row),
                category=row.category.slug,
                levels=[level.slug for level in catalogue.levels_of(row)],
            )
            for row in catalogue.subjects()
        ],
        levels=[LevelOut(slug=row.slug, name=str(row), scale=row.scale) for row in catalogue.levels()],
    )


class CityOut(Schema):
    slug: str
    name: str
    country: str
    zone: str
    latitude: Decimal
    longitude: Decimal


class CitiesOut(Schema):
    items: list[CityOut]


@router.get("/cities", response=CitiesOut, auth=None)
def cities(request: HttpRequest, country: str = Query("", pattern=r"^([A-Z]{2})?$")) -> CitiesOut:
    """Cities people teach in, of one country (ISO 3166) or of all."""
    return CitiesOut(
        items=[
            CityOut(
                slug=row.slug,
                name=str(row),
                country=row.country_id,
                zone=row.zone,
                latitude=row.latitude,
                longitude=row.longitude,
            )
            for row in catalogue.cities(country or None)
        ]
    )
