"""What `./majlis audit` proves of calendars."""

from collections.abc import Iterator

from django.db import connection

from majlis.kit import audit


@audit.check("scheduling: nobody is in two places at a time")
def blocking_times_do_not_overlap() -> Iterator[str]:
    """Asked without the constraint's index, so that a broken index does not hide what it should have refused."""
    yield from _sentences(
        """SELECT person_id, id, before, reached FROM (
               SELECT person_id, id, lower(during) AS begin,
                      lag(id) OVER by_begin AS before, max(upper(during)) OVER earlier AS reached
               FROM scheduling_busytime WHERE blocks
               WINDOW by_begin AS (PARTITION BY person_id ORDER BY lower(during), id),
                      earlier AS (by_begin ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
           ) AS beside WHERE begin < reached""",
        "Person {} has busy time {} while {} still lasts (until {}).",
    )


@audit.check("scheduling: a live reservation takes the time of all its people, any other of none")
def reservations_have_all_their_people() -> Iterator[str]:
    yield from _sentences(
        """SELECT r.id, r.status, count(b.id) FILTER (WHERE b.blocks), count(b.id)
           FROM scheduling_reservation r LEFT JOIN scheduling_busytime b ON b.reservation_id = r.id
           GROUP BY r.id
           HAVING count(b.id) = 0
               OR count(b.id) FILTER (WHERE b.blocks) <> CASE WHEN r.status IN ('held', 'confirmed') THEN count(b.id)
                                                              ELSE 0 END""",
        "Reservation {} is {} and blocks for {} of {} people.",
    )


@audit.check("scheduling: busy time covers its reservation and ends with its hold")
def shares_fit_their_reservation() -> Iterator[str]:
    yield from _sentences(
        """SELECT b.id, r.id FROM scheduling_busytime b JOIN scheduling_reservation r ON r.id = b.reservation_id
           WHERE b.blocks AND (NOT b.during @> tstzrange(r.starts_at, r.ends_at)
                               OR b.held_until IS DISTINCT FROM r.held_until)""",
        "Busy time {} does not fit reservation {}.",
    )


@audit.check("scheduling: a reservation stands where its history left it")
def history_ends_at_the_present() -> Iterator[str]:
    yield from _sentences(
        """SELECT r.id, r.status, last.target FROM scheduling_reservation r LEFT JOIN LATERAL (
               SELECT target, version, starts_at, ends_at FROM scheduling_reservationchange c
               WHERE c.reservation_id = r.id ORDER BY id DESC LIMIT 1
           ) AS last ON true
           WHERE (last.target, last.version, last.starts_at, last.ends_at)
                 IS DISTINCT FROM (r.status, r.version, r.starts_at, r.ends_at)""",
        "Reservation {} is {}, its history says {}.",
    )


def _sentences(query: str, sentence: str) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        for row in cursor:
            yield sentence.format(*row)
