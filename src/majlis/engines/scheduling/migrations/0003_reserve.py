"""A booking in one round trip. `scheduling_reserve` does, in this order:

1. takes the advisory locks of the people and of what the booking is for, in the order it is given;
2. answers `repeated` (the same call came before), `already_reserved`, or `expired` (its own hold ran out);
3. asks the hours of whose hours are booked: notice, horizon, open then, grid, day limit (`scheduling_refusal`);
4. inserts everybody's busy time, buffers included, `ON CONFLICT DO NOTHING` under the exclusion constraint, which
   decides; only who did not get all of it is told why: `slot_taken`, or `expired` with the holds to lapse first;
5. writes the reservation and its history, and defers search's job for those whose free time it keeps.

Every statement inside takes a snapshot of its own, so what is looked at after the locks is what others committed. A
refusal is an answer, never an error, and leaves no row: the caller's transaction stays usable. Steps 3 and 4 are
`scheduling_take`, by which a reservation is also moved. `scheduling_is_open` expands rules for one time of one person
as `queries/sql.py` does for many people and weeks; `tests/test_expansion.py` holds the two against each other.
"""

from django.db import migrations

# Is [lo, hi) inside the person's hours and openings, less time off? A date's wall time becomes an instant with
# the offset of the day before; if the wall then shows something else, by the zone's own rules (which shift a time that
# does not exist forward). So a time that comes twice means the first.
OPEN = """
CREATE FUNCTION scheduling_is_open(person uuid, lo timestamptz, hi timestamptz) RETURNS boolean
LANGUAGE plpgsql AS $$
DECLARE
    first date := (lo AT TIME ZONE 'UTC')::date - 2;
    days integer := (hi AT TIME ZONE 'UTC')::date - (lo AT TIME ZONE 'UTC')::date + 3;
    hours tstzmultirange;
BEGIN
    SELECT range_agg(during) INTO hours FROM (
        SELECT tstzrange(instant, instant + minutes * interval '1 minute') AS during
        FROM scheduling_rule r
        CROSS JOIN LATERAL (
            SELECT day, wall, (wall - shift) AT TIME ZONE 'UTC' AS guess FROM (
                SELECT day, day + r.begins AS wall,
                       (day - interval '15 hours') AT TIME ZONE 'UTC' AT TIME ZONE r.zone
                           - (day - interval '15 hours') AS shift
                FROM (SELECT first + n AS day FROM generate_series(0, days) AS n OFFSET 0) AS near
                WHERE day >= r.starts_on AND (r.ends_on IS NULL OR day <= r.ends_on)
                  AND (r.weekdays = '{}' OR extract(isodow FROM day)::int = ANY (r.weekdays))
                  AND (r.month_day IS NULL OR extract(day FROM day) = r.month_day)
                  AND CASE r.frequency
                      WHEN 'daily' THEN (day - r.starts_on) % r."interval" = 0
                      WHEN 'weekly' THEN (day - extract(isodow FROM day)::int
                                          - r.starts_on + extract(isodow FROM r.starts_on)::int) / 7 % r."interval" = 0
                      ELSE ((extract(year FROM day) - extract(year FROM r.starts_on)) * 12
                            + extract(month FROM day) - extract(month FROM r.starts_on))::int % r."interval" = 0
                      END
            ) AS dated OFFSET 0
        ) AS shifted
        CROSS JOIN LATERAL (
            SELECT CASE WHEN guess AT TIME ZONE r.zone = wall THEN guess ELSE wall AT TIME ZONE r.zone END AS instant
            OFFSET 0
        ) AS known
        WHERE r.person_id = person AND r.deleted_at IS NULL AND r.activated AND instant < hi
          AND instant + minutes * interval '1 minute' > lo
        UNION ALL
        SELECT o.during FROM scheduling_opening o WHERE o.person_id = person AND o.during && tstzrange(lo, hi)
    ) AS stretches;
    IF NOT coalesce(hours @> tstzrange(lo, hi), false) THEN RETURN false; END IF;
    RETURN NOT EXISTS (SELECT FROM scheduling_timeoff t
                       WHERE t.person_id = person AND t.during && tstzrange(lo, hi));
END $$;
"""
DROP_OPEN = "DROP FUNCTION scheduling_is_open(uuid, timestamptz, timestamptz);"

REFUSAL = """
CREATE FUNCTION scheduling_refusal(
    person uuid, lo timestamptz, hi timestamptz, moment timestamptz, leaving uuid,
    OUT outcome text, OUT grid integer)
LANGUAGE plpgsql AS $$
DECLARE
    calendar record;
    wall timestamp;
BEGIN
    SELECT coalesce(s.zone, p.zone) AS zone, coalesce(s.minimum_notice, 120) AS notice,
           coalesce(s.horizon_days, 60) AS horizon, coalesce(s.slot_grid, 30) AS grid, s.day_limit
        INTO calendar
        FROM accounts_user p LEFT JOIN scheduling_calendarsettings s ON s.person_id = p.id WHERE p.id = person;
    wall := lo AT TIME ZONE calendar.zone;
    grid := calendar.grid;
    IF lo < moment + calendar.notice * interval '1 minute' THEN
        outcome := 'too_soon';
    ELSIF hi > ((moment AT TIME ZONE calendar.zone)::date + calendar.horizon + 1)::timestamp
                  AT TIME ZONE calendar.zone THEN
        outcome := 'too_far';
    ELSIF NOT scheduling_is_open(person, lo, hi) THEN
        outcome := 'outside_hours';
    ELSIF extract(epoch FROM wall)::bigint % (grid * 60) <> 0 THEN
        outcome := 'off_grid';
    ELSIF calendar.day_limit IS NOT NULL AND calendar.day_limit <= (
        SELECT count(*) FROM scheduling_reservation r
        WHERE r.hours_of_id = person AND r.id <> leaving
          AND (r.status = 'confirmed' OR (r.status = 'held' AND r.held_until > moment))
          AND r.starts_at >= wall::date::timestamp AT TIME ZONE calendar.zone
          AND r.starts_at < (wall::date + 1)::timestamp AT TIME ZONE calendar.zone)
    THEN
        outcome := 'day_full';
    END IF;
END $$;
"""
DROP_REFUSAL = "DROP FUNCTION scheduling_refusal(uuid, timestamptz, timestamptz, timestamptz, uuid);"

TAKE = """
CREATE FUNCTION scheduling_take(
    given uuid, people uuid[], lo timestamptz, hi timestamptz, held timestamptz, hours_of uuid,
    moment timestamptz, OUT outcome text, OUT whose uuid, OUT grid integer, OUT expired uuid[])
LANGUAGE plpgsql AS $$
DECLARE
    spans tstzrange[];
    got integer;
BEGIN
    IF hours_of IS NOT NULL THEN
        SELECT f.outcome, f.grid INTO outcome, grid FROM scheduling_refusal(hours_of, lo, hi, moment, given) f;
        IF outcome IS NOT NULL THEN RETURN; END IF;
    END IF;
    -- Each person's own buffers around the time, as it will stand in their busy time.
    SELECT array_agg(tstzrange(lo - coalesce(s.buffer_before, 0) * interval '1 minute',
                               hi + coalesce(s.buffer_after, 0) * interval '1 minute') ORDER BY p.place)
        INTO spans
        FROM unnest(people) WITH ORDINALITY AS p (id, place) LEFT JOIN scheduling_calendarsettings s
        ON s.person_id = p.id;
    SELECT s.person INTO whose FROM unnest(people, spans) AS s (person, during)
        WHERE EXISTS (SELECT FROM scheduling_externaltime e WHERE e.person_id = s.person AND e.during && s.during)
        LIMIT 1;
    IF FOUND THEN
        outcome := 'slot_taken';
        RETURN;
    END IF;
    INSERT INTO scheduling_busytime (reservation_id, person_id, during, blocks, held_until)
        SELECT given, s.person, s.during, true, held FROM unnest(people, spans) AS s (person, during)
        ON CONFLICT DO NOTHING;
    GET DIAGNOSTICS got = ROW_COUNT;
    IF got = cardinality(people) THEN
        outcome := 'taken';
        RETURN;
    END IF;
    -- Who was in the way: a hold that ran out gives way, once its end was noted; anything else stays.
    SELECT s.person INTO whose FROM unnest(people) AS s (person)
        WHERE NOT EXISTS (SELECT FROM scheduling_busytime b WHERE b.reservation_id = given AND b.person_id = s.person)
        LIMIT 1;
    DELETE FROM scheduling_busytime WHERE reservation_id = given;
    SELECT coalesce((array_agg(s.person) FILTER (WHERE b.held_until IS NULL OR b.held_until > moment))[1], whose),
           array_agg(DISTINCT b.reservation_id),
           CASE WHEN bool_and(b.held_until <= moment) THEN 'expired' ELSE 'slot_taken' END
        INTO whose, expired, outcome
        FROM unnest(people, spans) AS s (person, during)
        JOIN scheduling_busytime b ON b.person_id = s.person AND b.blocks AND b.during && s.during;
END $$;
"""
DROP_TAKE = """
DROP FUNCTION scheduling_take(uuid, uuid[], timestamptz, timestamptz, timestamptz, uuid, timestamptz);
"""

RESERVE = """
CREATE FUNCTION scheduling_reserve(
    space integer, locks integer[], given uuid, people uuid[], lo timestamptz, hi timestamptz,
    held timestamptz, hours_of uuid, why text, about uuid, name text, who uuid, moment timestamptz,
    first_day date, last_day date,
    OUT reservation uuid, OUT outcome text, OUT whose uuid, OUT grid integer, OUT expired uuid[])
LANGUAGE plpgsql SET plan_cache_mode = force_generic_plan AS $$
DECLARE
    state text := CASE WHEN held IS NULL THEN 'confirmed' ELSE 'held' END;
    same record;
BEGIN
    -- A function scan hands out its rows in the array's order.
    PERFORM pg_advisory_xact_lock(space, key) FROM unnest(locks) AS key;
    SELECT r.id, r.status = 'held' AND r.held_until <= moment AS gone,
           r.starts_at = lo AND r.ends_at = hi AND (
               SELECT count(*) = cardinality(people) AND bool_and(b.person_id = ANY (people))
               FROM scheduling_busytime b WHERE b.reservation_id = r.id) AS fits
        INTO same FROM scheduling_reservation r
        WHERE r.kind = why AND r.subject_id = about AND r.status IN ('held', 'confirmed');
    IF FOUND THEN
        outcome := CASE WHEN same.gone THEN 'expired' WHEN same.fits THEN 'repeated' ELSE 'already_reserved' END;
        reservation := same.id;
        expired := ARRAY[same.id];
        RETURN;
    END IF;
    SELECT t.outcome, t.whose, t.grid, t.expired INTO outcome, whose, grid, expired
        FROM scheduling_take(given, people, lo, hi, held, hours_of, moment) t;
    IF outcome <> 'taken' THEN RETURN; END IF;
    INSERT INTO scheduling_reservation (id, created_at, kind, subject_id, title, starts_at, ends_at, status, held_until,
                                        hours_of_id, version, changed_at)
        VALUES (given, moment, why, about, name, lo, hi, state, held, hours_of, 0, moment);
    INSERT INTO scheduling_reservationchange (reservation_id, version, source, target, starts_at, ends_at, actor_id,
                                              reason, at)
        VALUES (given, 0, '', state, lo, hi, who, '', moment);
    PERFORM kit_defer('search', 'scheduling.renew_free_time', jsonb_build_object(
            'person_id', f.person_id, 'first_day', first_day, 'last_day', last_day))
        FROM scheduling_freetime f WHERE f.person_id = ANY (people);
    reservation := given;
END $$;
"""
DROP_RESERVE = """
DROP FUNCTION scheduling_reserve(integer, integer[], uuid, uuid[], timestamptz, timestamptz, timestamptz, uuid, text,
                                 uuid, text, uuid, timestamptz, date, date);
"""


class Migration(migrations.Migration):
    dependencies = [("scheduling", "0002_external_stored_at"), ("kit", "0002_defer")]
    operations = [
        migrations.RunSQL(OPEN, DROP_OPEN),
        migrations.RunSQL(REFUSAL, DROP_REFUSAL),
        migrations.RunSQL(TAKE, DROP_TAKE),
        migrations.RunSQL(RESERVE, DROP_RESERVE),
    ]
