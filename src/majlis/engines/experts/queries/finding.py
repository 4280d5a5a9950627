"""Finding experts. How, and how fast: the README of this module."""
# ruff: noqa: S608 - composed of constants; every value is a parameter

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from typing import Any
from uuid import UUID

from django.core.cache import cache
from django.db import connection
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.models import ExpertProfile
from majlis.engines.experts.queries.cards import make_cards
from majlis.engines.experts.queries.free_hours import halves, masks
from majlis.engines.experts.queries.words import text_query
from majlis.engines.experts.types import FacetValue, Found, Search, Sort
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import exponent
from majlis.kit.pages import decode_cursor, encode_cursor

CAP = 1000
"""Hits are counted and facetted up to here; a list this long is narrowed down, not read to its end."""
REMEMBERED = 300
"""Seconds for which counts and facets of the same filters are kept in the shared cache."""
FACETS = ("subject", "level", "language", "mode", "gender", "country", "city")
ORDER = {
    str(Sort.RELEVANCE): ("rank", "DESC"),
    str(Sort.RATING): ("rating", "DESC"),
    str(Sort.PRICE_LOW): ("price", "ASC"),
    str(Sort.PRICE_HIGH): ("price", "DESC"),
    str(Sort.NEXT_FREE): ("free_at", "ASC"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """A search as SQL: conditions on `experts_listing l`, and what fills their placeholders."""

    sql: str
    facts: dict[str, Any]
    scope: str
    """The subject (and level) whose price counts; empty: the lowest price of all."""

    @property
    def key(self) -> str:
        """A short name of exactly these filters, for the cache."""
        return hashlib.sha256(repr((self.sql, sorted(self.facts.items()))).encode()).hexdigest()[:32]


def search(wanted: Search, *, facets: bool = True, now: datetime | None = None) -> Found:
    """One page of listed experts that match everything asked for, in the order asked for; with counts and facets (not
    with a cursor, where the first page had them). Words match in any of the house's languages, also misspelt. Refuses
    with `Invalid` for a malformed cursor, zone or range."""
    now = now or clock.now()
    limit = max(1, min(wanted.limit, 50))
    filters = filters_of(wanted, now)
    if filters is None:
        return Found([], 0, False)
    counted = cache.get(f"experts:{filters.key}")
    if counted is None or (facets and not wanted.cursor and "facets" not in counted):
        counted = {"total": _count(filters)}
        if facets and not wanted.cursor:
            counted["facets"] = _facets(wanted, filters, now, capped=counted["total"] > CAP)
        cache.set(f"experts:{filters.key}", counted, REMEMBERED)
    rows = _page(wanted, filters, limit, many=counted["total"] > CAP)
    more = len(rows) > limit
    rows = rows[:limit]
    return Found(
        items=cards_of([row[0] for row in rows], wanted),
        total=min(counted["total"], CAP),
        more=counted["total"] > CAP,
        facets=counted.get("facets", {}) if facets and not wanted.cursor else {},
        facets_capped=counted["total"] > CAP,
        next=encode_cursor(rows[-1][1], rows[-1][0]) if more else None,
    )


def cards_of(expert_ids: list[UUID], wanted: Search) -> list[Any]:
    """The cards of these profiles, in this order, priced for the subject searched."""
    rows = ExpertProfile.objects.filter(pk__in=expert_ids).select_related("person").in_bulk()
    found = [rows[i] for i in expert_ids if i in rows]
    return make_cards(found, subject=wanted.subject, level=wanted.level)


def filters_of(wanted: Search, now: datetime) -> Filters | None:
    """The conditions of a search, or None when nothing can match."""
    marks: list[str] = []
    conditions: list[str] = []
    facts: dict[str, Any] = {}
    scope = ""
    if wanted.subject:
        scope = f"{wanted.subject}:{wanted.level}" if wanted.level else wanted.subject
        marks.append(f"taught:{scope}" if wanted.level else f"subject:{scope}")
    elif wanted.level:
        marks.append(f"level:{wanted.level}")
    marks += [f"language:{code}" for code in wanted.languages]
    for name, value in (("mode", wanted.mode), ("gender", wanted.gender), ("country", wanted.country)):
        if value:
            marks.append(f"{name}:{value}")
    if wanted.trial:
        marks.append("trial:yes")
    if wanted.city:
        try:
            places = catalogue.cities_near(wanted.city, max(0, min(wanted.radius_km, 500)))
        except NotFound:
            return None
        conditions.append("l.marks && %(cities)s::text[]")
        facts["cities"] = [f"city:{place.slug}" for place in places]
    if marks:
        conditions.append("l.marks @> %(marks)s::text[]")
        facts["marks"] = sorted(marks)
    if wanted.text.strip():
        query = text_query(wanted.text)
        if query is None:
            return None
        if query:
            conditions.append("l.words @@ %(words)s::tsquery")
            facts["words"] = query
    if wanted.rating_min is not None:
        conditions.append("l.rating >= %(rating)s")
        facts["rating"] = int(wanted.rating_min * 100) * 100_000
    _add_price(wanted, scope, conditions, facts)
    if wanted.free is not None:
        times = masks(wanted.free, now)
        if not times:
            return None
        run = " & ".join(f"(f.bits >> {n})" for n in range(halves(wanted.free.minutes)))
        # A scalar subquery is probed row by row; EXISTS would be turned into a join with all days of all people.
        conditions.append(
            "(SELECT 1 FROM unnest(%(days)s::date[], %(masks)s::bigint[]) AS w(day, mask) JOIN experts_freeday f"
            f" ON f.person_id = l.person_id AND f.day = w.day WHERE ({run}) & w.mask <> 0 LIMIT 1) = 1"
        )
        facts["days"], facts["masks"] = list(times), list(times.values())
    return Filters(" AND ".join(conditions) or "true", facts, scope)


def _add_price(wanted: Search, scope: str, conditions: list[str], facts: dict[str, Any]) -> None:
    if wanted.price_min is None and wanted.price_max is None:
        return
    currency = wanted.currency or edition().currency
    # Millionths of a dollar, rounded outwards: a price that shows as the limit is within it.
    worth = Decimal(1_000_000).scaleb(-exponent(currency)) / catalogue.per_dollar(currency)
    low, high = wanted.price_min or 0, wanted.price_max
    if low < 0 or (high is not None and high < low):
        raise Invalid(errors={"price_max": _("The highest price must not be below the lowest.")})
    facts["low"] = min(int((low * worth).to_integral_value(ROUND_FLOOR)), 2**62)
    facts["high"] = 2**62 if high is None else min(int((high * worth).to_integral_value(ROUND_CEILING)), 2**62)
    if scope:
        facts["scope"] = scope
        conditions.append(
            "(SELECT p.price FROM experts_listingprice p WHERE p.expert_id = l.expert_id AND p.scope = %(scope)s)"
            " BETWEEN %(low)s AND %(high)s"
        )
    else:
        conditions.append("l.price BETWEEN %(low)s AND %(high)s")


def _count(filters: Filters) -> int:
    """How many match, at most one more than the cap."""
    statement = f"SELECT count(*) FROM (SELECT 1 FROM experts_listing l WHERE {filters.sql} LIMIT {CAP + 1}) hits"
    return int(_rows(statement, filters.facts)[0][0])


def _page(wanted: Search, filters: Filters, limit: int, *, many: bool) -> list[tuple[UUID, Any]]:
    """(profile id, sort value) of one page and one row more. Many hits are met soon along the index of the order; few
    are gathered by their filters and sorted."""
    column, direction = ORDER.get(wanted.sort, ORDER[str(Sort.RELEVANCE)])
    facts = dict(filters.facts)
    source, value, conditions = "experts_listing l", f"l.{column}", [filters.sql]
    if column == "price" and filters.scope:
        source = "experts_listingprice o JOIN experts_listing l ON l.expert_id = o.expert_id"
        value = "o.price"
        conditions.append("o.scope = %(priced)s")
        facts["priced"] = filters.scope
    named = "o.expert_id" if value == "o.price" else "l.expert_id"
    if wanted.cursor:
        conditions.append(f"({value}, {named}) {'<' if direction == 'DESC' else '>'} (%(after)s, %(after_id)s)")
        facts["after"], facts["after_id"] = _after(wanted.cursor, column)
    where = " AND ".join(conditions)
    order = f"{value} {direction}, {named} {direction}"
    if many:
        return _rows(f"SELECT {named}, {value} FROM {source} WHERE {where} ORDER BY {order} LIMIT {limit + 1}", facts)
    return _rows(
        f"WITH hits AS MATERIALIZED (SELECT {named} AS id, {value} AS value FROM {source} WHERE {where})"
        f" SELECT id, value FROM hits ORDER BY value {direction}, id {direction} LIMIT {limit + 1}",
        facts,
    )


def _after(cursor: str, column: str) -> tuple[Any, UUID]:
    value, expert_id = decode_cursor(cursor, 2)
    try:
        return (datetime.fromisoformat(value) if column == "free_at" else int(value)), UUID(expert_id)
    except ValueError:
        raise Invalid(errors={"cursor": _("This cursor is not one of ours.")}) from None


def _facets(wanted: Search, filters: Filters, now: datetime, *, capped: bool) -> dict[str, list[FacetValue]]:
    """For each facet, how many of the hits have which value. A facet that is chosen counts what choosing another value
    would find, so its own filter is left out for it."""
    found = _facet_counts(filters, FACETS, capped=capped)
    for name, without in _loosened(wanted):
        looser = filters_of(without, now)
        if looser is not None:
            found |= _facet_counts(looser, (name,), capped=True)
    return found


def _loosened(wanted: Search) -> Iterable[tuple[str, Search]]:
    if wanted.subject:
        yield "subject", replace(wanted, subject="", level="", price_min=None, price_max=None)
    for name in ("level", "mode", "gender", "country", "city"):
        if getattr(wanted, name):
            yield name, replace(wanted, **{name: ""})


def _facet_counts(filters: Filters, names: tuple[str, ...], *, capped: bool) -> dict[str, list[FacetValue]]:
    best = f"ORDER BY l.rank DESC LIMIT {CAP}" if capped else f"LIMIT {CAP}"
    rows = _rows(
        f"WITH hits AS MATERIALIZED (SELECT l.marks FROM experts_listing l WHERE {filters.sql} {best})"
        " SELECT split_part(mark, ':', 1), split_part(mark, ':', 2), count(*) FROM hits, unnest(hits.marks) mark"
        " WHERE split_part(mark, ':', 1) = ANY(%(facets)s) GROUP BY 1, 2 ORDER BY 3 DESC, 2",
        {**filters.facts, "facets": list(names)},
    )
    found: dict[str, list[FacetValue]] = {name: [] for name in names}
    for name, value, count in rows:
        found[name].append(FacetValue(value, count))
    return found


def _rows(statement: str, facts: dict[str, Any]) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return cursor.fetchall()
