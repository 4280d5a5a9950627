"""The two statements of a booking: the look, and the insert that the constraint decides."""
# ruff: noqa: S608 - composed of constants; every value is a parameter

from majlis.engines.scheduling.queries import sql

# Each person's own buffers around the time, as it will stand in their busy time.
_SHARES = """
SELECT p.person_id, tstzrange(%(starts_at)s - coalesce(s.buffer_before, 0) * interval '1 minute',
                              %(ends_at)s + coalesce(s.buffer_after, 0) * interval '1 minute') AS during
FROM unnest(%(people)s::uuid[]) AS p(person_id) LEFT JOIN scheduling_calendarsettings s USING (person_id)
"""

TAKE = f"""
INSERT INTO scheduling_busytime (reservation_id, person_id, during, blocks, held_until)
SELECT %(id)s, person_id, during, true, %(held_until)s::timestamptz FROM ({_SHARES}) AS share
ON CONFLICT DO NOTHING
RETURNING person_id
"""
"""Rows: the people whose time it got. Fewer than were asked: somebody is taken, and the caller rolls back."""

INSERT = f"""
WITH made AS (
    INSERT INTO scheduling_reservation (id, created_at, kind, subject_id, title, starts_at, ends_at, status,
                                        held_until, hours_of_id, version, changed_at)
    VALUES (%(id)s, %(now)s, %(kind)s, %(subject_id)s, %(title)s, %(starts_at)s, %(ends_at)s, %(status)s,
            %(held_until)s, %(hours_of)s, 0, %(now)s)
), noted AS (
    INSERT INTO scheduling_reservationchange (reservation_id, version, source, target, starts_at, ends_at, actor_id,
                                              reason, at)
    VALUES (%(id)s, 0, '', %(status)s, %(starts_at)s, %(ends_at)s, %(actor)s, '', %(now)s)
)
{TAKE}"""
"""The reservation, its first line of history, and `TAKE`."""

_COMMON = f"""
share AS ({_SHARES}),
met AS (
    SELECT b.reservation_id, b.person_id, b.held_until IS NOT NULL AND b.held_until <= %(now)s AS expired
    FROM share JOIN scheduling_busytime b ON b.person_id = share.person_id AND b.blocks AND b.during && share.during
    WHERE b.reservation_id IS DISTINCT FROM %(leaving)s::uuid
),
elsewhere AS (
    SELECT share.person_id FROM share
    JOIN scheduling_externaltime e ON e.person_id = share.person_id AND e.during && share.during
    LIMIT 1
),
same AS (
    SELECT r.id, r.starts_at = %(starts_at)s AND r.ends_at = %(ends_at)s AND (
               SELECT count(*) FILTER (WHERE person_id = ANY(%(people)s::uuid[])) = cardinality(%(people)s::uuid[])
                      AND count(*) = cardinality(%(people)s::uuid[])
               FROM scheduling_busytime WHERE reservation_id = r.id
           ) AS fits
    FROM scheduling_reservation r
    WHERE r.kind = %(kind)s AND r.subject_id = %(subject_id)s AND r.status IN ('held', 'confirmed')
          AND (r.status = 'confirmed' OR r.held_until > %(now)s)
)
"""

_ANSWER = """
    (SELECT id FROM same), (SELECT fits FROM same),
    (SELECT array_agg(DISTINCT reservation_id) FROM (
        SELECT reservation_id FROM met WHERE expired
        UNION ALL
        SELECT id FROM scheduling_reservation
        WHERE kind = %(kind)s AND subject_id = %(subject_id)s AND status = 'held' AND held_until <= %(now)s
    ) AS gone),
    coalesce((SELECT person_id FROM met WHERE NOT expired LIMIT 1), (SELECT person_id FROM elsewhere)),
    (SELECT array_agg(person_id) FROM share WHERE EXISTS (
        SELECT FROM scheduling_freetime f WHERE f.person_id = share.person_id))
"""

_HOURS = """
    (SELECT coalesce(bool_or(hours @> tstzrange(%(starts_at)s, %(ends_at)s)), false) FROM opened),
    %(starts_at)s >= %(now)s + coalesce(s.minimum_notice, 120) * interval '1 minute',
    %(ends_at)s <= ((%(now)s::timestamptz AT TIME ZONE wall.zone)::date
                    + coalesce(s.horizon_days, 60) + 1)::timestamp AT TIME ZONE wall.zone,
    s.day_limit IS NULL OR s.day_limit > (
        SELECT count(*) FROM scheduling_reservation r
        WHERE r.hours_of_id = p.id AND r.id IS DISTINCT FROM %(leaving)s::uuid
          AND (r.status = 'confirmed' OR (r.status = 'held' AND r.held_until > %(now)s))
          AND r.starts_at >= day::timestamp AT TIME ZONE wall.zone
          AND r.starts_at < (day + 1)::timestamp AT TIME ZONE wall.zone
    ),
    coalesce(s.slot_grid, 30),
    extract(epoch FROM (%(starts_at)s::timestamptz AT TIME ZONE wall.zone))::bigint
        %% (coalesce(s.slot_grid, 30) * 60) = 0
FROM accounts_user p LEFT JOIN scheduling_calendarsettings s ON s.person_id = p.id
CROSS JOIN LATERAL (
    SELECT coalesce(s.zone, p.zone) AS zone,
           (%(starts_at)s::timestamptz AT TIME ZONE coalesce(s.zone, p.zone))::date AS day
) AS wall
WHERE p.id = %(hours_of)s
"""

_RULES = f"{sql.OCCURRENCES}, {sql.OPEN}".replace("%(people)s", "%(owner)s")

LOOK = {
    False: f"WITH {_COMMON} SELECT {_ANSWER}",
    True: f"WITH {_COMMON}, {_RULES} SELECT {_ANSWER}, {_HOURS}",
}
"""By whether somebody's hours are asked. One row: the same thing's live reservation and whether it is this very call,
holds that ran out and stand in the way, a person who is taken, the people whose free time search keeps; then, with
hours: open then, notice kept, within the horizon, the day has room, the grid, on the grid."""
