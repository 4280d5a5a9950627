"""Finding experts. How, and how fast: the README of this module."""
# ruff: noqa: S608 - composed of constants; every value is a parameter

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.queries.cards import cards_of
from majlis.engines.experts.queries.free_hours import halves, masks
from majlis.engines.experts.queries.words import text_query
from majlis.engines.experts.types import FacetValue, Found, Search, Sort
from majlis.kernel.catalogue import queries as catalogue
from majlis.kit import clock
from majlis.kit.db import prepared
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.memo import Near, memo
from majlis.kit.money import exponent
from majlis.kit.pages import decode_cursor, encode_cursor

CAP = 1000
"""Hits are counted and facetted up to here; a list this long is narrowed down, not read to its end."""
REMEMBERED = 300
"""Seconds for which counts and facets of the same filters are kept in the shared cache."""
remembered = Near(most=500)
FACETS = ("subject", "level", "language", "mode", "gender", "country", "city")
ORDER = {
    str(Sort.RELEVANCE): ("rank", "DESC"),
    str(Sort.RATING): ("rating", "DESC"),
    str(Sort.PRICE_LOW): ("price", "ASC"),
    str(Sort.PRICE_HIGH): ("price", "DESC"),
    str(Sort.NEXT_FREE): ("free_at", "ASC"),
}


@dataclass(frozen=True)
class Filters:
    """A search as SQL: conditions on `experts_listing l`, and what fills their placeholders."""

    sql: str
    facts: dict[str, Any]
    scope: str
    """The subject (and level) whose price counts; empty: the lowest price of all."""
    gathered: str
    """The same from where: `FROM … WHERE …`, as fits gathering all hits. A price within a subject is then a stretch of
    the prices' own index, where along an order it is a look at each."""

    @cached_property
    def key(self) -> str:
        """A short name of exactly these filters, for the cache."""
        facts = repr((self.sql, sorted(self.facts.items())))
        return f"experts:found:{hashlib.sha256(facts.encode()).hexdigest()[:32]}"


def search(wanted: Search, *, facets: bool = True, now: datetime | None = None) -> Found:
    """One page of listed experts that match everything asked for, in the order asked for; with counts and facets (not
    with a cursor, where the first page had them). Words match in any of the house's languages, also misspelt. Refuses
    with `Invalid` for a malformed cursor, zone or range."""
    now = now or clock.now()
    limit = max(1, min(wanted.limit, 50))
    # Times are as of now, and words are looked up in what is taught now; all else stands for a minute.
    filters = filters_of(wanted, now) if wanted.free or wanted.text else _standing_filters(wanted)
    if filters is None:
        return Found([], 0, False)
    key = filters.key
    known = remembered.get(key)  # None, unless hits were found to be many: then counts, once they were asked for
    order = _order(wanted, filters)
    total, rows = _few(wanted, filters, order, limit) if known is None else (CAP + 1, [])
    if total > CAP:
        rows = _many(wanted, filters, order, limit)
    counts: dict[str, list[FacetValue]] = {}
    if facets and not wanted.cursor:
        counts = known or _facets(wanted, filters, now, capped=total > CAP)
    # Few hits are counted anew every time, so that what is new is seen at once.
    if total > CAP and (known is None or (counts and not known)):
        remembered.set(key, counts, REMEMBERED)
    more = len(rows) > limit
    rows = rows[:limit]
    return Found(
        items=cards_of([row[0] for row in rows], subject=wanted.subject, level=wanted.level, now=now),
        total=min(total, CAP),
        more=total > CAP,
        facets=counts,
        facets_capped=total > CAP,
        next=encode_cursor(rows[-1][1], rows[-1][0]) if more else None,
    )


def how_many(wanted: Search, *, now: datetime | None = None) -> int:
    """How many listed experts match, counted up to `CAP`."""
    filters = filters_of(wanted, now or clock.now())
    return min(_count(filters), CAP) if filters is not None else 0


@memo(most=500)
def _standing_filters(wanted: Search) -> Filters | None:
    return filters_of(wanted, clock.now())


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
    price = _price(wanted, scope, facts)
    if wanted.free is not None:
        times = masks(wanted.free, now)
        if not times:
            return None
        # Constants and one array of the row itself: a few hundred nanoseconds a day.
        run = [
            f"(l.free_days[%(day_{{n}})s::date - l.free_from + 1] >> {step})"
            for step in range(halves(wanted.free.minutes))
        ]
        looks = []
        for n, (day, mask) in enumerate(times.items()):
            facts[f"day_{n}"], facts[f"mask_{n}"] = day, mask
            looks.append("(" + " & ".join(run).replace("{n}", str(n)) + f" & %(mask_{n})s::bigint) <> 0")
        conditions.append("(" + " OR ".join(looks) + ")")
    if not price or not scope:
        sql = " AND ".join([*conditions, price] if price else conditions) or "true"
        return Filters(sql, facts, scope, f"FROM experts_listing l WHERE {sql}")
    looked_up = f"(SELECT {price} FROM experts_listingprice p WHERE p.expert_id = l.expert_id AND p.scope = %(scope)s)"
    # Whoever has a price for the subject teaches it: its mark helps only beside another condition with an index.
    narrowing = [c for c in conditions if "%(marks)s" not in c or len(marks) > 1 or "words" in facts]
    return Filters(
        " AND ".join([*conditions, looked_up]),
        facts,
        scope,
        "FROM experts_listingprice p JOIN experts_listing l ON l.expert_id = p.expert_id"
        f" WHERE {' AND '.join(['p.scope = %(scope)s', price, *narrowing])}",
    )


def _price(wanted: Search, scope: str, facts: dict[str, Any]) -> str:
    """The condition on the price: of the listing `l`, or of the price `p` of the subject asked for."""
    if wanted.price_min is None and wanted.price_max is None:
        return ""
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
    return f"{'p' if scope else 'l'}.price BETWEEN %(low)s AND %(high)s"


def _count(filters: Filters) -> int:
    """How many match, at most one more than the cap."""
    statement = f"SELECT count(*) FROM (SELECT 1 {filters.gathered} LIMIT {CAP + 1}) hits"
    return int(_rows(statement, filters.facts)[0][0])


@dataclass(frozen=True, slots=True)
class Order:
    """How hits are ordered, as SQL."""

    source: str
    id: str
    value: str
    direction: str
    column: str
    condition: str
    facts: dict[str, Any]


def _order(wanted: Search, filters: Filters) -> Order:
    column, direction = ORDER.get(wanted.sort, ORDER[str(Sort.RELEVANCE)])
    if column == "price" and filters.scope:  # the price of the subject that was asked for
        source = "experts_listingprice o JOIN experts_listing l ON l.expert_id = o.expert_id"
        facts = {"priced": filters.scope}
        return Order(source, "o.expert_id", "o.price", direction, column, "o.scope = %(priced)s", facts)
    return Order("experts_listing l", "l.expert_id", f"l.{column}", direction, column, "true", {})


def _few(wanted: Search, filters: Filters, order: Order, limit: int) -> tuple[int, list[tuple[str, Any]]]:
    """How many match, at most one more than the cap; and one page of (profile id, sort value) with one row more, which
    is right unless there are more than the cap: all hits are gathered by their filters, then sorted."""
    after, facts = _after(wanted, order, "id", "value")
    gathered = f"FROM {order.source} WHERE {order.condition} AND {filters.sql}"
    if not order.facts:
        gathered = filters.gathered
    rows = _rows(
        f"WITH hits AS MATERIALIZED (SELECT {order.id} AS id, {order.value} AS value {gathered} LIMIT {CAP + 1})"
        " SELECT total, id::text, value FROM (SELECT count(*) AS total FROM hits) n LEFT JOIN LATERAL"
        f" (SELECT id, value FROM hits WHERE {after}"
        f" ORDER BY value {order.direction}, id {order.direction} LIMIT {limit + 1}) page ON true",
        {**filters.facts, **order.facts, **facts},
    )
    return rows[0][0], [(row[1], row[2]) for row in rows if row[1] is not None]


def _many(wanted: Search, filters: Filters, order: Order, limit: int) -> list[tuple[str, Any]]:
    """The same page along the index of the order: where hits are many, the first ones are met soon."""
    after, facts = _after(wanted, order, order.id, order.value)
    return _rows(
        f"SELECT {order.id}::text, {order.value} FROM {order.source}"
        f" WHERE {order.condition} AND {filters.sql} AND {after}"
        f" ORDER BY {order.value} {order.direction}, {order.id} {order.direction} LIMIT {limit + 1}",
        {**filters.facts, **order.facts, **facts},
    )


def _after(wanted: Search, order: Order, id: str, value: str) -> tuple[str, dict[str, Any]]:
    """The condition of a page after the first."""
    if not wanted.cursor:
        return "true", {}
    last, expert_id = decode_cursor(wanted.cursor, 2)
    try:
        facts = {
            "after": datetime.fromisoformat(last) if order.column == "free_at" else int(last),
            "after_id": UUID(expert_id),
        }
    except ValueError:
        raise Invalid(errors={"cursor": _("This cursor is not one of ours.")}) from None
    sign = "<" if order.direction == "DESC" else ">"
    return f"({value}, {id}) {sign} (%(after)s, %(after_id)s)", facts


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
            loose: dict[str, Any] = {name: ""}
            yield name, replace(wanted, **loose)


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
    if not facts:  # the first page of everything: one plan fits, and most visitors ask for it
        return prepared(statement, facts)
    with connection.cursor() as cursor:
        cursor.execute(statement, facts)
        return cursor.fetchall()
