"""A function of a module that books in one round trip puts its jobs into the queue through this one, so that the queue's
tables are known here alone. It wakes nobody: see `kit/queue.py`."""

from django.db import migrations

DEFER = """
CREATE FUNCTION kit_defer(queue text, task text, facts jsonb) RETURNS void LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO procrastinate_jobs (queue_name, task_name, args) VALUES (queue, task, facts);
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("kit", "0001_extensions")]
    operations = [migrations.RunSQL(DEFER, "DROP FUNCTION kit_defer(text, text, jsonb)")]
