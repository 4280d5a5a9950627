"""Folding of Arabic and Persian letters, and the text that search reads.

`majlis_fold` (kit) lower-cases and strips Latin accents; here it also makes alike what people type alike: the forms of
alef, ya, kaf and ha, ta marbuta, hamza on its seats, digits, diacritics and the stretching line. `majlis_search_text`
also drops the Arabic article, so that العربية is found by عربية.
"""

from django.db import migrations

DROPPED = "\u0640\u064B-\u065F\u0670\u06D6-\u06ED\u200B\u200D-\u200F\u2066-\u2069"
"""Tatweel, harakat, Quranic marks, invisible joiners and direction marks."""
ALIKE = "أإآٱىیئېکڪةۀۃہھؤ٠۰١۱٢۲٣۳٤۴٥۵٦۶٧۷٨۸٩۹"
SAME = "ااااييييككهههههو00112233445566778899"

FOLD = f"""
CREATE OR REPLACE FUNCTION majlis_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT translate(
    regexp_replace(lower(public.unaccent('public.unaccent'::regdictionary, value)), '[{DROPPED}]', '', 'g'),
    '{ALIKE}\u200C', '{SAME} ') $$
"""

PLAIN_FOLD = """
CREATE OR REPLACE FUNCTION majlis_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, value)) $$
"""

SEARCH_TEXT = """
CREATE OR REPLACE FUNCTION majlis_search_text(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT regexp_replace(translate(public.majlis_fold(value), '<>', '  '), '\\mال(\\w{3,})', '\\1', 'g') $$
"""


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_extensions"), ("experts", "0002_listings")]
    operations = [
        migrations.RunSQL(FOLD, PLAIN_FOLD),
        migrations.RunSQL(SEARCH_TEXT, "DROP FUNCTION majlis_search_text(text)"),
    ]
