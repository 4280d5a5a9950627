from django.contrib.postgres.indexes import GinIndex
from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("experts", "0006_addresses_in_any_script")]

    operations = [
        # The new one first, so that search is never without.
        migrations.AddIndex("listing", GinIndex(fields=["marks", "words"], name="listing_marks_words")),
        migrations.RemoveIndex("listing", "listing_marks"),
        migrations.RemoveIndex("listing", "listing_words"),
    ]
