"""Extensions (contrib only), an immutable `unaccent` for indexes, and the queue without its notifying trigger."""

from django.contrib.postgres.operations import BtreeGistExtension, TrigramExtension, UnaccentExtension
from django.db import migrations

# unaccent() is STABLE because its dictionary could be altered; ours is not, and an index needs IMMUTABLE.
FOLD = """
CREATE OR REPLACE FUNCTION majlis_fold(value text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE STRICT
AS $$ SELECT lower(public.unaccent('public.unaccent'::regdictionary, value)) $$
"""

# NOTIFY inside the inserting transaction takes a lock that serialises commits; the worker is woken after commit instead.
DROP_NOTIFY = """
DO $$
DECLARE t record;
BEGIN
  FOR t IN SELECT tgname FROM pg_trigger
           WHERE tgrelid = 'procrastinate_jobs'::regclass AND NOT tgisinternal AND tgname LIKE '%notify%job_inserted%'
  LOOP EXECUTE format('DROP TRIGGER %I ON procrastinate_jobs', t.tgname); END LOOP;
END $$
"""


class Migration(migrations.Migration):
    dependencies = [("procrastinate", "__latest__")]
    operations = [
        BtreeGistExtension(),
        TrigramExtension(),
        UnaccentExtension(),
        migrations.RunSQL(FOLD, "DROP FUNCTION majlis_fold(text)"),
        migrations.RunSQL(DROP_NOTIFY, migrations.RunSQL.noop),
    ]
