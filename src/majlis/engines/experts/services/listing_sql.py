"""The statements behind `services.listings`. `ids` is an array of profile ids, or NULL for all."""
# ruff: noqa: S608 - composed of constants; every value is a parameter

WHOLE_DAY = (1 << 48) - 1
OVERHANG = 14
"""How many half hours of the next day a row of `FreeDay` repeats behind its own 48."""

_SHOWN = "e.status = 'active' AND p.is_active"
_THESE = "(%(ids)s::uuid[] IS NULL OR e.id = ANY(%(ids)s::uuid[]))"

CONCERNED = """
SELECT EXISTS (SELECT 1 FROM experts_expertprofile WHERE id = ANY(%(ids)s::uuid[]) AND status = 'active')
    OR EXISTS (SELECT 1 FROM experts_listing WHERE expert_id = ANY(%(ids)s::uuid[]))
"""

DROP = f"""
DELETE FROM experts_listing l USING experts_expertprofile e, accounts_user p
WHERE e.id = l.expert_id AND p.id = e.person_id AND {_THESE} AND NOT ({_SHOWN})
"""

# What an hour of each subject and level costs, in millionths of a dollar.
_PRICES = """
SELECT t.expert_id, s.slug, s.name, k.slug AS category, t.level,
       round(coalesce(t.hourly_rate, x.hourly_rate) * worth.value::numeric)::bigint AS price
FROM experts_expertsubject t
JOIN experts_expertprofile x ON x.id = t.expert_id
JOIN catalogue_subject s ON s.id = t.subject_id
JOIN catalogue_category k ON k.id = s.category_id
JOIN jsonb_each_text(%(worth)s::jsonb) worth ON worth.key = x.currency
WHERE t.active
"""

WRITE = f"""
INSERT INTO experts_listing (expert_id, person_id, words, marks, rank, rating, price, free_at, free_days)
SELECT e.id, e.person_id,
  setweight(to_tsvector('simple', majlis_search_text(p.name)), 'A') || strip(to_tsvector('simple', majlis_search_text(
    concat_ws(' ', taught.names, e.headline, array_to_string(e.tags, ' '), e.bio, left(e.about, 4000),
              left(e.education, 1000), papers.titles, c.names)))),
  array_remove(ARRAY[
      'city:' || c.slug, 'country:' || coalesce(c.country_id, nullif(p.country, '')),
      'gender:' || nullif(p.gender, ''), CASE WHEN e.trial_price IS NOT NULL THEN 'trial:yes' END]
    || taught.marks || spoken.marks || (SELECT array_agg('mode:' || mode) FROM unnest(e.modes) mode), NULL),
  -- Five reviews of 4.3 stand in for those that are not there yet, so that one lucky review does not lead the list.
  (1000 * (e.rating_total + 21.5) / (e.rating_count + 5) + 90 * ln(1 + e.completed_lessons)
    + CASE WHEN e.questions_asked >= 5 THEN 200 * e.questions_answered / e.questions_asked ELSE 100 END
    + CASE WHEN e.video_id IS NULL THEN 0 ELSE 120 END + CASE WHEN p.avatar_id IS NULL THEN 0 ELSE 80 END)::int,
  CASE WHEN e.rating_count = 0 THEN 0
       ELSE (100 * e.rating_total / e.rating_count) * 100000 + least(e.rating_count, 99999) END,
  taught.price, %(never)s, '{{}}'
FROM experts_expertprofile e
JOIN accounts_user p ON p.id = e.person_id
LEFT JOIN LATERAL (
  SELECT slug, country_id, (SELECT string_agg(value, ' ') FROM jsonb_each_text(name)) AS names
  FROM catalogue_city WHERE id = e.city_id) c ON true
CROSS JOIN LATERAL (
  SELECT array_agg(DISTINCT mark) AS marks, min(price) AS price, string_agg(DISTINCT names.words, ' ') AS names
  FROM ({_PRICES} AND t.expert_id = e.id) rows,
    LATERAL (SELECT string_agg(value, ' ') AS words FROM jsonb_each_text(rows.name)) names,
    LATERAL unnest(ARRAY['subject:' || slug, 'level:' || level, 'taught:' || slug || ':' || level,
                         'category:' || category]) mark) taught
CROSS JOIN LATERAL (
  SELECT array_agg('language:' || code) || array_agg('native:' || code) FILTER (WHERE fluency = 'native') AS marks
  FROM experts_spokenlanguage WHERE expert_id = e.id) spoken
CROSS JOIN LATERAL (
  SELECT string_agg(title, ' ') AS titles FROM (
    SELECT title || ' ' || issuer AS title FROM experts_certificate WHERE expert_id = e.id
    UNION ALL SELECT title || ' ' || company FROM experts_experience WHERE expert_id = e.id) t) papers
WHERE {_SHOWN} AND taught.price IS NOT NULL AND {_THESE}
ON CONFLICT (expert_id) DO UPDATE SET
  words = excluded.words, marks = excluded.marks, rank = excluded.rank, rating = excluded.rating, price = excluded.price
"""

# A row that is new to the shelf may have had hours long before.
FIND_FREE_TIME = f"""
UPDATE experts_listing l SET free_at = found.at
FROM experts_listing n JOIN experts_expertprofile e ON e.id = n.expert_id,
LATERAL (SELECT min(day.at + half * interval '30 minutes') AS at
         FROM (SELECT f.day::timestamp AT TIME ZONE 'UTC' AS at, f.bits FROM experts_freeday f
               WHERE f.person_id = n.person_id AND f.day >= %(now)s::date AND f.bits & {WHOLE_DAY} <> 0
               ORDER BY f.day LIMIT 2) day, generate_series(0, 47) half
         WHERE (day.bits >> half) & 1 = 1 AND day.at + half * interval '30 minutes' >= %(now)s) found
WHERE {_THESE} AND n.free_at = %(never)s AND l.expert_id = n.expert_id AND found.at IS NOT NULL
"""

DROP_PRICES = """
DELETE FROM experts_listingprice WHERE %(ids)s::uuid[] IS NULL OR expert_id = ANY(%(ids)s::uuid[])
"""

_SCOPES = f"""
SELECT prices.expert_id, scope, min(prices.price) AS price
FROM ({_PRICES}) prices CROSS JOIN LATERAL (VALUES (slug), (slug || ':' || level)) scopes(scope)
"""

WRITE_PRICES = f"""
INSERT INTO experts_listingprice (expert_id, scope, price)
{_SCOPES} JOIN experts_listing l ON l.expert_id = prices.expert_id
WHERE %(ids)s::uuid[] IS NULL OR prices.expert_id = ANY(%(ids)s::uuid[])
GROUP BY prices.expert_id, scope
"""

ADD_WORDS = """
INSERT INTO experts_word (word)
SELECT DISTINCT word FROM experts_listing l, unnest(tsvector_to_array(l.words)) word
WHERE (%(ids)s::uuid[] IS NULL OR l.expert_id = ANY(%(ids)s::uuid[])) AND length(word) BETWEEN 3 AND 200
ORDER BY word  -- two that bring the same new words wait for each other in one order, never in a circle
ON CONFLICT DO NOTHING
"""

# Name, gender and standing belong to accounts, which does not announce their changes one by one.
STALE = """
SELECT e.id FROM experts_expertprofile e JOIN accounts_user p ON p.id = e.person_id
LEFT JOIN experts_listing l ON l.expert_id = e.id
WHERE e.status = 'active' AND (
  (l.expert_id IS NULL) = p.is_active
  OR (l.expert_id IS NOT NULL AND (
    NOT l.marks @> array_remove(ARRAY['gender:' || nullif(p.gender, '')], NULL)
    OR NOT l.words @@ plainto_tsquery('simple', majlis_search_text(p.name)))))
"""

REPRICE = f"""
UPDATE experts_listing l SET price = now.price
FROM (SELECT expert_id, min(price) AS price FROM ({_PRICES}) prices GROUP BY expert_id) now
WHERE now.expert_id = l.expert_id AND now.price <> l.price
"""

REPRICE_SCOPES = f"""
UPDATE experts_listingprice t SET price = now.price
FROM ({_SCOPES} GROUP BY prices.expert_id, scope) now
WHERE now.expert_id = t.expert_id AND now.scope = t.scope AND now.price <> t.price
"""

# The row carries its own days: without gaps, so that a day is found by counting from the first.
CARRY_DAYS = """
UPDATE experts_listing l SET free_from = days.first, free_days = days.bits
FROM (SELECT p.person_id, min(p.first) AS first, array_agg(coalesce(f.bits, 0) ORDER BY day) AS bits
      FROM (SELECT person_id, min(day) AS first, max(day) AS last FROM experts_freeday
            WHERE person_id = ANY(%(people)s::uuid[]) AND day >= %(now)s::date - 1 GROUP BY person_id) p
      CROSS JOIN LATERAL (SELECT p.first + n AS day FROM generate_series(0, p.last - p.first) n) d
      LEFT JOIN experts_freeday f USING (person_id, day) GROUP BY p.person_id) days
WHERE l.person_id = days.person_id
"""

PEOPLE = """
SELECT person_id FROM experts_listing WHERE %(ids)s::uuid[] IS NULL OR expert_id = ANY(%(ids)s::uuid[])
"""

PUT_DAYS = """
INSERT INTO experts_freeday (person_id, day, bits)
SELECT %(person)s, day, bits FROM unnest(%(days)s::date[], %(bits)s::bigint[]) AS told(day, bits)
ON CONFLICT (person_id, day) DO UPDATE SET bits = excluded.bits
"""

LINK_DAYS = f"""
UPDATE experts_freeday d SET bits = (d.bits & {WHOLE_DAY})
  | (coalesce((SELECT n.bits & {(1 << OVERHANG) - 1} FROM experts_freeday n
               WHERE n.person_id = d.person_id AND n.day = d.day + 1), 0) << 48)
WHERE d.person_id = %(person)s AND d.day BETWEEN %(first)s::date - 1 AND %(last)s::date
"""
