"""Finding a teacher, looking at one, and keeping favourites."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import get_template
from django.urls import reverse
from django.utils import timezone
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST
from django.views.decorators.vary import vary_on_headers
from markupsafe import Markup

from majlis.engines.experts import queries, services
from majlis.engines.experts.types import ExpertCard, FacetValue, Found, Mode, Sort
from majlis.engines.reviews import queries as reviews
from majlis.engines.scheduling import queries as scheduling
from majlis.engines.scheduling.types import Slot
from majlis.faces.web.searching import (
    CURRENCY_COOKIE,
    RADII,
    RATINGS,
    Asked,
    Chip,
    currency_of,
    weekday_name,
)
from majlis.faces.web.shared import shared_page
from majlis.faces.web.views.slots import slot_picker
from majlis.kernel.accounts.types import Gender
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.files import queries as files
from majlis.kit import clock, locale
from majlis.kit.edition import edition
from majlis.kit.errors import NotFound
from majlis.kit.memo import memo
from majlis.kit.translated import in_language
from majlis.products.lessons import queries as lessons
from majlis.products.lessons.services import title_of

TIMES_ON_CARD = 3
Facets = Mapping[str, list[FacetValue]]
Settled = tuple[tuple[str, tuple[FacetValue, ...]], ...]
"""Facets as a key of what is remembered."""


@require_GET
@vary_on_headers("HX-Request")
def search(request: HttpRequest) -> HttpResponse:
    """The list of teachers as the address asks for it; for htmx only what is found."""
    asked = Asked(request)
    found = queries.search(asked.search)
    shown = shown_to(request, found.items, asked.currency)
    looser = () if found.items or asked.cursor else _looser(asked)
    if request.META.get("HTTP_HX_REQUEST"):
        response = render(request, "experts/_found.html", _found(asked, found, shown, looser))
        if not asked.cursor:
            response["HX-Push-Url"] = asked.here
    else:
        facets = _settled(found.facets)
        response = shared_page(
            request,
            "experts/search.html",
            (asked.key, tuple(shown.cards), looser, found.total, found.more, found.next, facets),
            lambda: {**_found(asked, found, shown, looser), "filters": _filters(asked, facets)},
        )
    if "currency" in asked.words:
        response.set_cookie(CURRENCY_COOKIE, asked.currency, max_age=365 * 86400, samesite="Lax")
    return response


def _looser(asked: Asked) -> tuple[tuple[Chip, int], ...]:
    """The filters without which somebody would be found, and how many; the most first."""
    counted = ((chip, queries.how_many(chip.without)) for chip in asked.chips()[:6])
    return tuple(sorted(((chip, n) for chip, n in counted if n), key=lambda pair: -pair[1]))


def _found(asked: Asked, found: Found, shown: "Shown", looser: Sequence[tuple[Chip, int]]) -> dict[str, Any]:
    """What the list of teachers is drawn from."""
    return {
        "shown": shown,
        "asked": asked,
        "found": found,
        "chips": asked.chips(),
        "looser": looser,
        "next_page": asked.address(cursor=found.next) if found.next else "",
        "counts": _counts(locale.code(), _settled(found.facets)),
        "sorts": Sort.choices,
        "subject": _subject(asked.search.subject),
    }


def _settled(facets: Facets) -> Settled:
    return tuple((name, tuple(values)) for name, values in facets.items())


@memo(most=200)
def _counts(language: str, facets: Settled) -> str:
    """For the script: how many each choice would find, as the reader writes numbers."""
    found = {f"{name}:{v.value}": locale.number(v.hits, language) for name, values in facets for v in values}
    return json.dumps(found)


def _filters(asked: Asked, facets: Settled) -> Markup:
    """The form of filters: a page's largest part after the cards, and the same for all who look for the same."""
    reader = locale.code(), str(timezone.get_current_timezone())
    return _drawn_filters(reader, asked.currency, asked.key[0], facets)


@memo(most=200)
def _drawn_filters(
    reader: tuple[str, str],
    currency: str,
    words: tuple[tuple[str, Any], ...],
    counts: Settled,
) -> Markup:
    """What `_filters` draws, remembered also by the reader's language and zone, which are the active ones."""
    chosen = dict(words)
    text = get_template("experts/_filters.html").render(
        {"words": chosen, "currency": currency, **_choices(chosen, dict(counts))}
    )
    return Markup(text)  # noqa: S704 - a template of ours, escaped there


def _choices(words: dict[str, Any], facets: Mapping[str, Iterable[FacetValue]]) -> dict[str, Any]:
    """What the filters offer: everything that somebody on the shelf has, and what is chosen."""
    codes = list(dict.fromkeys([*words.get("language", ()), *(v.value for v in facets.get("language", ()))]))[:14]
    places = {v.value for v in facets.get("city", ())} | {words.get("city")}
    subject = _subject(words.get("subject", ""))
    return {
        "count_of": {f"{name}:{v.value}": v.hits for name, values in facets.items() for v in values},
        "subjects": catalogue.subjects(),
        "levels": catalogue.levels_of(subject) if subject else [],
        "languages_spoken": sorted(((code, locale.language_name(code)) for code in codes), key=lambda pair: pair[1]),
        "cities": sorted(((c.slug, str(c)) for c in catalogue.cities() if c.slug in places), key=lambda pair: pair[1]),
        "radii": RADII,
        "ratings": RATINGS,
        "modes": Mode.choices,
        "genders": Gender.choices,
        "weekdays": [
            (day % 7, weekday_name(day % 7)) for day in range(locale.first_weekday(), locale.first_weekday() + 7)
        ],
        "currencies": edition().currencies,
    }


def _subject(slug: str) -> Any:
    """The subject of this slug, or None."""
    try:
        return catalogue.subject(slug) if slug else None
    except NotFound:
        return None


@dataclass(frozen=True, slots=True)
class Shown:
    """Cards as one reader sees them."""

    cards: list[tuple[ExpertCard, tuple[Slot, ...], bool]]
    """Each with its next free times, and whether it is among the reader's favourites."""
    currency: str
    """The money the reader thinks in."""


def shown_to(request: HttpRequest, cards: Sequence[ExpertCard], currency: str = "") -> Shown:
    """What the macro of cards draws; in the reader's money, unless the currency is known already."""
    times, hearts = next_times(request, [card.person_id for card in cards]), queries.favourite_ids(request.user)
    # A visitor has no hearts, and an id is slow to look up.
    found = [(card, times.get(card.person_id, ()), bool(hearts) and card.person_id in hearts) for card in cards]
    return Shown(found, currency or currency_of(request))


def next_times(request: HttpRequest, person_ids: list[UUID]) -> dict[UUID, tuple[Slot, ...]]:
    """The next few free hours of each, on different half days so that one look shows a choice."""
    now = clock.now()
    member = request.user.pk if request.user.is_authenticated else None
    found = scheduling.free_slots(
        person_ids, starts_at=now, ends_at=now + timedelta(days=6), minutes=60, for_person=member, now=now
    )
    return {person_id: _spread(slots) for person_id, slots in found.items()}


def _spread(slots: list[Slot]) -> tuple[Slot, ...]:
    kept: list[Slot] = []
    for slot in slots:
        if len(kept) == TIMES_ON_CARD:
            break
        if not kept or slot.starts_at - kept[-1].starts_at >= timedelta(hours=3):
            kept.append(slot)
    return tuple(kept)


@require_GET
def expert(request: HttpRequest, slug: str) -> HttpResponse:
    """One teacher: face, voice, prices, free times, reviews. Its owner sees it in any state."""
    profile = queries.expert(slug, seen_by=request.user)
    card = queries.make_cards([profile])[0]
    currency = currency_of(request)
    context = {
        "hearts": queries.favourite_ids(request.user),
        "currency": currency,
        "profile": profile,
        "card": card,
        "own": request.user.is_authenticated and request.user.pk == profile.person_id,
        "video": _video(profile.video_id),
        "prices": _prices(profile, currency),
        **_reviews(request, profile.person_id),
        "packages": [(each, title_of(each)) for each in lessons.packages_of(profile.person_id)],
        "picker": None,
        "structured": structured_data(request, profile, card),
        "share": request.build_absolute_uri(request.path),
    }
    if profile.is_listed:
        context["picker"] = slot_picker(request, slug=profile.slug, person_id=profile.person_id)
    return render(request, "experts/profile.html", context)


def _reviews(request: HttpRequest, person_id: UUID) -> dict[str, Any]:
    stars, reader = request.GET.get("rating", ""), request.user if request.user.is_authenticated else None
    rating = int(stars) if stars in set("12345") else None
    page = reviews.reviews_about(person_id, request.GET.get("reviews"), seen_by=reader, limit=6, rating=rating)
    return {"summary": reviews.summary(person_id), "reviews": page, "rating": rating}


def _prices(profile: Any, currency: str) -> list[dict[str, Any]]:
    """Subjects with their levels and, per level, what 30, 60 and 90 minutes cost: in the visitor's money, and per hour
    in the teacher's own."""
    found: dict[UUID, dict[str, Any]] = {}
    for row in profile.subjects.all():
        if not row.active or profile.hourly_rate is None:
            continue
        rate = row.rate_of(profile)
        line = {
            "level": row.level.name,
            "hour": rate,
            "shown": [(minutes, catalogue.convert(rate.prorate(minutes, 60), currency)) for minutes in (30, 60, 90)],
            "description": row.description,
        }
        found.setdefault(row.subject_id, {"subject": row.subject, "lines": []})["lines"].append(line)
    return list(found.values())


def _video(video_id: UUID | None) -> str:
    """A signed address of the video, or `""` (also when the file has been swept)."""
    if video_id is None:
        return ""
    try:
        return files.file_url(video_id)
    except NotFound:
        return ""


def structured_data(request: HttpRequest, profile: Any, card: ExpertCard) -> str:
    """schema.org, as JSON that is safe inside a `<script type="application/ld+json">` (a data block: nothing runs)."""
    facts: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": "Person",
        "name": card.name,
        "url": request.build_absolute_uri(reverse("expert", args=[card.slug])),
        "description": card.headline,
        "knowsLanguage": [code for code, _fluency in card.languages],
        "makesOffer": [
            {
                "@type": "Offer",
                "itemOffered": {"@type": "Service", "name": in_language(taught.name)},
                "price": str(card.price.decimal),
                "priceCurrency": card.price.unit,
            }
            for taught in card.subjects
        ],
    }
    if card.rating is not None:
        facts["aggregateRating"] = {
            "@type": "AggregateRating",
            "ratingValue": str(card.rating),
            "reviewCount": card.rating_count,
        }
    text = json.dumps(facts, ensure_ascii=False)
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


@require_GET
def video(request: HttpRequest, slug: str) -> HttpResponse:
    """The intro video alone, for the dialog of the list."""
    profile = queries.expert(slug, seen_by=request.user)
    address = _video(profile.video_id)
    if not address:
        raise NotFound
    return render(request, "experts/_video.html", {"profile": profile, "video": address})


@login_required
@require_GET
def favourites(request: HttpRequest) -> HttpResponse:
    """The teachers a member wants to find again."""
    page = queries.favourites(request.user, request.GET.get("cursor"))
    next_page = f"{request.path}?cursor={page.next}" if page.next else ""
    context = {"shown": shown_to(request, page.items), "next_page": next_page}
    return render(request, "experts/favourites.html", context)


@login_required
@require_POST
def favourite(request: HttpRequest, slug: str) -> HttpResponse:
    """Press the heart: on when it was off, off when it was on. Answers htmx with the heart."""
    profile = queries.expert(slug, seen_by=request.user)
    kept = profile.person_id in queries.favourite_ids(request.user)
    if kept:
        services.remove_favourite(actor=request.user, expert_id=profile.person_id)
    else:
        services.add_favourite(actor=request.user, expert_id=profile.person_id)
    if request.headers.get("HX-Request"):
        facts = {"slug": slug, "name": profile.person.name, "kept": not kept}
        response = render(request, "experts/_heart.html", facts)
        said = _("Taken off your favourites.") if kept else _("Kept among your favourites.")
        response["HX-Trigger"] = json.dumps({"toast": {"text": said, "kind": "good"}})
        return response
    back = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back, allowed_hosts={request.get_host()}):
        back = reverse("expert", args=[slug])
    return HttpResponseRedirect(back)
