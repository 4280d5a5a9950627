"""Invoices, charges and history rows are written once: the database refuses to change or remove them."""

from django.db import migrations

TABLES = ("billing_invoice", "billing_charge", "billing_statechange")

FORWARD = """
CREATE FUNCTION billing_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is written once and never changed', TG_TABLE_NAME USING ERRCODE = 'restrict_violation';
END $$;
""" + "".join(
    f"CREATE TRIGGER written_once BEFORE UPDATE OR DELETE ON {table} "
    f"FOR EACH STATEMENT EXECUTE FUNCTION billing_refuse_change();\n"
    for table in TABLES
)

BACKWARD = "".join(f"DROP TRIGGER written_once ON {table};\n" for table in TABLES) + (
    "DROP FUNCTION billing_refuse_change();"
)


class Migration(migrations.Migration):
    dependencies = [("billing", "0001_initial")]

    operations = [migrations.RunSQL(FORWARD, BACKWARD)]
