"""Evidence stays as it was: what happened is never rewritten, a visit that is over is over, time does not run back."""

from django.db import migrations

EVIDENCE = """
CREATE FUNCTION calls_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% of % is refused: it is evidence', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'check_violation', CONSTRAINT = 'evidence_is_never_changed';
END $$;
CREATE TRIGGER event_never_changes BEFORE UPDATE OR DELETE ON calls_roomevent
    FOR EACH ROW EXECUTE FUNCTION calls_refuse_change();
CREATE TRIGGER visit_stays_as_it_was BEFORE UPDATE ON calls_visit
    FOR EACH ROW
    WHEN (OLD.left_at IS NOT NULL OR NEW.seen_at < OLD.seen_at OR
          (OLD.room_id, OLD.person_id, OLD.joined_at, OLD.source)
          IS DISTINCT FROM (NEW.room_id, NEW.person_id, NEW.joined_at, NEW.source))
    EXECUTE FUNCTION calls_refuse_change();
CREATE TRIGGER visit_never_vanishes BEFORE DELETE ON calls_visit
    FOR EACH ROW EXECUTE FUNCTION calls_refuse_change();
"""
DROP = """
DROP TRIGGER visit_never_vanishes ON calls_visit;
DROP TRIGGER visit_stays_as_it_was ON calls_visit;
DROP TRIGGER event_never_changes ON calls_roomevent;
DROP FUNCTION calls_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("calls", "0002_recordings_and_chat")]
    operations = [migrations.RunSQL(EVIDENCE, DROP)]
