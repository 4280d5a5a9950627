"""From rules to free time, in one set-based statement.

People's hours are local wall time in a zone. `OCCURRENCES` turns each rule into its dates by arithmetic, then each date
into an instant. Away from clock changes an instant is `wall time - offset of that day`, looked up once per zone and
day; only on days beside a clock change is it asked of PostgreSQL's zone tables, with our two rules: a time that does
not exist shifts forward, a time that exists twice means the first. Durations are added after that, in UTC.

Named parameters: `people` (uuid[]), `lo` and `hi` (timestamptz): everything that touches `[lo, hi)` is found.
"""
# ruff: noqa: S608 - composed of constants; every value is a parameter

OCCURRENCES = """
rule AS MATERIALIZED (
    SELECT id, person_id, frequency, "interval" AS every, weekdays, month_day, starts_on, begins, minutes, zone,
           greatest(starts_on, (%(lo)s::timestamptz AT TIME ZONE 'UTC')::date - 2) AS first,
           least(coalesce(ends_on, 'infinity'), (%(hi)s::timestamptz AT TIME ZONE 'UTC')::date + 1) AS last
    FROM scheduling_rule
    WHERE person_id = ANY(%(people)s::uuid[]) AND deleted_at IS NULL AND activated
),
dated AS (
    -- Weekly: from the first fitting date in strides of whole weeks.
    SELECT rule.*, anchor + stride * step AS day
    FROM rule
    CROSS JOIN LATERAL unnest(weekdays) AS weekday
    CROSS JOIN LATERAL (
        SELECT starts_on - extract(isodow FROM starts_on)::int + weekday AS anchor, 7 * every AS stride
    ) AS week
    CROSS JOIN LATERAL generate_series((first - anchor + stride - 1) / stride, (last - anchor) / stride) AS step
    WHERE frequency = 'weekly' AND first <= last AND anchor + stride * step BETWEEN first AND last
      AND (month_day IS NULL OR extract(day FROM anchor + stride * step) = month_day)
    UNION ALL
    SELECT rule.*, first + step AS day
    FROM rule
    CROSS JOIN LATERAL generate_series(0, last - first) AS step
    WHERE frequency <> 'weekly' AND first <= last
      AND CASE frequency
          WHEN 'daily' THEN (first + step - starts_on) %% every = 0
          ELSE ((extract(year FROM first + step) - extract(year FROM starts_on)) * 12
                + extract(month FROM first + step) - extract(month FROM starts_on))::int %% every = 0
          END
      AND (weekdays = '{}' OR extract(isodow FROM first + step)::int = ANY(weekdays))
      AND (month_day IS NULL OR extract(day FROM first + step) = month_day)
),
zone_day AS MATERIALIZED (
    SELECT zone, day, before AS shift, before = after AS steady
    FROM (SELECT DISTINCT zone FROM rule) AS zones
    CROSS JOIN LATERAL (
        SELECT (%(lo)s::timestamptz AT TIME ZONE 'UTC')::date - 2 + n AS day
        FROM generate_series(0, (%(hi)s::timestamptz AT TIME ZONE 'UTC')::date
                                - (%(lo)s::timestamptz AT TIME ZONE 'UTC')::date + 3) AS n
    ) AS days
    CROSS JOIN LATERAL (
        SELECT (day - interval '15 hours') AT TIME ZONE 'UTC' AT TIME ZONE zone - (day - interval '15 hours') AS before,
               (day + interval '37 hours') AT TIME ZONE 'UTC' AT TIME ZONE zone - (day + interval '37 hours') AS after
        OFFSET 0
    ) AS offsets
),
occurrence AS (
    SELECT id AS rule_id, person_id, tstzrange(starts_at, starts_at + minutes * interval '1 minute') AS during
    FROM (
        SELECT dated.id, person_id, minutes,
               CASE
               WHEN steady THEN (dated.day + begins - shift) AT TIME ZONE 'UTC'
               -- Beside a clock change: with yesterday's offset if the wall then shows that time, else by the zone.
               WHEN (dated.day + begins - shift) AT TIME ZONE 'UTC' AT TIME ZONE dated.zone = dated.day + begins
                    THEN (dated.day + begins - shift) AT TIME ZONE 'UTC'
               ELSE (dated.day + begins) AT TIME ZONE dated.zone
               END AS starts_at
        FROM dated JOIN zone_day ON zone_day.zone = dated.zone AND zone_day.day = dated.day
        OFFSET 0
    ) AS fenced
    WHERE starts_at < %(hi)s AND starts_at + minutes * interval '1 minute' > %(lo)s
)
"""
"""Relations `rule`, `occurrence(rule_id, person_id, during)`."""

OPEN = """
open AS (
    SELECT person_id, range_agg(during) AS hours FROM (
        SELECT person_id, during FROM occurrence
        UNION ALL
        SELECT person_id, during FROM scheduling_opening
        WHERE person_id = ANY(%(people)s::uuid[]) AND during && tstzrange(%(lo)s, %(hi)s)
    ) AS stretches GROUP BY person_id
),
off AS (
    SELECT person_id, range_agg(during) AS hours FROM scheduling_timeoff
    WHERE person_id = ANY(%(people)s::uuid[]) AND during && tstzrange(%(lo)s, %(hi)s) GROUP BY person_id
),
opened AS (
    SELECT open.person_id, open.hours - coalesce(off.hours, '{}') AS hours FROM open LEFT JOIN off USING (person_id)
)
"""
"""Relation `opened(person_id, hours)`: open hours and one-off openings, less time off."""

OPENED = f"WITH {OCCURRENCES}, {OPEN} SELECT person_id, hours FROM opened"

FREE = f"""
WITH {OCCURRENCES}, {OPEN},
calendar AS MATERIALIZED (
    SELECT p.id AS person_id, coalesce(s.zone, p.zone) AS zone,
           coalesce(s.buffer_before, 0) * interval '1 minute' AS before,
           coalesce(s.buffer_after, 0) * interval '1 minute' AS after,
           coalesce(s.slot_grid, 30) AS grid, s.day_limit,
           tstzrange(
               greatest(%(lo)s, %(now)s + coalesce(s.minimum_notice, 120) * interval '1 minute'),
               least(%(hi)s, (((%(now)s::timestamptz AT TIME ZONE coalesce(s.zone, p.zone))::date
                     + coalesce(s.horizon_days, 60) + 1)::timestamp AT TIME ZONE coalesce(s.zone, p.zone)))
           ) AS bookable
    FROM accounts_user p LEFT JOIN scheduling_calendarsettings s ON s.person_id = p.id
    WHERE p.id = ANY(%(people)s::uuid[])
      AND %(now)s + coalesce(s.minimum_notice, 120) * interval '1 minute' < %(hi)s
      AND %(lo)s < ((%(now)s::timestamptz AT TIME ZONE coalesce(s.zone, p.zone))::date
                    + coalesce(s.horizon_days, 60) + 1)::timestamp AT TIME ZONE coalesce(s.zone, p.zone)
),
taken AS (
    -- A new reservation brings its own buffers, so what is taken reaches that much further both ways.
    SELECT person_id, range_agg(tstzrange(lower(t.during) - after, upper(t.during) + before)) AS hours
    FROM (
        SELECT person_id, during FROM scheduling_busytime
        WHERE person_id = ANY(%(people)s::uuid[]) AND blocks AND (held_until IS NULL OR held_until > %(now)s)
          AND during && tstzrange(%(lo)s - interval '4 hours', %(hi)s + interval '4 hours')
        UNION ALL
        SELECT person_id, during FROM scheduling_externaltime
        WHERE person_id = ANY(%(people)s::uuid[])
          AND during && tstzrange(%(lo)s - interval '4 hours', %(hi)s + interval '4 hours')
    ) AS t JOIN calendar USING (person_id)
    GROUP BY person_id
),
asker AS MATERIALIZED (
    SELECT coalesce(range_agg(tstzrange(lower(t.during) - coalesce(s.buffer_after, 0) * interval '1 minute',
                                        upper(t.during) + coalesce(s.buffer_before, 0) * interval '1 minute')),
                    '{{}}') AS hours
    FROM (
        SELECT person_id, during FROM scheduling_busytime
        WHERE person_id = %(asker)s AND blocks AND (held_until IS NULL OR held_until > %(now)s)
          AND during && tstzrange(%(lo)s - interval '4 hours', %(hi)s + interval '4 hours')
        UNION ALL
        SELECT person_id, during FROM scheduling_externaltime
        WHERE person_id = %(asker)s AND during && tstzrange(%(lo)s - interval '4 hours', %(hi)s + interval '4 hours')
    ) AS t LEFT JOIN scheduling_calendarsettings s ON s.person_id = t.person_id
),
full_days AS (
    SELECT person_id, array_agg(day) AS days FROM (
        SELECT calendar.person_id, (r.starts_at AT TIME ZONE zone)::date AS day
        FROM calendar JOIN scheduling_reservation r ON r.hours_of_id = calendar.person_id
        WHERE calendar.day_limit IS NOT NULL AND r.starts_at >= %(lo)s - interval '2 days'
          AND r.starts_at < %(hi)s + interval '2 days'
          AND (r.status = 'confirmed' OR (r.status = 'held' AND r.held_until > %(now)s))
        GROUP BY calendar.person_id, day, calendar.day_limit HAVING count(*) >= calendar.day_limit
    ) AS counted GROUP BY person_id
),
free AS (
    SELECT person_id, zone, grid, days AS full_days,
           (opened.hours * tstzmultirange(bookable)) - coalesce(taken.hours, '{{}}') - asker.hours AS hours
    FROM opened JOIN calendar USING (person_id) LEFT JOIN taken USING (person_id) LEFT JOIN full_days USING (person_id)
    CROSS JOIN asker
)
"""
"""Relation `free(person_id, zone, grid, full_days, hours)`. Besides: `asker` (a uuid or null) and `now`."""

# Times begin at multiples of the grid on the person's wall, hence the shift by the zone's offset and back.
SLOTS = f"""
{FREE}
SELECT person_id, array_agg(minute ORDER BY minute) FROM (
    SELECT person_id, zone, full_days,
           generate_series(
               ceil((extract(epoch FROM lower(stretch)) / 60 + shift) / grid)::int * grid - shift,
               least(extract(epoch FROM upper(stretch)) / 60 - %(minutes)s,
                     extract(epoch FROM %(until)s::timestamptz) / 60 - 1)::int,
               grid
           ) AS minute
    FROM (
        SELECT person_id, zone, full_days, grid, stretch,
               (extract(epoch FROM lower(stretch) AT TIME ZONE zone) / 60
                - extract(epoch FROM lower(stretch)) / 60)::int AS shift
        FROM free CROSS JOIN LATERAL unnest(hours) AS stretch
        WHERE upper(stretch) - lower(stretch) >= %(minutes)s * interval '1 minute'
        OFFSET 0
    ) AS aligned
) AS cut
WHERE full_days IS NULL OR (to_timestamp(minute::bigint * 60) AT TIME ZONE zone)::date <> ALL(full_days)
GROUP BY person_id
"""
"""Rows `(person_id, minutes since 1970 at which slots begin)`. Besides: `minutes`; `until`, before which they begin."""
