"""Search asks for the few words that begin with what was typed, so all of them must be known, also those with figures."""

from django.db import migrations

ADD = """
INSERT INTO experts_word (word)
SELECT DISTINCT word FROM experts_listing l, unnest(tsvector_to_array(l.words)) word
WHERE length(word) BETWEEN 3 AND 200 ORDER BY word ON CONFLICT DO NOTHING
"""


class Migration(migrations.Migration):
    dependencies = [("experts", "0007_marks_and_words_in_one_index")]

    operations = [migrations.RunSQL(ADD, migrations.RunSQL.noop)]
